"""Tiles of streets: static files under a name that holds the hash of their set, so a browser may keep them for ever."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mssmap.streets import shelf, tile

NOTHING: Final = tile.packed({})
"""The tile of a place where nothing is drawn."""


def routes(*, shared: bool) -> list[Route]:
    """
    Return the route of the tiles.

    Parameters
    ----------
    shared
        Whether a cache between browser and server may keep a tile too; not where people sign in.
    """
    kept = f"{'public' if shared else 'private'}, max-age=31536000, immutable"

    def answer(request: Request) -> Response:
        place = request.path_params
        set_id = str(place["set_id"])
        if not shelf.is_there(set_id):
            return Response(status_code=404)
        content = shelf.tile(set_id, place["level"], place["x"], place["y"]) or NOTHING
        headers = {"cache-control": kept, "vary": "accept-encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
        else:
            content = tile.unpacked(content)
        return Response(content, media_type="application/json", headers=headers)

    return [Route("/streets/{set_id}/{level:int}-{x:int}-{y:int}.json", answer, methods=["GET", "HEAD"])]

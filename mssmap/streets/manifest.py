"""What a street set says of itself; the reading process loads this module too."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any, Final

FORMAT: Final = "mssmap-streets/1"
MANIFEST: Final = "manifest.json"
ROADS: Final = "roads.parquet"
TILE: Final = re.compile(r"(1[234])/(\d{1,5})/(\d{1,5})\.json\.gz")
ATTRIBUTION: Final = "© OpenStreetMap contributors"
LICENCE: Final = "ODbL-1.0"


@dataclass(frozen=True)
class Manifest:
    """
    What is known of a set without opening its tiles.

    Attributes
    ----------
    name
        The file it was made of, without its ending.
    file, bytes, sha256, kind
        That file: `extract` or `pmtiles`.
    newest
        Day of its youngest object, ISO; empty if it does not say.
    box
        West, south, east, north in degrees.
    tiles, drawn, driven
        Tiles, things that are drawn, nodes of roads that one drives on (0: for drawing only).
    content_sha256
        Of names and bytes of all other members, see `content_hash`.
    """

    name: str
    file: str
    bytes: int
    sha256: str
    kind: str
    newest: str
    box: list[float]
    tiles: int
    drawn: int
    driven: int
    content_sha256: str
    levels: list[int]
    attribution: str = ATTRIBUTION
    licence: str = LICENCE
    format: str = FORMAT

    @property
    def set_id(self) -> str:
        """What the set is called in addresses, plans and commands."""
        return self.content_sha256[:12]


def manifest_of(said: Any) -> Manifest:
    """
    Read a manifest that is plain JSON.

    Raises
    ------
    ValueError
        If it is none of ours.
    """
    known = {item.name: item.type for item in fields(Manifest)}
    kinds = {"str": str, "int": int, "list[float]": list, "list[int]": list}
    if not isinstance(said, dict) or said.get("format") != FORMAT or set(said) != set(known):
        raise ValueError("a manifest of another kind")
    if wrong := [name for name, kind in known.items() if type(said[name]) is not kinds[str(kind)]]:
        raise ValueError(f"a manifest with another {wrong[0]}")
    if len(said["box"]) != 4 or not all(isinstance(value, int | float) for value in said["box"]):
        raise ValueError("a manifest with another box")
    return Manifest(**said)

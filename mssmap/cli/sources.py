"""Sources: which addresses still answer, and copies of pages kept beside the store."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mssmap import settings
from mssmap.cli.common import FOUND_FAULTS, AsJson, count, open_data, tell, write, write_json
from mssmap.errors import InputError

app = typer.Typer(
    help="Sources: ask which addresses still answer, keep copies of pages beside the store.", rich_markup_mode=None
)


def _folder() -> Path:
    return Path(settings.default_copy_folder(settings.load().database_url))


@app.command("check")
def check(
    only: Annotated[list[str] | None, typer.Option("--only", metavar="ID", help="Ask these alone.")] = None,
    pause: Annotated[float, typer.Option(min=0, max=60, help="Seconds between two questions to one host.")] = 1.0,
    timeout: Annotated[float, typer.Option(min=0.1, max=120, help="Seconds to wait for an answer.")] = 15.0,
    as_json: AsJson = False,
) -> None:
    """Ask each address whether it still answers, politely; needs the network. Exit 1 if one is dead."""
    from mssmap.ingest import links
    from mssmap.store import copies

    rows = open_data()["sources"]
    rows = rows[rows["url"] != ""]
    if missing := sorted({*(only or ())} - {*rows["source_id"]}):
        raise InputError(f"--only: found {', '.join(missing)}, required ids of sources with an address.")
    if only:
        rows = rows[rows["source_id"].isin(only)]
    pairs = list(zip(rows["source_id"].tolist(), rows["url"].tolist(), strict=True))
    tell(f"asking {count(len(pairs), 'link')}, one at a time at each host")
    found = links.check(pairs, pause_s=pause, timeout_s=timeout)
    archived = dict(zip(rows["source_id"], rows["archive_url"], strict=True))
    here = {one.source_id for one in copies.kept(_folder())}
    told = [{**asdict(one), "archive_url": archived.get(one.source_id, ""), "kept": one.source_id in here}
            for one in found]  # fmt: skip
    if as_json:
        write_json(told, None)
    else:
        lines = [_line(one) for one in told if one["state"] != links.ANSWERS]
        write("\n".join(lines), None) if lines else None
    counted = links.counted(found)
    tell(", ".join(f"{n} {state}" for state, n in counted.items() if n))
    raise typer.Exit(FOUND_FAULTS if counted[links.DEAD] else 0)


def _line(one: dict[str, object]) -> str:
    copy = "kept here" if one["kept"] else str(one["archive_url"] or "no copy")
    return f"{one['state']:<8} {one['told']:<20} {one['source_id']}  {one['url']}  {copy}"


@app.command("keep")
def keep(
    source_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the source.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The page as you saved it: HTML, PDF, a picture.")],
) -> None:
    """Keep a copy of a source beside the store, with its SHA-256; no release, pack or export ever holds it."""
    from mssmap.store import copies

    if not (open_data()["sources"]["source_id"] == source_id).any():
        raise InputError(f"ID: found {source_id!r}, required the id of a source. `mssmap show sources` lists them.")
    kept = copies.keep(_folder(), source_id, file, settings.today())
    write(f"{kept.sha256}  {_folder() / kept.file}", None)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the copies that are kept, and whether each is still whole. Exit 1 if one is not."""
    from mssmap.store import copies

    told = [{**asdict(one), "whole": copies.is_whole(_folder(), one)} for one in copies.kept(_folder())]
    if as_json:
        write_json(told, None)
    else:
        tell(f"kept: {count(len(told), 'file')}")
        for one in told:
            damaged = "" if one["whole"] else "  missing or damaged"
            write(f"{one['kept_on']}  {one['sha256'][:12]}  {one['source_id']}  {one['file']}{damaged}", None)
    raise typer.Exit(0 if all(one["whole"] for one in told) else FOUND_FAULTS)

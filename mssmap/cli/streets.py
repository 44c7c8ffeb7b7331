"""Streets of the offline map: add a set from an extract, list the sets, remove one."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mssmap.cli.common import FOUND_FAULTS, AsJson, count, tell, write, write_json
from mssmap.i18n.legible import legible

if TYPE_CHECKING:
    from mssmap.streets.manifest import Manifest

app = typer.Typer(
    help="Streets of the offline map, and roads for travel times: add, list, remove.", rich_markup_mode=None
)


@app.command("add")
def add(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="An extract (.osm.pbf), Protomaps tiles (.pmtiles) or a bundle (.zip)."),
    ],
    elsewhere: Annotated[bool, typer.Option("--elsewhere", help="Take one of another country too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make streets of a file; if it was killed, the same command goes on where it was."""
    from mssmap.streets import adding

    made = adding.add(file, elsewhere=elsewhere, progress=_Progress())
    _ends()
    if as_json:
        write_json({"id": made.set_id, **asdict(made)}, None)
    else:
        write(f"{made.set_id}  {made.name}  {count(made.tiles, 'tile')}  {made.licence}", None)
    tell("the map draws these streets now, from zoom 12.5 on")
    if made.driven:
        tell("travel times stay as they were until a plan chooses the roads of this set")
    else:
        tell("for drawing only: vector tiles hold no roads for travel times")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the sets, the one that the map draws first."""
    from mssmap.streets import adding, shelf

    sets = shelf.listed()
    if as_json:
        write_json([{"id": one.set_id, "file_here": str(shelf.path(one)), **asdict(one)} for one in sets], None)
    elif sets:
        write("\n".join(_line(one, drawn=i == 0) for i, one in enumerate(sets)), None)
        tell(f"the file of a set can be handed on as a bundle: {shelf.path(sets[0]).parent}/ID.zip")
    else:
        tell("no streets; mssmap streets add FILE.osm.pbf makes some, docs/streets.md says where to get an extract")
    for fault in (faults := shelf.faults()):
        tell(fault)
    if left := adding.unfinished():
        tell(
            f"{count(len(left), 'file')} not added to the end: streets add of the same file goes on there, "
            "streets remove --unfinished deletes what was done"
        )
    if faults:
        raise typer.Exit(FOUND_FAULTS)


@app.command("remove")
def remove(
    which: Annotated[str, typer.Argument(metavar="[ID]", help="As `mssmap streets list` gives it.")] = "",
    unfinished: Annotated[bool, typer.Option("--unfinished", help="Delete what killed processes left behind.")] = False,
) -> None:
    """Remove a set; plans that chose its roads say so until it is added again."""
    from mssmap.errors import InputError
    from mssmap.streets import adding, shelf

    if bool(which) == unfinished:
        raise InputError("ID, --unfinished: required one of them.")
    if unfinished:
        tell(f"{count(adding.remove_unfinished(), 'unfinished set')} deleted")
        return
    found = shelf.find(which)
    shelf.remove(found)
    tell(f"{found.set_id} ({found.name}): removed; {found.file} makes it again")


def _line(one: Manifest, *, drawn: bool) -> str:
    uses = "drawn" if drawn else "not drawn"
    roads = "roads for travel times" if one.driven else "no roads for travel times"
    return f"{one.set_id}  {one.name}  state of {one.newest or 'unknown day'}  {one.tiles:,} tiles  {uses}, {roads}"


class _Progress:
    """Tells how far it is: over and over on a terminal, else a line at every tenth."""

    def __init__(self) -> None:
        self.told = -1

    def __call__(self, share: float, what: str) -> None:
        line = f"{share:4.0%}  {legible(what)}"
        if sys.stderr.isatty():
            print(f"\rmssmap: {line:<70}", end="", file=sys.stderr, flush=True)
        elif int(share * 10) > self.told:
            self.told = int(share * 10)
            tell(line)


def _ends() -> None:
    if sys.stderr.isatty():
        print(file=sys.stderr)

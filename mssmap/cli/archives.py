"""Archives: events too many for the event list, kept beside the store and asked by window, box and filter."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mssmap import settings
from mssmap.cli.common import FOUND_FAULTS, AsJson, count, open_data, tell, write, write_json
from mssmap.errors import InputError

app = typer.Typer(help="Archives of many events: add, list, show, remove.", rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="As `mssmap archive list` gives it.")]


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, or Parquet with lon and lat; of any length.")],
    mapping: Annotated[
        Path | None, typer.Option(metavar="FILE", help="How to read it, as the data page saves it.")
    ] = None,
    title: Annotated[str, typer.Option(help="What people call it; default: by its columns and name.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make an archive of a file of events, part by part, in bounded memory."""
    from mssmap import store
    from mssmap.archive import shelf, stream
    from mssmap.ingest import mapping as mappings
    from mssmap.store import archived

    chosen = mappings.loads(_text(mapping)) if mapping else None
    made, told = stream.add_file(
        shelf.default(), file, open_data(), mapping=chosen, title=title, progress=_progress
    )  # fmt: skip
    archived.added(store.open_store(settings.load().database_url), asdict(made))
    if sys.stderr.isatty():
        print(file=sys.stderr)
    for fault in told.faults:
        tell(str(fault))
    for note in told.notes:
        tell(note)
    if told.left_out:
        tell(f"{count(told.left_out, 'row')} of {told.read:,} left out")
    if as_json:
        write_json(asdict(made), None)
    else:
        write(f"{made.name}  {count(made.rows, 'row')}  {made.licence}", None)
    if told.left_out:
        raise typer.Exit(FOUND_FAULTS)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the archives; faults of the folder go to stderr."""
    from mssmap.archive import shelf

    kept = shelf.default()
    found, faults = kept.listed(), kept.faults()
    for fault in faults:
        tell(fault)
    if as_json:
        write_json([asdict(item) for item in found], None)
    elif found:
        lines = [f"{item.name}  {item.rows:,} rows  {item.first} to {item.last}  {item.licence}" for item in found]
        write("\n".join(lines), None)
    else:
        tell("no archives yet; mssmap archive add FILE makes one")
    if faults:
        raise typer.Exit(FOUND_FAULTS)


@app.command("show")
def show(name: Name) -> None:
    """Write the manifest of an archive as JSON, after its rows were checked against their hash."""
    from mssmap.archive import engine

    write_json(asdict(engine.default().opened(name)), None)


@app.command("remove")
def remove(name: Name) -> None:
    """Delete an archive; the file it was made of is not touched."""
    from mssmap import store
    from mssmap.archive import shelf
    from mssmap.store import archived

    shelf.default().remove(name)
    archived.removed(store.open_store(settings.load().database_url), name)
    tell(f"{name}: removed")


def _progress(rows: int, what: str) -> None:
    if sys.stderr.isatty():
        print(f"\rmssmap: {rows:>12,} {what:<20}", end="", file=sys.stderr, flush=True)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--mapping: {path} cannot be read ({getattr(error, 'strerror', None) or error}).") from error

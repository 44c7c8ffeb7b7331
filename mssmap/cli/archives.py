"""Archives: events too many for the event list, kept beside the store and asked by window, box and filter."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mssmap.cli.common import (
    FOUND_FAULTS,
    AsJson,
    Lang,
    MakeStore,
    accounted,
    count,
    open_data,
    open_store,
    speak,
    tell,
    write,
    write_json,
)
from mssmap.errors import InputError
from mssmap.i18n.legible import legible

app = typer.Typer(help="Archives of many events: add, list, show, remove, restore, convert.", rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="As `mssmap archive list` gives it.")]


@app.command("add")
def add(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV or Parquet of any length, or any other format that is read.")
    ],
    mapping: Annotated[
        Path | None, typer.Option(metavar="FILE", help="How to read it, as the data page saves it.")
    ] = None,
    title: Annotated[str, typer.Option(help="What people call it; default: by its columns and name.")] = "",
    make_store: MakeStore = False,
    lang: Lang = "en",
    as_json: AsJson = False,
) -> None:
    """Make an archive of a file of events, part by part, in bounded memory."""
    from mssmap.archive import acts, shelf, stream
    from mssmap.ingest import mapping as mappings

    speak(lang)
    chosen = mappings.from_file(mapping, f"--mapping {mapping.name}") if mapping else None
    opened, kept = open_store(make=make_store), shelf.default()
    data = open_data()
    made, told = stream.add_file(kept, file, data, mapping=chosen, title=title, progress=_progress)
    acts.added(opened, kept, made)
    _progress_ends()
    for fault in told.faults:
        tell(str(fault))
    for note in told.notes:
        tell(note)
    for line in accounted(file.name, told.read, made.rows, told.reasons):
        tell(line)
    if as_json:
        write_json(asdict(made), None)
    else:
        write(f"{made.name}  {count(made.rows, 'row')}  {made.licence}", None)
    if told.is_faulty:
        raise typer.Exit(FOUND_FAULTS)


@app.command("list")
def list_(
    removed: Annotated[bool, typer.Option("--removed", help="Those that can be put back.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the archives; faults of the folder, and what can be put back, go to stderr."""
    from mssmap.archive import shelf

    kept = shelf.default()
    gone, faults = kept.removed(), kept.faults()
    found = gone if removed else kept.listed()
    for fault in faults:
        tell(fault)
    if as_json:
        write_json([asdict(item) for item in found], None)
    elif found:
        lines = [f"{item.name}  {item.rows:,} rows  {item.first} to {item.last}  {item.licence}" for item in found]
        write("\n".join(lines), None)
    else:
        there = f"no archives in {kept.folder}; mssmap archive add FILE makes one"
        tell("no archive was removed lately" if removed else there)
    if gone and not removed:
        tell(f"{count(len(gone), 'removed archive')}; mssmap archive list --removed shows what can be put back")
    if faults:
        raise typer.Exit(FOUND_FAULTS)


@app.command("show")
def show(name: Name) -> None:
    """Write the manifest of an archive as JSON, after its rows were checked against their hash."""
    from mssmap.archive import engine

    write_json(asdict(engine.default().opened(name)), None)


@app.command("remove")
def remove(
    name: Name,
    for_good: Annotated[bool, typer.Option("--for-good", help="Delete it now, also if it was removed before.")] = False,
) -> None:
    """Remove an archive, which can be put back for a while; the file it was made of is not touched."""
    from mssmap.archive import acts, shelf

    acts.remove(open_store(), shelf.default(), name, for_good=for_good)
    back = f"; for {shelf.KEPT_DAYS} days mssmap archive restore {name} puts it back"
    tell(f"{name}: {'deleted for good' if for_good else 'removed' + back}")


@app.command("restore")
def restore(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `mssmap archive list --removed` gives it.")],
) -> None:
    """Put a removed archive back."""
    from mssmap.archive import acts, shelf

    found = acts.restore(open_store(), shelf.default(), name)
    tell(f"{name}: put back, {count(found.rows, 'row')}")


@app.command("convert")
def convert(
    import_id: Annotated[
        str, typer.Argument(metavar="[ID]", help="Id of an import of many events; without it they are listed.")
    ] = "",
    all_: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
) -> None:
    """Make archives of imports of many events that an earlier version stored among the layers."""
    from mssmap.archive import acts, shelf
    from mssmap.store import imports

    if import_id and all_:
        raise InputError("ID, --all: found both, required one of them.")
    opened, kept = open_store(), shelf.default()
    due = [item for item in imports.listed(opened) if acts.is_convertible(item)]
    if import_id:
        due = [imports.find(opened, import_id)]
    elif not all_:
        for item in due:
            write(f"{item.import_id}  {count(item.body['rows'], 'row')}", None)
        tell("mssmap archive convert ID, or --all, makes archives of them" if due else "no import of so many events")
        return
    for item in due:
        there = acts.converted(kept, item.import_id) if item.removed else None
        made = there or acts.convert(opened, kept, item, progress=_progress)
        _progress_ends()
        tell(f"{item.import_id}: is the archive {made.name}; mssmap import --restore {item.import_id} brings it back")


def _progress(rows: int, what: str) -> None:
    if sys.stderr.isatty():
        print(f"\rmssmap: {rows:>12,} {legible(what):<20}", end="", file=sys.stderr, flush=True)


def _progress_ends() -> None:
    if sys.stderr.isatty():
        print(file=sys.stderr)

"""Commands about the product itself: log, backup, restore, check, serve."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import mssmap
from mssmap import settings
from mssmap.cli.common import BAD_INPUT, FOUND_FAULTS, MakeStore, count, open_store, reads_store, tell, write

if TYPE_CHECKING:
    from mssmap.store.backup import Manifest


def log(
    verify: Annotated[
        bool, typer.Option("--verify", help="Prove that nothing was changed or dropped; exit 1 if so.")
    ] = False,
    interleaved: Annotated[
        bool, typer.Option("--by-time", help="Put the changes of field copies between ours, by their time.")
    ] = False,
) -> None:
    """Print the audit trail of the store; --verify proves its chain."""
    from mssmap.store import audit, merge

    entries = open_store().trail()
    if verify:
        faults = audit.faults(entries)
        for fault in faults:
            typer.echo(fault)
        last = entries[-1].hash if entries else audit.START
        state = "broken" if faults else "whole"
        tell(f"mssmap: {count(len(entries), 'change')} checked, last hash {last[:16]}, {state}")
        raise typer.Exit(1 if faults else 0)
    origin = dict(zip([entry.seq for entry in entries], merge.origins(entries), strict=True))
    for entry in merge.by_time(entries) if interleaved else entries:
        came = f"  (from {origin[entry.seq]})" if origin[entry.seq] else ""
        what = f"{entry.action:<6} {entry.entity_id} version {entry.version}{came}"
        typer.echo(f"{entry.seq:>6}  {entry.at}  {entry.actor}  {what}")


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The zip to write; it must not be there yet.")],
) -> None:
    """Write everything in the store to a file while others go on working."""
    from mssmap.store import backup as backups

    made = backups.backup(open_store(), file)
    write(str(file), None)
    tell(_contents(made))
    for fault in made.faults:
        tell(f"{fault}. The file holds it as it is; restore will refuse it")
    if made.faults:
        raise typer.Exit(FOUND_FAULTS)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of mssmap backup.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Give up what is in the store; it is backed up beside FILE first.")
    ] = False,
    make_store: MakeStore = False,
) -> None:
    """Fill an empty store, of either kind, from a back-up, and prove its audit trail."""
    from mssmap.store import backup as backups

    backups.read(file)  # a file that cannot be used makes no store
    made, kept = backups.restore(open_store(make=make_store), file, replace=replace)
    if kept:
        tell(f"what was in the store stands in {kept}")
    tell(f"restored {_contents(made)}")


def _contents(made: Manifest) -> str:
    rows = sum(table["rows"] for table in made.tables.values())
    state = "broken" if made.faults else "whole"
    return f"{count(rows, 'row')}, {count(made.changes, 'change')}, last hash {made.head[:16]}, trail {state}"


def check() -> None:
    """Validate data/ and print every fault."""
    from mssmap import check as rules

    reads_store()
    start = time.perf_counter()
    data = mssmap.load()
    report = rules.check(data, settings.today())
    seconds = time.perf_counter() - start
    if report.is_sound:
        sizes = ", ".join(f"{name} {len(frame)}" for name, frame in data.frames.items())
        write(f"all {report.datasets} datasets sound: {report.records} rows in {seconds:.2f} s ({sizes})", None)
        return
    write("\n".join(str(fault) for fault in report.faults), None)
    tell(f"{count(len(report.faults), 'fault')} in {report.datasets} datasets, {report.records} rows, {seconds:.2f} s")
    raise typer.Exit(FOUND_FAULTS)


def serve(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port; default MSSMAP_PORT.")] = None,
    host: Annotated[str, typer.Option(help="Address; default MSSMAP_HOST.")] = "",
) -> None:
    """Start the app on its own server."""
    from mssmap.ui.door import start

    start.take_our_look()  # before anything of Streamlit speaks
    configured = settings.load()
    host = host or configured.host
    for fault in (faults := start.faults(configured, host)):
        tell(fault)
    if faults:
        raise typer.Exit(BAD_INPUT)
    from mssmap.ui import server

    server.serve(host=host, port=port or configured.port)

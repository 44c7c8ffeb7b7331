"""Commands about the product itself: log, backup, restore, check, serve."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import mssmap
from mssmap import settings
from mssmap.cli.common import BAD_INPUT, FOUND_FAULTS, MakeStore, count, open_store, reads_store, tell, write
from mssmap.errors import DataError
from mssmap.i18n.legible import legible

if TYPE_CHECKING:
    from mssmap.store import Store
    from mssmap.store.backup_file import Manifest, Shelved


def log(
    verify: Annotated[
        bool, typer.Option("--verify", help="Prove that nothing was changed or dropped; exit 1 if so.")
    ] = False,
    interleaved: Annotated[
        bool, typer.Option("--by-time", help="Put the changes of field copies between ours, by their time.")
    ] = False,
) -> None:
    """Print the audit trail of the store; --verify proves its chain, and that what it names is there."""
    from mssmap.store import audit, merge

    opened = open_store()
    entries = opened.trail()
    if verify:
        from mssmap.archive import copies, shelf

        broken = audit.faults(entries)
        lost = _lost(opened, copies.missing(opened, shelf.default()))
        for fault in [*broken, *lost]:
            typer.echo(legible(fault))
        last = entries[-1].hash if entries else audit.START
        tell(f"{count(len(entries), 'change')} checked, last hash {last[:16]}, {_state(broken, len(lost))}")
        raise typer.Exit(1 if broken or lost else 0)
    origin = dict(zip([entry.seq for entry in entries], merge.origins(entries), strict=True))
    for entry in merge.by_time(entries) if interleaved else entries:
        came = f"  (from {origin[entry.seq]})" if origin[entry.seq] else ""
        what = f"{entry.action!s:<6} {entry.entity_id} version {entry.version}{came}"
        typer.echo(legible(f"{entry.seq:>6}  {entry.at}  {entry.actor}  {what}"))


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The zip to write; it must not be there yet.")],
    without_archives: Annotated[
        bool, typer.Option("--without-archives", help="Leave the rows of the archives out; the file says which.")
    ] = False,
) -> None:
    """Write everything in the store, and its archives, to a file while others go on working."""
    from mssmap.archive import copies, shelf
    from mssmap.store import damaged, imports
    from mssmap.store.backup_file import LEFT_OUT

    opened = open_store()
    made = copies.make(opened, shelf.default(), file, without_archives=without_archives)
    write(str(file), None)
    lost = imports.faults(opened)
    bad = [line for kind in damaged.TABLES for line in damaged.faults(opened, kind, only_columns=True)]
    tell(_contents(made, len(made.absent) + len(lost)))
    for item in made.absent:
        tell(f"not in the file: {_named(item)}")
    for fault in lost:
        tell(fault)
    for fault in bad:
        tell(fault)
    for fault in made.faults:
        tell(f"{fault}. The file holds it as it is; restore will refuse it")
    if made.faults or lost or bad or any(item.why != LEFT_OUT for item in made.absent):
        raise typer.Exit(FOUND_FAULTS)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of mssmap backup.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Give up what is in the store; it is backed up beside FILE first.")
    ] = False,
    make_store: MakeStore = False,
) -> None:
    """Fill an empty store, of either kind, and its archives from a back-up, and prove its audit trail."""
    from mssmap.archive import copies, shelf
    from mssmap.store import backup_file

    manifest = backup_file.read(file)  # a file that cannot be used makes no store
    opened = open_store(make=make_store)
    done = copies.restore(opened, shelf.default(), file, manifest, replace=replace)
    if done.kept:
        tell(f"what was in the store stands in {done.kept}")
    for name in done.put_away:
        tell(f"archive {name}: not in the back-up, removed; mssmap archive restore {name} puts it back")
    lost = _lost(opened, done.missing)
    tell(f"restored {_contents(done.manifest, len(lost))}")
    for fault in lost:
        tell(f"missing: {fault}")
    if lost:
        raise typer.Exit(FOUND_FAULTS)


def _lost(opened: Store, missing: list[Shelved]) -> list[str]:
    """Return a line for whatever the trail promises and neither the store nor the shelf of the archives holds."""
    from mssmap.store import imports

    hint = "Add its file again, or restore a back-up that holds it"
    return imports.faults(opened) + [f"{_named(item)}. {hint}" for item in missing]


def _named(item: Shelved) -> str:
    from mssmap.store import backup_file

    why = {
        backup_file.LEFT_OUT: "left out",
        backup_file.NO_FILE: "its file is not on the shelf or cannot be read",
        backup_file.CHANGED: "its file is not the one that was written",
    }
    about = item.about
    return f"archive {item.name} ({about['title']}), {about['rows']:,} rows, {about['bytes']:,} bytes: {why[item.why]}"


def _contents(made: Manifest, lacking: int) -> str:
    rows = sum(table["rows"] for table in made.tables.values())
    archives = f", {count(len(made.held), 'archive')}" if made.archives else ""
    state = f"last hash {made.head[:16]}, trail {_state(made.faults, lacking)}"
    return f"{count(rows, 'row')}, {count(made.changes, 'change')}{archives}, {state}"


def _state(broken: list[str], lacking: int) -> str:
    if broken:
        return "broken"
    return f"unbroken, but {lacking} of what it names {'is' if lacking == 1 else 'are'} missing" if lacking else "whole"


def check() -> None:
    """Validate data/, the store and the archives, and print every fault."""
    from mssmap.archive import shelf
    from mssmap.records import check as rules

    reads_store()
    start = time.perf_counter()
    data = mssmap.load()
    report = rules.check(data, settings.today())
    stored = [*_release_faults(), *_store_faults(), *shelf.default().faults(by_hash=True)]
    seconds = time.perf_counter() - start
    if report.is_sound and not stored:
        sizes = ", ".join(f"{name} {len(frame)}" for name, frame in data.frames.items())
        write(f"all {report.datasets} datasets sound: {report.records} rows in {seconds:.2f} s ({sizes})", None)
        return
    found = [*map(str, report.faults), *stored]
    write("\n".join(found), None)
    tell(f"{count(len(found), 'fault')} in {report.datasets} datasets, {report.records} rows, {seconds:.2f} s")
    raise typer.Exit(FOUND_FAULTS)


def _release_faults() -> list[str]:
    """Return a line for each kept release that is not what was published."""
    from mssmap.records import released

    folder, found = settings.load().data_dir, []
    try:
        for release in released.listed(folder):
            try:
                released.contents(folder, release)
            except DataError as error:
                found.append(str(error))
    except DataError as error:
        found.append(str(error))
    return found


def _store_faults() -> list[str]:
    """Return a line for each record of the store that is not what mssmap writes, and for rows that were changed."""
    from mssmap import store
    from mssmap.brief import history
    from mssmap.store import audit, damaged, imports

    url = settings.load().database_url
    if not store.exists(url):
        return []
    opened = store.open_store(url, make=False)
    rows = [line for kind in damaged.TABLES for line in damaged.faults(opened, kind)]
    return [*rows, *history.faults(opened), *imports.faults(opened), *audit.faults(opened.trail())]


def serve(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port; default MSSMAP_PORT.")] = None,
    host: Annotated[str, typer.Option(help="Address; default MSSMAP_HOST.")] = "",
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that serve together; about one for each core.")
    ] = 1,
) -> None:
    """Start the app on its own server."""
    from mssmap.server.door import start

    start.take_our_look()  # before anything of Streamlit speaks
    configured = settings.load()
    host = host or configured.host
    for fault in (faults := start.faults(configured, host)):
        tell(fault)
    if faults:
        raise typer.Exit(BAD_INPUT)
    port = port or configured.port
    if workers > 1:
        from mssmap.server import front

        start.require_free(host, port)
        front.serve(host=host, port=port, workers=workers)
    else:
        from mssmap.server import app

        app.serve(host=host, port=port)

"""Commands about the product itself: log, check, serve."""

from __future__ import annotations

import time
from typing import Annotated

import typer

import mssmap
from mssmap import settings
from mssmap.cli.common import BAD_INPUT, FOUND_FAULTS, count, tell, write


def log(
    verify: Annotated[
        bool, typer.Option("--verify", help="Prove that nothing was changed or dropped; exit 1 if so.")
    ] = False,
) -> None:
    """Print the audit trail of the store; --verify proves its chain."""
    from mssmap import settings, store
    from mssmap.store import audit

    url = settings.load().database_url
    entries = store.open_store(url).trail() if store.exists(url) else []
    if verify:
        faults = audit.faults(entries)
        for fault in faults:
            typer.echo(fault)
        last = entries[-1].hash if entries else audit.START
        state = "broken" if faults else "whole"
        tell(f"mssmap: {count(len(entries), 'change')} checked, last hash {last[:16]}, {state}")
        raise typer.Exit(1 if faults else 0)
    for entry in entries:
        typer.echo(
            f"{entry.seq:>6}  {entry.at}  {entry.actor}  {entry.action:<6} {entry.entity_id} version {entry.version}"
        )


def check() -> None:
    """Validate data/ and print every fault."""
    from mssmap import check as rules

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
    from mssmap.ui import server
    from mssmap.ui.door import start

    configured = settings.load()
    host = host or configured.host
    for fault in (faults := start.faults(configured, host)):
        tell(fault)
    if faults:
        raise typer.Exit(BAD_INPUT)
    server.serve(host=host, port=port or configured.port)

"""Commands for several people and places: merging field copies, deciding conflicts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mssmap.cli.common import FOUND_FAULTS, AsJson, Out, count, open_store, tell, write, write_json
from mssmap.errors import InputError


def merge(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A back-up of the laptop's store (mssmap backup).")],
    origin: Annotated[str, typer.Option("--from", metavar="NAME", help="What people call the laptop.")] = "",
) -> None:
    """Merge a field copy: changes of a laptop that was away. What both sides changed waits for a decision."""
    from mssmap.archive import copies, shelf
    from mssmap.brief import history

    if not origin:
        raise InputError("--from: found nothing, required what people call the laptop, such as --from 'laptop 3'.")
    done = copies.take(open_store(), shelf.default(), file, origin=origin, settings_check=history.require)
    for name in done.names:
        write(name, None)
    tell(f"{count(done.taken, 'change')} merged, {done.known} were here already")
    for about in done.missing:
        named = f"archive {about['name']} ({about['title']}), {about['rows']:,} rows"
        tell(f"{named}: not merged, its rows are not in the copy. Ask for one that holds them")
    if done.conflicts:
        tell(f"{count(len(done.conflicts), 'conflict')} to decide: mssmap conflicts")
    for line in done.refused:
        tell(line)
    if done.refused:
        raise typer.Exit(FOUND_FAULTS)


def conflicts(
    decide: Annotated[str, typer.Option(metavar="ID", help="The conflict to decide.")] = "",
    keep: Annotated[str, typer.Option(help="With --decide: ours, theirs or both.")] = "",
    as_json: AsJson = False,
    out: Out = None,
) -> None:
    """List what a field copy and headquarters have both changed, or decide one of them."""
    from mssmap.store import merge as merging
    from mssmap.telling import listing

    opened = open_store()
    if decide:
        done = merging.decide(opened, decide, keep)
        tell(f"{done.name}: {done.choice} kept; the other side stays in the trail as {done.branch}")
        return
    found = merging.conflicts(opened)
    if as_json:
        write_json([vars(item) for item in found], out)
        return
    rows = [
        {
            "id": item.conflict_id,
            "kind": item.entity,
            "name": item.name,
            "from": item.origin,
            "changed by": f"{item.theirs_by} {item.theirs_at[:16]}",
            "choices": " ".join(merging.choices(item)),
        }
        for item in found
    ]
    if rows:
        write(listing.aligned(rows), out)
    tell(f"{count(len(rows), 'conflict')} to decide")

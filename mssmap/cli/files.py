"""Commands about files: export, verify."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import mssmap
from mssmap.cli.common import (
    FOUND_FAULTS,
    AsOf,
    Grade,
    KnownOn,
    Plans,
    Region,
    Release,
    count,
    open_data,
    reads_store,
    tell,
    write,
)
from mssmap.exports.formats import FORMATS
from mssmap.i18n.legible import legible

if TYPE_CHECKING:
    from mssmap.brief.history import Made
    from mssmap.exports.verify import PartChange, Verdict

SHOWN = 200
"""Rows that `verify` prints of each kind."""


def export(
    names: Annotated[list[str], typer.Argument(metavar="LAYER...", help="Layers and tables, as listed by layers.")],
    out: Annotated[Path, typer.Option(metavar="PATH", help="File to write; several files go into a zip.")],
    format: Annotated[str, typer.Option("--format", metavar="F", help=f"One of {', '.join(FORMATS)}.")],
    as_of: AsOf = "",
    known_on: KnownOn = "",
    grade: Grade = "F6",
    region: Region = "",
    category: Annotated[list[str] | None, typer.Option(help="Only events of it; may be given again.")] = None,
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="Only events of this day or later.")] = "",
    end: Annotated[str, typer.Option("--to", metavar="DATE", help="Only events of this day or earlier.")] = "",
    plans: Plans = False,
    release: Release = "",
    crs: Annotated[str, typer.Option(help="EPSG:4326, or EPSG:32618 where the format allows it.")] = "EPSG:4326",
    columns: Annotated[str, typer.Option(help="Names of columns: mssmap, cod-ab or hxl.")] = "mssmap",
    no_sidecar: Annotated[
        bool, typer.Option("--no-sidecar", help="Leave the proof out where the format cannot hold it.")
    ] = False,
) -> None:
    """Write layers and tables to a file with sources, licences and a proof inside."""
    open_data(release)
    built = mssmap.export(
        names,
        out,
        format=format,
        as_of=as_of or None,
        known_on=known_on or None,
        grade=grade,
        region=region or None,
        start=start or None,
        end=end or None,
        category=category or (),
        plans=plans,
        crs=crs,
        columns=columns,
        sidecar=not no_sidecar,
        release=release or None,
    )
    clocks = built.selection.filters.clocks
    tell(f"{out}: as of {clocks.as_of}, known on {clocks.known_on}, grade {built.selection.filters.grade}")
    if built.selection.release:
        tell(f"of release {built.selection.release}")
    for part in built.parts:
        tell(f"{part.name}: {count(len(part.frame), 'row')}, {part.licence}")
    for loss in built.losses:
        tell(f"lost: {loss}")


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of mssmap export, or a pack of brief.")],
) -> None:
    """Re-open an export or a briefing pack: unchanged, edited (what), or the data revised since."""
    from mssmap.brief import pack

    if pack.is_pack(file):
        _verify_pack(file)
        return
    reads_store()
    verdict = mssmap.verify(file)
    clocks = verdict.selection.filters.clocks
    write("\n".join([f"{verdict.state}: {file}", *_lines(verdict)]), None)
    tell(f"{count(verdict.rows, 'row')} as of {clocks.as_of}, known on {clocks.known_on}; opens at {verdict.link}")
    if verdict.release:
        tell(f"of release {verdict.release}; released since: {', '.join(verdict.since) or 'none'}")
    if verdict.state != "unchanged":
        raise typer.Exit(FOUND_FAULTS)


def _verify_pack(file: Path) -> None:
    from mssmap.brief import pack
    from mssmap.exports import verify

    report = pack.verify(file, open_data(), verify.Releases(mssmap.known_releases(), mssmap.load))
    found = [f"{name}: {what}" for name, what in report.edited.items()]
    found += [line for change in report.revised[:SHOWN] for line in _change_lines(change, "in the data")]
    write("\n".join([f"{report.state}: {file}", *map(legible, found)]), None)
    known = next((entry for entry in _made_here() if entry.manifest_sha256 == report.manifest_sha256), None)
    where = f"pack {known.n} of this store, made {known.at} by {known.by}" if known else "not made with this store"
    tell(f"manifest {report.manifest_sha256[:16]}, {where}")
    if report.state != pack.UNCHANGED:
        raise typer.Exit(FOUND_FAULTS)


def _made_here() -> list[Made]:
    from mssmap import settings, store
    from mssmap.brief import history

    try:
        return history.packs(store.open_store(settings.load().database_url, make=False))
    except store.NoStoreError:
        return []


def _lines(verdict: Verdict) -> list[str]:
    found = []
    for where, changes in (("in the file", verdict.edits), ("in the data", verdict.revisions)):
        for change in changes[:SHOWN]:
            found += _change_lines(change, where)
        if len(changes) > SHOWN:
            found.append(f"... and {len(changes) - SHOWN} more {where}")
    return found + [legible(note) for note in verdict.notes]


def _change_lines(change: PartChange, where: str) -> list[str]:
    from mssmap.telling import listing

    head = f"{where}: {change.part} {change.record_id} {change.kind}"
    if change.release:
        head += f", {'in' if change.kind == 'new' else 'overtaken by'} release {change.release}"
    fields = [
        f"    {field.field}: {listing.shown(field.before)} -> {listing.shown(field.after)}" for field in change.fields
    ]
    return [legible(line) for line in (" ".join(head.split()), *fields)]

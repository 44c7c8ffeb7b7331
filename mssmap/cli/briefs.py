"""The command about briefing packs: make one, make one again, list those that were made."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mssmap.cli.common import (
    FOUND_FAULTS,
    AsOf,
    Grade,
    KnownOn,
    MakeStore,
    Region,
    Release,
    day,
    open_data,
    open_store,
    open_view,
    tell,
    write,
)
from mssmap.errors import InputError

if TYPE_CHECKING:
    from mssmap.brief import Brief
    from mssmap.brief.pack import Pack
    from mssmap.records.catalog import Data
    from mssmap.records.timeline import Clocks
    from mssmap.store import Store

Highlights = Annotated[
    list[str] | None,
    typer.Option("--highlight", metavar="TEXT", help="A highlight; give it two to five times. Default: proposed."),
]
Created = Annotated[str, typer.Option(metavar="TIME", help="Time of making with its zone, for the same bytes again.")]


def brief(
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for the pack; made if needed.")] = None,
    as_of: AsOf = "",
    known_on: KnownOn = "",
    since: Annotated[str, typer.Option(metavar="DATE", help="Day of the last brief, to tell what changed.")] = "",
    since_pack: Annotated[int, typer.Option(metavar="N", help="Instead of --since: pack N of the history.")] = 0,
    lang: Annotated[str, typer.Option(help="Language of the pack: en, fr, ht or es.")] = "en",
    grade: Grade = "F6",
    region: Region = "",
    release: Release = "",
    title: Annotated[str, typer.Option(help="Title instead of the usual one.")] = "",
    highlight: Highlights = None,
    paper: Annotated[str, typer.Option(help="A4 or Letter.")] = "A4",
    scenario: Annotated[str, typer.Option(metavar="NAME|FILE", help="Add what a plan reaches.")] = "",
    contact: Annotated[str, typer.Option(help="Contact line.")] = "",
    classification: Annotated[str, typer.Option(help="Instead of: unofficial, from public reporting.")] = "",
    created: Created = "",
    again: Annotated[int, typer.Option(metavar="N", help="Make pack N of the history again, exactly.")] = 0,
    listed: Annotated[bool, typer.Option("--list", help="List the packs that were made, and end.")] = False,
    make_store: MakeStore = False,
) -> None:
    """Make the briefing pack: PDF, slides, offline page, data and a manifest, as one zip and beside it."""
    from mssmap.brief import history

    if listed:
        _list(open_store())
        return
    if out is None:
        raise InputError("--out: found nothing, required a folder for the pack.")
    if again:
        _again(open_store(), again, out)
        return
    kept = open_store(make=make_store)
    data, clocks = open_view(as_of, known_on, release)
    wanted = _wanted(
        data,
        clocks,
        since=history.find(kept, since_pack).brief.clocks.known_on if since_pack else day(since, "--since"),
        created=_time(created),
        lang=lang,
        grade=grade,
        region=region,
        title=title,
        highlights=tuple(highlight or ()),
        paper=paper,
        scenario=_plan(scenario, clocks, grade),
        contact=contact,
        classification=classification,
    )
    made, pack = history.make(data, kept, wanted, progress=_progress)
    _save(pack, out)
    tell(f"pack {made.n}, map {made.brief.number} version {made.brief.version}, manifest {made.manifest_sha256[:16]}")


def _list(kept: Store) -> None:
    from mssmap.brief import history

    write("\n".join(map(_line, history.packs(kept))) or "(none)", None)
    if faults := history.faults(kept):
        for fault in faults:
            tell(fault)
        raise typer.Exit(FOUND_FAULTS)


def _wanted(data: Data, clocks: Clocks, *, grade: str, region: str, **values: Any) -> Brief:
    from mssmap.brief import Brief
    from mssmap.records import regions
    from mssmap.records.shown import Filters

    pcode = regions.find(data, region).pcode if region else None
    return Brief(Filters(clocks, grade, pcode), **values)


def _time(text: str) -> datetime:
    from mssmap.brief import spec

    return spec.read_time(text, "--created") if text else datetime.now(UTC).astimezone().replace(microsecond=0)


def _plan(name: str, clocks: Clocks, grade: str) -> dict[str, Any] | None:
    if not name:
        return None
    import mssmap
    from mssmap.planning import plan_file

    return plan_file.to_dict(mssmap.plan(name, as_of=clocks.as_of, known_on=clocks.known_on, grade=grade))


def _again(kept: Store, n: int, out: Path) -> None:
    """Make a pack again; exit 1 if it is not the same any more."""
    from mssmap.brief import history

    found = history.find(kept, n)
    pack, differing = history.again(open_data(found.brief.release), found, _progress)
    _save(pack, out)
    if differing:
        tell(f"pack {n} is not the same: {', '.join(differing)} differ, for data or software changed since")
        raise typer.Exit(1)
    tell(f"pack {n} made again, every file the same")


def _progress(done: float, what: str) -> None:
    if what:
        tell(f"{done:4.0%} {what}")


def _save(pack: Pack, out: Path) -> None:
    """Write the zip, and beside it what people open."""
    from mssmap.brief import content

    opened = (name for name in pack.files if "/" not in name and name.endswith((".pdf", ".pptx", ".html")))
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, body in {pack.name: pack.zip, **{name: pack.files[name] for name in opened}}.items():
            (out / name).write_bytes(body)
            write(f"{out / name}  {len(body):,} bytes", None)
    except OSError as error:
        raise InputError(f"--out: {out} cannot be written ({error.strerror or error}).") from error
    for line in content.tell_shortened(pack.content):
        tell(line)


def _line(made: Any) -> str:
    brief = made.brief
    known: date = brief.clocks.known_on
    parts = [f"{made.n:>4}", made.at, made.by, f"{brief.number} version {brief.version}", f"as of {brief.clocks.as_of}"]
    return "  ".join([*parts, f"known on {known}", brief.lang, brief.paper, made.manifest_sha256[:16]])

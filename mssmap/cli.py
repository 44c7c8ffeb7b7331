"""
The command line: the same functions the pages call, with data on stdout and messages on stderr.

Exit codes: 0 done, 1 faults were found, 2 an argument or the data folder cannot be used. Everything heavy is imported
inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import mssmap
from mssmap import settings
from mssmap.errors import InputError, MssmapError

if TYPE_CHECKING:
    from mssmap.catalog import Data
    from mssmap.timeline import Clocks

FOUND_FAULTS, BAD_INPUT = 1, 2

app = typer.Typer(
    help="Open operations map of the UN-authorised security mission in Haiti: unofficial, from public reporting.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

AsOf = Annotated[str, typer.Option("--as-of", metavar="DATE", help="Day to show; default: the latest with a report.")]
KnownOn = Annotated[str, typer.Option("--known-on", metavar="DATE", help="Day whose knowledge counts; default: today.")]
Grade = Annotated[str, typer.Option(metavar="GRADE", help="Leave out records below it, for example C3; F6 shows all.")]
Region = Annotated[str, typer.Option(metavar="REGION", help="P-code or name of a department or commune.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON.")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="Write to a file instead of stdout.")]


@app.command()
def layers(as_json: AsJson = False, out: Out = None) -> None:
    """List the layers and tables: id, title, rows, licence, sources."""
    from mssmap import listing

    datasets = mssmap.load().datasets.values()
    if as_json:
        _write_json([listing.catalog_record(dataset) for dataset in datasets], out)
        return
    rows = [
        {
            "id": dataset.name,
            "kind": dataset.group,
            "title": dataset.title,
            "rows": str(dataset.rows),
            "licence": dataset.licence,
            "sources": "; ".join(title for title, _ in dataset.sources),
        }
        for dataset in datasets
    ]
    _write(listing.aligned(rows), out)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="LAYER", help="A layer or table, as listed by mssmap layers.")],
    as_of: AsOf = "",
    known_on: KnownOn = "",
    grade: Grade = "F6",
    region: Region = "",
    as_json: AsJson = False,
    text: Annotated[bool, typer.Option("--text", help="Tell the records of a layer in sentences.")] = False,
    lang: Annotated[str, typer.Option(help="Language of --text: en, fr, ht or es.")] = "en",
    out: Out = None,
) -> None:
    """Print the records of a layer or table as of a date."""
    from mssmap import listing, views

    data, clocks = _open(as_of, known_on)
    is_layer = data.dataset(name).is_layer
    view = views.layer if is_layer else views.table
    rows = view(data, name, clocks, grade, region or None)
    hidden = len(view(data, name, clocks, "F6", region or None)) - len(rows)
    _tell(_heading(name, clocks, len(rows), hidden, grade))
    if text:
        _write(_told(rows, name, clocks, lang), out)
    elif as_json:
        _write_json(listing.collection(rows) if is_layer else listing.records(rows), out)
    elif name == "events":
        _write(listing.event_text(rows), out)
    else:
        _write(listing.aligned(listing.main_columns(data.dataset(name), rows)), out)


def _told(rows: Any, name: str, clocks: Clocks, lang: str) -> str:
    from mssmap import i18n, twin

    if lang not in i18n.LANGUAGES:
        raise InputError(f"lang: found {lang!r}, required one of {', '.join(i18n.LANGUAGES)}.")
    i18n.use(lang)
    return "\n".join(twin.layer(rows, name, clocks))


@app.command()
def events(
    start: Annotated[
        str, typer.Option("--from", metavar="DATE", help="Only events that touch this day or later.")
    ] = "",
    end: Annotated[str, typer.Option("--to", metavar="DATE", help="Only events that touch this day or earlier.")] = "",
    category: Annotated[list[str] | None, typer.Option(help="Only this category; may be given again.")] = None,
    as_of: AsOf = "",
    known_on: KnownOn = "",
    grade: Grade = "F6",
    region: Region = "",
    as_json: AsJson = False,
    out: Out = None,
) -> None:
    """List events, each with every reported figure and its source."""
    from mssmap import listing, views

    data, clocks = _open(as_of, known_on)
    view = partial(
        views.events,
        data,
        clocks,
        start=_date(start, "--from"),
        end=_date(end, "--to"),
        category=category,
        region=region or None,
    )
    rows = view(grade=grade)
    hidden = len(view()) - len(rows)
    _tell(_heading("events", clocks, len(rows), hidden, grade))
    if as_json:
        _write_json(listing.records(rows.drop(columns="geometry")), out)
    else:
        _write(listing.event_text(rows), out)


@app.command()
def changes(
    since: Annotated[str, typer.Option(metavar="DATE", help="What was known on this day does not count.")],
    until: Annotated[str, typer.Option(metavar="DATE", help="Last day that counts; default: today.")] = "",
    as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="Leave out what is about later days.")] = "",
    as_json: AsJson = False,
    out: Out = None,
) -> None:
    """List what was learnt between two days: new, changed, corrected, withdrawn."""
    from mssmap import differences, listing

    data = _data()
    first, last = _date(since, "--since"), _date(until, "--until") or settings.today()
    if first is None:
        raise InputError("--since: found nothing, required a date as YYYY-MM-DD.")
    found = differences.changes(data, first, last, _date(as_of, "--as-of"))
    records = differences.as_records(data, found, last)
    _tell(f"learnt after {first} and up to {last}: {_count(len(records), 'change')}")
    if as_json:
        _write_json(records, out)
    else:
        _write(listing.change_text(records), out)


Scenario = Annotated[str, typer.Option(metavar="NAME|FILE", help="baseline, a saved plan, or a scenario file.")]
Minutes = Annotated[float | None, typer.Option(metavar="M", help="Service standard in minutes; default 60.")]
Kilometres = Annotated[float | None, typer.Option("--km", metavar="K", help="Service standard in kilometres instead.")]


def _standard(minutes: float | None, km: float | None) -> Any:
    from mssmap.access import Standard

    if minutes is not None and km is not None:
        raise InputError("--minutes, --km: found both, required one of them.")
    if km is not None:
        return Standard(km, "km")
    return None if minutes is None else Standard(minutes)


@app.command()
def coverage(
    scenario: Scenario = "baseline",
    minutes: Minutes = None,
    km: Kilometres = None,
    as_of: AsOf = "",
    known_on: KnownOn = "",
    grade: Grade = "F6",
    as_json: AsJson = False,
    out: Out = None,
) -> None:
    """Print who is covered by the bases of a plan, with the band over population and speed cases."""
    import mssmap
    from mssmap import listing, views

    result = mssmap.coverage(
        scenario, standard=_standard(minutes, km), as_of=as_of or None, known_on=known_on or None, grade=grade
    )
    _tell(f"mssmap: plan {scenario}, standard {result.standard}")
    if as_json:
        parts = {"figures": result.figures, "by_department": result.by_department}
        _write_json({name: [views.plain(r) for r in rows.to_dict("records")] for name, rows in parts.items()}, out)
    else:
        tables = (
            listing.aligned([{k: str(v) for k, v in row.items()} for row in rows.round(1).to_dict("records")])
            for rows in (result.figures, result.by_department)
        )
        _write("\n\n".join([*tables, result.method]), out)


@app.command()
def site(
    k: Annotated[int | None, typer.Option("-k", metavar="K", help="Bases to add, 1 to 15; not for lscp.")] = None,
    model: Annotated[str, typer.Option(help="mclp, lscp, pmedian or pcenter.")] = "mclp",
    scenario: Scenario = "baseline",
    minutes: Minutes = None,
    km: Kilometres = None,
    clean: Annotated[
        bool, typer.Option("--clean", help="Start from a clean sheet, without the bases that are on.")
    ] = False,
    as_of: AsOf = "",
    known_on: KnownOn = "",
    grade: Grade = "F6",
    as_json: AsJson = False,
    out: Out = None,
) -> None:
    """Print the best sites to add to a plan: objective, bound, gap, proven or not."""
    import mssmap

    answer = mssmap.site(
        k,
        model=model,
        scenario=scenario,
        standard=_standard(minutes, km),
        keep_active=not clean,
        as_of=as_of or None,
        known_on=known_on or None,
        grade=grade,
    )
    found = answer.to_json()
    if as_json:
        _write_json(found, out)
        return
    proof = "proven optimal" if answer.proven else f"not proven, gap {answer.gap_pct:.2f} %"
    _tell(f"mssmap: {answer.objective:,.0f} {answer.unit}, bound {answer.bound:,.0f}, {proof}, {answer.seconds:.1f} s")
    lines = [f"{row['id']}  {row['name']}  {row['lat']:.4f}, {row['lon']:.4f}" for row in found["sites"]]
    _write("\n".join([*lines, answer.method]), out)


@app.command()
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
        _tell(f"mssmap: {_count(len(entries), 'change')} checked, last hash {last[:16]}, {state}")
        raise typer.Exit(1 if faults else 0)
    for entry in entries:
        typer.echo(
            f"{entry.seq:>6}  {entry.at}  {entry.actor}  {entry.action:<6} {entry.entity_id} version {entry.version}"
        )


@app.command()
def check() -> None:
    """Validate data/ and print every fault."""
    from mssmap import check as rules

    start = time.perf_counter()
    data = mssmap.load()
    report = rules.check(data, settings.today())
    seconds = time.perf_counter() - start
    if report.is_sound:
        sizes = ", ".join(f"{name} {len(frame)}" for name, frame in data.frames.items())
        _write(f"all {report.datasets} datasets sound: {report.records} rows in {seconds:.2f} s ({sizes})", None)
        return
    _write("\n".join(str(fault) for fault in report.faults), None)
    _tell(
        f"{_count(len(report.faults), 'fault')} in {report.datasets} datasets, {report.records} rows, {seconds:.2f} s"
    )
    raise typer.Exit(FOUND_FAULTS)


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port; default MSSMAP_PORT.")] = None,
    host: Annotated[str, typer.Option(help="Address; default MSSMAP_HOST.")] = "",
) -> None:
    """Start the app on its own server."""
    from mssmap.ui import server

    configured = settings.load()
    server.serve(host=host or configured.host, port=port or configured.port)


def _version(wanted: bool) -> None:
    if wanted:
        _write(f"mssmap {mssmap.__version__}", None)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Run the command line and leave the process with its exit code.

    The one place that turns errors into a line on stderr: those raised on purpose exit with 2, a bug with 1.
    """
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; without arguments print the help."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return int(app(args=given or ["--help"], prog_name="mssmap", standalone_mode=False) or 0)
    except typer.Exit as leave:
        return leave.exit_code
    except MssmapError as error:
        _tell(str(error))
        return BAD_INPUT
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except Exception as error:  # noqa: BLE001, the one boundary
        # Usage errors are told by their method: typer brings its own copy of click, or not, by version.
        if hasattr(error, "format_message"):
            _tell(f"{error.format_message().rstrip('.')}. See mssmap --help.")
            return BAD_INPUT
        if settings.load().debug:
            traceback.print_exc()
        _tell(f"a bug, please report it: {type(error).__name__}: {error}. MSSMAP_DEBUG=1 shows where.")
        return FOUND_FAULTS


def _data() -> Data:
    data = mssmap.load()
    if data.faults:
        _tell(f"{_count(len(data.faults), 'fault')} in the data, mssmap check lists them")
    return data


def _open(as_of: str, known_on: str) -> tuple[Data, Clocks]:
    dates = _date(as_of, "--as-of"), _date(known_on, "--known-on")
    data = _data()
    return data, mssmap.clocks(*dates)


def _date(text: str, option: str) -> date | None:
    return settings.parse_date(text, option) if text else None


def _tell(message: str) -> None:
    print(f"mssmap: {' '.join(message.split())}", file=sys.stderr)


def _write(text: str, out: Path | None) -> None:
    text = text if text.endswith("\n") else f"{text}\n"
    if out is None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader (head, less) has seen enough; keep Python from complaining when it flushes at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        return
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"--out: {out} cannot be written ({error.strerror or error}).") from error


def _write_json(value: Any, out: Path | None) -> None:
    _write(json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False), out)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _heading(name: str, clocks: Clocks, shown: int, hidden: int, grade: str) -> str:
    text = f"{name} as of {clocks.as_of}, known on {clocks.known_on}: {_count(shown, 'record')}"
    return text + (f", {hidden} below grade {grade} hidden" if hidden else "")

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
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click
import typer

import mssmap
from mssmap import settings
from mssmap.errors import InputError, MssmapError

if TYPE_CHECKING:
    import pandas as pd

    from mssmap.catalog import Data
    from mssmap.timeline import Clocks

FOUND_FAULTS, BAD_INPUT = 1, 2

app = typer.Typer(
    help="Open operations map of the UN-authorised security mission in Haiti: unofficial, from public reporting.",
    no_args_is_help=True,
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
    datasets = mssmap.load().datasets.values()
    if as_json:
        _write_json([_catalog_record(dataset) for dataset in datasets], out)
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
    _write(_aligned(rows), out)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="LAYER", help="A layer or table, as listed by mssmap layers.")],
    as_of: AsOf = "",
    known_on: KnownOn = "",
    grade: Grade = "F6",
    region: Region = "",
    as_json: AsJson = False,
    out: Out = None,
) -> None:
    """Print the records of a layer or table as of a date."""
    from mssmap import views

    data, clocks = _open(as_of, known_on)
    is_layer = data.dataset(name).is_layer
    view = views.layer if is_layer else views.table
    rows = view(data, name, clocks, grade, region or None)
    hidden = len(view(data, name, clocks, "F6", region or None)) - len(rows)
    _tell(_heading(name, clocks, len(rows), hidden, grade))
    if as_json:
        _write_json(_collection(rows) if is_layer else _records(rows), out)
    elif name == "events":
        _write(_event_text(data, rows), out)
    else:
        _write(_aligned(_main_columns(data, name, rows)), out)


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
    from mssmap import views

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
        _write_json(_records(rows.drop(columns="geometry")), out)
    else:
        _write(_event_text(data, rows), out)


@app.command()
def changes(
    since: Annotated[str, typer.Option(metavar="DATE", help="What was known on this day does not count.")],
    until: Annotated[str, typer.Option(metavar="DATE", help="Last day that counts; default: today.")] = "",
    as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="Leave out what is about later days.")] = "",
    as_json: AsJson = False,
    out: Out = None,
) -> None:
    """List what was learnt between two days: new, changed, corrected, withdrawn."""
    from mssmap import differences

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
        _write("\n".join(line for record in records for line in _change_lines(record)), out)


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
    """Run the command line and return its exit code."""
    try:
        return int(app(args=list(arguments) if arguments is not None else None, standalone_mode=False) or 0)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        _tell(f"{error.format_message()} See mssmap --help.")
        return BAD_INPUT
    except MssmapError as error:
        _tell(str(error))
        return BAD_INPUT
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        # The reader (head, less) has seen enough; keep Python from complaining when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001, the one boundary
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
        sys.stdout.write(text)
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


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    from mssmap import views

    return [{str(key): views.plain(value) for key, value in row.items()} for row in rows.to_dict("records")]


def _collection(rows: pd.DataFrame) -> dict[str, Any]:
    import shapely

    properties = _records(rows.drop(columns="geometry"))
    shapes = [json.loads(text) if text else None for text in shapely.to_geojson(rows.geometry.to_numpy()).tolist()]
    features = [
        {"type": "Feature", "properties": values, "geometry": shape}
        for values, shape in zip(properties, shapes, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def _catalog_record(dataset: Any) -> dict[str, Any]:
    plain = (
        "title",
        "description",
        "path",
        "group",
        "rows",
        "bytes",
        "sha256",
        "licence",
        "licence_url",
        "sensitivity",
    )
    return {
        "id": dataset.name,
        **{name: getattr(dataset, name) for name in plain},
        "sources": [{"title": title, "url": url or None} for title, url in dataset.sources],
        "columns": [
            {"name": column.name, "type": column.type, "unit": column.unit or None, "description": column.description}
            for column in dataset.contract.fields
        ],
    }


def _since(row: Any) -> str:
    return _day(row["status_from"], row["status_precision"])


def _day(day: Any, precision: str) -> str:
    """Write a day no finer than it is known: 2025-05 for a month, before 2021-01-01 for an unknown start."""
    if day is None or day != day:
        return ""
    text = f"{day:%Y-%m-%d}"
    return {"month": text[:7], "year": text[:4], "before": f"before {text}"}.get(precision, text)


def _cited(row: Any) -> str:
    return ", ".join(source["source_id"] for source in row["sources"]) or "none public then"


Column = str | Callable[[Any], str]

STATUS_TAIL: dict[str, Column] = {
    "since": _since,
    "place": "place",
    "precision": "location_precision",
    "grade": "grade",
    "sources": _cited,
}

MAIN_COLUMNS: dict[str, dict[str, Column]] = {
    "fobs": {"id": "fob_id", "name": "name_en", "status": "status", "operator": "operator", **STATUS_TAIL},
    "prisons": {"id": "prison_id", "name": "name_en", "status": "status", "kind": "kind", **STATUS_TAIL},
    "facilities": {"id": "facility_id", "name": "name_en", "status": "status", "kind": "kind", **STATUS_TAIL},
    "gang_zones": {"id": "zone_id", "name": "name_en", "level": "status", "group": "armed_group", **STATUS_TAIL},
    "status": {
        **{"id": "status_id", "status": "status", "operator": "operator"},
        "from": lambda row: _day(row["valid_from"], row["date_precision"]),
        "to": lambda row: _day(row["valid_to"], "day"),
        **{"known": "known_from", "grade": "grade", "sources": _cited},
    },
    "strength": {
        "date": lambda row: _day(row["date"], row["date_precision"]),
        **{"country": "country", "scope": "scope", "type": "record_type", "personnel": "personnel"},
        **{"up to": "personnel_max", "net change": "net_change", "grade": "grade", "sources": _cited},
    },
    "indicators": {
        "date": lambda row: _day(row["period_end"], row["date_precision"]),
        **{"indicator": "indicator", "series": "series", "area": "area", "qualifier": "qualifier", "value": "value"},
        **{"up to": "value_max", "unit": "unit", "period": "period_type", "grade": "grade", "sources": _cited},
    },
    "figures": {
        **{"record": "record_id", "measure": "measure", "qualifier": "qualifier", "value": "value_min"},
        **{"up to": "value_max", "unit": "unit", "date": "date", "source": "source_id"},
    },
    "sources": {
        **{"id": "source_id", "reliability": "reliability", "publisher": "publisher"},
        "published": lambda row: _day(row["published_on"], row["published_precision"]),
        **{"title": "title", "url": "url"},
    },
}
"""Columns that `show` prints, by dataset; of others the first eight."""


def _main_columns(data: Data, name: str, rows: pd.DataFrame) -> list[dict[str, str]]:
    from mssmap import views

    columns = MAIN_COLUMNS.get(name) or {column: column for column in data.dataset(name).contract.columns[:8]}
    return [
        {
            title: column(row) if callable(column) else _text(views.plain(row[column]))
            for title, column in columns.items()
        }
        for row in rows.to_dict("records")
    ]


def _text(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _aligned(rows: Sequence[dict[str, str]], limit: int = 48) -> str:
    """Return rows as a table with aligned columns; long cells are cut, except in the last column."""
    if not rows:
        return "(none)"
    titles = list(rows[0])
    lines = [titles, *([_clean(row[title]) for title in titles] for row in rows)]
    cut = [
        [*(cell if len(cell) <= limit else cell[: limit - 1] + "…" for cell in line[:-1]), line[-1]] for line in lines
    ]
    widths = [max(len(line[i]) for line in cut) for i in range(len(titles) - 1)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]]).rstrip()
        for line in cut
    )


def _clean(text: str) -> str:
    """Keep a cell on its line and a terminal from being steered by text that came from data."""
    return "".join(c if c.isprintable() else " " for c in text)


def _event_text(data: Data, rows: pd.DataFrame) -> str:
    return "\n\n".join("\n".join(_event_lines(row)) for row in rows.to_dict("records")) or "(none)"


def _event_lines(row: Any) -> Iterable[str]:
    day = _day(row["valid_from"], row["date_precision"])
    lasts = (
        row["valid_to"] == row["valid_to"] and row["valid_to"] > row["valid_from"] and row["date_precision"] == "day"
    )
    until = (
        f" to {row['valid_to']:%Y-%m-%d}"
        if lasts
        else " and still going on"
        if row["valid_to"] != row["valid_to"]
        else ""
    )
    yield f"{day}{until}  {_clean(row['title_en'])}"
    claim = "planned, outcome not known" if row["outcome_unknown"] else row["claim"].replace("_", " ")
    dispute = f", {row['dispute']} disputed" if row["dispute"] else ""
    place = ", ".join(
        part for part in (row["place"] or "place not stated", row["commune_pcode"], row["country"]) if part
    )
    yield f"    place   {_clean(place)} ({row['location_precision']})"
    yield f"    claim   {claim}{dispute}; grade {row['grade']}; category {row['category']}; id {row['event_id']}"
    listed = {source["source_id"] for source in row["sources"]}
    for figure in row["figures"]:
        url = None if figure["source_id"] in listed else figure["url"]
        yield f"    figure  {_clean(_figure(figure))}"
        yield f"            {_clean(_citation(figure['source'] or 'source not yet public', figure['publisher'], url))}"
    for source in row["sources"]:
        yield f"    source  {_clean(_citation(source['title'], source['publisher'], source['url']))}"


def _figure(figure: dict[str, Any]) -> str:
    low, high = _text(figure["min"]), _text(figure["max"])
    value = low if low == high else f"{low}-{high}"
    return f"{figure['measure']}: {figure['qualifier']} {value} {figure['unit']}".replace(":  ", ": ")


def _citation(title: str, publisher: str | None, url: str | None) -> str:
    return " - ".join(part for part in (title, publisher, url) if part)


def _change_lines(record: dict[str, Any]) -> Iterable[str]:
    head = f"{record['known_from'] or '':10}  {record['kind']:9}  {record['table']:10}"
    yield _clean(f"{head}  {record['title']} [{record['record_id']}]")
    for change in record["fields"]:
        yield _clean(f"{'':12}{change['field']}: {_shown(change['before'])} -> {_shown(change['after'])}")


def _shown(value: Any, limit: int = 120) -> str:
    text = _text(value) or "(nothing)"
    return text if len(text) <= limit else text[: limit - 1] + "…"

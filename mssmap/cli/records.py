"""Commands that read records: layers, show, events, changes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

import mssmap
from mssmap import settings
from mssmap.cli.common import (
    AsJson,
    AsOf,
    Grade,
    KnownOn,
    Out,
    Plans,
    Region,
    Release,
    count,
    day,
    heading,
    open_data,
    open_view,
    reads_store,
    tell,
    write,
    write_json,
)
from mssmap.errors import InputError

if TYPE_CHECKING:
    from mssmap.records.timeline import Clocks


def layers(as_json: AsJson = False, out: Out = None) -> None:
    """List the layers and tables: id, title, rows, licence, sources."""
    from mssmap.telling import listing

    reads_store()
    datasets = mssmap.load().datasets.values()
    if as_json:
        write_json([listing.catalog_record(dataset) for dataset in datasets], out)
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
    write(listing.aligned(rows), out)


def show(
    name: Annotated[str, typer.Argument(metavar="LAYER", help="A layer or table, as listed by mssmap layers.")],
    as_of: AsOf = "",
    known_on: KnownOn = "",
    grade: Grade = "F6",
    region: Region = "",
    release: Release = "",
    plans: Plans = False,
    as_json: AsJson = False,
    text: Annotated[bool, typer.Option("--text", help="Tell the records of a layer in sentences.")] = False,
    lang: Annotated[str, typer.Option(help="Language of --text: en, fr, ht or es.")] = "en",
    out: Out = None,
) -> None:
    """Print the records of a layer or table as of a date."""
    from mssmap.records import views
    from mssmap.telling import listing

    data, clocks = open_view(as_of, known_on, release)
    is_layer = data.dataset(name).is_layer
    table = partial(views.table, plans=plans)
    view = views.layer if is_layer else table
    rows = view(data, name, clocks, grade, region or None)
    hidden = len(view(data, name, clocks, "F6", region or None)) - len(rows)
    every = rows if is_layer else views.table(data, name, clocks, grade, region or None, plans=True)
    tell(heading(name, clocks, len(rows), hidden, grade, region, len(every) - len(rows)))
    if text:
        write(_told(rows, name, clocks, lang, grade, hidden), out)
    elif as_json:
        write_json(listing.collection(rows) if is_layer else listing.records(rows), out)
    elif name == "events":
        write(listing.event_text(rows), out)
    else:
        write(listing.aligned(listing.main_columns(data.dataset(name), rows)), out)


def _told(rows: Any, name: str, clocks: Clocks, lang: str, grade: str, hidden: int) -> str:
    from mssmap import i18n
    from mssmap.telling import twin

    if lang not in i18n.LANGUAGES:
        raise InputError(f"lang: found {lang!r}, required one of {', '.join(i18n.LANGUAGES)}.")
    i18n.use(lang)
    return "\n".join(twin.layer(rows, name, clocks, grade, hidden))


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
    release: Release = "",
    plans: Plans = False,
    as_json: AsJson = False,
    out: Out = None,
) -> None:
    """List events, each with every reported figure and its source."""
    from mssmap.records import views
    from mssmap.telling import listing

    data, clocks = open_view(as_of, known_on, release)
    view = partial(
        views.events,
        data,
        clocks,
        start=day(start, "--from"),
        end=day(end, "--to"),
        category=category,
        region=region or None,
    )
    rows = view(grade=grade, plans=plans)
    hidden = len(view(plans=plans)) - len(rows)
    when = "".join(f" {word} {day}" for word, day in (("from", start), ("to", end)) if day)
    announced = len(view(grade=grade, plans=True)) - len(rows)
    tell(heading(f"events{when}", clocks, len(rows), hidden, grade, region, announced))
    if as_json:
        write_json(listing.records(rows.drop(columns="geometry")), out)
    else:
        write(listing.event_text(rows), out)


def changes(
    since: Annotated[str, typer.Option(metavar="DATE", help="What was known on this day does not count.")],
    until: Annotated[str, typer.Option(metavar="DATE", help="Last day that counts; default: today.")] = "",
    as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="Leave out what is about later days.")] = "",
    plans: Plans = False,
    as_json: AsJson = False,
    out: Out = None,
) -> None:
    """List what was learnt between two days: new, changed, corrected, withdrawn."""
    from mssmap.records import differences
    from mssmap.telling import listing

    data = open_data()
    first, last = day(since, "--since"), day(until, "--until") or settings.today()
    if first is None:
        raise InputError("--since: found nothing, required a date as YYYY-MM-DD.")
    found = differences.changes(data, first, last, day(as_of, "--as-of"), plans=plans)
    records = differences.as_records(data, found, last)
    tell(f"learnt after {first} and up to {last}: {count(len(records), 'change')}")
    if as_json:
        write_json(records, out)
    else:
        write(listing.change_text(records), out)

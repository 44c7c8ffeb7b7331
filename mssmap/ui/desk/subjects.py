"""Records that a change at the desk may be about, in words."""

from __future__ import annotations

from typing import Final

from mssmap.errors import MssmapError
from mssmap.i18n import current, written
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.records import kinds, schema, units
from mssmap.records.catalog import Data
from mssmap.records.submissions import submission
from mssmap.ui.cache import of_the_data

OF_IMPORTS: Final = "import:"
"""How the source of an event begins that stands in an import only; nothing about it is handed in."""

MADE: Final = ("revision", "source_ids", "source_id", "record_id", "known_from", "known_precision")
"""Columns of numbers and sources that follow from the rest, besides the id."""

EVENT: Final = (
    *("category", "title_en", "title_fr", "title_ht", "title_es", "valid_from", "valid_to", "date_precision", "place"),
    *("commune_pcode", "lon", "lat", "location_precision", "actors", "claim", "dispute", "confidence", "note"),
)
STATUS: Final = (
    *("status", "valid_from", "valid_to", "date_precision", "operator", "armed_group", "confidence", "note"),
    *("coalition", "share_pct", "communes_affected", "unit_pcodes", "uncertainty_m"),
)
RECORD: Final = (
    "name_en",
    "name_fr",
    "name_ht",
    "name_es",
    "place",
    "commune_pcode",
    "lon",
    "lat",
    "location_precision",
    "capacity",
    "capacity_note",
    "unit_pcodes",
    "uncertainty_m",
    "extent_note",
    "note",
)
OF_ZONES: Final = ("armed_group", "coalition", "share_pct", "communes_affected", "unit_pcodes", "uncertainty_m")
"""Columns of a status that only the assessment of a zone has."""


def titles() -> dict[str, str]:
    """Return the events and the records of the layers, by id, each with its title and day or layer."""
    return _titles(current())


@of_the_data(maxsize=4)
def _titles(of: Data, language: str) -> dict[str, str]:
    found = {}
    for name, layer in kinds.LAYERS.items():
        if name in of.datasets:
            for row in of[name].to_dict("records"):
                title = row.get(f"name_{language}") or row.get("name_en") or row[layer.id_column]
                found[str(row[layer.id_column])] = f"{title} · {_(layer.title)}"
    found |= _numbers(of)
    rows = of["events"].drop_duplicates("event_id", keep="last").sort_values("valid_from", ascending=False)
    for row in rows.to_dict("records"):
        if is_ours(row.get("source_ids")):
            title = written(row.get, "title", language)[0]
            found[str(row["event_id"])] = f"{title} · {text.day(row['valid_from'], str(row['date_precision']))}"
    return found


def _numbers(of: Data) -> dict[str, str]:
    """Indicators and strengths by id, the latest first."""
    found = {}
    rows = of["indicators"].drop_duplicates("indicator_id", keep="last").sort_values("period_end", ascending=False)
    for row in rows.to_dict("records"):
        day = text.day(row["period_end"], str(row["date_precision"]))
        said = (text.plain_word(row["indicator"]), row["area"], text.number(row["value"]), day)
        found[str(row["indicator_id"])] = " · ".join(str(one) for one in said if one)
    rows = of["strength"].drop_duplicates("strength_id", keep="last").sort_values("date", ascending=False)
    for row in rows.to_dict("records"):
        day = text.day(row["date"], str(row["date_precision"]))
        whose = str(row["country"] or row["scope"] or "")
        found[str(row["strength_id"])] = " · ".join(filter(None, (whose, text.plain_word(row["record_type"]), day)))
    return found


def _figures_and_sources(record_id: str, table: str, data: Data) -> dict[str, str]:
    """Figures and sources of a record, as what a change may be about."""
    found = {}
    rows = data["figures"]
    rows = rows[rows["record_id"] == record_id].drop_duplicates("figure_id", keep="last")
    for row in rows.to_dict("records"):
        said = text.number(row["value_min"]), text.unit(row["unit"]), text.plain_word(row["measure"])
        found[f"figure {row['figure_id']}"] = _("Figure: {words}").format(words=" ".join(said))
    latest = submission.latest_row(data, table, record_id) or {}
    known = data["sources"].set_index("source_id")["title"]
    for source_id in schema.items(latest.get("source_ids")):
        if source_id in known.index:
            found[f"source {source_id}"] = _("Source: {title}").format(title=known[source_id])
    return found


def title_of(name: str, about: str) -> str:
    """
    Return what a submission is called in a list.

    Parameters
    ----------
    name
        Its own title.
    about
        Record or status that it is about, empty for a new record.
    """
    record_id = about.rpartition(".")[0] if "." in about else about
    return titles().get(record_id, name) if about else name


def is_ours(source_ids: object) -> bool:
    """Say whether a row stands in our data, and not in an import only."""
    return not any(one.startswith(OF_IMPORTS) for one in schema.items(source_ids))


def _numbered() -> tuple[tuple[str, str, str], ...]:
    """Kinds whose records are numbers: kind, table, and what of them is meant."""
    return ("indicator", "indicators", _("The value")), ("strength", "strength", _("The number"))


def of_record(record_id: str, data: Data) -> dict[str, str]:
    """Return what of a record a change may be about, as `kind id` with its words: the latest status first."""
    layer = kinds.layer_of(record_id)
    if layer is None:
        kind, table, words = next(
            (one for one in _numbered() if (data[one[1]][data.dataset(one[1]).id_column] == record_id).any()),
            ("event", "events", _("The event")),
        )
        return {f"{kind} {record_id}": words, **_figures_and_sources(record_id, table, data)}
    rows = data["status"]
    spells = rows[rows["record_id"] == record_id].sort_values("revision", kind="stable")
    spells = spells.drop_duplicates("status_id", keep="last").sort_values("valid_from", ascending=False, kind="stable")
    found = {}
    for row in spells.to_dict("records"):
        if row["status"] != "retracted":
            since = text.day(row["valid_from"], str(row["date_precision"]))
            words = _("Status: {status}, from {day}").format(status=text.status(layer.name, row["status"]), day=since)
            found[f"status {row['status_id']}"] = words
    return {**found, f"record {record_id}": _("The place itself: name, where it lies")}


def editable(kind: str, data: Data, table: str, its_id: str = "") -> list[str]:
    """Return the columns that a correction at the desk offers of a record or one of its parts."""
    contract = data.dataset(table).contract
    if kind in ("indicator", "strength", "figure", "source"):
        return [name for name in contract.columns if name not in (*MADE, data.dataset(table).id_column)]
    wanted = {"event": EVENT, "status": STATUS}.get(kind, RECORD)
    there = [*contract.columns, *(("lon", "lat") if kind == "record" else ())]
    layer = kinds.layer_of(its_id) if kind == "status" else None
    if layer is not None:
        others = ("operator",) if layer.name == units.ZONES else OF_ZONES
        wanted = tuple(name for name in wanted if name not in others)
    return [name for name in wanted if name in there]


def now(kind: str, table: str, record_id: str, data: Data) -> dict[str, str]:
    """Return the record as it stands, its cells as text; nothing if it is gone."""
    try:
        latest = submission.latest_row(data, table, record_id) or {}
    except (KeyError, MssmapError):
        return {}
    shape = latest.pop("geometry", None)
    cells = {name: submission.cell(one) for name, one in latest.items()}
    if kind == "record" and shape is not None and not shape.is_empty:
        cells |= {"lon": f"{shape.centroid.x:.5f}", "lat": f"{shape.centroid.y:.5f}"}
    return cells

"""Records that a change at the desk may be about, in words."""

from __future__ import annotations

from typing import Final

from mssmap.errors import MssmapError
from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.records import kinds, schema
from mssmap.records.catalog import Data
from mssmap.records.submissions import submission
from mssmap.ui.cache import of_the_data

OF_IMPORTS: Final = "import:"
"""How the source of an event begins that stands in an import only; nothing about it is handed in."""

EVENT: Final = (
    *("category", "title_en", "title_fr", "title_ht", "title_es", "valid_from", "valid_to", "date_precision", "place"),
    *("commune_pcode", "lon", "lat", "location_precision", "actors", "claim", "dispute", "confidence", "note"),
)
STATUS: Final = (
    *("status", "valid_from", "valid_to", "date_precision", "operator", "armed_group", "confidence", "note"),
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
    "note",
)


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
    rows = of["events"].drop_duplicates("event_id", keep="last").sort_values("valid_from", ascending=False)
    for row in rows.to_dict("records"):
        if is_ours(row.get("source_ids")):
            title = row.get(f"title_{language}") or row["title_en"]
            found[str(row["event_id"])] = f"{title} · {text.day(row['valid_from'], str(row['date_precision']))}"
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


def of_record(record_id: str, data: Data) -> dict[str, str]:
    """Return what of a record a change may be about, as `kind id` with its words: the latest status first."""
    layer = kinds.layer_of(record_id)
    if layer is None:
        return {f"event {record_id}": _("The event")}
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


def editable(kind: str, data: Data, table: str) -> list[str]:
    """Return the columns that a correction at the desk offers."""
    wanted = {"event": EVENT, "status": STATUS}.get(kind, RECORD)
    there = [*data.dataset(table).contract.columns, *(("lon", "lat") if kind == "record" else ())]
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

"""
A submission: one change to one record, with its sources, about which nobody has decided yet.

`read` takes what a person or a program wrote, in the columns of our tables, fills in what follows from the rest, and
says all that is wrong at once. What accepting it does to the record is worked out in `accepted`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

import pandas as pd

from mssmap.crs import HAITI_BOUNDS
from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.records import evidence, kinds, regions
from mssmap.records.catalog import Data

TABLES: Final = {
    "event": "events",
    "status": "status",
    "indicator": "indicators",
    "strength": "strength",
    "figure": "figures",
    "source": "sources",
}
"""Kind of a submission -> the table that it changes; one of the kind `record` names its layer."""

KINDS: Final = (*TABLES, "record")
NEW, CORRECT, ADD_SOURCE, WITHDRAW, WRONG = "new", "correct", "add_source", "withdraw", "wrong"
CHANGES: Final = (NEW, CORRECT, ADD_SOURCE, WITHDRAW, WRONG)

LONGEST: Final = 4_000
MOST_SOURCES: Final = 50
MARKUP: Final = re.compile(r"<\s*[A-Za-z/!?]")
EMPTY_PRECISION: Final = {4: "year", 7: "month", 10: "day"}
"""Characters of an ISO date -> how exact it is."""

MADE: Final = ("revision", "source_ids", "source_id")
"""Columns that nobody writes: they follow from the rest."""
ABOUT: Final = ("kind", "change", "id", "layer", "sources", "figures", "instead")
"""Keys of a submission that are no columns."""
SOURCE_KEYS: Final = (
    *("source_id", "title", "publisher", "publisher_kind", "url"),
    *("published_on", "published_precision", "language", "reliability", "note"),
)


@dataclass(frozen=True)
class Submission:
    """
    One change to one record.

    Attributes
    ----------
    kind, change
        One of `KINDS` and of `CHANGES`.
    table
        Table or layer that it is about.
    record_id
        Record that it is about; empty for a new one.
    fields
        Cells by column, as text; those of a correction are only what changes.
    sources
        Rows of the table of sources; one that is there already has only its `source_id`.
    figures
        Rows of the table of figures, each with its own `sources`.
    seen
        Latest revision of the record when this was written; 0 if it has none.
    instead
        Whether its sources take the place of those of the record.
    faults
        All that is wrong with it, a sentence each.
    """

    kind: str
    change: str
    table: str
    record_id: str
    fields: Mapping[str, str] = field(default_factory=dict)
    sources: Sequence[Mapping[str, str]] = ()
    figures: Sequence[Mapping[str, Any]] = ()
    seen: int = 0
    instead: bool = False
    faults: Sequence[str] = ()

    @property
    def title(self) -> str:
        """What people call it in a list."""
        named = self.fields.get("title_en") or self.fields.get("name_en") or self.fields.get("title")
        return named or self.record_id or self.fields.get("record_id") or self.fields.get("indicator") or self.kind


@dataclass
class _Faults:
    """Collects what is wrong."""

    found: list[str] = field(default_factory=list)

    def add(self, where: str, found: Any, required: str) -> None:
        shown = repr(found) if len(repr(found)) <= 60 else repr(found)[:57] + "..."
        self.found.append(
            _("{where}: found {found}, required {required}.").format(where=where, found=shown, required=required)
        )


def as_dict(item: Submission) -> dict[str, Any]:
    """Return a submission as plain values, as it is kept."""
    return {
        "kind": item.kind,
        "change": item.change,
        "table": item.table,
        "record_id": item.record_id,
        "fields": dict(item.fields),
        "sources": [dict(row) for row in item.sources],
        "figures": [dict(row) for row in item.figures],
        "seen": item.seen,
        "instead": item.instead,
    }


def from_dict(body: Mapping[str, Any]) -> Submission:
    """Return a submission as it was kept; what is missing or of another kind there is empty."""

    def rows(key: str) -> list[Mapping[str, Any]]:
        found = body.get(key)
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    cells = body.get("fields")
    seen = body.get("seen")
    return Submission(
        **{key: str(body.get(key, "")) for key in ("kind", "change", "table", "record_id")},
        fields={str(k): str(v) for k, v in cells.items()} if isinstance(cells, dict) else {},
        sources=rows("sources"),
        figures=rows("figures"),
        seen=seen if isinstance(seen, int) else 0,
        instead=body.get("instead") is True,
    )


def read(raw: Any, data: Data, today: date) -> Submission:
    """
    Read a submission.

    Parameters
    ----------
    raw
        An object in the columns of our tables, with `kind`, for a record that is there `id` and `change`, `sources`,
        for an event `figures`.
    today
        Nothing that is reported can be of a later day.

    Returns
    -------
    submission
        With all that is wrong in `faults`; one with faults is not to be kept.
    """
    faults = _Faults()
    if not isinstance(raw, dict):
        faults.add("submission", type(raw).__name__, _("an object with kind, its columns and sources"))
        return Submission("", "", "", "", faults=tuple(faults.found))
    kind, table = _kind(raw, data, faults)
    if not table:
        return Submission(kind, "", "", "", faults=tuple(faults.found))
    record_id, change, latest = _record(raw, data, table, faults)
    fields = _fields(raw, data, table, faults)
    sources = _sources(raw.get("sources", []), data, "sources", faults)
    figures = _figures(raw.get("figures", []), data, faults)
    item = Submission(
        kind,
        change,
        table,
        record_id,
        fields,
        sources,
        figures,
        int(latest.get("revision") or 0) if latest is not None else 0,
        raw.get("instead") is True,
    )
    item = _completed(item, latest, data, today)
    _rules(item, latest, today, faults)
    return replace(item, faults=tuple(faults.found))


# ------------------------------------------------------------------------------------------------------ what it is about


def _kind(raw: Mapping[str, Any], data: Data, faults: _Faults) -> tuple[str, str]:
    """Return kind and table, the table empty if there is none such."""
    kind = raw.get("kind")
    if kind not in KINDS:
        faults.add("kind", kind, _("one of {words}").format(words=", ".join(KINDS)))
        return str(kind), ""
    layer = raw.get("layer")
    if kind == "record" and layer is None and isinstance(raw.get("id"), str):
        found = kinds.layer_of(raw["id"])
        layer = found.name if found else None
    table = layer if kind == "record" else TABLES[kind]
    if table not in data.datasets or (kind == "record" and table not in kinds.LAYERS):
        faults.add("layer", layer, _("one of {words}").format(words=", ".join(kinds.LAYERS)))
        return kind, ""
    return kind, str(table)


def _record(
    raw: Mapping[str, Any], data: Data, table: str, faults: _Faults
) -> tuple[str, str, Mapping[str, Any] | None]:
    """Return the id of the record that it is about, the change, and the latest row of the record."""
    record_id, change = raw.get("id", ""), raw.get("change", NEW)
    if change not in CHANGES:
        faults.add("change", change, _("one of {words}").format(words=", ".join(CHANGES)))
        return "", NEW, None
    if change == NEW:
        if record_id:
            faults.add("change", "", _("one of {words}, as there is an id").format(words=", ".join(CHANGES[1:])))
        return "", NEW, None
    if not isinstance(record_id, str) or not record_id:
        faults.add("id", record_id, _("the id of the record that is meant"))
        return "", change, None
    latest = latest_row(data, table, record_id)
    if latest is None:
        faults.add("id", record_id, _("the id of a record of {table}").format(table=table))
    return record_id, change, latest


def latest_row(data: Data, table: str, record_id: str) -> dict[str, Any] | None:
    """Return the highest revision of a record, None if there is none."""
    rows = data[table]
    rows = rows[rows[data.dataset(table).id_column] == record_id]
    if rows.empty:
        return None
    if "revision" in rows:
        rows = rows.sort_values("revision", kind="stable")
    return {str(key): value for key, value in rows.iloc[-1].to_dict().items()}


def require_unchanged(item: Submission, data: Data) -> None:
    """
    Refuse a correction of a record that has changed since it was written.

    Raises
    ------
    InputError
        The text shows both: what the record says now, and what the correction says.
    """
    latest = latest_row(data, item.table, item.record_id) if item.change == CORRECT else None
    if latest is None or "revision" not in latest or int(latest["revision"]) == item.seen:
        return
    both = "; ".join(
        _("{field} is {now!r}, the correction says {new!r}").format(field=key, now=cell(latest.get(key)), new=value)
        for key, value in item.fields.items()
        if key not in ("known_from", "known_precision", "note") and cell(latest.get(key)) != value
    )
    raise InputError(
        _(
            "{record}: has changed since the correction was written (revision {seen}, now {now}): {both}. "
            "Send it back, or hand it in again on what stands now. Nothing was changed."
        ).format(record=item.record_id, seen=item.seen, now=int(latest["revision"]), both=both or "-")
    )


def cell(value: Any) -> str:
    """
    Write a value of a frame as a cell of its file.

    >>> cell(pd.Timestamp("2025-01-18")), cell(12.0), cell(None), cell(0.5), cell("a")
    ('2025-01-18', '12', '', '0.5', 'a')
    """
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, pd.Timestamp | date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


# ------------------------------------------------------------------------------------------------------------ the cells


def _fields(raw: Mapping[str, Any], data: Data, table: str, faults: _Faults) -> dict[str, str]:
    """Return the cells that were written, by column."""
    dataset = data.dataset(table)
    allowed = [name for name in dataset.contract.columns if name not in MADE and name != dataset.id_column]
    if dataset.is_layer:
        status = data.dataset("status").contract.columns
        allowed += [name for name in (*status, "lon", "lat") if name not in (*MADE, "status_id", "record_id", *allowed)]
    cells = {}
    for key, value in raw.items():
        if key in ABOUT:
            continue
        if key not in allowed:
            faults.add(str(key)[:60], cell(value) if not isinstance(value, list | dict) else "...", _columns(allowed))
        else:
            cells[key] = _text(key, value, faults)
    return cells


def _columns(allowed: Sequence[str]) -> str:
    return _("one of the columns {words}").format(words=", ".join(allowed))


def _text(where: str, value: Any, faults: _Faults) -> str:
    """Return a value as a cell; text that cannot be one is a fault."""
    if isinstance(value, list | dict):
        faults.add(where, "...", _("text or a number"))
        return ""
    text = cell(value).strip()
    if len(text) > LONGEST:
        faults.add(where, text, _("text of at most 4,000 characters"))
    elif MARKUP.search(text):
        faults.add(where, text, _("plain text without markup"))
    elif any(not sign.isprintable() and sign not in "\n\t" for sign in text):
        faults.add(where, text, _("text that can be printed"))
    else:
        return text
    return ""


# ---------------------------------------------------------------------------------------------------------- the sources


def _sources(raw: Any, data: Data, where: str, faults: _Faults) -> list[dict[str, str]]:
    if not isinstance(raw, list) or len(raw) > MOST_SOURCES:
        faults.add(where, type(raw).__name__, _("a list of at most {most} sources").format(most=MOST_SOURCES))
        return []
    return [row for i, one in enumerate(raw, start=1) if (row := _source(one, data, f"{where} {i}", faults))]


def _source(raw: Any, data: Data, where: str, faults: _Faults) -> dict[str, str]:
    if not isinstance(raw, dict) or set(raw) - set(SOURCE_KEYS):
        faults.add(where, "...", _columns(SOURCE_KEYS))
        return {}
    cells = {key: _text(f"{where}, {key}", value, faults) for key, value in raw.items()}
    known = data["sources"]
    if given := cells.get("source_id"):
        if not (known["source_id"] == given).any():
            faults.add(f"{where}, source_id", given, _("the id of a source that is there"))
        return {"source_id": given}
    day, exact = whole_day(cells.get("published_on", ""))
    needed = (("title", cells.get("title")), ("publisher", cells.get("publisher")), ("published_on", day))
    for key, value in needed:
        if not value:
            faults.add(f"{where}, {key}", cells.get(key, ""), _("a day") if key == "published_on" else _("text"))
    if not re.fullmatch(r"https?://\S+", cells.get("url", "")):
        faults.add(f"{where}, url", cells.get("url", ""), _("its address, beginning with https:// or http://"))
    same = known[known["url"] == cells.get("url", "")]
    if cells.get("url") and len(same):
        return {"source_id": str(same["source_id"].iloc[0])}
    return {**cells, "published_on": day, "published_precision": cells.get("published_precision") or exact}


def whole_day(text: str) -> tuple[str, str]:
    """
    Return the first day that a date may mean and how exact it is; nothing for what is no date.

    >>> whole_day("2025-03"), whole_day("2025-03-09"), whole_day("March")
    (('2025-03-01', 'month'), ('2025-03-09', 'day'), ('', ''))
    """
    exact = EMPTY_PRECISION.get(len(text), "")
    try:
        return (date.fromisoformat(f"{text}-01-01"[:10]).isoformat(), exact) if exact else ("", "")
    except ValueError:
        return "", ""


def source_row(cells: Mapping[str, str], data: Data) -> dict[str, str]:
    """Return the whole row of a new source: its id, its publisher's kind and its reliability follow from the rest."""
    publisher = cells.get("publisher", "")
    known = data["sources"]
    same = known[known["publisher"].str.casefold() == publisher.casefold()]
    kind = cells.get("publisher_kind") or (str(same["publisher_kind"].iloc[-1]) if len(same) else "unknown")
    return {
        **cells,
        "source_id": slug(f"{publisher} {cells.get('published_on', '')[:4]} {cells.get('title', '')}", 60),
        "publisher_kind": kind,
        "reliability": cells.get("reliability") or evidence.RELIABILITY_OF_KIND.get(kind, "F"),
    }


def slug(text: str, longest: int) -> str:
    """
    Write a text as part of an id, cut between words.

    >>> slug("L’Écho: the port works again", 18)
    'l-echo-the-port'
    """
    plain = re.sub(r"[^a-z0-9]+", "-", regions.normalise(text.replace("’", " "))).strip("-")
    return plain if len(plain) <= longest else plain[: longest + 1].rpartition("-")[0] or plain[:longest]


# ---------------------------------------------------------------------------------------------------------- the figures


def _figures(raw: Any, data: Data, faults: _Faults) -> list[dict[str, Any]]:
    if not isinstance(raw, list) or len(raw) > MOST_SOURCES:
        faults.add("figures", type(raw).__name__, _("a list of at most {most} figures").format(most=MOST_SOURCES))
        return []
    made = ("figure_id", "record_id", *MADE)
    allowed = [name for name in data.dataset("figures").contract.columns if name not in made]
    found = []
    for i, one in enumerate(raw, start=1):
        where = f"figures {i}"
        if not isinstance(one, dict) or set(one) - {*allowed, "sources"}:
            faults.add(where, "...", _columns([*allowed, "sources"]))
            continue
        cells = {key: _text(f"{where}, {key}", value, faults) for key, value in one.items() if key != "sources"}
        sources = _sources(one.get("sources", []), data, f"{where}, sources", faults)
        if not sources:
            faults.add(where, cells.get("measure", ""), _("at least one source of its own"))
        found.append({**cells, "sources": sources})
    return found


# -------------------------------------------------------------------------------------------- what follows from the rest


def _completed(item: Submission, latest: Mapping[str, Any] | None, data: Data, today: date) -> Submission:
    """Fill in what follows: when it became known, how exact its days are, where it lies."""
    cells = dict(item.fields)
    known = _first_published(item, data)
    columns = data.dataset(item.table).contract.columns
    keeps_known = "known_from" in columns or data.dataset(item.table).is_layer
    if keeps_known and not cells.get("known_from") and known[0]:
        cells["known_from"], cells["known_precision"] = known
    if cells.get("known_from"):
        cells.setdefault("known_precision", "day")
    if item.change == NEW:
        _fill_new(item, cells, data, today)
    return replace(item, fields={key: value for key, value in cells.items() if value or item.change == CORRECT})


def _first_published(item: Submission, data: Data) -> tuple[str, str]:
    """Return the first day on which one of its sources was public, and how exact that is."""
    known = data["sources"].set_index("source_id")
    found = []
    for row in item.sources:
        if row.get("published_on"):
            found.append((row["published_on"], row["published_precision"]))
        elif row.get("source_id") in known.index:
            of_source = known.loc[row["source_id"]]
            found.append((cell(of_source["published_on"]), str(of_source["published_precision"])))
    found = [pair for pair in found if pair[0]]
    if not found:
        return "", ""
    day, exact = min(found)
    return day, exact or "day"


def _fill_new(item: Submission, cells: dict[str, str], data: Data, today: date) -> None:
    columns = data.dataset(item.table).contract.columns
    has_status = item.table in kinds.LAYERS or item.kind == "status"
    if "confidence" in columns or has_status:
        cells.setdefault("confidence", "medium")
    for start in ("valid_from", "date", "period_end"):
        if cells.get(start):
            day, exact = whole_day(cells[start])
            cells[start] = day or cells[start]
            if exact:
                cells.setdefault("date_precision", exact)
            break
    if "date_precision" in columns or has_status:
        cells.setdefault("date_precision", "day")
    if item.table == "events":
        cells.setdefault("valid_to", cells.get("valid_from", ""))
        cells.setdefault("country", "HTI")
        cells.setdefault("claim", "reported")
    if "location_precision" in columns:
        _locate(cells, data)


def _locate(cells: dict[str, str], data: Data) -> None:
    """Give a record commune, department, a point and a precision, as far as they follow from what was written."""
    if cells.get("country", "HTI") != "HTI":
        cells.setdefault("location_precision", "country")
        return
    try:
        point = (float(cells.get("lon", "")), float(cells.get("lat", "")))
    except ValueError:
        point = None
    if point and not cells.get("commune_pcode") and within_haiti(*point):
        found = regions.at(data, *point)
        cells["commune_pcode"] = found.pcode if found else ""
    if not point and (place := _named_place(cells, data)):
        cells["commune_pcode"], cells["lon"], cells["lat"], precision = place
        cells.setdefault("location_precision", precision)
    if cells.get("commune_pcode"):
        cells.setdefault("department_pcode", cells["commune_pcode"][:4])
    coarse = "commune" if cells.get("commune_pcode") else "department" if cells.get("department_pcode") else "country"
    cells.setdefault("location_precision", "neighbourhood" if point else coarse)


def _named_place(cells: Mapping[str, str], data: Data) -> tuple[str, str, str, str] | None:
    """Return commune, longitude, latitude and precision of the named place, None if its name says too little."""
    commune, wanted = cells.get("commune_pcode", ""), regions.normalise(cells.get("place", ""))
    if "places" in data.datasets and wanted:
        rows = data["places"]
        same = rows[rows["name_fr"].map(regions.normalise) == wanted]
        same = same[same["commune_pcode"].str.startswith(commune)] if commune else same
        if same["commune_pcode"].nunique() == 1:
            first = same.sort_values("rank", kind="stable").iloc[0]
            name = regions.find(data, first["commune_pcode"]).name("fr")
            precision = "commune" if regions.normalise(name) == wanted else "neighbourhood"
            return first["commune_pcode"], f"{first.geometry.x:.5f}", f"{first.geometry.y:.5f}", precision
    rows = data["communes"]
    one = rows[rows["pcode"] == commune]
    if one.empty:
        return None
    inside = one.geometry.iloc[0].representative_point()
    return commune, f"{inside.x:.5f}", f"{inside.y:.5f}", "commune"


def within_haiti(lon: float, lat: float) -> bool:
    """Say whether degrees lie in the box around Haiti and its waters."""
    west, south, east, north = HAITI_BOUNDS
    return west <= lon <= east and south <= lat <= north


# ------------------------------------------------------------------------------------------------------------ the rules


def _rules(item: Submission, latest: Mapping[str, Any] | None, today: date, faults: _Faults) -> None:
    """Add what no single cell can say."""
    cells = {**({k: cell(v) for k, v in latest.items()} if latest is not None else {}), **item.fields}
    is_source = item.kind == "source"
    if not item.sources and not is_source and item.change != WRONG:
        faults.add("sources", [], _("at least one source"))
    if is_source and item.change in (ADD_SOURCE, WITHDRAW):
        faults.add("change", item.change, _("new, correct or wrong, for a source"))
    if item.change == WITHDRAW and item.table not in ("events", "status"):
        faults.add("change", WITHDRAW, _("correct: only events and statuses are withdrawn"))
    if item.change == WRONG and not item.fields.get("note"):
        faults.add("note", "", _("what is wrong, in a sentence"))
    if item.change == CORRECT and latest is not None and not _differs(item, latest):
        faults.add("submission", item.record_id, _("a field that differs from the record as it stands"))
    if item.change != WRONG:
        _days(item, cells, today, faults)
    if item.fields.get("lon") and cells.get("country", "HTI") == "HTI":
        _in_haiti(cells, faults)


def _differs(item: Submission, latest: Mapping[str, Any]) -> bool:
    changed = [key for key in item.fields if key not in ("known_from", "known_precision", "note")]
    return bool(item.figures) or any(item.fields[key] != cell(latest.get(key)) for key in changed)


def _days(item: Submission, cells: Mapping[str, str], today: date, faults: _Faults) -> None:
    start = next((name for name in ("valid_from", "date", "period_end") if cells.get(name)), "")
    ahead = {cells.get("claim"), cells.get("status"), cells.get("record_type")} & {
        *("planned", "proposed", "pledge", "target")
    }
    if start and cells[start] > today.isoformat() and not ahead:
        faults.add(start, cells[start], _("a day not after today ({today}), or that it is planned").format(today=today))
    known = cells.get("known_from", "")
    if known > today.isoformat():
        faults.add("known_from", known, _("a day not after today ({today})").format(today=today))
    if item.change == NEW and start in ("valid_from", "date") and known and not ahead and known < cells[start][:10]:
        if cells.get("date_precision") in ("day", "before") and cells.get("known_precision") in ("day", "assumed"):
            faults.add(
                "known_from",
                known,
                _("{start} ({day}) or later: nothing is known before it happens").format(start=start, day=cells[start]),
            )


def _in_haiti(cells: Mapping[str, str], faults: _Faults) -> None:
    try:
        inside = within_haiti(float(cells.get("lon", "")), float(cells.get("lat", "")))
    except ValueError:
        faults.add("lon, lat", f"{cells.get('lon')}, {cells.get('lat')}", _("two numbers in degrees"))
        return
    if not inside:
        faults.add(
            "lon, lat",
            f"{cells['lon']}, {cells['lat']}",
            _("a place in Haiti, in degrees, or the country in which it lies"),
        )


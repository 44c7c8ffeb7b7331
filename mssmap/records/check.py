"""
Rules of the data that no column contract can say, and the report of `mssmap check`.

Each rule takes the data and returns faults of kind `rule`: the records are used, but somebody should look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mssmap.crs import HAITI_BOUNDS, METRIC, WGS84
from mssmap.errors import Fault
from mssmap.i18n import LANGUAGES
from mssmap.records import contradictions, evidence, kinds, schema, timeline, units
from mssmap.records.catalog import Data

OPEN_EVENT_DAYS = 180
"""An event that has no end after so many days was forgotten."""

ANNOUNCED = ("planned", "proposed")
"""Statuses and claims that may be known before the day they are about."""

ORDERED = (
    ("valid_from", "valid_to"),
    ("period_start", "period_end"),
    ("figure_min", "figure_max"),
    ("value_min", "value_max"),
    ("value", "value_max"),
    ("personnel", "personnel_max"),
)
"""Pairs of columns, the first of which must not be greater than the second."""


@dataclass(frozen=True)
class Report:
    """All faults of a data folder, and what was looked at."""

    faults: tuple[Fault, ...]
    datasets: int
    records: int

    @property
    def is_sound(self) -> bool:
        """True if nothing was found."""
        return not self.faults


def check(data: Data, today: date) -> Report:
    """
    Run every rule on data that were read, and add what reading them found.

    Parameters
    ----------
    today
        No record may be known later than this.
    """
    found = [fault for rule in RULES for fault in rule(data)]
    found += [*known_later(data, today), *events_closed(data, today)]
    return Report(
        faults=(*data.faults, *found),
        datasets=len(data.datasets),
        records=sum(len(frame) for frame in data.frames.values()),
    )


def _blame(
    data: Data,
    name: str,
    bad: pd.DataFrame,
    column: str,
    found: Callable[[pd.Series], str],
    required: str,
    hint: str = "",
) -> list[Fault]:
    """Return one fault for each row of `bad`, naming its id and revision."""
    dataset = data.dataset(name)
    faults = []
    for _, row in bad.iterrows():
        record = str(row.get(dataset.id_column, ""))
        if "revision" in bad:
            record += f" revision {row['revision']}"
        faults.append(Fault(dataset.path, None, column, found(row), required, hint, kind="rule", record=record))
    return faults


def _tables(data: Data, *columns: str) -> Iterable[tuple[str, pd.DataFrame]]:
    """Yield the datasets that have all of some columns."""
    for name, frame in data.frames.items():
        if set(columns) <= set(frame.columns):
            yield name, frame


def revisions_in_order(data: Data) -> list[Fault]:
    """
    The revisions of an id must count from 1.

    Their numbers say in which order they were recorded. When the public could know them is another matter: a page that
    is found later may be older than the one before.
    """
    faults = []
    for name, frame in _tables(data, "revision", "known_from"):
        id_column = data.dataset(name).id_column
        rows = frame.sort_values([id_column, "revision"], kind="stable")
        number = rows.groupby(id_column, sort=False).cumcount() + 1
        gap = rows[rows["revision"] != number]
        faults += _blame(data, name, gap, "revision", lambda row: str(row["revision"]), "1, 2, 3... without a gap")
    return faults


def recorded_in_order(data: Data) -> list[Fault]:
    """
    A row has the day of its acceptance: not before it was known, not before the revision below.

    So the order of the numbers is that of recording, and a view may take the highest number that was known.
    """
    faults = []
    for name, frame in _tables(data, "recorded_on"):
        if data.dataset(name).group == "import":
            continue
        day, id_column = frame["recorded_on"], data.dataset(name).id_column
        bad = day.isna()
        if "known_from" in frame:
            bad |= day < frame["known_from"]
        if "revision" in frame:
            in_order = frame.sort_values([id_column, "revision"], kind="stable")
            bad |= in_order.groupby(id_column, sort=False)["recorded_on"].shift(1).reindex(frame.index) > day
        bad &= ~_imported(frame)
        faults += _blame(
            data,
            name,
            frame[bad],
            "recorded_on",
            lambda row: _day_or_nothing(row["recorded_on"]),
            "the day of acceptance, not before known_from nor before that of the revision below",
        )
    return faults


def _imported(frame: pd.DataFrame) -> pd.Series:
    """Say which rows are those of an import, which nobody has accepted."""
    column = next((name for name in ("source_ids", "source_id") if name in frame), None)
    no = pd.Series(False, index=frame.index)
    return frame[column].str.startswith("import:") if column else no


def archived_or_why(data: Data) -> list[Fault]:
    """A source has the address and the day of a copy in a public archive, or a reason with its day."""
    faults = []
    for name, frame in _tables(data, "archive_url", "archived_on", "archive_note"):
        told = (frame["archive_url"] != "") | (frame["archive_note"] != "")
        bad = frame[~(told & frame["archived_on"].notna()) & ~_imported(frame)]
        required = "archive_url or archive_note, each with archived_on"
        faults += _blame(data, name, bad, "archived_on", lambda row: _day_or_nothing(row["archived_on"]), required)
    return faults


def ends_in_order(data: Data) -> list[Fault]:
    """A start must not lie after its end, a lower number not above its upper."""
    faults = []
    for low, high in ORDERED:
        for name, frame in _tables(data, low, high):
            bad = frame[(frame[low] > frame[high]).fillna(False).astype(bool)]
            faults += _blame(
                data,
                name,
                bad,
                high,
                lambda row, low=low, high=high: f"{_day(row[high])} below {low} {_day(row[low])}",  # type: ignore[misc]
                f"at least {low}",
            )
    return faults


def known_after_start(data: Data) -> list[Fault]:
    """What is reported cannot have been known before it happened; plans can."""
    faults = []
    for start in ("valid_from", "date"):
        for name, frame in _tables(data, start, "known_from", "source_ids"):
            announced = pd.Series(False, index=frame.index)
            for column in ("claim", "status", "record_type"):
                if column in frame:
                    announced |= frame[column].isin((*ANNOUNCED, timeline.RETRACTED, "pledge", "target"))
            bad = frame[(frame["known_from"] < frame[start]) & ~announced]
            faults += _blame(
                data,
                name,
                bad,
                "known_from",
                lambda row, start=start: f"{_day(row['known_from'])} before {start} {_day(row[start])}",  # type: ignore[misc]
                f"{start} or later, unless it is a plan",
            )
    return faults


def known_later(data: Data, today: date) -> list[Fault]:
    """Nothing can have become known after today."""
    faults = []
    for name, frame in _tables(data, "known_from"):
        bad = frame[frame["known_from"] > pd.Timestamp(today)]
        faults += _blame(data, name, bad, "known_from", lambda row: _day(row["known_from"]), f"not after {today}")
    return faults


def spells_apart(data: Data) -> list[Fault]:
    """
    At no known date may two spells of one record contain the same day.

    A revision is current from its `known_from` until the next revision of its spell is known; two spells collide if
    they are current at the same time and their valid times share a day.
    """
    rows = _with_end(data["status"], "status_id")
    rows["end"] = rows["valid_to"].fillna(FOREVER)
    rows = rows[rows["status"] != timeline.RETRACTED]
    columns = ["record_id", "status_id", "revision", "valid_from", "end", "known_from", "until"]
    pairs = rows[columns].merge(rows[columns], on="record_id", suffixes=("", "_other"))
    pairs = pairs[pairs["status_id"] < pairs["status_id_other"]]
    known = (pairs["known_from"] < pairs["until_other"]) & (pairs["known_from_other"] < pairs["until"])
    valid = (pairs["valid_from"] <= pairs["end_other"]) & (pairs["valid_from_other"] <= pairs["end"])
    bad = pairs[known & valid]
    return _blame(
        data,
        "status",
        bad,
        "valid_to",
        lambda row: (
            f"days shared with {row['status_id_other']} revision {row['revision_other']} "
            f"from {_day(max(row['valid_from'], row['valid_from_other']))} on, "
            f"as known on {_day(max(row['known_from'], row['known_from_other']))}"
        ),
        "one status a day",
        "Close the earlier spell with a revision known no later than the next spell.",
    )


def words_of_layer(data: Data) -> list[Fault]:
    """A status word must belong to the layer of its record."""
    faults = []
    for name, layer in kinds.LAYERS.items():
        if name in data.datasets:
            words = tuple(layer.statuses)
            mine = data["status"][data["status"]["record_id"].isin(data[name][data.dataset(name).id_column])]
            bad = mine[~mine["status"].isin((*words, timeline.RETRACTED))]
            faults += _blame(
                data, "status", bad, "status", lambda row: f"'{row['status']}'", f"one of {', '.join(words)} ({name})"
            )
    return faults


def categories_of_imports(data: Data) -> list[Fault]:
    """Each category of an imported event has a row; those of `data/` are looked at when the file is read."""
    faults = []
    for name, frame in _tables(data, kinds.EVENTS.id_column, "category"):
        if name != kinds.EVENTS.name:
            bad = frame[~frame["category"].isin(kinds.CATEGORIES)].drop_duplicates("category")
            hint = "Import the file again, with a mapping that names one of them for this word."
            faults += _blame(data, name, bad, "category", lambda row: repr(row["category"]), kinds.ONE_OF_THEM, hint)
    return faults


def everything_used(data: Data) -> list[Fault]:
    """Every record has a status, every source is cited."""
    faults = []
    for name in kinds.LAYERS:
        if name in data.datasets:
            bad = data[name][~data[name][data.dataset(name).id_column].isin(data["status"]["record_id"])]
            faults += _blame(
                data, name, bad, "", lambda row: "no row in tables/status.csv", "at least one", "It is never shown."
            )
    cited = {
        source
        for column in ("source_ids", "source_id")
        for name, frame in _tables(data, column)
        if name != "sources"
        for cell in frame[column].unique()
        for source in schema.items(cell)
    }
    bad = data["sources"][~data["sources"]["source_id"].isin(cited)]
    return faults + _blame(data, "sources", bad, "", lambda row: "a source that nobody cites", "a row that cites it")


def sources_public(data: Data) -> list[Fault]:
    """At least one source of a row was public on the day the row was known, unless that day is assumed."""
    if data["sources"].empty:
        return []
    faults = []
    published = data["sources"].set_index("source_id")["published_on"]
    for name, frame in _tables(data, "known_from"):
        column = "source_ids" if "source_ids" in frame else "source_id"
        cited = frame[column].str.split(schema.LIST_SEPARATOR).explode()
        first = cited.map(published).fillna(pd.Timestamp.min.as_unit("s")).groupby(level=0).min()
        assumed = frame["known_precision"] == "assumed"
        bad = frame.assign(first=first)[(first > frame["known_from"]) & ~assumed]
        faults += _blame(
            data,
            name,
            bad,
            "known_from",
            lambda row: f"{_day(row['known_from'])}, but the first of its sources is of {_day(row['first'])}",
            "not before its first source",
        )
    return faults


def reliability_by_rule(data: Data) -> list[Fault]:
    """A source has the reliability of its kind, or F if it cannot be judged."""
    rows = data["sources"]
    wanted = rows["publisher_kind"].map(evidence.RELIABILITY_OF_KIND).fillna("F")
    bad = rows[(rows["reliability"] != wanted) & (rows["reliability"] != "F")]
    return _blame(
        data,
        "sources",
        bad,
        "reliability",
        lambda row: f"{row['reliability']} for {row['publisher_kind']}",
        "the letter of the written rule (evidence.py)",
    )


def unidentified_pages(data: Data) -> list[Fault]:
    """A figure whose page is not identified names no page, and only such a figure does."""
    kinds = data["sources"].set_index("source_id")["publisher_kind"]
    faults = []
    for name, rows in _tables(data, "stated", "source_id"):
        nameless = rows["source_id"].map(kinds) == "unknown"
        faults += _blame(
            data,
            name,
            rows[nameless != (rows["stated"] == "unidentified")],
            "stated",
            lambda row: f"{row['stated'] or 'nothing'} for {row['source_id']}",
            "unidentified for a source of the kind unknown, and for no other",
        )
    return faults


def events_titled(data: Data) -> list[Fault]:
    """An event has a title in the language in which it was written down; others are translations of it."""
    rows = data["events"]
    columns = [name for code in LANGUAGES if (name := f"title_{code}") in rows]
    bare = rows[(rows[columns] == "").all(axis=1)]
    return _blame(data, "events", bare, "title", lambda row: "no title", "what happened, in one of our languages")


def events_closed(data: Data, today: date) -> list[Fault]:
    """A month or year is a bar with an end; an event does not go on for ever, so that one of a day is not open."""
    rows = _latest(data, "events")
    rows = rows[rows["valid_to"].isna()]
    bars = rows[rows["date_precision"].isin(("month", "year"))]
    faults = _blame(
        data,
        "events",
        bars,
        "valid_to",
        lambda row: "nothing",
        "the last day of the month or year",
        "It is drawn as a bar.",
    )
    rest = rows.drop(index=bars.index)
    old = rest[rest["valid_from"] < pd.Timestamp(today) - pd.Timedelta(days=OPEN_EVENT_DAYS)]
    return faults + _blame(
        data,
        "events",
        old,
        "valid_to",
        lambda row: f"an event of {_day(row['valid_from'])} that still goes on",
        f"an end, unless it began less than {OPEN_EVENT_DAYS} days ago",
        "The end of an event of one day is its valid_from.",
    )


def figures_agree(data: Data) -> list[Fault]:
    """
    On every known date, the range in an event is that of one measure of its figures then known.

    So a view never shows a range that rests on a number not yet known. An imported event has the number of its file.
    """
    figures: dict[str, list[Any]] = {}
    for figure in _with_end(data["figures"], "figure_id").to_dict("records"):
        figures.setdefault(figure["record_id"], []).append(figure)
    events = _with_end(data["events"], "event_id")
    ours = ~events["source_ids"].str.startswith("import:")
    events = events[ours & events["figure_min"].notna() & (events["status"] != timeline.RETRACTED)]
    wrong_on = [_disagrees_on(event, figures.get(event["event_id"], [])) for event in events.to_dict("records")]
    bad = events.assign(day=pd.to_datetime(pd.Series(wrong_on, index=events.index)))
    return _blame(
        data,
        "events",
        bad[bad["day"].notna()],
        "figure_min",
        lambda row: (
            f"{row['figure_min']:g} to {row['figure_max']:g} {row['figure_unit']} as known on {_day(row['day'])}"
        ),
        "the range of one measure with this unit in tables/figures.csv as known then",
        "Correct the event or its figures, or add a revision of the event when a figure is learnt.",
    )


def _disagrees_on(event: Mapping[Any, Any], figures: list[Any]) -> pd.Timestamp | None:
    """Return the first day on which the range of a revision of an event is not that of a measure, None if none."""
    learnt = {day for figure in figures for day in (figure["known_from"], figure["until"])}
    low, high = event["figure_min"], event["figure_max"]
    stated = low, low if pd.isna(high) else high
    for day in sorted(day for day in {event["known_from"], *learnt} if event["known_from"] <= day < event["until"]):
        known = [figure for figure in figures if figure["known_from"] <= day < figure["until"]]
        ends: dict[str, list[float]] = {}
        for figure in known:
            if figure["unit"] == event["figure_unit"]:
                values = [figure["value_min"], figure["value_max"]]
                ends.setdefault(figure["measure"], []).extend(value for value in values if not pd.isna(value))
        if stated not in [(min(values), max(values)) for values in ends.values()]:
            return pd.Timestamp(day)
    return None


def _with_end(rows: pd.DataFrame, id_column: str) -> pd.DataFrame:
    """Add `until`: the first day on which a later revision of a row was known, far ahead if there is none."""
    rows = rows.sort_values([id_column, "revision"], kind="stable").reset_index(drop=True)
    later = rows.groupby(id_column, sort=False)["known_from"].shift(-1).fillna(FOREVER)
    return rows.assign(until=later[::-1].groupby(rows[id_column], sort=False).cummin())


FOREVER = pd.Timestamp(timeline.FOREVER)


def _latest(data: Data, name: str) -> pd.DataFrame:
    return timeline.known(data[name], date.max, data.dataset(name).id_column)


def places_agree(data: Data) -> list[Fault]:
    """A commune lies in the department named beside it; a point has both coordinates; one abroad has no P-code."""
    faults = []
    for name, frame in _tables(data, "commune_pcode", "department_pcode"):
        both = (frame["commune_pcode"] != "") & (frame["department_pcode"] != "")
        bad = frame[both & (frame["commune_pcode"].str[:4] != frame["department_pcode"])]
        faults += _blame(
            data, name, bad, "department_pcode", lambda row: row["department_pcode"], "the department of the commune"
        )
        lost = frame[(frame["commune_pcode"] != "") & (frame["department_pcode"] == "")]
        faults += _blame(data, name, lost, "department_pcode", lambda row: "nothing", "the department of the commune")
    events = data["events"]
    bad = events[events["lon"].isna() != events["lat"].isna()]
    faults += _blame(data, "events", bad, "lon", lambda row: "one coordinate", "both lon and lat, or neither")
    bad = events[(events["country"] != "HTI") & (events["department_pcode"] != "")]
    return faults + _blame(
        data, "events", bad, "department_pcode", lambda row: row["department_pcode"], "nothing for an event abroad"
    )


def zones_by_unit(data: Data) -> list[Fault]:
    """A zone, or an assessment that names another unit, has P-codes of its level that exist; a place, metres."""
    if units.ZONES not in data.datasets:
        return []
    zones = data[units.ZONES]
    faults = _units_of(data, units.ZONES, zones) if "unit" in zones else []
    status = data["status"]
    if "unit" not in status:
        return faults
    others = status[~status["record_id"].isin(zones["zone_id"])]
    told = others[(others["unit"] != "") | (others["unit_pcodes"] != "") | others["uncertainty_m"].notna()]
    faults += _blame(data, "status", told, "unit", lambda row: "a unit", "nothing for a record that is no zone")
    mine = status[status["record_id"].isin(zones["zone_id"])]
    faults += _units_of(data, "status", mine[(mine["unit"] != "") | (mine["unit_pcodes"] != "")])
    counted = mine[mine["communes_affected"].notna()]
    own = counted["record_id"].map(zones.set_index("zone_id")["unit"])
    bad = counted[counted["unit"].where(counted["unit"] != "", own) != "department"]
    return faults + _blame(
        data,
        "status",
        bad,
        "communes_affected",
        lambda row: str(row["communes_affected"]),
        "nothing, unless the unit is a department",
    )


def _units_of(data: Data, name: str, rows: pd.DataFrame) -> list[Fault]:
    """Check the units that some rows name."""
    known = units.outlines(data)
    place = rows["unit"] == units.PLACE
    bare = rows[place & rows["uncertainty_m"].isna()]
    faults = _blame(data, name, bare, "uncertainty_m", lambda row: "nothing", "metres, for a place without an outline")
    coded = rows[place & (rows["unit_pcodes"] != "")]
    faults += _blame(data, name, coded, "unit_pcodes", lambda row: row["unit_pcodes"], "nothing for a place")
    named = rows[~place]
    listed = named.assign(code=named["unit_pcodes"].map(units.codes)).explode("code")
    empty = listed[listed["code"].isna()]
    faults += _blame(data, name, empty, "unit_pcodes", lambda row: "nothing", "the P-codes of the units")
    listed = listed.drop(index=empty.index)
    right = [
        len(code) == units.CODE_LENGTH.get(unit, 0) and code in known
        for unit, code in zip(listed["unit"], listed["code"], strict=True)
    ]
    return faults + _blame(
        data,
        name,
        listed[~np.array(right, dtype=bool)],
        "unit_pcodes",
        lambda row: row["code"],
        "P-codes of the level that unit names, each with an outline in data/",
        "A department is HT05, a commune HT0542, a section HT0542-01.",
    )


def points_in_region(data: Data) -> list[Fault]:
    """A point in Haiti lies in its commune and department, or outside by no more than its stated uncertainty."""
    faults = []
    for name, points in _points(data):
        west, south, east, north = HAITI_BOUNDS
        lon, lat = points.geometry.x, points.geometry.y
        outside = points[~(lon.between(west, east) & lat.between(south, north))]
        faults += _blame(
            data,
            name,
            outside,
            "geometry",
            lambda row: f"{row.geometry.x:.4f} {row.geometry.y:.4f}",
            f"a point in the box of Haiti {west} {south} {east} {north}",
            "Longitude comes first.",
        )
        metric = points.drop(index=outside.index).to_crs(METRIC)
        for column, layer in (("commune_pcode", "communes"), ("department_pcode", "departments")):
            if layer not in data.datasets:
                continue
            areas = data[layer].set_index("pcode").geometry.to_crs(METRIC)
            named = metric[metric[column].isin(areas.index)]
            distance_m = shapely.distance(named.geometry.to_numpy(), areas.reindex(named[column]).to_numpy())
            far = distance_m > stated_uncertainty_m(named)
            bad = named.assign(distance_m=distance_m, allowed_m=stated_uncertainty_m(named))[far]
            faults += _blame(
                data,
                name,
                bad,
                column,
                lambda row, column=column: (  # type: ignore[misc]
                    f"a point {row['distance_m'] / 1000:.1f} km outside {row[column]}, stated as known to "
                    f"{row['allowed_m'] / 1000:g} km"
                ),
                f"a point in it, or outside by no more than its uncertainty (measured in {METRIC})",
                "Correct the point or the P-code, or state a coarser location_precision.",
            )
    return faults


def stated_uncertainty_m(rows: pd.DataFrame) -> Any:
    """
    Return how far from its point each place may lie, in metres, as its row states it.

    That is its `uncertainty_m`, else what its `location_precision` stands for; a row that states neither is taken for
    known to its commune, one known to the country only has no limit.
    """
    words = rows.get("location_precision", pd.Series("", index=rows.index))
    metres = words.map({**kinds.UNCERTAINTY_M, "country": float("inf")}).fillna(kinds.UNCERTAINTY_M["commune"])
    if "uncertainty_m" in rows:
        metres = rows["uncertainty_m"].astype("float64").fillna(metres)
    return metres.to_numpy(dtype="float64")


def _points(data: Data) -> Iterable[tuple[str, gpd.GeoDataFrame]]:
    """Yield the places of records in Haiti: points of layers, centres of zones, points of events."""
    for name, frame in _tables(data, "commune_pcode", "department_pcode", "geometry"):
        if data.dataset(name).group != "reference":
            present = frame[frame.geometry.notna()]
            inner = shapely.point_on_surface(present.geometry.to_numpy())
            yield name, gpd.GeoDataFrame(present.drop(columns="geometry"), geometry=inner, crs=WGS84)
    events = data["events"]
    events = events[events["lon"].notna() & events["lat"].notna() & (events["country"] == "HTI")]
    yield "events", gpd.GeoDataFrame(events, geometry=gpd.points_from_xy(events["lon"], events["lat"]), crs=WGS84)


def _day(value: object) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, date) else f"{value:g}" if isinstance(value, float) else str(value)


def _day_or_nothing(value: object) -> str:
    return "nothing" if value is pd.NaT else _day(value)


RULES: tuple[Callable[[Data], list[Fault]], ...] = (
    revisions_in_order,
    ends_in_order,
    known_after_start,
    spells_apart,
    words_of_layer,
    events_titled,
    categories_of_imports,
    everything_used,
    sources_public,
    reliability_by_rule,
    unidentified_pages,
    recorded_in_order,
    archived_or_why,
    figures_agree,
    places_agree,
    zones_by_unit,
    points_in_region,
    *contradictions.RULES,
)

"""What follows from the rest of a submission: when it became known, how exact its days are, where it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final
from urllib.parse import urlsplit

import pandas as pd

from mssmap.crs import HAITI_BOUNDS
from mssmap.i18n import written
from mssmap.records import evidence, kinds, regions, timeline
from mssmap.records.catalog import Data
from mssmap.records.submissions import zones
from mssmap.records.submissions.submission import CORRECT, Submission, cell, latest_row, slug

EXACT: Final = {4: "year", 7: "month", 10: "day"}
"""Characters of an ISO date -> how exact it is."""


def completed(item: Submission, data: Data) -> Submission:
    """Fill in what follows: when it became known, how exact its days are, where it lies."""
    cells = dict(item.fields)
    known = _first_published(item, data)
    columns = data.dataset(item.table).contract.columns
    keeps_known = "known_from" in columns or data.dataset(item.table).is_layer
    if keeps_known and not cells.get("known_from") and known[0]:
        cells["known_from"], cells["known_precision"] = known
    if cells.get("known_from"):
        cells.setdefault("known_precision", "day")
    latest = latest_row(data, item.table, item.record_id) if item.record_id else None
    if zones.is_about_one(item, cells):
        zones.complete(item, cells, data)
    if latest is None:
        _fill_new(item, cells, data)
        _not_before(cells, cells.get("valid_from") or cells.get("date") or "")
    elif cells.get("claim", cell(latest.get("claim"))) != timeline.PLANNED:
        _not_before(cells, cell(latest.get("known_from")))
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


def _fill_new(item: Submission, cells: dict[str, str], data: Data) -> None:
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
    if "name_en" in columns:
        _english_name(cells)
    if item.table == "events":
        cells.setdefault("valid_to", last_day(cells.get("valid_from", ""), cells["date_precision"]))
        cells.setdefault("country", "HTI")
        cells.setdefault("claim", "reported")
    if "location_precision" in columns:
        _locate(cells, data)


def _english_name(cells: dict[str, str]) -> None:
    """Take the name of a place in another language for the English one too: a name is not translated, a title is."""
    if name := written(cells.get, "name", "en")[0]:
        cells["name_en"] = name


def _not_before(cells: dict[str, str], start: str) -> None:
    """
    Of an imprecise day on which something became known, take the first that surely does not lie before another.

    A page of March makes nothing known on the 1st that happened on the 9th, or that a page of the 9th was first to say.
    """
    if cells.get("known_precision") in timeline.IMPRECISE and cells.get("claim") != timeline.PLANNED:
        same = start[:7] if cells["known_precision"] == "month" else start[:4]
        if same and cells.get("known_from", "").startswith(same):
            cells["known_from"] = max(cells["known_from"], start)


def last_day(first: str, precision: str) -> str:
    """
    Return the last day that an imprecise day may mean.

    >>> last_day("2025-02-01", "month"), last_day("2025-02-03", "day")
    ('2025-02-28', '2025-02-03')
    """
    if not whole_day(first)[0]:
        return first
    days = pd.Series(pd.to_datetime([first]))
    return cell(timeline.earliest_latest(days, pd.Series([precision]))[1].iloc[0])


def _locate(cells: dict[str, str], data: Data) -> None:
    """Give a record commune, department, a point and a precision, as far as they follow from what was written."""
    if cells.get("country", "HTI") != "HTI":
        cells.setdefault("location_precision", "country")
        return
    try:
        point = (float(cells.get("lon", "")), float(cells.get("lat", "")))
    except ValueError:
        point = None
    several = cells.get("unit_pcodes")  # the point inside them says nothing of the commune
    if point and not cells.get("commune_pcode") and not several and within_haiti(*point):
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


def whole_day(text: str) -> tuple[str, str]:
    """
    Return the first day that a date may mean and how exact it is; nothing for what is no date.

    >>> whole_day("2025-03"), whole_day("2025-03-09"), whole_day("March")
    (('2025-03-01', 'month'), ('2025-03-09', 'day'), ('', ''))
    """
    exact = EXACT.get(len(text), "")
    try:
        return (date.fromisoformat(f"{text}-01-01"[:10]).isoformat(), exact) if exact else ("", "")
    except ValueError:
        return "", ""


def host(address: str) -> str:
    """
    Return the host of an address, without `www.`.

    >>> host("https://www.lenouvelliste.com/a"), host("no address")
    ('lenouvelliste.com', '')
    """
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def publishers(known: pd.DataFrame) -> dict[str, str]:
    """Return who publishes at which host, as the table of sources says: the first that is there."""
    found: dict[str, str] = {}
    for url, publisher in zip(known["url"], known["publisher"], strict=True):
        found.setdefault(host(str(url)), str(publisher))
    found.pop("", None)
    return found


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

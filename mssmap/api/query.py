"""What a request asks for: every parameter is checked, and all that is wrong is one clear answer."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from mssmap import settings
from mssmap.errors import InputError
from mssmap.records import evidence
from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks

LIMIT: Final = 100
MAX_LIMIT: Final = 10_000
MAX_OFFSET: Final = 10_000_000
FORMATS: Final = ("json", "geojson")
CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
ALLOWED: Final = (
    "as_of",
    "known_on",
    "grade",
    "region",
    "plans",
    "bbox",
    "bbox-crs",
    "datetime",
    "limit",
    "offset",
    "f",
)
DIALS: Final = ("as_of", "known_on", "grade", "plans", "f")
"""Parameters of one feature: it has no bbox and no page."""


@dataclass(frozen=True)
class Query:
    """
    Checked parameters of a request.

    Attributes
    ----------
    filters
        Their window is the interval of `datetime`, and narrows any rows with a time.
    bbox
        West, south, east, north in degrees; west above east crosses the antimeridian.
    """

    filters: Filters
    bbox: tuple[float, float, float, float] | None = None
    limit: int = LIMIT
    offset: int = 0


def parse(pairs: Sequence[tuple[str, str]], usual: Clocks, allowed: Sequence[str] = ALLOWED) -> Query:
    """
    Read the parameters of a request.

    Parameters
    ----------
    pairs
        Names and values as they stand in the address.
    usual
        The dials where they are not given.

    Raises
    ------
    InputError
        If a parameter is unknown, stands twice or has a value that cannot be used.
    """
    names = [name for name, _value in pairs]
    if unknown := sorted(set(names) - set(allowed)):
        raise InputError(f"{unknown[0]}: found a parameter that does not exist here; there are {', '.join(allowed)}.")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{twice[0]}: found {names.count(twice[0])} values, required one.")
    given = {name: value for name, value in pairs if value != ""}
    _choice(given, "f", FORMATS)
    _choice(given, "bbox-crs", (CRS84,))
    _choice(given, "plans", ("false", "true"))
    start, end = interval(given["datetime"]) if "datetime" in given else (None, None)
    filters = Filters(
        Clocks(_day(given, "as_of") or usual.as_of, _day(given, "known_on") or usual.known_on),
        grade=evidence.parse_threshold(given.get("grade", evidence.LOWEST)),
        region=given.get("region"),
        start=start,
        end=end,
        plans=given.get("plans") == "true",
    )
    return Query(
        filters,
        bbox=box(given["bbox"]) if "bbox" in given else None,
        limit=min(_whole(given, "limit", LIMIT, 1, 10**12), MAX_LIMIT),
        offset=_whole(given, "offset", 0, 0, MAX_OFFSET),
    )


def _choice(given: Mapping[str, str], name: str, choices: Sequence[str]) -> None:
    if given.get(name, choices[0]) not in choices:
        raise InputError(f"{name}: found {given[name]!r}, required {' or '.join(choices)}.")


def _day(given: Mapping[str, str], name: str) -> date | None:
    return settings.parse_date(given[name], name) if name in given else None


def _whole(given: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = given.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,13}", text) or not low <= int(text) <= high:
        raise InputError(f"{name}: found {text!r}, required a whole number from {low} to {high}.")
    return int(text)


def box(text: str) -> tuple[float, float, float, float]:
    """
    Read a bounding box in degrees.

    >>> box("-72.5,18.4,-72.1,18.7"), box("-72.5,18.4,0,-72.1,18.7,900")
    ((-72.5, 18.4, -72.1, 18.7), (-72.5, 18.4, -72.1, 18.7))

    Raises
    ------
    InputError
        If there are not four or six numbers, or the south is above the north.
    """
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(math.isfinite(number) for number in numbers):
        raise InputError(f"bbox: found {text!r}, required west,south,east,north in degrees.")
    west, south, east, north = numbers
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise InputError(f"bbox: found {text!r}, required degrees from -180 to 180 and -90 to 90, south before north.")
    return west, south, east, north


_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(?:\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}))?)?")
"""A day, or a time; GDAL 3.6 writes a day with a T behind it and nothing more."""


def interval(text: str) -> tuple[date | None, date | None]:
    """
    Read an instant or an interval of RFC 3339; times of day are dropped, for the data know days.

    >>> interval("2024-03-02"), interval("2024-03-02T00:00:00Z/..")
    ((datetime.date(2024, 3, 2), datetime.date(2024, 3, 2)), (datetime.date(2024, 3, 2), None))

    Raises
    ------
    InputError
        If it is neither, or ends before it begins.
    """
    parts = text.split("/")
    days: list[date | None] = []
    for part in parts:
        found = _TIME.fullmatch(part)
        if part in ("", "..") and len(parts) == 2:
            days.append(None)
        elif found and len(parts) <= 2:
            days.append(settings.parse_date(found[1], "datetime"))
        else:
            raise InputError(f"datetime: found {text!r}, required a day, or two with / between; .. leaves an end open.")
    start, end = days[0], days[-1]
    if start and end and end < start:
        raise InputError(f"datetime: found {text!r}, required an end not before the beginning.")
    return start, end

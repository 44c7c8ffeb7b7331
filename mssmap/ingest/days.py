"""Dates as people write them: one format a column, found out from all of it, never guessed cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

FORMATS: Final = {
    "ymd": ("%Y-%m-%d", r"\d{4}-\d{1,2}-\d{1,2}"),
    "ymd/": ("%Y/%m/%d", r"\d{4}/\d{1,2}/\d{1,2}"),
    "compact": ("%Y%m%d", r"\d{8}"),
    "dmy": ("%d/%m/%Y", r"\d{1,2}/\d{1,2}/\d{4}"),
    "mdy": ("%m/%d/%Y", r"\d{1,2}/\d{1,2}/\d{4}"),
    "words": ("%d %B %Y", r"\d{1,2} (?:[A-Za-z]{4,}|May) \d{4}"),
    "short": ("%d %b %Y", r"\d{1,2} [A-Za-z]{3} \d{4}"),
    "unix": ("", r"\d{10}"),
    "month": ("%Y-%m", r"\d{4}-\d{2}"),
    "year": ("%Y", r"\d{4}"),
}
"""Name of a way to write dates -> format of strptime and what a cell looks like; `auto` chooses among them."""

YEARS: Final = (1900, 2100)
"""The first and the last year that a record may be about."""

AUTO: Final = "auto"

TIME: Final = r"[T ]\d{1,2}:\d{2}.*$"


@dataclass(frozen=True)
class Days:
    """
    Dates that were read.

    Attributes
    ----------
    values
        With missing values where a cell was empty or not written in the format.
    bad
        Marks the cells that were filled and not written in the format.
    far
        Marks the cells that were read, but lie outside `YEARS`; their values are missing.
    format
        The one that was used, a key of `FORMATS`.
    unsure
        True if day and month could be the other way round in every cell.
    """

    values: pd.Series
    bad: pd.Series
    far: pd.Series
    format: str
    unsure: bool = False


def read(cells: pd.Series, format: str = AUTO) -> Days:
    """
    Read a column of dates; times of day are dropped.

    >>> read(pd.Series(["2025-01-18", "19/01/2025"])).bad.tolist()
    [False, True]
    >>> read(pd.Series(["18/01/2025"])).values.dt.strftime("%F").tolist()
    ['2025-01-18']
    >>> read(pd.Series(["2025-01-18", "1025-01-19"])).far.tolist()
    [False, True]
    """
    if pd.api.types.is_datetime64_any_dtype(cells):
        values = cells.dt.tz_convert(None) if getattr(cells.dtype, "tz", None) else cells
        return _days(values, pd.Series(False, index=cells.index), "ymd")
    text = cells.astype("str").where(cells.notna(), "").str.strip().str.replace(r"\.0$", "", regex=True)
    text = text.str.replace(TIME, "", regex=True).str.replace(r"(?<=\d)[.](?=\d)", "/", regex=True)
    filled = text != ""
    chosen, unsure = (format, False) if format in FORMATS else _choose(text[filled])
    pattern, looks = FORMATS[chosen]
    fits = filled & text.str.fullmatch(looks)
    if chosen == "unix":
        values = pd.to_datetime(pd.to_numeric(text.where(fits), errors="coerce"), unit="s", errors="coerce")
    else:
        values = pd.to_datetime(text.where(fits), format=pattern, errors="coerce")
    return _days(values, filled & values.isna(), chosen, unsure)


def _days(values: pd.Series, bad: pd.Series, chosen: str, unsure: bool = False) -> Days:
    far = values.notna() & ~values.dt.year.between(*YEARS)
    return Days(values.where(~far).astype("datetime64[s]").dt.floor("D"), bad, far, chosen, unsure)


def _choose(text: pd.Series) -> tuple[str, bool]:
    """Return the format that most cells are written in, and whether day and month cannot be told apart."""
    scores = {name: int(text.str.fullmatch(looks).sum()) for name, (_, looks) in FORMATS.items()}
    best = max(scores, key=scores.__getitem__)
    if best not in ("dmy", "mdy"):
        return best, False
    parts = text.str.extract(r"^(\d{1,2})/(\d{1,2})/\d{4}$").astype("float64")
    first, second = (parts[0] > 12).sum(), (parts[1] > 12).sum()
    return ("mdy" if second > first else "dmy"), first == 0 and second == 0

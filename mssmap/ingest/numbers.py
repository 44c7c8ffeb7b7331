"""Numbers as people write them: the decimal mark is decided once a file, from all its columns of numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from mssmap.i18n.phrases import phrase
from mssmap.ingest.days import EMPTY

GROUPED: Final = "['’\u00a0\u202f\u2009 ]"
"""Signs between thousands that are no decimal mark anywhere."""

POINT, COMMA = ".", ","

_SIGN: Final = r"[-+−–]?"
SURE_COMMA: Final = "|".join(
    (
        rf"{_SIGN}\d+,(?:\d{{1,2}}|\d{{4,}})\D*",
        rf"{_SIGN}0,\d+\D*",
        rf"{_SIGN}\d{{1,3}}(?:\.\d{{3}})+,\d+\D*",
        rf"{_SIGN}\d{{1,3}}(?:\.\d{{3}}){{2,}}\D*",
    )
)
"""Texts in which the comma is the decimal mark, or the point stands between thousands."""
SURE_POINT: Final = "|".join(
    (
        rf"{_SIGN}\d+\.(?:\d{{1,2}}|\d{{4,}})\D*",
        rf"{_SIGN}0\.\d+\D*",
        rf"{_SIGN}\d{{1,3}}(?:,\d{{3}})+\.\d+\D*",
        rf"{_SIGN}\d{{1,3}}(?:,\d{{3}}){{2,}}\D*",
    )
)

_NUMBER: Final = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?")
_RANGE: Final = re.compile(r"(?P<low>[\d.,]+)(?:-|to|a|à|y|et|and|jusqu'a)(?P<high>[\d.,]+)")
_BELOW: Final = re.compile(
    r"(?:<=|≤|upto|jusqu'a|hasta|atmost|auplus)(?P<n>[\d.,]+)|"
    r"(?:<|lessthan|fewerthan|moinsde|menosde)(?P<m>[\d.,]+)"
)
_ABOVE: Final = re.compile(
    r"(?:>=|≥|atleast|aumoins|almenos)(?P<n>[\d.,]+)|"
    r"(?:>|morethan|over|plusde|masde)(?P<m>[\d.,]+)|(?P<k>[\d.,]+)\+"
)
_ABOUT: Final = re.compile(r"(?:~|≈|c\.|ca\.?|about|around|environ|approx\.?|approximately|some|cerca de|unos)")


@dataclass
class Marks:
    """
    What columns of numbers show of how they are written.

    Attributes
    ----------
    comma, point
        Cells that can only be read with this decimal mark.
    example
        A cell that can be read both ways, such as `12,345`.
    places
        Whether a coordinate has a comma: that is never one between thousands.
    """

    comma: int = 0
    point: int = 0
    example: str = ""
    places: int = 0

    def add(self, other: Marks) -> None:
        """Take in what another column or part shows."""
        self.comma, self.point = self.comma + other.comma, self.point + other.point
        self.places += other.places
        self.example = self.example or other.example

    @property
    def decimal(self) -> str:
        """The decimal mark of the file."""
        return COMMA if self.comma + self.places > self.point else POINT

    @property
    def note(self) -> str:
        """What was decided and why, empty if nothing had to be."""
        if self.decimal == COMMA:
            return phrase(
                "the comma is the decimal mark ({n:,} numbers can be read in no other way)", n=self.comma + self.places
            )
        if self.example:
            why = (
                phrase("{n:,} numbers have a decimal point", n=self.point)
                if self.point
                else phrase("people are counted in whole numbers")
            )
            return phrase("the comma stands between thousands, as in {example} ({why})", example=self.example, why=why)
        return ""


def look(cells: pd.Series, *, is_angle: bool = False) -> Marks:
    """
    Return what a column shows of its decimal mark.

    Parameters
    ----------
    is_angle
        Whether it holds degrees: up to 180, and so never with thousands.
    """
    if pd.api.types.is_numeric_dtype(cells):
        return Marks()
    text = pd.Series(cells.dropna().astype("str").str.strip().unique(), dtype="str")
    text = text.str.replace(GROUPED, "", regex=True)
    both = text.str.fullmatch(rf"{_SIGN}\d{{1,3}},\d{{3}}\D*")
    comma, point = text.str.fullmatch(SURE_COMMA), text.str.fullmatch(SURE_POINT)
    found = Marks(int(comma.sum()), int(point.sum()))
    if is_angle:
        found.places = int(both.sum())
    elif both.any():
        found.example = str(text[both].iloc[0])
    return found


@dataclass(frozen=True)
class Numbers:
    """
    Numbers that were read: lowest and highest of each cell.

    Attributes
    ----------
    bad
        Marks the cells that are filled and no number.
    told
        Marks the cells that were no plain number, such as `<5` or `10-20`.
    empty
        Marks the cells that say in a word that there is no number.
    """

    low: pd.Series
    high: pd.Series
    bad: pd.Series
    told: pd.Series
    empty: pd.Series


def read(cells: pd.Series, decimal: str = POINT) -> Numbers:
    """
    Read numbers.

    >>> found = read(pd.Series(["1 204", "12,345", "<5", "10-20", "NA", "45 %", "many"]))
    >>> found.low.tolist(), found.high.tolist()
    ([1204.0, 12345.0, 0.0, 10.0, nan, 45.0, nan], [1204.0, 12345.0, 4.0, 20.0, nan, 45.0, nan])
    >>> found.bad.tolist()
    [False, False, False, False, False, False, True]
    >>> read(pd.Series(["-72,330", "1.204,5"]), ",").low.tolist()
    [-72.33, 1204.5]
    """
    text = cells.astype("str").where(cells.notna(), "").str.strip()
    codes, unique = pd.factorize(text)
    found = [_number(word, decimal) for word in unique]
    low, high, told = (np.array([one[i] for one in found], dtype="float64")[codes] for i in range(3))
    nothing = text.str.lower().isin(EMPTY)
    index = cells.index
    values = pd.Series(low, index=index)
    told = pd.Series(told > 0, index=index)
    return Numbers(values, pd.Series(high, index=index), (text != "") & ~nothing & values.isna(), told, nothing)


def _number(text: str, decimal: str) -> tuple[float, float, float]:
    """Return lowest and highest, and 1 if it is no plain number; not a number where there is none."""
    none = (np.nan, np.nan, 0.0)
    plain = re.sub(GROUPED, "", text.lower()).replace("−", "-")
    if not any(letter.isdigit() for letter in plain):
        return none
    if (value := _plain(plain, decimal)) is not None:
        return value, value, 0.0
    if (value := _plain(re.sub(r"[%‰]$", "", plain), decimal)) is not None:
        return value, value, 1.0
    if found := _RANGE.fullmatch(plain.replace("–", "-").replace("—", "-")):
        low, high = _plain(found["low"], decimal), _plain(found["high"], decimal)
        return none if low is None or high is None else (min(low, high), max(low, high), 1.0)
    if found := _BELOW.fullmatch(plain):
        value = _plain(found["n"] or found["m"], decimal)
        below = found["m"] is not None and value is not None and value == int(value) and value > 0
        return none if value is None else (0.0, value - below, 1.0)
    if found := _ABOVE.fullmatch(plain):
        value = _plain(found["n"] or found["m"] or found["k"], decimal)
        above = found["m"] is not None and value is not None and value == int(value)
        return none if value is None else (value + above, value + above, 1.0)
    value = _plain(_ABOUT.sub("", plain, count=1), decimal)
    return none if value is None else (value, value, 1.0)


def _plain(text: str, decimal: str) -> float | None:
    other = POINT if decimal == COMMA else COMMA
    if other in text:
        if not re.fullmatch(rf"[-+]?\d{{1,3}}(?:{re.escape(other)}\d{{3}})+(?:{re.escape(decimal)}\d*)?", text):
            return None if decimal == POINT or not _NUMBER.fullmatch(text) else float(text)
        text = text.replace(other, "")
    text = text.replace(decimal, POINT)
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if np.isfinite(value) else None

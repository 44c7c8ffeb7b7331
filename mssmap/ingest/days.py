"""
Dates as people write them: one way a column, found out from all of it, never guessed cell by cell.

A time with an offset or a zone, UTC too, is shown as its day in Haiti, whatever the format of the file; a time without
one, and a day, as written. A column in which every time is midnight in UTC holds days.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.i18n.phrases import phrase
from mssmap.records import regions

ZONE: Final = "America/Port-au-Prince"

WAYS: Final = {
    "ymd": r"\d{4}-\d{1,2}-\d{1,2}",
    "ymd/": r"\d{4}/\d{1,2}/\d{1,2}",
    "compact": r"\d{8}|\d{14}",
    "dmy": r"\d{1,2}/\d{1,2}/(?:\d{4}|\d{2})",
    "mdy": r"\d{1,2}/\d{1,2}/(?:\d{4}|\d{2})",
    "words": r"\d{1,2} [a-z]+ (?:\d{4}|\d{2})",
    "month first": r"[a-z]+ \d{1,2} (?:\d{4}|\d{2})",
    "month name": r"[a-z]+ \d{4}",
    "unix": r"\d{9,10}",
    "unix ms": r"\d{12,13}",
    "unix us": r"\d{15,16}",
    "unix ns": r"\d{18,19}",
    "excel": r"[1-9]\d{4}(?:\.\d+)?",
    "month": r"\d{4}-\d{2}|\d{1,2}/\d{4}",
    "year": r"\d{4}",
}
"""Name of a way to write dates -> what a cell looks like once it is plain; `auto` chooses among them."""

EXAMPLES: Final = {
    **{"ymd": "2025-01-16", "ymd/": "2025/01/16", "compact": "20250116", "dmy": "16/01/2025", "mdy": "01/16/2025"},
    **{"words": "16 January 2025", "month first": "January 16, 2025", "month name": "January 2025"},
    **{"unix": "1736985600", "unix ms": "1736985600000", "unix us": "1736985600000000"},
    **{"unix ns": "1736985600000000000", "excel": "45673", "month": "2025-01", "year": "2025"},
}

FORMATS: Final = (*WAYS, "short")
"""Keys of `dates` in a mapping; `short` is what `words` once was for short names."""

UNITS: Final = {"unix": "s", "unix ms": "ms", "unix us": "us", "unix ns": "ns"}

YEARS: Final = (1900, 2100)
"""The first and the last year that a record may be about."""

WINDOW: Final = 2049
"""The last year that two digits stand for: 49 is 2049, 50 is 1950."""

SHORT_YEARS: Final = phrase("years of two digits stand for {first} to {last}.", first=WINDOW - 99, last=WINDOW)

AUTO: Final = "auto"

MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv enero ene janvye",
            "february feb fevrier fevr fev febrero fevriye",
            "march mar mars marzo mas",
            "april apr avril avr abril abr",
            "may mai mayo me",
            "june jun juin junio jen",
            "july jul juillet juil julio jiye",
            "august aug aout agosto ago out",
            "september sep sept septembre septiembre set septanm",
            "october oct octobre octubre oktob",
            "november nov novembre noviembre novanm",
            "december dec decembre diciembre dic desanm",
        ),
        1,
    )
    for name in names.split()
}
"""Names of months in English, French, Spanish and Creole, as `regions.normalise` writes them."""

EMPTY: Final = frozenset(
    (
        *("na", "n/a", "n.a.", "nan", "nat", "null", "none", "nil", "nd", "n.d.", "n/d", "s/d", "#n/a"),
        *("-", "--", "---", ".", "..", "?", "unknown", "inconnu", "inconnue", "desconocido"),
    )
)
"""Words that say that there is nothing, in small letters."""

NO_END: Final = frozenset(
    (
        *("ongoing", "present", "current", "now", "open", "until now", "to date", "no end", "en cours", "a ce jour"),
        *("à ce jour", "actuel", "actual", "en curso", "toujours", "today"),
    )
)
"""Words that say that something goes on."""

FAR_END: Final = re.compile(
    r"(?:9999|2999|3000)-\d{1,2}-\d{1,2}|(?:31|01|1)/(?:12|01|1)/(?:9999|2999|3000)|9999(?:1231|0101)?"
)

TIME: Final = (
    r"[t ,]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>z|utc|gmt|est|edt|[+-]\d{2}(?::?\d{2})?)?\s*(?:\[[\w/]+\])?"
)
UTC: Final = ("z", "utc", "gmt", "+00", "+0000", "+00:00", "-00:00")
HOURS: Final = {"z": 0, "utc": 0, "gmt": 0, "est": -5, "edt": -4}


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
    open
        Marks the cells that say that there is no end.
    """

    values: pd.Series
    bad: pd.Series
    far: pd.Series
    format: str
    unsure: bool = False
    open: pd.Series = field(default_factory=lambda: pd.Series(dtype="bool"))


@dataclass
class Evidence:
    """
    What a column, or several parts of one, shows of how its dates are written.

    Attributes
    ----------
    counts
        Way -> cells that look like it.
    first, second
        Cells whose first, or second, number can be no month.
    example
        The first cell that can be read both ways.
    proof
        The first cell that shows which comes first.
    midnight
        Whether every number of seconds, and every time with a zone, is the beginning of a day in UTC.
    zoned
        Cells that are a time with a zone.
    short
        Whether there are years of two digits.
    """

    counts: Counter[str] = field(default_factory=Counter)
    first: int = 0
    second: int = 0
    example: str = ""
    proof: dict[str, str] = field(default_factory=dict)
    midnight: bool = True
    zoned: int = 0
    short: bool = False

    def add(self, other: Evidence) -> None:
        """Take in what another part shows."""
        self.counts.update(other.counts)
        self.first, self.second = self.first + other.first, self.second + other.second
        self.example = self.example or other.example
        self.proof = {**other.proof, **self.proof}
        self.midnight &= other.midnight
        self.zoned += other.zoned
        self.short |= other.short

    @property
    def fits(self) -> bool:
        """Whether any cell is written in a known way."""
        return any(self.counts.values())

    @property
    def way(self) -> str:
        """The way that most cells are written in; `dmy` also where day and month cannot be told apart."""
        if not self.fits:
            return "ymd"
        best = max(WAYS, key=lambda way: self.counts[way])
        return ("mdy" if self.second > self.first else "dmy") if best in ("dmy", "mdy") else best

    @property
    def unsure(self) -> bool:
        """Whether day and month could be the other way round in every cell."""
        return self.way in ("dmy", "mdy") and self.first == self.second == 0 and self.example != ""


def look(cells: pd.Series) -> Evidence:
    """Return what a column shows of how its dates are written."""
    if pd.api.types.is_datetime64_any_dtype(cells):
        found = Evidence(Counter(ymd=int(cells.notna().sum())))
        if getattr(cells.dtype, "tz", None):
            instants = cells.dropna().dt.tz_convert("UTC")
            found.zoned, found.midnight = len(instants), bool((instants == instants.dt.normalize()).all())
        return found
    parts = _plain(cells)
    zoned = parts[parts["zone"].notna() & (parts["day"] != "")]
    text = parts["day"][parts["day"] != ""]
    found = Evidence(Counter({way: int(text.str.fullmatch(looks).sum()) for way, looks in WAYS.items()}))
    numbers = text.str.extract(r"^(\d{1,2})/(\d{1,2})/\d{2,4}$").astype("float64")
    first, second = numbers[0] > 12, numbers[1] > 12
    found.first, found.second = int(first.sum()), int(second.sum())
    for way, marked in (("dmy", first), ("mdy", second)):
        if marked.any():
            found.proof[way] = str(cells[marked.idxmax()])
    twofold = numbers[0].notna() & ~first & ~second & (numbers[0] != numbers[1])
    found.example = str(cells[twofold.idxmax()]).strip() if twofold.any() else ""
    found.short = bool(text.str.contains(r"(?:[a-z] |/|[a-z] \d{1,2} )\d{2}$", regex=True).any())
    seconds = text[text.str.fullmatch(r"\d{9,10}|\d{12,13}|\d{15,16}|\d{18,19}")]
    counted = pd.to_numeric(seconds.str.slice(0, 10), errors="coerce")
    found.midnight = bool((counted % 86_400 == 0).all() and seconds.str.slice(10).str.fullmatch("0*").all())
    found.zoned = len(zoned)
    found.midnight &= bool(zoned["zone"].isin(UTC).all())
    found.midnight &= bool((zoned[["hour", "minute", "second"]].fillna("0").astype("int64") == 0).all(axis=None))
    return found


def both_readings(cell: str) -> tuple[str, str]:
    """
    Return a cell as day/month and as month/day.

    >>> both_readings("03/04/2025")
    ('2025-04-03', '2025-03-04')
    """
    one = pd.Series([cell])
    days = [read(one, way).values.iloc[0] for way in ("dmy", "mdy")]
    return days[0].strftime("%Y-%m-%d"), days[1].strftime("%Y-%m-%d")


class UnsureDaysError(InputError):
    """Day and month cannot be told apart; `cell` is one that can be read both ways."""

    def __init__(self, name: str, column: str, cell: str) -> None:
        dmy, mdy = both_readings(cell)
        super().__init__(
            _(
                "{name}: found dates in {column} of which each can be day/month or month/day: {cell} is {dmy} or "
                '{mdy}. Required to know which. Set "dates" in the mapping to "dmy" or "mdy".'
            ).format(name=name, column=column, cell=cell, dmy=dmy, mdy=mdy)
        )
        self.column, self.cell, self.readings = column, cell, (dmy, mdy)


def read(cells: pd.Series, format: str = AUTO, *, midnight: bool | None = None) -> Days:
    """
    Read a column of dates; times of day are dropped once they have told the day in Haiti.

    Parameters
    ----------
    format
        A key of `FORMATS`, or `auto`.
    midnight
        Whether numbers of seconds and times with a zone stand for days as such, because all of the whole column are
        beginnings of days (UTC); None: by these cells.

    >>> read(pd.Series(["2025-01-18", "19/01/2025"])).bad.tolist()
    [False, True]
    >>> read(pd.Series(["18/01/2025"])).values.dt.strftime("%F").tolist()
    ['2025-01-18']
    >>> read(pd.Series(["2025-01-18", "1025-01-19"])).far.tolist()
    [False, True]
    >>> read(pd.Series(["2025-01-06T03:00:00Z", "2025-01-06T03:00:00"])).values.dt.strftime("%F").tolist()
    ['2025-01-05', '2025-01-06']
    """
    no_end = pd.Series(False, index=cells.index)
    if pd.api.types.is_datetime64_any_dtype(cells):
        values = cells
        if getattr(cells.dtype, "tz", None):
            whole = look(cells).midnight if midnight is None else midnight
            values = cells.dt.tz_convert("UTC" if whole else ZONE).dt.tz_localize(None)
        far_end = values.notna() & values.dt.year.isin([9999, 2999, 3000])
        return _days(values.mask(far_end), pd.Series(False, index=cells.index), "ymd", open_=far_end)
    parts = _plain(cells)
    text, no_end = parts["day"], parts["open"]
    filled = text != ""
    evidence = look(cells)
    chosen = {"short": "words"}.get(format, format) if format in FORMATS else evidence.way
    fits = filled & text.str.fullmatch(WAYS[chosen])
    whole = evidence.midnight if midnight is None else midnight
    values = _values(text.where(fits), chosen, whole)
    values = values if whole else _in_haiti(values, parts)
    unsure = format not in FORMATS and evidence.unsure
    return _days(values, filled & values.isna(), chosen, unsure, no_end)


def _values(text: pd.Series, way: str, midnight: bool) -> pd.Series:
    if way in UNITS:
        numbers = pd.to_numeric(text, errors="coerce").astype("Int64")
        instants = pd.to_datetime(numbers, unit=UNITS[way], errors="coerce")
        return instants if midnight else instants.dt.tz_localize("UTC").dt.tz_convert(ZONE).dt.tz_localize(None)
    if way == "excel":
        return pd.to_datetime(pd.to_numeric(text, errors="coerce"), unit="D", origin="1899-12-30", errors="coerce")
    patterns = {
        **{"ymd": r"(?P<y>\d{4})-(?P<m>\d+)-(?P<d>\d+)", "ymd/": r"(?P<y>\d{4})/(?P<m>\d+)/(?P<d>\d+)"},
        **{"compact": r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:\d{6})?", "dmy": r"(?P<d>\d+)/(?P<m>\d+)/(?P<y>\d+)"},
        **{"mdy": r"(?P<m>\d+)/(?P<d>\d+)/(?P<y>\d+)", "words": r"(?P<d>\d+) (?P<m>[a-z]+) (?P<y>\d+)"},
        **{"month first": r"(?P<m>[a-z]+) (?P<d>\d+) (?P<y>\d+)", "month name": r"(?P<m>[a-z]+) (?P<y>\d+)"},
        **{"month": r"(?P<y>\d{4})-(?P<m>\d+)|(?P<m2>\d+)/(?P<y2>\d{4})", "year": r"(?P<y>\d{4})"},
    }
    found = text.str.extract(f"^(?:{patterns[way]})$")
    if "m2" in found:
        found = pd.DataFrame({"y": found["y"].fillna(found["y2"]), "m": found["m"].fillna(found["m2"])})
    year = pd.to_numeric(found["y"], errors="coerce")
    year = year.where(found["y"].str.len() != 2, year + 2000 - 100 * (year > WINDOW - 2000))
    month = found["m"] if "m" in found else pd.Series("1", index=text.index).where(year.notna())
    month = month.map(lambda name: MONTHS.get(name, name), na_action="ignore")
    month = pd.to_numeric(month, errors="coerce")
    day = pd.to_numeric(found["d"], errors="coerce") if "d" in found else pd.Series(1.0, index=text.index)
    numbers = (year * 10_000 + month * 100 + day).astype("Int64").astype("str").str.zfill(8)
    whole = year.notna() & month.notna() & day.notna()
    return pd.to_datetime(numbers.where(whole), format="%Y%m%d", errors="coerce")


def _in_haiti(values: pd.Series, parts: pd.DataFrame) -> pd.Series:
    """Move times with an offset to the clock of Haiti; times without one stay as written."""
    zoned = parts["zone"].notna() & values.notna()
    if not zoned.any():
        return values
    hour = pd.to_numeric(parts["hour"], errors="coerce") % 24
    half = parts["half"].fillna("").str.slice(0, 1)
    hour = (hour % 12).where(half != "", hour) + 12 * (half == "p")
    times = pd.to_timedelta(hour * 60 + pd.to_numeric(parts["minute"], errors="coerce"), unit="min")
    offset = parts["zone"].map(_minutes, na_action="ignore").astype("float64")
    instants = (values + times - pd.to_timedelta(offset, unit="min"))[zoned]
    local = instants.dt.tz_localize("UTC").dt.tz_convert(ZONE).dt.tz_localize(None)
    return values.where(~zoned, local.reindex(values.index))


def _minutes(zone: str) -> float:
    """
    Return the minutes of an offset east of Greenwich.

    >>> _minutes("-05:00"), _minutes("z"), _minutes("+0530")
    (-300, 0, 330)
    """
    if zone in HOURS:
        return 60 * HOURS[zone]
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return (1 if zone[0] == "+" else -1) * (60 * int(digits[:2]) + int(digits[2:]))


def _plain(cells: pd.Series) -> pd.DataFrame:
    """Part cells into a plain day and a time, and say which are words for no end; empty where nothing is said."""
    text = cells.astype("str").where(cells.notna(), "").str.strip().str.lower()
    text = text.str.replace(r"^'|\.0+$", "", regex=True).str.replace(r"\s+", " ", regex=True)
    text = text.mask(text.isin(EMPTY), "")
    named = text.str.contains(r"[^\W\d_]{3,}", regex=True)
    if named.any():
        codes, unique = pd.factorize(text[named])
        plain = pd.Series([_without_names(word) for word in unique], dtype="str")
        text = text.where(~named, pd.Series(plain.to_numpy()[codes], index=text.index[named]).reindex(text.index))
    no_end = text.isin(NO_END) | text.str.fullmatch(FAR_END.pattern)
    text = text.mask(no_end, "")
    times = text.str.extract(f"^.*?{TIME}$")
    day = text.str.replace(f"{TIME}$", "", regex=True).str.strip()
    day = day.str.replace(r"^(\d{4})\.(\d{1,2})\.(\d{1,2})$", r"\1/\2/\3", regex=True)
    day = day.str.replace(r"^(\d{1,2})([-./])(\d{1,2})\2(\d{2}|\d{4})$", r"\1/\3/\4", regex=True)
    return times.assign(day=day, open=no_end)


def _without_names(text: str) -> str:
    """
    Write a date with names plainly: no weekday, no article, no signs between.

    >>> _without_names("lundi 5 janvier 2025"), _without_names("05-jan-25"), _without_names("january 5, 2025 10:30 am")
    ('5 janvier 2025', '05 jan 25', 'january 5 2025 10:30 am')
    """
    head, time = text, ""
    found = re.search(rf"{TIME}$", text)
    if found:
        head, time = text[: found.start()], text[found.start() :]
    if not re.search(r"[^\W\d_]{2}", head):
        return text
    words = regions.normalise(re.sub(r"[-./,]", " ", head)).split()
    words = [word for word in words if word not in ("de", "del", "le", "el", "the", "of", "di")]
    while words and words[0].isalpha() and words[0] not in MONTHS and len(words) > 2:
        words = words[1:]
    words = [re.sub(r"^(\d{1,2})(?:st|nd|rd|th|er|o|º)$", r"\1", word) for word in words]
    return f"{' '.join(words)}{time}".strip()


def _days(values: pd.Series, bad: pd.Series, chosen: str, unsure: bool = False, open_: pd.Series | None = None) -> Days:
    far = values.notna() & ~values.dt.year.between(*YEARS)
    found = values.where(~far).astype("datetime64[s]").dt.floor("D")
    return Days(found, bad, far, chosen, unsure, pd.Series(False, index=values.index) if open_ is None else open_)

"""
Words for data: dates as precise as they are known, ages, statuses, kinds, figures.

The same words stand on the map, in the tables, in the record card and in print.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import pandas as pd

from mssmap.i18n import current, localised, mark
from mssmap.i18n import gettext as _
from mssmap.records.kinds import CATEGORIES, LAYERS

MONTHS: Final = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juill.", "août", "sept.", "oct.", "nov.", "déc."),
    "ht": ("jan.", "fev.", "mas", "avr.", "me", "jen", "jiy.", "out", "sept.", "okt.", "nov.", "des."),
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"),
}
"""Short names of the months: as in CLDR; CLDR has no Haitian Creole ones, so those are our own."""


def day(value: Any, precision: str = "day") -> str:
    """
    Write a date as precisely as it is known.

    >>> day(date(2025, 1, 18)), day("2025-01-01", "month"), day("2021-01-01", "before"), day(None)
    ('18 Jan 2025', 'Jan 2025', 'before 2021', '')
    >>> day("2025-10-20", "before"), day("2021-07-01", "year"), day("2021-07-01", "before")
    ('before 20 Oct 2025', '2021', 'before 1 Jul 2021')
    """
    if value is None or value == "" or pd.isna(value):
        return ""
    when = value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    month = MONTHS[current()][when.month - 1]
    if precision == "year":
        return str(when.year)
    if precision == "month":
        return f"{month} {when.year}"
    exact = f"{when.day} {month} {when.year}"
    if precision == "before":
        new_year = (when.month, when.day) == (1, 1)
        return _("before {day}").format(day=when.year if new_year else exact)
    return exact


def known(value: Any, precision: str) -> str:
    """
    Write the day on which something became public; one that no page states is marked as assumed.

    >>> known("2024-11-11", "month"), known("2021-01-01", "assumed"), known("2025-01-18", "day")
    ('Nov 2024', '1 Jan 2021 (assumed)', '18 Jan 2025')
    """
    when = day(value, precision)
    return _("{day} (assumed)").format(day=when) if when and precision == "assumed" else when


def span(start: Any, end: Any, precision: str = "day", end_precision: str = "") -> str:
    """
    Write an interval; an open end reads "since". An end is as exact as its start unless said otherwise.

    >>> span("2024-11-28", None), span("2024-03-02", "2024-03-03"), span("2024-10-03", "2024-10-03")
    ('since 28 Nov 2024', '2 Mar 2024 to 3 Mar 2024', '3 Oct 2024')
    >>> span("2024-05-01", "2024-05-31", "month"), span("2021-01-01", None, "before")
    ('May 2024', 'since before 2021')
    >>> span("2022-01-01", "2022-12-31", "year")
    '2022'
    >>> span("2024-11-11", "2024-11-30", "day", "month")
    '11 Nov 2024 to Nov 2024'
    """
    exact = end_precision or precision
    first, last = day(start, precision), day(end, exact if exact in ("month", "year") else "day")
    if not last:
        return _("since {day}").format(day=first)
    return first if first == last else _("{first} to {last}").format(first=first, last=last)


def age(days: Any) -> str:
    """
    Write an age in the largest unit that fits.

    >>> age(0), age(1), age(45), age(400)
    ('today', '1 day ago', '45 days ago', '13 months ago')
    >>> age(59), age(60), age(729), age(730), age(2_000)
    ('59 days ago', '2 months ago', '24 months ago', '2 years ago', '5 years ago')
    """
    if days is None or pd.isna(days):
        return ""
    count = int(days)
    if count == 0:
        return _("today")
    if count == 1:
        return _("1 day ago")
    if count < 60:
        return _("{n} days ago").format(n=count)
    if count < 730:
        return _("{n} months ago").format(n=round(count / 30.44))
    return _("{n} years ago").format(n=round(count / 365.25))


def number(value: Any) -> str:
    """
    Write a number with the group and decimal marks of the language.

    >>> number(1300000), number(2.5), number(None)
    ('1,300,000', '2.5', '')
    """
    if value is None or pd.isna(value):
        return ""
    return localised(f"{value:,.0f}" if float(value).is_integer() else f"{value:,}")


def status(layer: str, word: str) -> str:
    """
    Status of a record in words; an unknown one is shown as it is.

    >>> status("fobs", "handed_over"), status("fobs", "odd_word")
    ('Handed over', 'Odd word')
    """
    found = LAYERS[layer].statuses.get(word) if layer in LAYERS else None
    return _(found) if found else plain_word(word)


def category(name: str) -> str:
    """
    Category of an event in words; one that only an import has is shown as it is.

    >>> category("un_resolution"), category("armed_robbery")
    ('UN resolution', 'Armed robbery')
    """
    found = CATEGORIES.get(name)
    return _(found.words) if found else plain_word(name)


def plain_word(word: str) -> str:
    """
    Turn a code into words.

    >>> plain_word("gang_attack"), plain_word("hnp_training")
    ('Gang attack', 'HNP training')
    """
    text = str(word).replace("_", " ").strip()
    for short in ("hnp", "mss", "un", "fob", "idps", "idp", "hrp", "ipc"):
        text = " ".join(short.upper().replace("IDPS", "IDPs") if part == short else part for part in text.split())
    return text[:1].upper() + text[1:]


def kinds() -> Mapping[str, str]:
    """What a record is, by its kind."""
    return {
        "main_base": _("Main base"),
        "fob": _("Forward operating base"),
        "post": _("Joint post"),
        "training": _("Training site"),
        "plan": _("Announced plan"),
        "candidate": _("Candidate place"),
        "prison": _("Prison"),
        "women": _("Women's prison"),
        "minors": _("Prison for minors"),
        "police_station": _("Police station used for detention"),
        "court": _("Court"),
        "airport": _("Airport"),
        "port": _("Port"),
        "fuel_terminal": _("Fuel terminal"),
        "hospital": _("Hospital"),
        "police_school": _("Police school"),
        "police_training": _("Police training centre"),
        "school_group": _("Schools (a group)"),
    }


def precisions() -> Mapping[str, str]:
    """How exactly a place is known."""
    return {
        "site": _("Location: to the site (±200 m)"),
        "neighbourhood": _("Location: to the neighbourhood (±1 km)"),
        "commune": _("Location: the commune only"),
        "department": _("Location: the department only"),
        "country": _("No place published"),
    }


def claims() -> Mapping[str, str]:
    """What kind of statement an event rests on."""
    return {
        "reported": _("Reported"),
        "official_claim": _("Official claim, not checked"),
        "planned": _("Planned"),
    }


def stated() -> Mapping[str, str]:
    """How a source holds a number that does not simply stand on its page."""
    return {
        "quoted": _("quoted from another report"),
        "derived": _("worked out from what the source says"),
    }


def plan(event: Any) -> str:
    """
    Tell for when an event was announced, and once the day has passed that nobody reported what came of it.

    Where no day but that of the announcement is known, it is told as such.
    """
    last = event.valid_from if pd.isna(event.valid_to) else event.valid_to
    first, last = day(event.valid_from, event.date_precision), day(last, event.date_precision)
    when = first if first == last else _("{first} to {last}").format(first=first, last=last)
    if event.day_announced:
        words = _("announced on {day}, outcome not known") if event.outcome_unknown else _("announced on {day}")
    else:
        words = _("planned for {day}, outcome not known") if event.outcome_unknown else _("planned for {day}")
    return words.format(day=when)


def qualifiers() -> Mapping[str, str]:
    """How exactly a source words a number."""
    return {
        "about": _("about"),
        "at least": _("at least"),
        "more than": _("more than"),
        "up to": _("up to"),
        "fewer than": _("fewer than"),
    }


UNITS: Final = (
    mark("people"),
    mark("bases"),
    mark("sites"),
    mark("people covered twice"),
    mark("people x min"),
    mark("people x km"),
    mark("prisons"),
    mark("courts"),
    mark("schools"),
    mark("ports"),
    mark("airports"),
    mark("hospitals"),
)
"""What figures of plans and answers of a search count; `min`, `km` and `%` are the same in every language."""


def unit(word: str) -> str:
    """What a figure of a plan counts, in words."""
    return _(word) if word in UNITS else word


def figure(low: Any, high: Any, unit: Any, qualifier: Any = None) -> str:
    """
    Write a reported number with its qualifier.

    >>> figure(3700, 3700, "inmates", "about"), figure(11, 16, "killed"), figure(739, None, None)
    ('about 3,700 inmates', '11-16 killed', '739')
    """
    top = low if high is None or pd.isna(high) else high
    numbers = number(low) if low == top else f"{number(low)}-{number(top)}"
    return " ".join(
        str(part)
        for part in (qualifiers().get(qualifier, qualifier), numbers, unit)
        if part is not None and str(part) not in ("", "nan")
    )

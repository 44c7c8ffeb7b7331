"""
The view of a person: what the address says, what the widgets hold, and notes about what could not be used.

The address is read before anything is shown, on every page: at the first run of a visit, and again when Back or Forward
was pressed. After that the session holds the view, and the address is written whole and in one go whenever the two
differ, so that each view is one entry of the history. What an address holds that cannot be used is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar
from urllib.parse import parse_qs

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from mssmap import i18n, settings
from mssmap.errors import InputError, MssmapError, NotFoundError
from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.legend import layers
from mssmap.legend.tiles import BASEMAPS
from mssmap.maps import choropleth
from mssmap.records import evidence, regions, views
from mssmap.records.timeline import Clocks
from mssmap.ui import cache

P = ParamSpec("P")
T = TypeVar("T")

EARLIEST: Final = date(2021, 7, 1)
"""First day the dials offer: the records begin with July 2021."""

KEY_DATES: Final = (
    (date(2024, 3, 2), mark("Prison break in the capital")),
    (date(2024, 6, 25), mark("First Kenyan contingent")),
    (date(2024, 10, 2), mark("Schools reopen")),
    (date(2024, 10, 7), mark("Courts reopen")),
    (date(2025, 1, 18), mark("217 more Kenyan officers")),
)
GRADES: Final = ("F6", "E5", "D4", "C3", "B2", "A1")
DIALS: Final = ("as_of", "known_on")


def today() -> date:
    """Today, or the day that MSSMAP_TODAY sets."""
    return settings.today()


def earliest() -> date:
    """Return the first day that can be chosen: that of our data, or of an archive that reaches further back."""
    return min([EARLIEST, *(date.fromisoformat(item.first) for item in cache.archive_list() if item.first)])


def latest() -> date:
    """Last day the dials offer: plans reach beyond today."""
    return today() + timedelta(days=365)


def default_as_of() -> date:
    """Day of the latest report in the data."""
    return views.last_reported(cache.data(), today())


def clocks() -> Clocks:
    """The two dials as they stand."""
    return Clocks(as_of=chosen_day("as_of") or default_as_of(), known_on=chosen_day("known_on") or today())


def set_day(key: str, day: date) -> None:
    """Move a dial; the one way in for slider, steps, key dates, buttons and the timeline."""
    st.session_state[key] = day


def chosen_day(key: str) -> date | None:
    """A day that was chosen, None if there is none."""
    held = st.session_state.get(key)
    return held if isinstance(held, date) else None


def arrive() -> None:
    """Take the view over from the address: at the first run of a visit, and when Back or Forward was pressed."""
    run = get_script_run_ctx()
    again = run is not None and run.is_history_navigation
    if "held_view" in st.session_state and not again:
        _bring_back()
        _fill_empty_dials()
        return
    st.session_state["held_view"] = {}
    if run is not None and again:
        st.query_params.from_dict(parse_qs(run.query_string, keep_blank_values=True))
    for key in ("unusable", "layers_on", *HELD):
        st.session_state.pop(key, None)
    release = st.query_params.get("release")
    st.session_state["release"] = release if release and not _release_note("release", release) else None
    address_notes()
    for key in DAYS:
        text = st.query_params.get(key)
        st.session_state[key] = settings.parse_date(text, key) if text and not _day_note(key, text) else None
    _fill_empty_dials()


def _hold() -> None:
    """Keep the view apart from its widgets: Streamlit forgets what a person has not touched when the page changes."""
    held = st.session_state
    held["held_view"] = held.get("held_view", {}) | {key: held[key] for key in HELD if key in held}


def _bring_back() -> None:
    _hold()
    for key, value in st.session_state["held_view"].items():
        if key not in st.session_state:
            st.session_state[key] = value


def _fill_empty_dials() -> None:
    """A dial is never empty: one that was cleared goes back to its default."""
    for key in DIALS:
        if chosen_day(key) is None:
            st.session_state[key] = _default(key)


def address_notes() -> list[str]:
    """Say which values of the address, when it was last read, were not usable, in the language of this run."""
    if "unusable" not in st.session_state:
        st.session_state["unusable"] = [
            (name, text)
            for name, setting in ADDRESS_KEYS.items()
            for text in st.query_params.get_all(name)
            if setting.check(name, text)
        ]
    return [note for name, text in st.session_state["unusable"] if (note := ADDRESS_KEYS[name].check(name, text))]


def _day_note(name: str, text: str) -> str | None:
    try:
        day = settings.parse_date(text, name)
    except InputError:
        return _note(name, text, _("a date such as 2025-01-18"))
    if not earliest() <= day <= latest():
        return _note(name, text, _("a date from {first} to {last}").format(first=earliest(), last=latest()))
    return None


def _release_note(name: str, text: str) -> str | None:
    """Return what is wrong with a release: it is not here, or what is kept of it was changed."""
    known = cache.known_releases()
    if text not in known:
        return _note(name, text, _("one of {known}").format(known=", ".join(known[:12]) or _("there is none")))
    try:
        cache.release_data(text)
    except MssmapError as error:
        return str(error)
    return None


def _choice_note(choices: Callable[[], Any]) -> Callable[[str, str], str | None]:
    def check(name: str, text: str) -> str | None:
        known = list(choices())
        return None if text in known else _note(name, text, _("one of {known}").format(known=", ".join(known[:12])))

    return check


def _grade_note(name: str, text: str) -> str | None:
    return None if text in GRADES else _note(name, text, _("one of {known}").format(known=", ".join(GRADES)))


def _region_note(name: str, text: str) -> str | None:
    return None if text in region_codes() else _note(name, text, _("a P-code such as HT05 or HT0111"))


def _layers_note(name: str, text: str) -> str | None:
    unknown = layers.parse(text)[1]
    return (
        _note(name, ", ".join(unknown), _("layers such as {known}").format(known=", ".join(layers.GROUPS)))
        if unknown
        else None
    )


def _range_note(low: float, high: float) -> Callable[[str, str], str | None]:
    def check(name: str, text: str) -> str | None:
        try:
            usable = low <= float(text) <= high
        except ValueError:
            usable = False
        return None if usable else _note(name, text, _("a number from {low} to {high}").format(low=low, high=high))

    return check


def _note(name: str, found: str, required: str) -> str:
    shown = found if len(found) <= 40 else found[:40] + "…"
    return _("{name} in the address: found {found}, required {required}. The default is shown instead.").format(
        name=name, found=repr(shown), required=required
    )


@dataclass(frozen=True)
class AddressKey:
    """
    A key of the address.

    Attributes
    ----------
    what
        What it holds; the public contract, from which the docs are made.
    check
        Says what is wrong with a text, None if nothing.
    is_day
        Whether a text is read as a day when a visit begins.
    default
        Gives the value that is left out of the address; without it the view holds no value of this name.
    tell
        Gives the text for the address where it is not that of the value held.
    """

    what: str
    check: Callable[[str, str], str | None] = lambda _name, _text: None
    is_day: bool = False
    default: Callable[[], Any] | None = None
    tell: Callable[[], str | None] | None = None


ADDRESS_KEYS: Final = {
    "as_of": AddressKey(
        "Day of the map, `2025-01-18`. Default: the day of the latest report.",
        _day_note,
        is_day=True,
        default=lambda: default_as_of(),
    ),
    "known_on": AddressKey(
        "Day up to which reports count. Default: today.", _day_note, is_day=True, default=lambda: today()
    ),
    "grade": AddressKey(
        f"Lowest grade shown: {', '.join(GRADES)}. Default: F6, all records.",
        _grade_note,
        default=lambda: evidence.LOWEST,
    ),
    "region": AddressKey(
        "P-code of a department or commune that narrows the view: `HT05`, `HT0111`.", _region_note, default=lambda: None
    ),
    "layers": AddressKey(
        "Layers that are on, joined with commas; `none` for none.", _layers_note, tell=lambda: layers.write(layers_on())
    ),
    "category": AddressKey(
        "Categories of events; the key may be repeated.", _choice_note(lambda: categories()), default=lambda: []
    ),
    "from": AddressKey(
        "First day of the events on the map. Default: 120 days before `as_of`.",
        _day_note,
        is_day=True,
        default=lambda: None,
    ),
    "to": AddressKey(
        "Last day of the events on the map. Default: `as_of`.", _day_note, is_day=True, default=lambda: None
    ),
    "since": AddressKey("Day from which changes are told and marked.", _day_note, is_day=True, default=lambda: None),
    "basemap": AddressKey(
        f"Background: {', '.join(BASEMAPS)}. Only `local` needs no network.",
        _choice_note(lambda: BASEMAPS),
        default=lambda: "local",
    ),
    "shade": AddressKey(
        f"Indicator by which regions are painted: {', '.join(choropleth.INDICATORS)}.",
        _choice_note(lambda: choropleth.INDICATORS),
        default=lambda: None,
    ),
    "shade_level": AddressKey(
        f"Regions that are painted: {', '.join(choropleth.LEVELS)}.",
        _choice_note(lambda: choropleth.LEVELS),
        default=lambda: "departments",
    ),
    "release": AddressKey(
        "Version of a release, `2026.11.1`: the data as they were published then. Default: as they stand.",
        _release_note,
        default=lambda: None,
    ),
    "scenario": AddressKey(
        "Id of the plan on the planner's page. Default: the baseline of the day.",
    ),
    "lang": AddressKey(
        "Language: en, fr, ht, es. Default: that of the browser, else English.",
        _choice_note(lambda: i18n.LANGUAGES),
        default=lambda: browser_language(),
    ),
    "lat": AddressKey("Latitude of the centre of the map, with `lon` and `zoom`.", _range_note(17, 21)),
    "lon": AddressKey("Longitude of the centre of the map.", _range_note(-76.5, -69.5)),
    "zoom": AddressKey("Zoom of the map, 6 to 18.", _range_note(6, 18)),
}
"""Keys of the address, each with all that is known about it."""

DAYS: Final = tuple(key for key, setting in ADDRESS_KEYS.items() if setting.is_day)
HELD: Final = tuple(key for key, setting in ADDRESS_KEYS.items() if setting.default)
"""Values that the view keeps under the name of their key."""


def region_codes() -> list[str]:
    """P-codes a person can choose: departments, then communes by name."""
    found = regions.all_regions(cache.data())
    return [r.pcode for r in found if regions.level(r.pcode) in {"department", "commune"}]


def unpin() -> str:
    """Go back to the data as they stand, for what is written to them; return the release that was shown."""
    release = cache.pin()
    st.session_state["release"] = None
    return release


def categories() -> list[str]:
    """Categories of events, in alphabetical order."""
    return sorted(set(cache.data()["events"]["category"]))


def grade() -> str:
    """The grade threshold as it stands."""
    seed("grade", GRADES, evidence.LOWEST)
    return str(st.session_state["grade"])


def region() -> str | None:
    """P-code of the region that narrows the view, None for all of Haiti."""
    return st.session_state.get("region") or None


def region_title(pcode: str) -> str:
    """Name of a region with its P-code."""
    try:
        return f"{regions.find(cache.data(), pcode).name(i18n.current())} ({pcode})"
    except NotFoundError:
        return pcode


def browser_language() -> str:
    """Language of the browser if it is one of ours, else English."""
    wanted = (st.context.locale or "en")[:2].lower()
    return wanted if wanted in i18n.LANGUAGES else "en"


def speak() -> None:
    """Choose the language of this run: as chosen on the page, else as in the address, else that of the browser."""
    seed("lang", list(i18n.LANGUAGES), browser_language())
    i18n.use(st.session_state["lang"])


def spoken(function: Callable[P, T]) -> Callable[P, T]:
    """Return a function for a fragment that speaks the language of its page also when it runs again by itself."""

    @wraps(function)
    def speaking(*args: P.args, **named: P.kwargs) -> T:
        with i18n.speaking(st.session_state["lang"]), cache.pinned_to(cache.pin()):
            return function(*args, **named)

    return speaking


def seed(key: str, choices: Sequence[Any], default: Any = None) -> None:
    """Give a choice its value from the address, once per visit and only if it is one of `choices`."""
    if key not in st.session_state:
        text = st.query_params.get(key)
        st.session_state[key] = text if text in choices else default


def seed_many(key: str, choices: Sequence[str]) -> None:
    """Give a choice of several values its values from the address, once per visit."""
    if key not in st.session_state:
        st.session_state[key] = [text for text in st.query_params.get_all(key) if text in choices]


def keep_address() -> None:
    """Write the view into the address if it differs; a default is left out, keys of others stay."""
    _hold()
    wanted = {key: _told(key) for key, setting in ADDRESS_KEYS.items() if setting.tell or key in st.session_state}
    wanted = {key: values for key, values in wanted.items() if values is not None}
    if any(st.query_params.get_all(key) != values for key, values in wanted.items()):
        others = {key: st.query_params.get_all(key) for key in st.query_params if key not in wanted}
        st.query_params.from_dict(others | {key: values for key, values in wanted.items() if values})


def _told(key: str) -> list[str] | None:
    """Return the values of a key of the address, none for a default; None if the view does not hold it."""
    setting, value = ADDRESS_KEYS[key], st.session_state.get(key)
    if setting.tell:
        value = setting.tell()
    elif setting.default is None:
        return None
    if not value or value == _default(key):
        return []
    return [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]


def _default(key: str) -> Any:
    default = ADDRESS_KEYS[key].default
    return default() if default else None


def layers_on() -> tuple[str, ...]:
    """Layers that are switched on: from the list, at first from the address."""
    if "layers_on" not in st.session_state:
        st.session_state["layers_on"] = layers.parse(st.query_params.get("layers"))[0]
    chosen: tuple[str, ...] = st.session_state["layers_on"]
    return chosen


def set_layers(on: list[str]) -> None:
    """Keep a new set of layers."""
    st.session_state["layers_on"] = tuple(name for name in layers.ALL if name in set(on))

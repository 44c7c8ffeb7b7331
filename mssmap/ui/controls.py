"""What a person sets: the two dials, the layers, filters, background and shading."""

from __future__ import annotations

import html
from datetime import date, timedelta
from urllib.parse import urlencode

import streamlit as st

from mssmap import settings
from mssmap.i18n import LANGUAGES
from mssmap.i18n import gettext as _
from mssmap.legend import layers, text
from mssmap.legend.tiles import BASEMAPS
from mssmap.maps import choropleth, panels, view
from mssmap.maps.assets import JUMPS
from mssmap.records.shown import WINDOW_DAYS, Filters, Shown
from mssmap.records.timeline import Clocks
from mssmap.ui import cache, plain, state
from mssmap.ui.components import chosen as told_by
from mssmap.ui.components import component, look_at


def dials(trail: int = WINDOW_DAYS, fixed: tuple[date | None, date | None] | None = None) -> Clocks:
    """
    The two dials: exact field, slider, steps and key dates for `as_of`; exact field and a switch for `known_on`.

    Parameters
    ----------
    trail
        Days before its day whose events the map shows while the slider moves.
    fixed
        First and last day of those events where they do not move along; by default the window that was chosen.
    """
    _day(_("Day shown"), "as_of", _("What was true on this day."))
    now, day = state.today(), state.clocks()
    _dial(day.as_of, trail, fixed or (state.chosen_day("from"), state.chosen_day("to")))
    jumps = {f"{text.day(when)} · {_(what)}": when for when, what in state.KEY_DATES}
    jumps |= {_("Latest report"): state.default_as_of(), _("Today"): now}
    st.selectbox(
        _("Jump to"),
        list(jumps),
        index=None,
        key="jump",
        placeholder=_("Jump to a key date"),
        label_visibility="collapsed",
        on_change=lambda: _jump(jumps),
    )
    _day(
        _("Known by"),
        "known_on",
        _(
            "Leaves out everything that became public later. "
            "Set both to the same day to see what an officer could have known then."
        ),
    )
    same = day.known_on == day.as_of
    st.button(
        _("Everything known today") if same else _("Only what was known that day"),
        key="hindsight",
        help=_("Sets “Known by” to the day shown, or back to today."),
        on_click=_with_hindsight if same else _without_hindsight,
        width="stretch",
    )
    return day


def _day(label: str, key: str, words: str) -> None:
    """Exact field of a dial; the dial is kept apart from it, for Streamlit forgets a field that nobody touched."""
    field = f"{key}_field"
    st.session_state[field] = st.session_state[key]
    with st.container(key=key):
        st.date_input(
            plain.label(label),
            value=None,
            min_value=state.earliest(),
            max_value=state.latest(),
            format="DD/MM/YYYY",
            key=field,
            on_change=_typed,
            args=(key,),
            help=plain.label(words),
        )


def _typed(key: str) -> None:
    typed = st.session_state.get(f"{key}_field")
    if isinstance(typed, date):
        state.set_day(key, typed)


def _dial(as_of: date, trail: int, fixed: tuple[date | None, date | None]) -> None:
    """Slider and steps; the map follows the hand in the browser, the page when it rests."""
    component(
        "dial",
        key="dial",
        data=panels.dial(as_of, state.earliest(), state.latest(), trail, fixed),
        on_day_change=_dialled,
    )


def _dialled() -> None:
    chosen = told_by("dial", "day")
    if isinstance(chosen, str):
        state.set_day("as_of", date.fromisoformat(chosen))


def _jump(jumps: dict[str, date]) -> None:
    chosen = st.session_state["jump"]
    if chosen in jumps:
        state.set_day("as_of", jumps[chosen])
    st.session_state["jump"] = None


def _without_hindsight() -> None:
    """Set the second dial to the first as it stands now: a date may have been typed just before the click."""
    _typed("as_of")
    state.set_day("known_on", state.clocks().as_of)


def _with_hindsight() -> None:
    state.set_day("known_on", state.today())


PLANNER_LAYERS = ("departments", *(layer.id for layer in layers.GROUPS["gang_zones"]))
"""Layers under a plan at first: its own symbols and cells need the room."""


def planner_layers() -> tuple[str, ...]:
    """Layers under a plan: those of the address, else few."""
    return state.layers_on() if "layers" in st.query_params else PLANNER_LAYERS


def layer_list() -> None:
    """Switches for every layer with its symbol and count; map and counts follow in the browser."""
    data = panels.layer_list(
        state.layers_on(),
        (*cache.published().imported, *(["imports.archives"] if cache.archive_list() else [])),
    )
    component("layers", key="layer_list", data=data, on_on_change=_layers_changed)


def grade_choice() -> None:
    """The lowest grade shown; map and lanes follow in the browser, the page when the hand rests."""
    component("grade", key="grade_choice", data=panels.grade(state.grade(), state.GRADES), on_grade_change=_graded)


def _graded() -> None:
    chosen = told_by("grade_choice", "grade")
    if chosen in state.GRADES:
        st.session_state["grade"] = chosen


def _layers_changed() -> None:
    chosen = told_by("layer_list", "on")
    if chosen is not None:
        state.set_layers(list(chosen))


def filters() -> Filters:
    """
    Grade, region, categories and the window of events.

    The fields in the drawer are made only when it is open: a closed one costs the start of the page nothing.
    """
    codes = state.region_codes()
    arrived = "region" not in st.session_state
    state.seed("region", codes)
    state.seed_many("category", state.categories())
    state.grade()
    if arrived and st.session_state["region"] and "lat" not in st.query_params:
        _look_at_region()
    grade_choice()
    drawer = st.expander(_("Filters"), key="filters", on_change="rerun")
    if drawer.open:
        with drawer:
            _filter_fields(codes)
    held = st.session_state
    return Filters(
        clocks=state.clocks(),
        grade=held["grade"],
        region=held["region"],
        start=held["from"],
        end=held["to"],
        categories=tuple(held["category"]),
        plans=True,
    )


def _filter_fields(codes: list[str]) -> None:
    st.selectbox(
        _("Region"),
        [None, *codes],
        key="region",
        persist_state="session",
        format_func=lambda code: state.region_title(code) if code else _("All of Haiti"),
        on_change=_look_at_region,
        placeholder=_("All of Haiti"),
    )
    st.multiselect(
        _("Event categories"),
        state.categories(),
        key="category",
        persist_state="session",
        format_func=text.category,
        placeholder=_("All"),
    )
    day_field(_("Events from"), "from")
    day_field(_("Events to"), "to")


def day_field(label: str, key: str, words: str | None = None) -> None:
    """A day that may be chosen or not."""
    st.date_input(
        plain.label(label),
        value=None,
        min_value=state.earliest(),
        max_value=state.latest(),
        format="DD/MM/YYYY",
        key=key,
        persist_state="session",
        help=words and plain.label(words),
    )


def _look_at_region() -> None:
    pcode = st.session_state.get("region")
    look_at(bounds=bounds_of(pcode) if pcode else JUMPS[0]["bounds"])


def bounds_of(pcode: str) -> list[list[float]]:
    """Return the south-west and north-east corner of a department or commune, latitude first."""
    rows = cache.data()["departments" if len(pcode) == 4 else "communes"]
    west, south, east, north = rows.loc[rows["pcode"] == pcode].total_bounds
    return [[south, west], [north, east]]


def language_choice() -> None:
    """The language of the whole app."""
    st.selectbox(
        _("Language"),
        list(LANGUAGES),
        key="lang",
        persist_state="session",
        format_func=LANGUAGES.__getitem__,
    )


def release_choice() -> None:
    """The release whose data are shown, if one is here."""
    if known := cache.known_releases():
        st.selectbox(
            _("Release of the data"),
            known,
            index=None,
            key="release",
            persist_state="session",
            placeholder=_("As they stand"),
        )


def light_page() -> None:
    """A link to the same view without scripts."""
    given = ((key, value) for key in state.ADDRESS_KEYS for value in st.query_params.get_all(key))
    query = urlencode([(key, value) for key, value in given if not state.ADDRESS_KEYS[key].check(key, value)])
    st.html(f'<a class="mm-light" href="light?{html.escape(query)}">{html.escape(_("Page without scripts"))}</a>')


def timeline_mode(trail: int) -> str:
    """Whether the map shows the events of the last `trail` days, or all of them since the start of the window."""
    titles = {"interval": _("Last {n} days").format(n=trail), "cumulative": _("All up to the day")}
    chosen = st.segmented_control(
        _("Events on the map"),
        list(titles),
        default="interval",
        key="mode",
        persist_state="session",
        format_func=titles.__getitem__,
    )
    return chosen or "interval"


def picture(shown: Shown) -> tuple[str, view.Choropleth | None]:
    """Background and shading; their fields, too, are made only in an open drawer."""
    state.seed("basemap", BASEMAPS, settings.load().basemap)
    state.seed("shade", choropleth.INDICATORS)
    state.seed("shade_level", list(choropleth.LEVELS), "departments")
    drawer = st.expander(_("Background and shading"), key="picture", on_change="rerun")
    if drawer.open:
        with drawer:
            _basemap_field()
            _shading_fields()
    held = st.session_state
    shading = choropleth.build(cache.data(), shown, held["shade"], held["shade_level"]) if held["shade"] else None
    return held["basemap"], shading


def _basemap_field() -> None:
    """Which background to draw; tiles come from the network only when a person chooses them."""
    titles = {
        "local": _("Own map, no network needed"),
        "hot": _("Online: OSM Humanitarian"),
        "clearmap": _("Online: UN ClearMap"),
    }
    chosen: str = st.selectbox(
        _("Background"),
        BASEMAPS,
        key="basemap",
        persist_state="session",
        format_func=titles.__getitem__,
    )
    if chosen != "local":
        st.caption(_("The browser now asks a tile server outside this machine for each part of the map you look at."))


def _shading_fields() -> None:
    """Paint departments or communes by an indicator."""
    titles = choropleth.titles()
    indicator = st.selectbox(
        _("Shade regions by"),
        [None, *choropleth.INDICATORS],
        key="shade",
        persist_state="session",
        format_func=lambda name: titles[name] if name else _("Nothing"),
    )
    st.radio(
        _("Regions"),
        list(choropleth.LEVELS),
        key="shade_level",
        persist_state="session",
        horizontal=True,
        label_visibility="collapsed",
        disabled=indicator is None,
        format_func={"departments": _("Departments"), "communes": _("Communes")}.__getitem__,
    )


def event_window(filters: Filters) -> tuple[date, date]:
    """
    Return the days whose events are on the map: as chosen, else the last `WINDOW_DAYS` up to the day of the map.

    A window that ends before it starts is turned round.
    """
    end = filters.end or filters.clocks.as_of
    start = filters.start or end - timedelta(days=WINDOW_DAYS)
    return min(start, end), max(start, end)

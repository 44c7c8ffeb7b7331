"""The charts under the timeline: strength, indicators, closures and reopenings, silence."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.measures import recovery, series, silence
from mssmap.records.shown import Filters
from mssmap.telling import charts, twin_charts
from mssmap.ui import cache, plain, state, told


def views(filters: Filters) -> None:
    """One view at a time, each a chart with its table."""
    titles = {
        "strength": _("Strength"),
        "figures": _("Figures"),
        "services": _("Closures and reopenings"),
        "silence": _("What is not reported"),
    }
    chosen = st.segmented_control(
        _("Over time"),
        list(titles),
        default="strength",
        key="over_time",
        persist_state="session",
        format_func=titles.__getitem__,
        label_visibility="collapsed",
    )
    domain = (filters.start or date(2024, 1, 1), filters.end or filters.clocks.as_of)
    if chosen == "figures":
        _figures(filters, domain)
    elif chosen == "services":
        _services(filters)
    elif chosen == "silence":
        _silence(filters)
    else:
        _strength(filters, domain)


def _strength(filters: Filters, domain: tuple[date, date]) -> None:
    data = cache.data()
    curve = series.strength_by_country(data, filters.clocks, filters.grade)
    levels = series.strength_levels(data, filters.clocks, filters.grade)
    st.caption(
        _(
            "Areas: arrivals minus departures of each country. Diamonds: strength of the whole mission as reported, a "
            "bar where only the month is known. They differ, for departures are rarely reported."
        )
    )
    below = series.moves_below(data, filters.clocks, filters.grade)
    sentences = twin_charts.strength(curve, levels, filters.clocks.as_of, filters.grade, below)
    if curve.empty and levels.empty:
        told.words("strength", sentences)
        return
    st.altair_chart(
        charts.strength_curve(curve, levels, domain), key="strength_chart", alt=_("Strength over time by country.")
    )
    told.words("strength", sentences)
    rows = pd.DataFrame(
        {
            _("Date"): list(map(text.day, curve["day"], curve["precision"])),
            _("Country"): curve["country"],
            _("Change"): curve["change"],
            _("Deployed"): curve["personnel"],
            _("Sources"): curve["source_ids"],
        }
    )
    st.dataframe(rows[curve["change"] != 0], hide_index=True, key="strength_table", height=220)


def family_titles() -> dict[str, str]:
    """Names of the charts of indicators."""
    return {
        "displaced": _("Displaced people"),
        "casualties": _("Killed, injured, kidnapped"),
        "hunger": _("Food insecurity (IPC)"),
        "prisons": _("People in prison"),
        "schools": _("Schools closed or destroyed"),
    }


def _figures(filters: Filters, domain: tuple[date, date]) -> None:
    titles = family_titles()
    family = st.segmented_control(
        _("Figures"),
        list(titles),
        default="displaced",
        key="family",
        persist_state="session",
        format_func=titles.__getitem__,
        label_visibility="collapsed",
    )
    values = series.indicators(cache.data(), filters.clocks, family or "displaced", filters.grade)
    if values.empty:
        st.caption(_("Nothing was known then."))
        return
    label = values["indicator"].map(text.plain_word) + " · " + values["series"].map(text.plain_word)
    values = values.assign(label=label)
    st.caption(_("Counts of different series are never added up or joined: each has its own line."))
    st.altair_chart(charts.indicator_lines(values, domain), key="figures_chart", alt=_("Figures over time by series."))
    told.words("figures", twin_charts.figures(values))
    st.dataframe(
        pd.DataFrame(
            {
                _("Series"): label,
                _("From"): list(map(text.day, values["start"], values["precision"])),
                _("To"): list(map(text.day, values["day"], values["precision"])),
                _("Figure"): [
                    text.figure(row.value, row.value_max, row.unit, row.qualifier) for row in values.itertuples()
                ],
                _("Note"): values["note"],
            }
        ),
        hide_index=True,
        key="figures_table",
        height=220,
    )


def service_titles() -> dict[str, str]:
    """Names of the groups of services."""
    return {
        "prisons": _("Prisons"),
        "schools": _("Schools"),
        "courts": _("Courts"),
        "airports": _("Airports"),
        "ports": _("Ports and fuel"),
        "hospitals": _("Hospitals"),
    }


def state_words() -> dict[str, str]:
    """States of a service in words."""
    return {
        "in": _("In service"),
        "partly": _("Partly in service"),
        "out": _("Out of service"),
        "unknown": _("Not known"),
    }


def _services(filters: Filters) -> None:
    found = recovery.spells(cache.data(), filters.clocks, filters.grade)
    if found.empty:
        st.caption(_("Nothing was known then."))
        return
    titles, words = service_titles(), state_words()
    end = filters.end or filters.clocks.as_of
    first = filters.start or date(2023, 1, 1)
    days = [day.date() for day in pd.date_range(first, end, freq="SMS")] + [end]
    st.caption(
        _(
            "Services on record, counted twice a month. A service that nobody reported about is not known, not open. "
            "A change known to the month only counts from the first day of its month."
        )
    )
    shares = recovery.share(found, days)
    st.altair_chart(
        charts.service_share(shares, titles, words, end),
        key="service_chart",
        alt=_("Services in, partly in and out of service over time."),
    )
    told.words("services", twin_charts.services(shares, titles, words))
    services = recovery.by_service(found)
    st.dataframe(
        pd.DataFrame(
            {
                _("Services"): services["group"].map(titles),
                _("Name"): services["name_en"],
                _("State"): services["state"].map(words),
                _("Since"): list(map(text.day, services["since"], services["date_precision"])),
                _("Days out of service"): services["days_out"],
                _("Days partly in service"): services["days_partly"],
                _("Closures"): services["closures"],
                _("Reopenings"): services["reopenings"],
            }
        ),
        hide_index=True,
        key="service_table",
        height=260,
    )


def _silence(filters: Filters) -> None:
    plain.say(
        "caption",
        _(
            "How many publishers reported about each department. An empty cell is a month without any report in "
            "these data: it does not mean calm. Departments silent for more than {n} days are hatched on the map when "
            "you shade it by silence."
        ).format(n=silence.SILENT_DAYS),
    )
    data = cache.data()
    names = data["departments"].set_index("pcode")[f"name_{current()}"]
    months = silence.by_month(data, filters.clocks, filters.start or date(2024, 1, 1))
    months = months.assign(label=months["department_pcode"].map(names))
    st.altair_chart(
        charts.silence_grid(months), key="silence_chart", alt=_("Publishers that reported, by department and month.")
    )
    now = silence.now(data, filters.clocks, filters.grade)
    told.words("silence", twin_charts.silent(now, names))
    st.dataframe(
        pd.DataFrame(
            {
                _("Department"): now["department_pcode"].map(state.region_title),
                _("Last report"): list(map(text.day, now["last_report"], now["precision"])),
                _("Days since"): list(map(twin_charts.days_since, now["days"], now["precision"])),
                _("Publishers in 90 days"): now["publishers_90"],
                _("Zones"): now["zones"],
                _("Zones gone stale"): now["stale_zones"],
            }
        ),
        hide_index=True,
        key="silence_table",
    )

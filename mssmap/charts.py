"""Charts of events and figures over time (altair); frames in, charts out."""

from __future__ import annotations

from datetime import date
from typing import Final

import altair as alt
import pandas as pd

from mssmap.i18n import gettext as _
from mssmap.maps.symbols import COUNTRY_COLOURS, INK, OKABE_ITO

AnyChart = alt.LayerChart | alt.FacetChart


def _time(field: str, domain: tuple[date, date]) -> alt.X:
    scale = alt.Scale(domain=[alt.DateTime(year=d.year, month=d.month, date=d.day) for d in domain])
    return alt.X(f"{field}:T", title=None, scale=scale, axis=alt.Axis(format="%b %y", tickCount=10, labelFlush=True))


def strength_curve(curve: pd.DataFrame, levels: pd.DataFrame, domain: tuple[date, date]) -> AnyChart:
    """
    Draw the strength of the mission: the sum of moves by country, stacked, beside the levels that were reported.

    Parameters
    ----------
    curve, levels
        As `series.strength_by_country` and `series.strength_levels` give them.
    """
    days = pd.date_range(curve["day"].min(), curve["day"].max(), freq="D") if len(curve) else pd.DatetimeIndex([])
    wide = curve.pivot_table(index="day", columns="country", values="personnel", aggfunc="last").reindex(days).ffill()
    weekly = wide.fillna(0).resample("W-SAT").last() if len(wide) else wide
    long = weekly.rename_axis("day").reset_index().melt("day", var_name="country", value_name="personnel")
    stacked = (
        alt.Chart(long)
        .mark_area(interpolate="step-after", opacity=0.75)
        .encode(
            x=_time("day", domain),
            y=alt.Y("personnel:Q", title=_("Personnel"), stack=True),
            color=alt.Color("country:N", title=None, scale=alt.Scale(range=COUNTRY_COLOURS)),
            tooltip=[
                alt.Tooltip("day:T", title=_("Week to"), format="%d %b %Y"),
                alt.Tooltip("country:N", title=_("Country")),
                alt.Tooltip("personnel:Q", title=_("Arrivals minus departures"), format=","),
            ],
        )
    )
    reported = alt.Chart(levels).encode(
        x=_time("day", domain),
        tooltip=[
            alt.Tooltip("day:T", title=_("Reported for"), format="%d %b %Y"),
            alt.Tooltip("low:Q", title=_("At least"), format=","),
            alt.Tooltip("high:Q", title=_("At most"), format=","),
            alt.Tooltip("note:N", title=_("Note")),
        ],
    )
    chart: AnyChart = alt.layer(
        stacked,
        reported.mark_rule(strokeWidth=2).encode(y="low:Q", y2="high:Q"),
        reported.mark_point(shape="diamond", filled=True, size=70, color=OKABE_ITO["vermillion"]).encode(y="high:Q"),
    ).properties(height=230)
    return chart


def indicator_lines(values: pd.DataFrame, domain: tuple[date, date]) -> AnyChart:
    """
    Draw indicators over time; each pair of indicator and series is a line of its own, periods are bars of their length.

    Parameters
    ----------
    values
        As `series.indicators` gives them, with a column `label` for the legend.
    """
    values = values.assign(start=values["start"].fillna(values["day"]))
    base = alt.Chart(values).encode(
        y=alt.Y("value:Q", title=None, axis=alt.Axis(format="~s")),
        color=alt.Color("label:N", title=None, legend=alt.Legend(orient="bottom", columns=2, labelLimit=380)),
        tooltip=[
            alt.Tooltip("label:N", title=_("Series")),
            alt.Tooltip("start:T", title=_("From"), format="%d %b %Y"),
            alt.Tooltip("day:T", title=_("To"), format="%d %b %Y"),
            alt.Tooltip("value:Q", title=_("Value"), format=","),
            alt.Tooltip("qualifier:N", title=_("Qualifier")),
            alt.Tooltip("note:N", title=_("Note")),
        ],
    )
    chart: AnyChart = alt.layer(
        base.mark_rule(strokeWidth=5, opacity=0.45).encode(x=_time("start", domain), x2="day:T"),
        base.mark_line(strokeWidth=1.2, opacity=0.7).encode(x=_time("day", domain), detail="label:N"),
        base.mark_point(filled=True, size=45).encode(x=_time("day", domain), shape=alt.Shape("label:N", title=None)),
    ).properties(height=260)
    return chart


STATE_COLOURS: Final = {
    "in": OKABE_ITO["green"],
    "partly": OKABE_ITO["orange"],
    "out": OKABE_ITO["vermillion"],
    "unknown": "#c3cad0",
}


def service_share(share: pd.DataFrame, titles: dict[str, str], words: dict[str, str], as_of: date) -> AnyChart:
    """
    Draw, for each group of services, how many were in, partly in or out of service.

    Parameters
    ----------
    share
        As `recovery.share` gives it.
    titles, words
        Names of the groups and of the states.
    """
    long = share.melt(["day", "group", "total"], list(STATE_COLOURS), var_name="state", value_name="count")
    long = long.assign(
        label=long["group"].map(titles),
        word=long["state"].map(words),
        order=long["state"].map(list(STATE_COLOURS).index),
    )
    chart: AnyChart = (
        alt.Chart(long)
        .mark_area(interpolate="step-after")
        .encode(
            x=alt.X("day:T", title=None, axis=alt.Axis(format="%b %y", tickCount=4)),
            y=alt.Y("count:Q", title=None, stack=True, axis=alt.Axis(tickMinStep=1, format="d", tickCount=3)),
            color=alt.Color(
                "word:N",
                title=None,
                scale=alt.Scale(domain=[words[s] for s in STATE_COLOURS], range=list(STATE_COLOURS.values())),
                legend=alt.Legend(orient="bottom"),
            ),
            order="order:O",
            tooltip=[
                alt.Tooltip("label:N", title=_("Services")),
                alt.Tooltip("day:T", title=_("Day"), format="%d %b %Y"),
                alt.Tooltip("word:N", title=_("State")),
                alt.Tooltip("count:Q", title=_("Number")),
                alt.Tooltip("total:Q", title=_("Of")),
            ],
        )
        .properties(width=250, height=96)
        .facet(facet=alt.Facet("label:N", title=None, header=alt.Header(labelFontWeight=600)), columns=3)
        .resolve_scale(y="independent")
    )
    return chart


def silence_grid(months: pd.DataFrame) -> AnyChart:
    """
    Draw how many publishers reported about each department in each month; an empty cell is a month without a report.

    Parameters
    ----------
    months
        As `silence.by_month` gives it, with a column `label` for the department.
    """
    base = alt.Chart(months).encode(
        x=alt.X("yearmonth(month):O", title=None, axis=alt.Axis(format="%b %y", labelAngle=-60, labelOverlap=True)),
        y=alt.Y("label:N", title=None, axis=alt.Axis(labelOverlap=False)),
        tooltip=[
            alt.Tooltip("label:N", title=_("Department")),
            alt.Tooltip("month:T", title=_("Month"), format="%b %Y"),
            alt.Tooltip("publishers:Q", title=_("Publishers that reported")),
        ],
    )
    known = base.transform_filter("datum.publishers > 0")
    chart: AnyChart = alt.layer(
        base.mark_rect(fill="transparent", stroke="#b9c2c8", strokeWidth=0.5, strokeDash=[2, 2]),
        known.mark_rect().encode(
            color=alt.Color("publishers:Q", title=_("Publishers"), scale=alt.Scale(type="sqrt", scheme="blues"))
        ),
        known.mark_text(fontSize=10).encode(
            text="publishers:Q",
            color=alt.condition("datum.publishers > 12", alt.value("#ffffff"), alt.value(INK)),
        ),
    ).properties(height=250)
    return chart


def front(points: pd.DataFrame) -> AnyChart:
    """Draw coverage against the number of bases; `points` has `k`, `value`, `bound`, `state`."""
    base = alt.Chart(points).encode(x=alt.X("k:O", title=_("Bases added"), axis=alt.Axis(labelAngle=0)))
    chart: AnyChart = alt.layer(
        base.mark_tick(color=OKABE_ITO["vermillion"], thickness=2).encode(y="bound:Q"),
        base.mark_line(color=OKABE_ITO["blue"]).encode(y=alt.Y("value:Q", title=None, axis=alt.Axis(format="~s"))),
        base.mark_point(filled=True, size=60).encode(
            y="value:Q",
            shape=alt.Shape("state:N", title=None),
            color=alt.value(OKABE_ITO["blue"]),
            tooltip=["k:O", alt.Tooltip("value:Q", format=","), alt.Tooltip("bound:Q", format=","), "state:N"],
        ),
    ).properties(height=220)
    return chart


def backtest(months: pd.DataFrame) -> AnyChart:
    """Draw, month by month, how many recorded events a plan would have had in reach and how many not."""
    months = months.assign(missed=months["events"] - months["covered"])
    long = months.melt(["month", "share", "low", "high"], ["covered", "missed"], var_name="what", value_name="count")
    words = {"covered": _("in reach"), "missed": _("out of reach")}
    long = long.assign(word=long["what"].map(words))
    chart: AnyChart = alt.layer(
        alt.Chart(long)
        .mark_bar()
        .encode(
            x=alt.X("yearmonth(month):T", title=None, axis=alt.Axis(format="%b %y")),
            y=alt.Y("count:Q", title=_("Events"), stack=True),
            color=alt.Color(
                "word:N",
                title=None,
                scale=alt.Scale(domain=list(words.values()), range=[OKABE_ITO["blue"], OKABE_ITO["orange"]]),
                legend=alt.Legend(orient="bottom"),
            ),
            tooltip=[
                alt.Tooltip("yearmonth(month):T", title=_("Month"), format="%b %Y"),
                alt.Tooltip("word:N", title=_("Events")),
                alt.Tooltip("count:Q", title=_("Number")),
                alt.Tooltip("share:Q", title=_("Share in reach %"), format=".0f"),
            ],
        )
    ).properties(height=200)
    return chart

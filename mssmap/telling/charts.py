"""Charts of events and figures over time (altair); frames in, charts out."""

from __future__ import annotations

from datetime import date
from typing import Final

import altair as alt
import pandas as pd

from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.legend.symbols import COUNTRY_COLOURS, INK, OKABE_ITO

AnyChart = alt.LayerChart | alt.FacetChart


def _time(field: str, domain: tuple[date, date]) -> alt.X:
    scale = alt.Scale(domain=[alt.DateTime(year=d.year, month=d.month, date=d.day) for d in domain])
    return alt.X(f"{field}:T", title=None, scale=scale, axis=alt.Axis(format="%b %y", tickCount=10, labelFlush=True))


def strength_curve(curve: pd.DataFrame, levels: pd.DataFrame, domain: tuple[date, date]) -> AnyChart:
    """
    Draw the strength of the mission: the sum of moves by country, stacked, beside the levels that were reported.

    The last step is drawn to the end of the last day, with its number; a level known to the month is a bar as long as
    the month.

    Parameters
    ----------
    curve, levels
        As `series.strength_by_country` and `series.strength_levels` give them.
    """
    steps = _steps(curve)
    last = max([pd.Timestamp(domain[1]), *steps["day"]]).date()
    shown = (domain[0], last + (last - domain[0]) * ROOM_FOR_THE_LAST_NUMBER)
    stacked = (
        alt.Chart(steps)
        .mark_area(interpolate="step-after", opacity=0.75)
        .encode(
            x=_time("day", shown),
            y=alt.Y("personnel:Q", title=_("Personnel"), stack=True),
            color=alt.Color("country:N", title=None, scale=alt.Scale(range=COUNTRY_COLOURS)),
            tooltip=[
                alt.Tooltip("since:N", title=_("Since")),
                alt.Tooltip("country:N", title=_("Country")),
                alt.Tooltip("personnel:Q", title=_("Arrivals minus departures"), format=","),
            ],
        )
    )
    total = steps[steps["day"] == steps["day"].max()]
    number = alt.Chart(pd.DataFrame({"day": [total["day"].max()], "personnel": [total["personnel"].sum()]})).encode(
        x=_time("day", shown), y="personnel:Q"
    )
    layers = [stacked, *_reported(levels, shown)]
    if len(steps):
        layers.append(number.mark_text(align="left", dx=4, dy=-9, fontWeight="bold").encode(text="personnel:Q"))
    chart: AnyChart = alt.layer(*layers).properties(height=230)
    return chart


ROOM_FOR_THE_LAST_NUMBER: Final = 0.04
"""Part of the length of the curve that is left free behind its last day."""


def _steps(curve: pd.DataFrame) -> pd.DataFrame:
    """Return personnel by country from each day of a change on, and at the end of the last day."""
    wide = curve.pivot_table(index="day", columns="country", values="personnel", aggfunc="last").ffill().fillna(0)
    if len(wide):
        wide.loc[wide.index[-1] + pd.Timedelta(days=1)] = wide.iloc[-1]
    since = [text.day(day) for day in [*wide.index[:-1], *wide.index[-2:-1]]]
    long = wide.assign(since=since).rename_axis("day").reset_index()
    return long.melt(["day", "since"], var_name="country", value_name="personnel")


def _reported(levels: pd.DataFrame, domain: tuple[date, date]) -> list[alt.Chart]:
    """Return the reported levels: a diamond for a day, a bar for a month; ranges with a line."""
    middle = levels["first"] + (levels["last"] - levels["first"]) / 2
    told = levels.assign(when=list(map(text.day, levels["day"], levels["precision"])), middle=middle)
    reported = alt.Chart(told).encode(
        tooltip=[
            alt.Tooltip("when:N", title=_("Reported for")),
            alt.Tooltip("low:Q", title=_("At least"), format=","),
            alt.Tooltip("high:Q", title=_("At most"), format=","),
            alt.Tooltip("note:N", title=_("Note")),
        ],
    )
    colour = OKABE_ITO["vermillion"]
    month = reported.transform_filter("datum.first != datum.last")
    return [
        reported.mark_rule(strokeWidth=2).encode(x=_time("middle", domain), y="low:Q", y2="high:Q"),
        month.mark_rule(strokeWidth=5, color=colour).encode(x=_time("first", domain), x2="last:T", y="high:Q"),
        reported.transform_filter("datum.first == datum.last")
        .mark_point(shape="diamond", filled=True, size=70, color=colour)
        .encode(x=_time("day", domain), y="high:Q"),
    ]


def indicator_lines(values: pd.DataFrame, domain: tuple[date, date]) -> AnyChart:
    """
    Draw indicators over time; each pair of indicator and series is a line of its own.

    Periods, and what is known to the month, are bars of their length.

    Parameters
    ----------
    values
        As `series.indicators` gives them, with a column `label` for the legend.
    """
    exact = values["precision"]
    values = values.assign(
        since=list(map(text.day, values["start"], exact)), until=list(map(text.day, values["day"], exact))
    )
    base = alt.Chart(values).encode(
        y=alt.Y("value:Q", title=None, axis=alt.Axis(format="~s")),
        color=alt.Color("label:N", title=None, legend=alt.Legend(orient="bottom", columns=2, labelLimit=380)),
        tooltip=[
            alt.Tooltip("label:N", title=_("Series")),
            alt.Tooltip("since:N", title=_("From")),
            alt.Tooltip("until:N", title=_("To")),
            alt.Tooltip("value:Q", title=_("Value"), format=","),
            alt.Tooltip("qualifier:N", title=_("Qualifier")),
            alt.Tooltip("note:N", title=_("Note")),
        ],
    )
    chart: AnyChart = alt.layer(
        base.mark_rule(strokeWidth=5, opacity=0.45).encode(x=_time("first", domain), x2="last:T"),
        base.mark_line(strokeWidth=1.2, opacity=0.7).encode(x=_time("day", domain), detail="label:N"),
        base.transform_filter("datum.first == datum.last")
        .mark_point(filled=True, size=45)
        .encode(x=_time("day", domain), shape=alt.Shape("label:N", title=None)),
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
    # the last step lasts to the end of its day, else it would have no width
    end = share[share["day"] == share["day"].max()]
    share = pd.concat([share, end.assign(day=end["day"] + pd.Timedelta(days=1))], ignore_index=True)
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

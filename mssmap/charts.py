"""Charts of events and figures over time (altair); frames in, charts out."""

from __future__ import annotations

from datetime import date
from typing import Final

import altair as alt
import pandas as pd

from mssmap.i18n import gettext as _
from mssmap.maps import layers
from mssmap.maps.assets import layer_group
from mssmap.maps.symbols import OKABE_ITO

BRUSH: Final = "window"
"""Name of the selection that a person draws on the strip."""

GROUP_COLOURS: Final = {
    "events.violence": OKABE_ITO["vermillion"],
    "events.operations": OKABE_ITO["blue"],
    "events.mission": OKABE_ITO["sky"],
    "events.prisons": OKABE_ITO["purple"],
    "events.services": OKABE_ITO["green"],
    "events.displacement": OKABE_ITO["orange"],
    "events.political": OKABE_ITO["grey"],
}


def event_strip(events: pd.DataFrame, *, as_of: date, start: date, end: date) -> alt.LayerChart:
    """
    Draw events a month, stacked by group, with the day of the map and the window that the map shows.

    Parameters
    ----------
    events
        With `valid_from` and `category`, as `views.events` gives them.
    start, end
        The window of events on the map.
    """
    titles = layers.titles()
    monthly = (
        events.assign(
            group=events["category"].map(layer_group), month=events["valid_from"].dt.to_period("M").dt.start_time
        )
        .groupby(["month", "group"], as_index=False)
        .size()
    )
    monthly["label"] = monthly["group"].map(titles)
    monthly["until"] = monthly["month"] + pd.offsets.MonthBegin(1) - pd.Timedelta(days=3)
    brush = alt.selection_interval(encodings=["x"], name=BRUSH)
    colour = alt.Color(
        "label:N",
        scale=alt.Scale(domain=[titles[g] for g in GROUP_COLOURS], range=list(GROUP_COLOURS.values())),
        legend=None,
    )
    bars = (
        alt.Chart(monthly)
        .mark_bar()
        .encode(
            x=alt.X("month:T", title=None, axis=alt.Axis(format="%b %y", labelFlush=True, tickCount=12)),
            x2="until:T",
            y=alt.Y(
                "sum(size):Q", title=_("Events"), axis=alt.Axis(tickCount=3, tickMinStep=1, format="d", grid=False)
            ),
            color=colour,
            order=alt.Order("group:N"),
            opacity=alt.condition(brush, alt.value(1), alt.value(0.35)),
            tooltip=[
                alt.Tooltip("month:T", title=_("Month"), format="%b %Y"),
                alt.Tooltip("label:N", title=_("Group")),
                alt.Tooltip("sum(size):Q", title=_("Events")),
            ],
        )
        .add_params(brush)
    )
    shade = (
        alt.Chart(pd.DataFrame({"start": [pd.Timestamp(start)], "end": [pd.Timestamp(end)]}))
        .mark_rect(color=OKABE_ITO["grey"], opacity=0.14)
        .encode(x="start:T", x2="end:T")
    )
    now = (
        alt.Chart(pd.DataFrame({"day": [pd.Timestamp(as_of)]}))
        .mark_rule(color=OKABE_ITO["vermillion"], strokeWidth=2)
        .encode(x="day:T", tooltip=[alt.Tooltip("day:T", title=_("Map as of"), format="%d %b %Y")])
    )
    chart: alt.LayerChart = alt.layer(shade, bars, now).properties(height=96).configure_view(strokeWidth=0)
    return chart

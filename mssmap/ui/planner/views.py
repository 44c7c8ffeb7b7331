"""Under the planner's map: who is not covered, all figures, the back-test, and the other views."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.planning import on_data
from mssmap.planning.covering import Coverage
from mssmap.telling import charts
from mssmap.ui import cache, plain
from mssmap.ui.planner import compare, roads, sites, sure
from mssmap.ui.planner.hand import PlanInHand
from mssmap.ui.planner.travel import Judged


def show(held: PlanInHand, judged: Judged, coverage: Coverage) -> None:
    """One view at a time."""
    titles = {
        "gaps": _("Who is not covered"),
        "figures": _("All figures"),
        "sites": _("Best sites"),
        "backtest": _("Back-test"),
        "compare": _("Compare plans"),
        "roads": _("Roads"),
    }
    chosen = st.segmented_control(
        _("Under the map"),
        list(titles),
        default="gaps",
        key="planner_view",
        persist_state="session",
        format_func=titles.__getitem__,
        label_visibility="collapsed",
    )
    views = {
        "figures": lambda: _figures(sure.whole(judged, coverage)),
        "sites": lambda: sites.show(judged),
        "backtest": lambda: _backtest(judged),
        "compare": lambda: compare.show(judged, coverage),
        "roads": lambda: roads.show(held),
    }
    views.get(chosen or "gaps", lambda: _gaps(coverage))()
    with st.expander(_("How these figures are made")):
        st.text(str(coverage.method))


def _regions(rows: pd.DataFrame, unit: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            _("Region"): rows["name"],
            _("People"): rows["people"].round().astype("int64"),
            _("Not covered"): rows["uncovered_people"].round().astype("int64"),
            _("Covered %"): rows["covered_pct"].round(1),
            _("Low %"): rows["low"].round(1),
            _("High %"): rows["high"].round(1),
            _("By two or more %"): rows["backup_pct"].round(1),
            _("Mean minutes") if unit == "min" else _("Mean km"): rows["mean_time"].round(0),
        }
    )


def _gaps(coverage: Coverage) -> None:
    left, right = st.columns(2)
    with left:
        st.caption(_("Departments"))
        st.dataframe(_regions(coverage.by_department, coverage.standard.unit), hide_index=True, key="by_department")
    with right:
        st.caption(_("Communes, the largest gap first"))
        st.dataframe(
            _regions(coverage.by_commune, coverage.standard.unit), hide_index=True, key="by_commune", height=388
        )


def _figures(coverage: Coverage) -> None:
    rows = coverage.figures
    st.dataframe(
        pd.DataFrame(
            {
                _("Figure"): rows["name"].map(text.plain_word),
                _("Central"): rows["value"].round(1),
                _("Low"): rows["low"].round(1),
                _("High"): rows["high"].round(1),
                _("Unit"): rows["unit"].map(text.unit),
                _("Of"): rows["of"],
            }
        ),
        hide_index=True,
        key="all_figures",
        height=430,
    )


def _backtest(judged: Judged) -> None:
    result = compare.tested(judged)
    s = result.summary
    plain.say(
        "caption",
        _(
            "Of {n} recorded events with a place, {covered} ({share} %) lay within the standard of this plan "
            "({low} to {high} % over the speed cases). It says what the plan would have had in reach, not what it "
            "would have prevented."
        ).format(
            n=text.number(s["events"]),
            covered=text.number(s["covered"]),
            share=text.number(round(s["share"], 1)),
            low=text.number(round(s["low"], 1)),
            high=text.number(round(s["high"], 1)),
        ),
    )
    st.altair_chart(charts.backtest(result.by_month), key="backtest_chart", alt=_("Share of events in reach by month."))
    left, right = st.columns(2)
    left.dataframe(_shares(result.by_category, "category"), hide_index=True, key="by_category", height=260)
    right.dataframe(_shares(result.by_grade, "grade"), hide_index=True, key="by_grade", height=260)
    _robust(judged)


def _robust(judged: Judged) -> None:
    if not st.toggle(_("Sites that are steadily among the best"), key="robust"):
        return
    rows = on_data.robust_sites(cache.data(), judged.plan, matrix=judged.matrix).head(15)
    st.caption(_("Candidate places by the number of months in which they are among the ten with most events in reach."))
    st.dataframe(
        pd.DataFrame(
            {
                _("Place"): rows["name"],
                _("Months among the best"): rows["months_in_top"],
                _("Of months"): rows["months"],
                _("Events in reach"): rows["events"],
                _("Share %"): rows["share"].round(1),
                _("Share in its worst month %"): rows["worst_month_share"].round(1),
            }
        ),
        hide_index=True,
        key="robust_table",
    )


def _shares(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            text.plain_word(column): rows[column].map(text.category) if column == "category" else rows[column],
            _("Events"): rows["events"],
            _("In reach"): rows["covered"],
            _("Share %"): rows["share"].round(1),
        }
    )

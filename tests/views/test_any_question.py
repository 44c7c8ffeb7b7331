"""What holds for every question: no range upside down, nothing known before its day, no plan among what happened."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mssmap import keyfigures, timeline, views
from mssmap.catalog import Data
from mssmap.timeline import Clocks

from .conftest import RECORDS

DAYS = st.dates(date(2021, 6, 1), date(2026, 11, 26))
GRADES = st.sampled_from(["F6", "F6", "C3", "C2", "B2", "A1"])
REGIONS = st.sampled_from([None, None, "HT01", "HT05", "HT0111", "HT0531", "HT09"])
SHORT = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    """Return clocks, grade and region."""
    return {"clocks": Clocks(draw(DAYS), draw(DAYS)), "grade": draw(GRADES), "region": draw(REGIONS)}


@SHORT
@given(asked=questions())
def test_every_range_holds_its_value(real: Data, asked: dict[str, Any]) -> None:
    for figure in keyfigures.key_figures(real, **asked):
        if figure.value is not None:
            assert None not in (figure.low, figure.high), figure.key
            assert figure.low <= figure.value <= figure.high, figure.key
    counted = views.counts(real, **asked)
    assert ((counted["low"] <= counted["value"]) & (counted["value"] <= counted["high"])).all()
    for event in views.events(real, **asked).to_dict("records"):
        if event["figure_min"] == event["figure_min"]:
            assert not event["figure_max"] < event["figure_min"], event["event_id"]
        assert all(figure["min"] <= figure["max"] for figure in event["figures"]), event["event_id"]


@SHORT
@given(asked=questions())
def test_nothing_is_told_before_it_was_known(real: Data, asked: dict[str, Any]) -> None:
    known_on = asked["clocks"].known_on
    published = dict(zip(real["sources"]["source_id"], real["sources"]["published_on"], strict=True))
    public = {name for name, day in published.items() if not day > pd.Timestamp(known_on)}
    events = views.events(real, **asked)
    for rows in (events, *(views.layer(real, layer, **asked) for layer in RECORDS)):
        for row in rows.to_dict("records"):
            assert row["known_from"].date() <= known_on
            assert {source["source_id"] for source in row["sources"]} <= public
            assert row["last_seen"].date() <= known_on
    for figure in keyfigures.key_figures(real, **asked):
        assert set(figure.source_ids) <= public, figure.key
        assert figure.date is None or figure.date <= asked["clocks"].as_of, figure.key


@SHORT
@given(asked=questions())
def test_what_is_told_as_happened_was_known_no_earlier_than_it_happened(real: Data, asked: dict[str, Any]) -> None:
    as_of = asked["clocks"].as_of
    facts = views.events(real, **asked)
    assert not (facts["claim"] == timeline.PLANNED).any(), "a plan is not among the facts"
    for event in facts.to_dict("records"):
        assert event["valid_from"].date() <= as_of
        assert event["valid_from"] <= event["known_from"]
    with_plans = views.events(real, **asked, plans=True)
    plans = with_plans[with_plans["claim"] == timeline.PLANNED]
    assert set(with_plans["event_id"]) - set(plans["event_id"]) == set(facts["event_id"])

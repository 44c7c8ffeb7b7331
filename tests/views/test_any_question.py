"""What holds for every question: no range upside down, nothing known before its day, no plan among what happened."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mssmap import i18n
from mssmap.brief import Brief, content, learnt
from mssmap.legend import layers
from mssmap.maps import panels
from mssmap.measures import keyfigures
from mssmap.records import timeline, views
from mssmap.records.catalog import Data
from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks
from mssmap.telling import twin

from .conftest import RECORDS

DAYS = st.dates(date(2021, 6, 1), date(2026, 11, 26))
GRADES = st.sampled_from(["F6", "F6", "C3", "C2", "B2", "A1"])
REGIONS = st.sampled_from([None, None, "HT01", "HT05", "HT0111", "HT0531", "HT09"])
MADE = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
SHORT = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


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


LANGS = st.sampled_from(sorted(i18n.LANGUAGES))


@settings(SHORT, max_examples=8)
@given(asked=questions(), lang=LANGS)
def test_page_text_and_pack_say_the_same_numbers_and_days(real: Data, asked: dict[str, Any], lang: str) -> None:
    clocks, grade, region = asked["clocks"], asked["grade"], asked["region"]
    brief = Brief(Filters(clocks, grade=grade, region=region), MADE, lang=lang, layers=tuple(layers.ALL))
    told = content.compose(real, brief)
    figures = keyfigures.key_figures(real, **asked)
    with i18n.speaking(lang):
        cards = panels.figure_cards(figures)["items"]
        summary = twin.situation(told.shown, figures, layers.ALL, (brief.start, clocks.as_of), grade)
    for card, printed, figure in zip(cards, told.figures, figures, strict=True):
        assert (card["label"], card["sub"]) == (printed.label, printed.under)
        assert card["value"] == printed.value.partition("/")[0]
        assert digits(card["value"]) == ("" if figure.value is None else f"{figure.value:.0f}")
        assert any(card["label"] in line and (figure.absent or card["value"] in line) for line in summary)
        assert bool(figure.source_ids) or not figure.value
    counted = views.counts(real, **asked)
    for row in counted[counted["layer"].isin(("fobs", "prisons", "gang_zones"))].itertuples():
        key = f"{row.layer}.{row.status}"
        assert key not in layers.ALL or told.counts[key] == row.value, key


@settings(SHORT, max_examples=8)
@given(asked=questions())
def test_a_number_of_people_killed_is_held_by_the_sources_that_a_pack_cites(real: Data, asked: dict[str, Any]) -> None:
    clocks = asked["clocks"]
    brief = Brief(Filters(clocks, grade=asked["grade"], region=asked["region"]), MADE)
    told = content.compose(real, brief)
    names = {source.number: source.source_id for source in told.sources}
    rows = real["figures"][(real["figures"]["measure"] == "killed")]
    for event in told.events:
        deaths = learnt.killed(event.row)
        if deaths:
            known = rows[(rows["record_id"] == event.event_id) & (rows["known_from"] <= pd.Timestamp(clocks.known_on))]
            held = known[known["source_id"].isin(names[number] for number in event.sources)]
            assert set(deaths) <= {*held["value_min"], *held["value_max"]}, event.event_id


def digits(words: str) -> str:
    """Return a number without what a language puts between its digits."""
    return re.sub(r"\D", "", words)

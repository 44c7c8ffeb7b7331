"""The state on two clocks, looked up in sorted arrays, is what the present way works out row by row."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mssmap import settings as settings_of
from mssmap.legend import layers
from mssmap.maps import view
from mssmap.measures import keyfigures
from mssmap.records import kinds, views
from mssmap.records.catalog import Data
from mssmap.records.shown import Filters, shown
from mssmap.records.timeline import Clocks
from mssmap.telling import twin

from . import present_figures, present_way

FIRST, LAST = date(2021, 6, 1), date(2026, 11, 26)
TOLD = pd.read_csv(settings_of.ROOT / "data/tables" / "status.csv")[["valid_from", "valid_to", "known_from"]]
ENDS = sorted({date.fromisoformat(day) for day in TOLD.stack().dropna() if FIRST.isoformat() < day < LAST.isoformat()})
DAYS = st.sampled_from(ENDS) | st.sampled_from(ENDS[-30:]) | st.dates(FIRST, LAST)
"""Any day, but often one on which something begins or ends."""
GRADES = st.sampled_from(["F6", "F6", "C3", "C2", "B2", "A1"])
REGIONS = st.sampled_from([None, None, "HT01", "HT05", "HT0111", "HT0531"])
SHORT = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
TABLES = ("status", "strength", "indicators", "figures", "sources")


def shaken(data: Data, seed: int) -> Data:
    """Return the data with days, revisions, claims and sources mixed up: what no editor would write."""
    random = np.random.default_rng(seed)
    frames = {name: _shaken(rows, random) for name, rows in data.frames.items()}
    return replace(data, frames=MappingProxyType(frames))


def _shaken(rows: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    if "known_from" not in rows and "published_on" not in rows:
        return rows
    order = random.permutation(len(rows))
    rows = rows.iloc[order]
    changed: dict[str, Any] = {}
    for column in ("valid_from", "valid_to", "known_from", "published_on"):
        if column in rows:
            days = rows[column] + pd.to_timedelta(random.integers(-1, 2, len(rows)), unit="D")
            if column == "valid_from":  # many begin together
                days = days.where(random.random(len(rows)) < 0.5, random.choice(days, 1)[0])
            may_lack = column != "valid_from"  # the contract requires it
            changed[column] = days.mask(may_lack & (random.random(len(rows)) < 0.1)).astype("datetime64[s]").array
    if "revision" in rows:
        changed["revision"] = pd.array(random.integers(1, 4, len(rows)), dtype="Int64")
        own, other = rows.iloc[:, 0].to_numpy(dtype=object), random.permutation(rows.iloc[:, 0].to_numpy(dtype=object))
        ids = np.where(random.random(len(rows)) < 0.3, other, own)
        changed[str(rows.columns[0])] = pd.array(ids, dtype="str")
    if "record_id" in rows:
        changed["record_id"] = pd.array(random.choice(rows["record_id"].unique()[:40], len(rows)), dtype="str")
    if "status" in rows:
        word = np.where(random.random(len(rows)) < 0.1, "retracted", rows["status"].to_numpy(dtype=object))
        changed["status"] = pd.array(word, dtype="str")
    return rows.assign(**changed)


@pytest.fixture(scope="module")
def mixed(real: Data) -> list[Data]:
    return [real, shaken(real, 1), shaken(real, 2)]


def questions() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"clocks": st.builds(Clocks, DAYS, DAYS), "grade": GRADES, "region": REGIONS})


@SHORT
@given(asked=questions(), which=st.integers(0, 2))
def test_layers_tables_and_counts_are_those_of_the_present_way(mixed, asked, which):
    data = mixed[which]
    for name in kinds.LAYERS:
        same(views.layer(data, name, **asked), present_way.layer(data, name, **asked))
    for name in TABLES:
        region = None if name in ("sources", "strength") else asked["region"]
        for plans in (False, True):
            told = {**asked, "region": region, "plans": plans}
            same(views.table(data, name, **told), present_way.table(data, name, **told))
    same(views.counts(data, **asked), present_way.counts(data, **asked))
    if which == 0:  # the figures take what the contract of the tables requires for granted
        assert keyfigures.key_figures(data, **asked) == present_figures.key_figures(data, **asked)
    assert views.hidden_by_grade(data, **asked) == present_way.hidden_by_grade(data, **asked)


@SHORT
@given(
    asked=questions(),
    which=st.integers(0, 2),
    window=st.tuples(st.none() | DAYS, st.none() | DAYS),
    categories=st.sampled_from([None, "gang_attack", ("kidnapping", "operation")]),
    plans=st.booleans(),
)
def test_events_are_those_of_the_present_way(mixed, asked, which, window, categories, plans):
    start, end = window if None in window else sorted(window)
    wanted = [categories] if isinstance(categories, str) else categories
    asked = {**asked, "start": start, "end": end, "plans": plans}
    found = views.events(mixed[which], category=categories, **asked)
    same(found, present_way.events(mixed[which], category=wanted, **asked))


def test_what_a_page_shows_is_told_without_a_frame(real):
    clocks = Clocks(date(2025, 1, 18), date(2025, 1, 18))
    found = shown(real, Filters(clocks, "C3", "HT01", date(2024, 12, 1), clocks.as_of, plans=True))
    on = [layer.id for group in layers.GROUPS.values() for layer in group]
    assert twin.situation(found, keyfigures.key_figures(real, clocks), on, (date(2024, 12, 1), clocks.as_of))
    assert view.light(found, view.Options(on))["described"]
    assert not any("frame" in vars(found.cells(name)) for name in found)
    assert found["fobs"] is found["fobs"], "one that is asked for is made once"


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert type(found) is type(expected)
    pd.testing.assert_frame_equal(found, expected, check_index_type="equiv")
    assert getattr(found, "crs", None) == getattr(expected, "crs", None)

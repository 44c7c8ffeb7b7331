"""What scripts use: import mssmap."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pytest

import mssmap
from mssmap.errors import InputError


@pytest.fixture(autouse=True)
def _small(small_folder, monkeypatch):
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    monkeypatch.setenv("MSSMAP_TODAY", "2025-06-30")


def test_a_layer_by_text_or_date():
    by_text = mssmap.layer("fobs", as_of="2025-01-18", known_on="2025-01-18")
    by_date = mssmap.layer("fobs", as_of=date(2025, 1, 18), known_on=date(2025, 1, 18))
    assert isinstance(by_text, gpd.GeoDataFrame)
    assert by_text["operator"].tolist() == by_date["operator"].tolist() == ["Kenya", ""]


def test_the_dials_default_to_the_last_report_and_today():
    assert mssmap.clocks() == mssmap.clocks("2025-05-01", "2025-06-30")


def test_events_take_a_window_and_a_category():
    found = mssmap.events(start="2024-03-01", end="2024-03-31", category="prison_break")
    assert found["event_id"].tolist() == ["break-a"]


def test_changes_run_to_today():
    assert [change.record_id for change in mssmap.changes("2025-01-23")] == ["fob-b"]


def test_the_function_changes_stays_a_function():
    from mssmap.records import differences

    assert differences is not None
    assert callable(mssmap.changes)


def test_a_table_and_the_data_themselves():
    assert len(mssmap.table("strength")) == 3
    assert mssmap.load() is mssmap.load()


def test_a_bad_date_is_named():
    with pytest.raises(InputError, match="known_on: found 'yesterday', required a date"):
        mssmap.layer("fobs", known_on="yesterday")


def test_everything_public_exists():
    assert all(hasattr(mssmap, name) for name in mssmap.__all__)

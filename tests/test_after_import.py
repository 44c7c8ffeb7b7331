"""What is imported is seen at once by everything that keeps what it worked out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from ingest.test_prepare import ACLED, made

from mssmap import store
from mssmap.brief import spec
from mssmap.ingest import attach
from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks
from mssmap.ui import briefing_page, cache, lanes
from mssmap.ui.planner import inputs


@pytest.fixture
def put(tmp_path, monkeypatch, frozen_folder):
    """Return a function that imports events as another process would."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(frozen_folder))
    monkeypatch.setenv("MSSMAP_DATABASE_URL", url)
    monkeypatch.setattr(cache, "static_folder", lambda: tmp_path / "static")
    cache.refresh()
    yield lambda rows: attach.store_import(store.open_store(url), made(cache.data(), rows))
    monkeypatch.undo()
    cache.refresh()


def test_two_imported_events_are_on_the_timeline_and_in_the_preview_at_once(put):
    days = date(2025, 1, 31), date(2026, 1, 31)
    keyed = briefing_page._Keyed(spec.Brief(Filters(Clocks(*days)), datetime(2026, 1, 31, tzinfo=UTC)))

    def seen():
        pages, _shortened, _described = briefing_page._preview(keyed.digest, keyed)
        return len(lanes._content(Filters(Clocks(*days)).on_any_day(), "en")), pages

    items, pages = seen()
    put([ACLED, {**ACLED, "event_id_cnty": "HTI124", "event_date": "2025-01-19"}])
    assert seen() == (items, pages), "a page goes on with the data that it began with"
    cache.refresh()
    more, changed = seen()
    assert more == items + 2
    assert changed != pages


def test_places_are_those_of_the_data_that_are_asked(put):
    assert inputs._places(cache.data(), "en")
    none = cache.data()["places"].iloc[:0]
    assert inputs._places(replace(cache.data(), frames={**cache.data().frames, "places": none}), "en") == {}

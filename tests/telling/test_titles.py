"""A title that somebody wrote in French stands as French everywhere, and as no other language."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mssmap import i18n
from mssmap.exports import extract, kept
from mssmap.exports.selection import Form, Selection
from mssmap.maps import assets
from mssmap.records import check, differences, search, views
from mssmap.records.shown import Filters
from mssmap.records.submissions import rows
from mssmap.records.submissions.joined import Accepted, with_rows
from mssmap.records.timeline import Clocks
from mssmap.telling import cards, twin

TODAY = date(2025, 6, 30)
CLOCKS = Clocks(TODAY, TODAY)
TITLE = "Tirs au marché"
PAGE = {"title": "A", "publisher": "B", "url": "https://example.org/1", "published_on": "2025-03-01"}
SHOTS = {
    **{"kind": "event", "category": "gang_attack", "title_fr": TITLE, "valid_from": "2025-03-01", "lon": -72.35},
    **{"lat": 18.55, "sources": [PAGE]},
}
SHOTS_ID = "ev-2025-03-01-tirs-au-marche"


@pytest.fixture(scope="module")
def data(small):
    item = rows.checked(SHOTS, small, TODAY)
    assert item.faults == ()
    return with_rows(small, [Accepted("test", rows.rows(item, small))])


@pytest.mark.parametrize(("language", "marked"), [("en", "fr"), ("fr", ""), ("ht", "fr")])
def test_the_card_shows_it_and_says_in_which_language_it_is(data, language, marked):
    with i18n.speaking(language):
        card = cards.card(data, views.record(data, SHOTS_ID, CLOCKS), CLOCKS, TODAY)
    assert (card["title"], card["lang"]) == (TITLE, marked)


def test_lists_text_search_and_changes_show_it(data):
    events = views.events(data, CLOCKS)
    row = events[events["event_id"] == SHOTS_ID].iloc[0]
    assert (row["title_fr"], row["title_en"]) == (TITLE, "")
    assert twin.title(row, "title") == TITLE
    assert TITLE in twin.titles(views.happened(data, CLOCKS), "title")
    assert search.find(data, CLOCKS, "marche")["title"].tolist() == [TITLE]
    changes = differences.changes(data, date(2025, 2, 1), TODAY)
    told = {one["record_id"]: one["title"] for one in differences.as_records(data, changes, TODAY)}
    assert told[SHOTS_ID] == TITLE


def test_the_map_has_it_under_its_language_only(data):
    row = next(row for row in data["events"].itertuples(index=False) if row.event_id == SHOTS_ID)
    assert assets.names(row, "title") == {"fr": TITLE}


def test_a_file_names_the_place_by_it(data):
    made = extract.build(data, Selection(("events",), Filters(CLOCKS)), Form("kml"))
    part = made.parts[0]
    assert TITLE in part.frame["name"].tolist()
    assert kept.TITLE_COLUMNS.index("title_en") < kept.TITLE_COLUMNS.index("title_fr")


def test_an_event_without_any_title_is_told(data):
    frames = dict(data.frames)
    bare = frames["events"].copy()
    bare.loc[bare["event_id"] == SHOTS_ID, "title_fr"] = ""
    assert check.events_titled(data) == []
    faults = check.events_titled(replace(data, frames={**frames, "events": bare}))
    assert [(fault.record, fault.column) for fault in faults] == [(f"{SHOTS_ID} revision 1", "title")]


def test_a_source_of_which_a_copy_is_kept_says_so(data):
    record = views.record(data, SHOTS_ID, CLOCKS)
    ids = [source["source_id"] for source in record.sources]
    assert [one["kept"] for one in cards.card(data, record, CLOCKS, TODAY)["sources"]] == [""]
    assert [one["kept"] for one in cards.card(data, record, CLOCKS, TODAY, ids)["sources"]] == ["a copy is kept here"]

"""The desk without its page: what was typed becomes a submission, and what is wrong is told with the field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from shapely import Point

from mssmap.errors import InputError
from mssmap.i18n import speaking
from mssmap.ingest import deciding, whereabouts
from mssmap.records.submissions import effects, reading, rows, submission
from mssmap.records.submissions.joined import with_rows
from mssmap.store import inbox, open_store
from mssmap.ui.desk import fields, onmap, review, subjects, words, written

TODAY = date(2025, 6, 30)
SOURCE = {
    **{"url": "https://example.org/n", "title": "Market attacked", "publisher": "Daily"},
    **{"published_on": "2025-03-02"},
}
EVENT = {"category": "gang_attack", "headline": "Market attacked", "day": "2025-03", "where": "bèta", **SOURCE}


def event(data: Any, language: str = "en", **more: Any) -> dict[str, Any]:
    return written.new_event({**EVENT, **more}, data, language)


def test_one_line_each_makes_an_event(small):
    item = rows.checked(event(small), small, TODAY)
    assert item.faults == ()
    row = rows.rows(item, small)["events"][0]
    assert (row["valid_from"], row["valid_to"], row["date_precision"]) == ("2025-03-01", "2025-03-31", "month")
    assert (row["place"], row["commune_pcode"], row["location_precision"]) == ("Bêta", "HT0121", "commune")
    assert (float(row["lon"]), float(row["lat"])) == pytest.approx((-72.25, 18.55))


def test_the_writers_own_language_is_enough_and_stands_as_no_other(small):
    item = rows.checked(event(small, "ht", headline="Yo atake mache a"), small, TODAY)
    row = rows.rows(item, small)["events"][0]
    assert (row["title_ht"], row["title_en"], row["title_fr"]) == ("Yo atake mache a", "", "")
    assert (item.title, row["event_id"]) == ("Yo atake mache a", "ev-2025-03-01-yo-atake-mache-a")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("HT0121", {"place": "Bêta", "commune_pcode": "HT0121"}),
        ("Ouest", {"department_pcode": "HT01", "location_precision": "department"}),
        ("18°33'N 72°15'W", {"lon": "-72.25000", "lat": "18.55000"}),
        ("-72.25, 18.55", {"lon": "-72.25000", "lat": "18.55000"}),
        ("POINT (-72.25 18.55)", {"lon": "-72.25000", "lat": "18.55000"}),
        ("Carrefour Paul, Beta", {"place": "Carrefour Paul", "commune_pcode": "HT0121"}),
        ("Tout le pays", {"location_precision": "country"}),
        ("Nowhere", {"place": "Nowhere"}),
        ("  ", {}),
    ],
)
def test_a_place_is_read_as_one_writes_it(small, line, expected):
    assert whereabouts.read(line, small) == expected
    assert whereabouts.is_known(expected) == (len(expected) > 1 or "location_precision" in expected)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("<b>x</b>", "No place of this name is on the map. Add its commune behind a comma."),
        ("Nowhere", "No place of this name is on the map. Add its commune behind a comma."),
        ("18.7, -73.4", "18.70000, -73.40000"),
        ("Tout le pays", "Haïti (HT)"),
    ],
)
def test_how_a_place_was_read_is_said_and_no_country_that_nobody_named(small, monkeypatch, line, said):
    told = []
    monkeypatch.setattr(fields.plain, "say", lambda _kind, *words: told.extend(words))
    monkeypatch.setattr(fields.cache, "data", lambda: small)
    fields.understood(reading.read(event(small, where=line), small, TODAY), line)
    assert said in told[0]
    assert ("HT" in told[0]) == (line == "Tout le pays")


def test_figures_have_the_source_of_the_report_or_their_own(small):
    other = {f"figure 2 {name}": value for name, value in SOURCE.items()} | {"figure 2 url": "https://example.org/o"}
    typed = {
        "measure 1": "killed",
        "number 1": "12-15",
        "measure 2": "injured",
        "number 2": "at least 3,000",
        "apart 2": True,
    }
    raw = event(small, **typed, **other)
    first, second = raw["figures"]
    assert (first["value_min"], first["value_max"], first["sources"]) == ("12", "15", [SOURCE])
    assert (second["value_min"], second["qualifier"]) == ("3000", "at least")
    assert second["sources"][0]["url"] == "https://example.org/o"
    assert rows.checked(raw, small, TODAY).faults == ()


def test_a_correction_holds_only_what_was_changed(small):
    now = {"status": "handed_over", "valid_from": "2025-01-21", "operator": "Guatemala", "note": "old"}
    typed = {"cell status": "handed_over", "cell valid_from": "2025-01-20", "cell note": "", **SOURCE}
    raw = written.about(typed, "status fob-a.2", "correct", now)
    cells = {"valid_from": "2025-01-20", "note": ""}
    assert raw == {"kind": "status", "id": "fob-a.2", "change": "correct", "sources": [SOURCE], **cells}


def test_each_fault_names_its_field_as_the_form_does(small):
    raw = event(small, day="2027-01-01", url="javascript:alert(1)", headline="<img src=x>", where="40, 10")
    told = [words.fault(line) for line in rows.checked(raw, small, TODAY).faults]
    assert [line.partition(": ")[0] for line in told] == [
        "What happened in one line",
        "Source 1, Address",
        "Day",
        "Where",
    ]


def test_whom_one_accepts_is_worked_out_anew_when_another_was_accepted_meanwhile(small):
    """A second editor is told who was first, and nothing is added twice."""
    store = open_store("sqlite://")
    contents = [
        submission.as_dict(rows.checked(event(small, headline=title), small, TODAY)) for title in ("One", "Two")
    ]
    inbox.submit(store, [(one["fields"]["title_en"], one) for one in contents], origin="typed", actor="ana")
    loads = []

    def load() -> Any:
        if not loads:  # somebody else is quicker, once
            loads.append(1)
            deciding.accept(store, 2, reason="", load=load, today=TODAY)
        from mssmap.ingest import attach

        return with_rows(small, attach.accepted_of(store))

    done = deciding.accept(store, 1, reason="", load=load, today=TODAY)
    assert [row["publisher"] for row in done.rows.get("sources", [])] == [], "the page is a source already"
    with pytest.raises(InputError, match="has decided it already"):
        deciding.accept(store, 1, reason="", load=load, today=TODAY)


def test_an_event_that_it_may_be_is_found_before_there_is_a_source(small):
    typed = {"category": "gang_attack", "headline": "Prison break", "day": "2024-03-02", "where": "Alpha-Goâve"}
    item = reading.read(written.new_event(typed, small, "en"), small, TODAY)
    assert item.faults
    assert [one["id"] for one in deciding.likely(item, small)] == ["break-a"]
    assert deciding.likely(replace(item, fields={**item.fields, "valid_from": "2024-03-03"}), small) == []


def test_several_about_one_record_are_decided_one_by_one():
    def item(number: int, record_id: str) -> inbox.Submitted:
        content = {"kind": "event", "change": "correct", "record_id": record_id}
        return inbox.Submitted(f"s{number}", number, "n", "open", 1, {"content": content}, "", "")

    assert review.touched_twice([item(1, "ev-1"), item(2, "ev-1"), item(3, ""), item(4, "")]) == "ev-1"
    assert review.touched_twice([item(1, "ev-1"), item(2, "ev-2")]) == ""


def test_what_accepting_changes_is_told_in_words(small):
    from mssmap.records.submissions import effects

    raw = {"kind": "status", "record_id": "fob-a", "status": "closed", "valid_from": "2025-03-01", "sources": [SOURCE]}
    made = rows.rows(rows.checked(raw, small, TODAY), small)
    with speaking("fr"):
        told = [review.moved(one) for one in effects.moved(made, small, TODAY)]
    assert told[0].startswith("Bases")
    assert told[0].endswith("0 → 1")


NUMBER = {**SOURCE, "published_on": "2025-06-02", "day": "2025-05", "number": "~1,500,000"}


@pytest.mark.parametrize(
    ("kind", "typed", "table", "expected"),
    [
        (
            "indicator",
            {**NUMBER, "indicator": "idps", "series idps": "iom_dtm", "unit idps": "persons", "area": "National"},
            "indicators",
            {"value": "1500000", "qualifier": "about", "period_type": "point", "period_end": "2025-05-31"},
        ),
        (
            "strength",
            {**NUMBER, "number": "12-15", "record_type": "arrival", "country": "Chad"},
            "strength",
            {"personnel": "12", "personnel_max": "15", "date": "2025-05-01", "date_precision": "month"},
        ),
        (
            "figure",
            {**NUMBER, "number": "3", "record_id": "the first event", "measure": "killed"},
            "figures",
            {"value_min": "3", "value_max": "3", "unit": "people", "date": "2025-05-01"},
        ),
        ("source", {**SOURCE, "reliability": "B"}, "sources", {"title": "Market attacked", "reliability": "B"}),
    ],
)
def test_a_number_or_a_source_alone_becomes_a_row(real, kind, typed, table, expected):
    events = real["events"]["event_id"]
    if "record_id" in typed:
        typed = {**typed, "unit": "people", "record_id": str(events.iloc[0])}
    item = rows.checked(written.new_number(kind, typed, real), real, TODAY)
    assert item.faults == ()
    (row,) = rows.rows(item, real)[table]
    assert {name: row[name] for name in expected} == expected


def test_numbers_figures_and_sources_can_be_corrected(real):
    event_id = str(real["figures"]["record_id"].iloc[0])
    of_event = subjects.of_record(event_id, real)
    assert next(iter(of_event)) == f"event {event_id}"
    assert {key.partition(" ")[0] for key in of_event} == {"event", "figure", "source"}
    indicator = str(real["indicators"]["indicator_id"].iloc[0])
    assert next(iter(subjects.of_record(indicator, real))) == f"indicator {indicator}"
    assert "value" in subjects.editable("indicator", real, "indicators")
    assert "source_ids" not in subjects.editable("indicator", real, "indicators")


@pytest.mark.parametrize(
    ("row", "inside"),
    [
        ({"lon": "-72.25", "lat": "18.55", "commune_pcode": "HT0121"}, (-72.25, 18.55)),
        ({"commune_pcode": "HT0121", "department_pcode": "HT01"}, (-72.25, 18.55)),
        ({"place": "nowhere"}, None),
        ({"lon": "about", "lat": "18.55"}, None),
    ],
)
def test_what_is_handed_in_lies_on_the_map_where_it_says(small, row, inside):
    found = onmap.place_of(row, small)
    assert (found is not None) == (inside is not None)
    assert inside is None or found.intersects(Point(*inside))


def test_a_place_that_moves_is_told_in_the_table_too(small):
    event_id = str(small["events"]["event_id"].iloc[0])
    raw = {"kind": "event", "id": event_id, "change": "correct", "lon": "-72.26", "lat": "18.56", "sources": [SOURCE]}
    item = rows.checked(raw, small, TODAY)
    assert item.faults == ()
    changed = {name for name, _old, _new in effects.differences(item, rows.rows(item, small), small)}
    assert {"lon", "lat"} <= changed

"""Submissions on the small data: what is filled in, what is refused, what accepting one does to the record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmap.errors import InputError
from mssmap.records import check, revisions, views
from mssmap.records.catalog import Data
from mssmap.records.submissions import effects, reading, rows, submission
from mssmap.records.submissions.joined import Accepted, with_rows
from mssmap.records.timeline import Clocks

TODAY = date(2025, 6, 30)
PAGE = {
    "title": "Base A attacked",
    "publisher": "Daily",
    "url": "https://example.org/new",
    "published_on": "2025-03-02",
}
ATTACK = {
    **{"kind": "event", "category": "gang_attack", "title_en": "Attack on base A", "valid_from": "2025-03-01"},
    **{"lon": -72.35, "lat": 18.55, "sources": [PAGE]},
}


def accepted(data: Data, *raw: dict[str, Any]) -> Data:
    """Return the data after some submissions, one after the other."""
    for one in raw:
        item = rows.checked(one, data, TODAY)
        assert item.faults == (), item.faults
        data = with_rows(data, [Accepted("test", rows.rows(item, data))])
        assert data.faults == ()
    return data


def happened(data: Data, known_on: date = TODAY) -> list[str]:
    return views.events(data, Clocks(TODAY, known_on))["event_id"].tolist()


def status(data: Data, record_id: str, as_of: date, known_on: date) -> list[str]:
    view = views.layer(data, "fobs", Clocks(as_of, known_on))
    return view[view["fob_id"] == record_id]["status"].tolist()


def test_what_follows_from_the_rest_is_filled_in(small):
    item = reading.read(ATTACK, small, TODAY)
    made = rows.rows(item, small)
    event = made["events"][0]
    assert event["event_id"] == "ev-2025-03-01-attack-on-base-a"
    assert (event["revision"], event["valid_to"], event["date_precision"]) == ("1", "2025-03-01", "day")
    assert (event["commune_pcode"], event["department_pcode"]) == ("HT0111", "HT01")
    assert (event["known_from"], event["known_precision"]) == ("2025-03-02", "day")
    assert (event["country"], event["claim"], event["confidence"]) == ("HTI", "reported", "medium")
    assert made["sources"] == [
        {
            **{**PAGE, "source_id": "daily-2025-base-a-attacked", "published_precision": "day"},
            **{"publisher_kind": "press", "reliability": "C"},
        }
    ]


def test_it_is_there_from_the_day_its_source_made_it_public(small):
    data = accepted(small, ATTACK)
    new = "ev-2025-03-01-attack-on-base-a"
    assert new in happened(data, date(2025, 3, 2))
    assert new not in happened(data, date(2025, 3, 1))
    assert new not in happened(small)
    assert data.fingerprint != small.fingerprint


def test_a_place_without_a_point_gets_one_of_its_commune(small):
    item = reading.read(
        {**{k: v for k, v in ATTACK.items() if k not in ("lon", "lat")}, "commune_pcode": "HT0121"}, small, TODAY
    )
    cells = item.fields
    assert (float(cells["lon"]), float(cells["lat"])) == pytest.approx((-72.25, 18.55))
    assert (cells["location_precision"], cells["department_pcode"]) == ("commune", "HT01")


def test_figures_have_sources_of_their_own_and_one_page_is_one_source(small):
    other = {**PAGE, "title": "Six dead", "publisher": "EFE", "url": "https://example.org/efe"}
    figures = [
        {"measure": "killed", "value_min": 5, "unit": "people", "sources": [PAGE]},
        {"measure": "killed", "value_min": 6, "unit": "people", "sources": [other]},
    ]
    made = rows.rows(rows.checked({**ATTACK, "figures": figures}, small, TODAY), small)
    assert [row["publisher"] for row in made["sources"]] == ["Daily", "EFE"]
    assert [(row["figure_id"][-4:], row["value_min"], row["source_id"]) for row in made["figures"]] == [
        (".f01", "5", "daily-2025-base-a-attacked"),
        (".f02", "6", "efe-2025-six-dead"),
    ]


def test_a_new_status_ends_the_one_before(small):
    raw = {"kind": "status", "record_id": "fob-a", "status": "closed", "valid_from": "2025-03-01", "sources": [PAGE]}
    data = accepted(small, raw)
    assert status(data, "fob-a", date(2025, 2, 28), TODAY) == ["handed_over"]
    assert status(data, "fob-a", date(2025, 3, 1), TODAY) == ["closed"]
    assert status(data, "fob-a", date(2025, 3, 1), date(2025, 3, 1)) == ["handed_over"]
    assert [*check.spells_apart(data), *check.revisions_in_order(data)] == []
    item = reading.read(raw, small, TODAY)
    assert effects.effects(rows.rows(item, small), small, TODAY)[:2] == ["fobs closed 0 → 1", "fobs handed_over 1 → 0"]


def test_a_correction_is_a_revision_and_may_have_been_known_before(small):
    """Base B began in April, as an older page said: whoever asks for the days before the first page sees it too."""
    older = {**PAGE, "url": "https://example.org/old", "published_on": "2025-05-02"}
    raw = {"kind": "status", "id": "fob-b.1", "change": "correct", "valid_from": "2025-04-20", "date_precision": "day"}
    item = rows.checked({**raw, "sources": [older], "note": "An older page has the day."}, small, TODAY)
    made = rows.rows(item, small)
    assert [name for name, _before, _after in effects.differences(item, made, small)] == [
        *("valid_from", "date_precision", "known_from", "source_ids", "note"),
    ]
    data = with_rows(small, [Accepted("test", made)])
    assert status(small, "fob-b", date(2025, 5, 10), date(2025, 5, 10)) == []
    assert status(data, "fob-b", date(2025, 5, 10), date(2025, 5, 10)) == ["operational"]
    assert status(data, "fob-b", date(2025, 4, 30), TODAY) == ["operational"]
    assert [*check.spells_apart(data), *check.revisions_in_order(data)] == []


def test_a_second_source_raises_the_grade_and_nothing_else(small):
    page = {**PAGE, "publisher": "Courier", "url": "https://example.org/courier", "published_on": "2024-10-08"}
    raw = {"kind": "event", "id": "courts", "change": "add_source", "sources": [page]}
    item = rows.checked(raw, small, TODAY)
    made = rows.rows(item, small)
    assert [name for name, *_ in effects.differences(item, made, small)] == ["known_from", "source_ids"]
    assert effects.effects(made, small, TODAY) == ["courts grade C3 → C2"]


def test_a_withdrawal_takes_the_record_out_from_the_day_it_was_known(small):
    raw = {"kind": "event", "id": "courts", "change": "withdraw", "note": "It was another court.", "sources": [PAGE]}
    data = accepted(small, raw)
    assert "courts" not in happened(data, date(2025, 3, 2))
    assert "courts" in happened(data, date(2025, 3, 1))


def test_a_new_place_comes_with_its_first_status(small):
    raw = {
        **{"kind": "record", "layer": "fobs", "type": "fob", "name_en": "Base C", "lon": -72.25, "lat": 18.55},
        **{"status": "operational", "valid_from": "2025-02-01", "operator": "Kenya", "sources": [PAGE]},
    }
    data = accepted(small, raw)
    view = views.layer(data, "fobs", Clocks(TODAY, TODAY)).set_index("fob_id")
    assert view.loc["fob-base-c", ["kind", "operator", "status"]].tolist() == ["fob", "Kenya", "operational"]
    assert (view.loc["fob-base-c"].geometry.x, view.loc["fob-base-c"].geometry.y) == (-72.25, 18.55)


def test_a_place_that_moves_is_replaced_where_it_stood(small):
    moved = accepted(
        small, {"kind": "record", "id": "fob-b", "change": "correct", "lon": -72.24, "lat": 18.56, "sources": [PAGE]}
    )
    assert moved["fobs"]["fob_id"].tolist() == small["fobs"]["fob_id"].tolist()
    assert moved["fobs"].geometry.iloc[1].x == -72.24


def test_a_report_of_an_error_changes_nothing(small):
    item = rows.checked({"kind": "event", "id": "courts", "change": "wrong", "note": "Wrong day."}, small, TODAY)
    assert (item.faults, rows.rows(item, small)) == ((), {})


BAD = {
    "a day after today": (
        {"valid_from": "2025-07-01"},
        "valid_from: found '2025-07-01', required a day not after",
    ),
    "known before it happened": ({"known_from": "2025-02-01"}, "nothing is known before it happens"),
    "known after today": ({"known_from": "2026-02-01"}, "known_from: found '2026-02-01'"),
    "a place abroad": ({"lon": 2.3, "lat": 48.8}, r"lon, lat: found '2\.3, 48\.8', required a place in Haiti"),
    "no numbers": ({"lon": "west"}, "lon, lat: found 'west, 18.55', required two numbers"),
    "no source": ({"sources": []}, "sources: found"),
    "a category that is none": ({"category": "party"}, "category: found 'party', required one of "),
    "a source without address": ({"sources": [{**PAGE, "url": ""}]}, "sources 1, url: found nothing"),
    "a source without day": ({"sources": [{**PAGE, "published_on": ""}]}, "sources 1, published_on: found nothing"),
    "a script for an address": ({"sources": [{**PAGE, "url": "javascript:1"}]}, "url: found 'javascript:1'"),
    "a figure without source": (
        {"figures": [{"measure": "killed", "value_min": 1, "unit": "people"}]},
        "figures 1: found",
    ),
    "a figure that is none": (
        {"figures": [{"measure": "killed", "value_min": "many", "unit": "people", "sources": [PAGE]}]},
        "value_min: found 'many', required a number",
    ),
    "markup": ({"title_en": "<b>Attack</b>"}, "title_en: found '<b>Attack</b>', required plain text"),
    "ten thousand characters": ({"note": "a" * 10_000}, "required text of at most 4,000 characters"),
    "a category that is no word": ({"category": "Gang attack!"}, "category: found 'Gang attack!'"),
    "a column that is not there": ({"colour": "red"}, "colour: found 'red', required one of the columns"),
    "a commune that is not there": (
        {"commune_pcode": "HT9999"},
        "commune_pcode: found 'HT9999', required an id",
    ),
    "a kind that is not there": ({"kind": "rumour"}, "kind: found 'rumour', required one of event"),
    "a change without id": ({"change": "correct"}, "id: found nothing"),
    "an id that is not there": ({"change": "correct", "id": "ev-none"}, "required the id of a record of events"),
    "nothing that differs": ({"change": "correct", "id": "courts", "category": "court_reopening"}, "that differs"),
}


@pytest.mark.parametrize("case", BAD)
def test_each_fault_is_one_true_sentence(small, case):
    changed, said = BAD[case]
    if "nothing that differs" in case:
        raw: Any = {"kind": "event", **changed, "sources": [PAGE]}
    else:
        raw = {**ATTACK, **changed}
    found = rows.checked(raw, small, TODAY).faults
    assert any(said.replace("\\", "") in fault for fault in found), found
    if case not in ("an id that is not there", "a change without id"):
        assert len(found) == 1, found


@pytest.mark.parametrize("title", ["x" * 10_000, "<img src=x>"])
def test_a_cell_that_is_refused_is_not_told_to_be_empty_besides(small, title):
    told = reading.read({**ATTACK, "sources": [{**PAGE, "title": title}]}, small, TODAY).faults
    assert len([line for line in told if line.startswith("sources 1, title")]) == 1
    assert not [line for line in told if "found nothing" in line]


def test_several_faults_are_told_at_once(small):
    raw = {**ATTACK, "title_en": "<i>", "valid_from": "2030-01-01", "sources": [{**PAGE, "url": "ftp://x"}], "x": 1}
    assert len(rows.checked(raw, small, TODAY).faults) == 4


def test_a_correction_of_what_changed_meanwhile_shows_both(small):
    raw = {"kind": "event", "id": "courts", "change": "correct", "valid_from": "2024-10-08", "sources": [PAGE]}
    late = rows.checked(raw, small, TODAY)
    data = accepted(small, {**raw, "valid_from": "2024-10-09"})
    with pytest.raises(InputError, match=r"valid_from is '2024-10-09', the correction says '2024-10-08'"):
        submission.require_unchanged(late, data)
    submission.require_unchanged(late, small)


def test_rows_that_collide_are_a_fault_beside_the_rest(small):
    raw = {"kind": "event", "id": "courts", "change": "correct", "valid_from": "2024-10-08", "sources": [PAGE]}
    made = rows.rows(rows.checked(raw, small, TODAY), small)
    attack = rows.rows(rows.checked(ATTACK, small, TODAY), small)
    data = with_rows(small, [Accepted("1", made), Accepted("2", made), Accepted("3", attack)])
    assert len(data.faults) == 1
    assert "courts revision 2 a second time" in str(data.faults[0])
    assert "ev-2025-03-01-attack-on-base-a" in happened(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["kind", "change", "id", "layer", "sources", "figures", "title_en", "valid_from", "lon", "url"]
                ),
                inner,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_is_handed_in_is_read_or_refused(small, raw):
    item = rows.checked(raw, small, TODAY)
    assert item.faults
    assert submission.from_dict(submission.as_dict(item)) == replace(item, faults=())


@given(st.sampled_from(["events", "status"]), st.randoms())
def test_a_view_takes_the_highest_revision_known(small, table, random):
    """Whatever the order of the known days, a view shows the highest revision with `known_from` <= `known_on`."""
    frame = (
        small[table]
        .iloc[[0] * 4]
        .assign(
            revision=[1, 2, 3, 4],
            known_from=[f"2025-0{random.randint(1, 9)}-01" for _ in range(4)],
        )
    )
    frame = frame.astype({"known_from": "datetime64[s]", "revision": "Int64"}).reset_index(drop=True)
    when = date(2025, random.randint(1, 9), 15)
    known = revisions.revisions(frame, frame.columns[0]).known(revisions.day_number(when))
    public = [n for n in range(4) if frame["known_from"].iloc[n].date() <= when]
    assert known.nonzero()[0].tolist() == public[-1:]


def test_a_page_of_the_month_makes_nothing_known_before_it_happened(small):
    page = {**PAGE, "published_on": "2025-03"}
    cells = reading.read({**ATTACK, "valid_from": "2025-03-09", "sources": [page]}, small, TODAY).fields
    assert (cells["known_from"], cells["known_precision"]) == ("2025-03-09", "month")
    older = {**PAGE, "published_on": "2025-02"}
    assert rows.checked({**ATTACK, "valid_from": "2025-03-09", "sources": [older]}, small, TODAY).faults


def test_a_second_page_of_the_same_month_makes_nothing_known_earlier(small):
    """The event is known since 7 October; a page of "October" may be of the 31st."""
    page = {**PAGE, "publisher": "Courier", "url": "https://example.org/courier", "published_on": "2024-10"}
    item = rows.checked({"kind": "event", "id": "courts", "change": "add_source", "sources": [page]}, small, TODAY)
    assert (item.faults, item.fields["known_from"], item.fields["known_precision"]) == ((), "2024-10-07", "month")
    data = with_rows(small, [Accepted("test", rows.rows(item, small))])
    assert check.revisions_in_order(data) == []


ODD = st.sampled_from(
    [
        None,
        True,
        10**400,
        float("nan"),
        "",
        "1",
        "-72.3",
        "2025-13",
        "9" * 500,
        "\u202e",
        [],
        {},
        ["a"],
        {"a": 1},
        [{}],
        [PAGE],
    ]
)
WRITTEN = (
    "id",
    "change",
    "layer",
    "sources",
    "figures",
    "type",
    "title_en",
    "valid_from",
    "lon",
    "lat",
    "status",
    "known_from",
)


@given(
    st.sampled_from([*submission.KINDS, *["record"] * 6]),
    st.dictionaries(st.sampled_from(WRITTEN), ODD),
    st.sampled_from([{}, *({"layer": layer} for layer in ("fobs", "prisons", "facilities", "gang_zones"))]),
    st.sampled_from([{}, {"id": "fob-a"}, {"id": "zone-b"}, {"id": "courts"}, {"id": "fob-a.1"}, {"id": "un-1"}]),
    st.sampled_from([{}, *({"change": change} for change in submission.CHANGES)]),
)
def test_whatever_stands_in_a_submission_is_read_or_refused_in_sentences(small, kind, odd, layer, record, change):
    item = rows.checked({**odd, **layer, **record, **change, "kind": kind}, small, TODAY)
    assert all(isinstance(fault, str) for fault in item.faults)


def test_a_new_zone_comes_with_its_unit(small):
    raw = {
        **{
            "kind": "record",
            "layer": "gang_zones",
            "name_en": "Zone C",
            "place": "Somewhere",
            "commune_pcode": "HT0121",
        },
        **{"unit": "commune", "unit_pcodes": "HT0121", "status": "contested", "valid_from": "2025-03-01"},
    }
    data = accepted(small, {**raw, "sources": [PAGE]})
    view = views.layer(data, "gang_zones", Clocks(TODAY, TODAY)).set_index("zone_id")
    assert view.loc["zone-zone-c", ["status", "unit", "unit_pcodes"]].tolist() == ["contested", "commune", "HT0121"]


def test_a_second_source_of_a_place_is_one_of_the_status_in_force_then(small):
    """Base A was handed over on 21 January 2025: a page of December is about Kenya, one of March about Guatemala."""
    for day, spell in (("2024-12-24", "fob-a.1"), ("2025-03-02", "fob-a.2"), ("2020-01-01", "fob-a.1")):
        page = {**PAGE, "published_on": day}
        item = reading.read({"kind": "record", "id": "fob-a", "change": "add_source", "sources": [page]}, small, TODAY)
        assert (item.kind, item.table, item.record_id) == ("status", "status", spell)


def test_a_second_count_widens_the_range_and_is_told(small):
    """The events of the small data have inmates_held of 3,600 to 4,600 by three sources."""
    efe = {**PAGE, "url": "https://example.org/five"}
    figure = {"measure": small["figures"]["measure"].iloc[0], "value_min": 5000, "unit": "inmates", "sources": [efe]}
    raw = {"kind": "event", "id": "break-a", "change": "add_source", "sources": [efe], "figures": [figure]}
    made = rows.rows(rows.checked(raw, small, TODAY), small)
    assert [(row["figure_min"], row["figure_max"], row["dispute"]) for row in made["events"]] == [
        ("3600", "5000", "figures")
    ]
    assert check.figures_agree(accepted(small, raw)) == []
    assert "break-a inmates 3600-4600 → 3600-5000" in effects.effects(made, small, TODAY)
    other = {**raw, "figures": [{**figure, "measure": "guards_killed"}]}
    (event,) = rows.rows(rows.checked(other, small, TODAY), small)["events"]
    assert (event["figure_min"], event["figure_max"]) == ("3600", "4600")


def test_the_effect_of_an_indicator_is_told_against_the_last_of_its_series(small):
    raw = {
        **{"kind": "indicator", "indicator": "idps", "series": "iom_dtm", "value": 800000, "unit": "persons"},
        **{"area": "National", "area_pcode": "HT", "period_type": "point", "period_end": "2025-02-01"},
        "sources": [PAGE],
    }
    made = rows.rows(rows.checked(raw, small, TODAY), small)
    (told,) = [line for line in effects.effects(made, small, TODAY) if "persons" in line]
    assert told.endswith(" persons 700000 → 800000")


def test_the_unit_of_a_new_zone_is_not_that_of_its_first_assessment(small):
    raw = {
        **{"kind": "record", "layer": "gang_zones", "name_en": "Zone C", "commune_pcode": "HT0111", "lon": -72.35},
        **{"lat": 18.55, "unit": "commune", "unit_pcodes": "HT0111", "status": "influence"},
        **{"valid_from": "2025-03-01", "sources": [PAGE]},
    }
    made = rows.rows(rows.checked(raw, small, TODAY), small)
    assert made["gang_zones"][0]["unit_pcodes"] == "HT0111"
    assert (made["status"][0]["unit"], made["status"][0]["unit_pcodes"]) == ("", "")


def test_a_year_that_is_not_over_takes_a_second_source(small):
    """What is required of a whole year stands in the record before the year is over."""
    rows_of = small["indicators"].copy()
    rows_of.loc[rows_of["indicator_id"] == "i2", "period_end"] = "2025-12-31"
    data = replace(small, frames={**small.frames, "indicators": rows_of})
    raw = {"kind": "indicator", "id": "i2", "change": "add_source", "sources": [PAGE]}
    assert reading.read(raw, data, TODAY).faults == ()
    assert reading.read({**raw, "change": "correct", "period_end": "2026-12-31"}, data, TODAY).faults != ()


ZONE = {
    **{"kind": "record", "layer": "gang_zones", "name_fr": "Zone C", "status": "contested"},
    **{"valid_from": "2025-03-01", "sources": [PAGE]},
}


def test_a_zone_lies_where_the_units_do_that_its_source_names(small):
    made = rows.rows(rows.checked({**ZONE, "unit_pcodes": "HT0111;HT0121"}, small, TODAY), small)
    zone = made["gang_zones"][0]
    assert [zone[name] for name in ("unit", "place", "commune_pcode", "department_pcode")] == [
        *("commune", "Alpha-Goâve, Bêta", "", "HT01")
    ]
    assert -72.4 < float(zone["lon"]) < -72.2
    data = accepted(small, {**ZONE, "unit_pcodes": "HT0121"})
    view = views.layer(data, "gang_zones", Clocks(TODAY, TODAY)).set_index("zone_id")
    assert view.loc["zone-zone-c", "geometry"].equals(small["communes"].set_index("pcode").loc["HT0121", "geometry"])


def test_a_zone_is_a_place_with_its_uncertainty_if_no_unit_is_named(small):
    at = {"place": "Somewhere", "lon": -72.35, "lat": 18.55, "uncertainty_m": "700"}
    made = rows.rows(rows.checked({**ZONE, **at}, small, TODAY), small)
    assert [made["gang_zones"][0][name] for name in ("unit", "uncertainty_m")] == ["place", "700"]
    assert made["status"][0]["uncertainty_m"] == ""


UNITS_AT_FAULT: dict[str, tuple[dict[str, str], str]] = {
    "none and no metres": ({}, "unit_pcodes: found nothing, required the units that the source names"),
    "one that is not there": ({"unit_pcodes": "HT0199"}, "unit_pcodes: found 'HT0199', required P-codes"),
    "two levels": ({"unit_pcodes": "HT01;HT0111"}, "unit_pcodes: found 'HT01;HT0111', required units of one level"),
    "another level": ({"unit_pcodes": "HT0111", "unit": "department"}, "unit: found 'department', required commune"),
    "a level alone": ({"unit": "commune"}, "unit_pcodes: found nothing, required the P-codes"),
}


@pytest.mark.parametrize("case", UNITS_AT_FAULT)
def test_units_that_are_none_are_one_clear_sentence(small, case):
    more, told = UNITS_AT_FAULT[case]
    item = rows.checked({**ZONE, **more}, small, TODAY)
    assert len(item.faults) == 1
    assert item.faults[0].startswith(told)


def test_an_assessment_names_a_unit_only_if_it_is_another(small):
    raw = {"kind": "status", "record_id": "zone-b", "status": "controlled", "valid_from": "2025-03-01"}
    plain = rows.rows(rows.checked({**raw, "sources": [PAGE]}, small, TODAY), small)["status"][-1]
    other = rows.rows(rows.checked({**raw, "unit_pcodes": "HT0111", "sources": [PAGE]}, small, TODAY), small)
    assert (plain["unit"], plain["unit_pcodes"]) == ("", "")
    assert (other["status"][-1]["unit"], other["status"][-1]["unit_pcodes"]) == ("commune", "HT0111")


def test_a_source_that_is_known_needs_its_address_only(small):
    known = small["sources"]["url"].iloc[0]
    item = rows.checked({**ATTACK, "sources": [{"url": known}]}, small, TODAY)
    assert not [line for line in item.faults if line.startswith("sources")]
    assert item.sources == ({"source_id": small["sources"]["source_id"].iloc[0]},)

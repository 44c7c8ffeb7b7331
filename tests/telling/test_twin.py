"""The text twin says what is drawn."""

from __future__ import annotations

import re
from datetime import date

import pytest

from mssmap import i18n
from mssmap.legend import layers
from mssmap.measures import keyfigures
from mssmap.records import differences, views
from mssmap.records.shown import Filters
from mssmap.records.shown import shown as shown_of
from mssmap.telling import cards, listing, twin


@pytest.fixture(autouse=True)
def _english():
    i18n.use("en")
    yield
    i18n.use("en")


def shown(data, clocks, start=None):
    return shown_of(data, Filters(clocks, start=start, end=clocks.as_of, plans=True))


def tell(data, clocks, on=layers.DEFAULT):
    window = (date(2024, 1, 1), clocks.as_of)
    return twin.situation(shown(data, clocks, window[0]), keyfigures.key_figures(data, clocks), on, window)


def test_the_situation_names_day_bases_and_prisons(small, on):
    lines = tell(small, on("2025-01-25", "2025-02-01"))
    assert lines[0] == "Situation on 25 Jan 2025, as known on 1 Feb 2025."
    assert "Bases: handed over 1 (Base A), planned 1 (Plan X)." in lines
    assert "Prisons: emptied by escape 1 (Prison A)." in lines or "Prisons: emptied 1 (Prison A)." in lines


def test_what_the_grade_hides_is_told_before_the_figures(real, on):
    clocks = on("2025-01-18", "2025-01-18")
    figures = keyfigures.key_figures(real, clocks, "B2", "HT05")
    hidden = views.hidden_by_grade(real, clocks, "B2", "HT05")
    lines = twin.situation(
        shown(real, clocks), figures, layers.DEFAULT, (date(2024, 10, 1), clocks.as_of), "B2", hidden
    )
    assert lines[1].startswith("Below grade B2 and left out: bases 2, prisons 2, ")
    assert "Personnel deployed: not available at grade B2: 9 below it (all of Haiti)" in lines[2]
    assert "Bases in use: not available at grade B2: 2 below it" in lines[2]


def test_layers_that_are_off_are_not_told(small, on):
    lines = tell(small, on("2025-01-25", "2025-02-01"), on=["prisons.emptied"])
    assert not any(line.startswith("Bases") for line in lines)
    assert any(line.startswith("Prisons") for line in lines)


def test_no_events_is_not_called_calm(small, on):
    lines = tell(small, on("2024-01-15", "2025-02-01"))
    assert lines[-1].endswith("that nothing is reported is not the same as calm.")


def test_a_handover_is_the_first_line_of_what_changed(small):
    found = differences.changes(small, date(2025, 1, 10), date(2025, 2, 10))
    lines = twin.change_lines(differences.as_records(small, found, date(2025, 2, 10)))
    assert (
        lines[0] == "21 Jan 2025 (learnt 23 Jan 2025) · Status changed: Base A (operational → handed over, Guatemala)"
    )


def test_the_closed_airport_is_told_with_both_days(real):
    found = differences.changes(real, date(2024, 11, 1), date(2025, 1, 18))
    records = differences.as_records(real, found, date(2025, 1, 18))
    (line,) = [twin.change_line(record) for record in records if record["record_id"] == "fac-01"]
    assert line.startswith("11 Nov 2024 (learnt Nov 2024) · Status changed: ")
    assert line.endswith("(open → closed)")


@pytest.mark.parametrize("language", ["fr", "ht", "es"])
def test_every_language_tells_the_same_numbers(real, on, language):
    clocks = on("2025-01-18", "2025-01-18")
    english = [digits(line) for line in tell(real, clocks)]
    i18n.use(language)
    assert [digits(line) for line in tell(real, clocks)] == english


def digits(line: str) -> list[str]:
    """Numbers of a line without the group marks, which differ by language."""
    return sorted(re.findall(r"\d+", re.sub(r"(?<=\d)[,.\u202f](?=\d{3})", "", line)))


def test_plans_are_told_apart_from_what_happened(real, on):
    lines = tell(real, on("2025-01-18"), on=layers.ALL)
    facts = views.events(real, on("2025-01-18"), start=date(2024, 1, 1))
    assert f"Events from 1 Jan 2024 to 18 Jan 2025: {len(facts)} (" in lines[-3]
    assert lines[-1].startswith("Announced, not counted: ")
    assert lines[-1].count("(announced on 18 Jan 2025)") == 3
    assert "Latest:" in lines[-2]
    assert "announced" not in lines[-2]
    without = [name for name in layers.ALL if name != "events.planned"]
    assert not any(line.startswith("Announced") for line in tell(real, on("2025-01-18"), on=without))


def test_a_plan_whose_day_has_passed_reads_so(small, on):
    ahead, after = (
        "\n".join(twin.layer(views.events(small, on(day), plans=True), "events", on(day)))
        for day in ("2025-01-18", "2025-02-01")
    )
    assert "200 more officers: planned for 31 Jan 2025 · " in ahead
    assert "200 more officers: planned for 31 Jan 2025, outcome not known · " in after
    cards_said = [
        dict(cards.card(small, views.record(small, "plan", on(day)), on(day), date(2025, 2, 1))["facts"])["When"]
        for day in ("2025-01-18", "2025-02-01")
    ]
    assert cards_said == ["planned for 31 Jan 2025", "planned for 31 Jan 2025, outcome not known"]


def test_a_plan_whose_day_is_that_of_its_announcement_is_not_told_as_planned_for_it(real, on):
    clocks = on("2026-11-01")
    told = "\n".join(twin.layer(views.events(real, clocks, plans=True), "events", clocks))
    assert "announced on 18 Jan 2025, outcome not known" in told
    assert "announced on 23 Jan 2026, outcome not known" in told
    assert "announced on 27 Jan 2026, outcome not known" in told, "known in January"
    assert "planned for 30 Aug 2026" not in told, "the calendar of July 2026 has other days"
    assert "planned for Oct 2026, outcome not known" in told
    assert "planned for 13 Dec 2026" in told
    record = views.record(real, "ev-2025-01-18-kenya-announces-further-units-gs", clocks)
    facts = dict(cards.card(real, record, clocks, clocks.as_of)["facts"])
    assert facts["When"] == "announced on 18 Jan 2025, outcome not known"


def test_a_change_of_a_plan_tells_the_day_of_the_announcement_as_such(real):
    days = date(2025, 1, 17), date(2025, 2, 10)
    records = differences.as_records(real, differences.changes(real, *days, plans=True), days[1])
    told = {record["record_id"]: record for record in records if record["table"] == "events"}
    kenya = told["ev-2025-01-18-kenya-announces-further-units-gs"]
    assert twin.change_line(kenya).startswith("announced on 18 Jan 2025 (learnt 18 Jan 2025) · New: ")
    assert "announced 2025-01-18" in listing.change_text([kenya])


def test_the_end_of_a_spell_is_told_as_exactly_as_the_beginning_of_the_next(real, on):
    """Closed on 11 November 2024, limited since 11 December; a zone held since June, lost in October."""
    clocks = on("2024-11-20", "2026-11-01")
    (airport,) = [
        line
        for line in twin.layer(views.layer(real, "facilities", clocks), "facilities", clocks)
        if line.startswith("Toussaint")
    ]
    assert "Closed · 11 Nov 2024 to 10 Dec 2024" in airport
    record = views.record(real, "fac-01", clocks)
    card = cards.card(real, record, clocks, clocks.as_of)
    assert "11 Nov 2024 to 10 Dec 2024" in [row["when"] for row in card["history"]]
    assert dict(card["facts"])["When"] == "11 Nov 2024 to 10 Dec 2024"
    zone = cards.card(real, views.record(real, "zone-grangrif", clocks), clocks, clocks.as_of)
    assert "Jun 2023 to 2 Oct 2024" in [row["when"] for row in zone["history"]]


@pytest.mark.parametrize(("lang", "name"), [("fr", "Base A"), ("ht", "Base A"), ("es", "Base A"), ("en", "Base A")])
def test_a_name_without_translation_is_told_in_english(small, on, lang, name):
    i18n.use(lang)
    assert any(f"({name})" in line for line in tell(small, on("2025-01-25", "2025-02-01")))


def test_a_name_with_a_translation_is_told_in_it(small):
    beta = next(row for row in small["communes"].itertuples() if row.pcode == "HT0121")
    for lang, name in (("en", "Beta"), ("fr", "Bêta"), ("ht", "Bèta"), ("es", "Beta")):
        i18n.use(lang)
        assert twin.title(beta) == name

"""What a pack says: numbers of the core, words of the language, what had to be shortened."""

from __future__ import annotations

import re
from datetime import date

import pytest

from mssmap import i18n
from mssmap.brief import Brief, content, written
from mssmap.brief.drawing import plots
from mssmap.errors import InputError, NotFoundError
from mssmap.measures import keyfigures
from mssmap.records import views
from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks

from .conftest import BRIEF, MADE


@pytest.fixture
def tiny(small):
    """Return the content of a pack over the small data: 18 January 2025, changes since 1 November 2024."""
    day = date(2025, 1, 18)
    return content.compose(small, Brief(Filters(Clocks(day, day)), MADE, since=date(2024, 11, 1)))


def test_the_numbers_are_those_of_the_core(tiny, small):
    figures = keyfigures.key_figures(small, tiny.brief.clocks)
    assert [f.exact for f in tiny.figures] == [f.value for f in figures]
    assert tiny.figures[0].value == "400"  # two arrivals of 200
    assert tiny.counts["fobs.operational"] == 1
    assert tiny.counts["gang_zones.controlled"] == 1


def test_tables_cite_numbered_sources_with_grades(tiny):
    bases, zones = tiny.of("records")
    assert [row[:3] + row[4:5] for row in bases.rows] == [
        ("Base A", "Operational", "Kenya", "C3"),
        ("Plan X", "Planned", "–", "C3"),
    ]
    numbers = {source.number: source.source_id for source in tiny.sources}
    assert numbers[int(bases.rows[0][5])] == "press-2"
    assert zones.rows[0][3].endswith("last report 8 months ago")  # blog-1 of 1 June 2024: 231 days
    assert [source.number for source in tiny.sources] == list(range(1, len(tiny.sources) + 1))


def test_nothing_later_than_the_second_dial_is_cited(tiny):
    cited = {source.source_id for source in tiny.sources}
    assert {"press-1", "press-2"} <= cited
    assert "press-3" not in cited  # published on 23 January


def test_changes_are_those_since_the_last_brief(tiny):
    assert list(tiny.changes.lines) == [
        "18 Jan 2025 (learnt 18 Jan 2025) · New: Plan X",
        "28 Nov 2024 (learnt 2 Dec 2024) · New: Base A",
        "planned for 31 Jan 2025 (learnt 18 Jan 2025) · New: 200 more officers",
        "8 Nov 2024 (learnt 8 Nov 2024) · New: Kenya: strength 430",
    ]
    assert (tiny.changes.counts, tiny.changes.more) == ("new 3, plans 1", 0)


def test_highlights_are_proposed_from_what_changed(real, brief):
    said = content.compose(real, brief()).highlights
    assert 2 <= len(said) <= 5
    assert "Kenya 217" in said[0]
    assert any("Pont-Sondé massacre · 70-115 killed (C2" in line for line in said)


def test_with_nothing_new_the_highlights_say_so(small):
    day = date(2024, 9, 1)
    told = content.compose(small, Brief(Filters(Clocks(day, day)), MADE, since=date(2024, 9, 1)))
    assert told.highlights[0] == "362,000 displaced people in the country (31 Mar 2024). (BINUH)"
    assert told.highlights[1].startswith("Nothing new was reported since 1 Sep 2024")


@pytest.mark.parametrize("lang", ["fr", "ht", "es"])
def test_the_language_of_the_pack_is_its_own(real, brief, lang):
    i18n.use("en")
    told = content.compose(real, brief(lang=lang))
    assert i18n.current() == "en"
    titles = {
        "fr": "Haïti : situation sécuritaire",
        "ht": "Ayiti: sitiyasyon sekirite",
        "es": "Haití: situación de seguridad",
    }
    assert told.title.replace("\u202f", " ").replace("\xa0", " ") == titles[lang]
    others = {code: content.compose(real, brief(lang=code)).subtitle for code in ("en", "fr", "ht", "es")}
    assert len(set(others.values())) == 4
    assert told.subtitle == others[lang]
    assert any(event.event_id.endswith("pont-sonde-massacre") for event in told.events)


def test_a_pack_of_a_region_has_its_records_only(real, brief):
    told = content.compose(real, brief(region="HT05"))
    assert set(told.shown["fobs"]["department_pcode"]) == {"HT05"}
    assert told.place == "Artibonite"
    assert told.extent[0] < -72.9 < told.extent[2]
    with pytest.raises(NotFoundError):
        content.compose(real, brief(region="HT99"))


def test_a_plan_is_told_with_its_band(real, brief):
    from mssmap.planning import on_data, plan_file

    day = brief()
    plan = plan_file.to_dict(on_data.find(real, "baseline", day.clocks, "F6"))
    table = content.compose(real, brief(scenario=plan)).of("plan")[0]
    value, low, high = (float(cell.replace(",", "")) for cell in table.rows[0][1:4])
    assert low < value < high
    own = content.compose(real, brief(scenario={**plan, "travel": "matrix", "matrix": "0" * 64})).of("plan")[0]
    assert own.rows == table.rows
    later = plan_file.to_dict(on_data.find(real, "baseline", Clocks(date(2025, 6, 30), date(2025, 7, 1)), "F6"))
    said = "Worked out on the days of the plan: 30 Jun 2025, as known on 1 Jul 2025."
    assert said not in table.note
    assert content.compose(real, brief(scenario=later)).of("plan")[0].note.startswith(said)
    assert own.note.startswith("By the road model: a pack does not carry")
    with pytest.raises(InputError, match=r"^scenario: "):
        content.compose(real, brief(scenario={"id": "x"}))


def test_how_a_plan_is_judged_is_told_in_the_language_of_the_pack(real, brief):
    from mssmap.planning import on_data, plan_file

    plan = plan_file.to_dict(on_data.find(real, "baseline", brief().clocks, "F6"))
    (table,) = content.compose(real, brief(scenario=plan, lang="fr")).of("plan")
    assert "Hors route 12 km/h." in table.note
    assert "Off road" not in table.note
    assert {row[4] for row in table.rows} == {"personnes", "%", "min", "bases"}


def test_what_is_too_long_is_shortened_and_said(real, brief):
    long = brief(
        title="Title " * 60,
        highlights=("word " * 400, "emoji \U0001f680", *["line"] * 4),
        contact="c" * 400,
        classification="k " * 200,
    )
    told = content.compose(real, long)
    assert [what for what, _values in told.shortened] == ["signs", "highlights", "highlight", "title", "classification",
                                                          "contact"]  # fmt: skip
    assert content.tell_shortened(told)[2] == "Highlight 1 was shortened to three lines."
    assert told.highlights[0].endswith("…")
    assert told.highlights[1] == "emoji □"
    assert len(told.highlights) == 5


def test_an_empty_view_is_told_as_such(real, brief):
    told = content.compose(real, brief(layers=()))
    assert [table.rows for table in told.tables] == [()] * len(content.compose(real, brief()).tables)
    assert len(told.events) == 0
    assert told.shortened == ()
    assert plots.strip(told, 182) == ("", 0.0)


def test_the_strength_of_the_pack_is_that_of_the_core(real, brief):
    told = content.compose(real, brief())
    table = plots.strength_table(told.curve)
    rows = views.table(real, "strength", told.brief.clocks)
    moves = rows[rows["record_type"].isin(keyfigures.CURVE_RECORDS)]
    assert int(table.iloc[-1].sum()) == int(moves["net_change"].sum()) == 807
    assert int(table["Kenya"].iloc[-1]) == 617


def test_a_text_of_another_question_is_kept_and_marked(real, brief):
    day = date(2024, 3, 10)
    words = {"title": "December situation", "highlights": ("207 killed in December 2024.", "Said for this day.")}
    asked = brief(as_of=date(2024, 12, 31), known_on=date(2025, 1, 18)).question
    told = content.compose(
        real,
        brief(as_of=day, known_on=day, since=None, written_for={"207 killed in December 2024.": asked,
              "December situation": asked}, **words),
    )  # fmt: skip
    when = "31 Dec 2024, known on 18 Jan 2025, changes since 1 Oct 2024"
    assert told.highlights == (f"[written for {when}] 207 killed in December 2024.", "Said for this day.")
    assert content.tell_shortened(told) == [
        f"Highlight 1 was written for another question: {when}. Its mark says so; read it again.",
        f"The title was written for another question: {when}. Read it again.",
    ]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"lang": "fr"}, "English"),
        ({"grade": "B2"}, "grade F6 or better"),
        ({"region": "HT05"}, "Haiti"),
        ({"layers": ("departments",)}, "other layers"),
        ({"since": None}, "changes since 1 Oct 2024"),
    ],
)
def test_a_mark_says_in_what_the_question_differs(real, brief, changes, what):
    with_it = brief(highlights=("A",), written_for={"A": BRIEF.question}, **changes)
    assert str(written.elsewhere(real, "A", with_it)) == what


def test_a_long_text_of_another_question_keeps_its_mark(real, brief):
    words = "word " * 400
    asked = brief(as_of=date(2024, 12, 31)).question
    told = content.compose(real, brief(highlights=(words,), written_for={words: asked}))
    assert told.highlights[0].startswith("[written for 31 Dec 2024] word ")
    assert told.highlights[0].endswith("…")


def test_changes_without_a_sentence_of_their_own_are_not_called_nothing_new(real):
    said = content.propose(real, Brief(Filters(Clocks(date(2026, 2, 15), date(2026, 2, 15)), region="HT0111"), MADE))
    assert any(line.startswith("Changes learnt since 18 Oct 2025: new ") for line in said)
    assert not any("Nothing new" in line for line in said)


def test_a_sum_cites_the_best_source_of_each_of_its_parts(real, brief):
    (said,) = [line for line in content.compose(real, brief()).highlights if "more personnel" in line]
    assert "AskWikiNow" in said or "askwikinow" in said.lower(), "787 stands there alone"


def test_the_months_of_the_strip_stand_below_its_lanes(real, brief):
    drawn, height = plots.strip(content.compose(real, brief()), 182)
    places = [float(y) for y in re.findall(r'<text[^>]* y="([-0-9.]+)"', drawn)]
    assert len(places) > 5
    assert [y for y in places if not 0 < y <= height] == []

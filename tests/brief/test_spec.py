"""What a pack is asked to be: round trips, numbers, links, refusals."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from mssmap.brief import spec
from mssmap.errors import InputError

from .conftest import BRIEF, like


def test_a_specification_survives_its_plain_values(brief):
    full = brief(extent=(-73.0, 18.0, -72.0, 19.0), highlights=("a", "b"), region="HT05", scenario={"id": "x"})
    assert spec.from_dict(spec.to_dict(full)) == full


def test_a_text_belongs_to_the_question_for_which_it_was_written(brief):
    other = brief(highlights=("a", "b"), title="t", written_for={"a": BRIEF.question, "b": brief(lang="fr").question})
    assert other.other_question("a") is None
    assert other.other_question("b") == brief(lang="fr").question
    assert other.other_question("t") is None
    assert spec.from_dict(spec.to_dict(other)) == other


def test_a_specification_taken_over_for_another_day_keeps_for_which_its_texts_were_written(brief):
    first = brief(highlights=("a",), title="t")
    edited = spec.from_dict({**spec.to_dict(first), "as_of": "2024-12-31"})
    for other in (edited, like(first, as_of=date(2024, 12, 31))):
        assert (other.other_question("a"), other.other_question("t")) == (first.question, first.question)
    assert dataclasses.replace(edited, highlights=("b",)).other_question("b") is None


def test_texts_of_a_specification_without_their_question_have_an_unknown_one(brief):
    values = spec.to_dict(brief(highlights=("a",), title="t"))
    del values["written_for"]
    assert spec.from_dict(values).written_for == {"t": {}, "a": {}}


def test_the_number_stands_for_one_content(brief):
    made = brief(data="0123456789abcdef/0.1.0")
    assert dataclasses.replace(made, created=datetime(2026, 1, 1, tzinfo=UTC), version=3).number == made.number
    others = [{"title": "x"}, {"highlights": ("x",)}, {"grade": "C3"}, {"data": "f/0.1.0"}, {"contact": "x"}]
    assert len({made.number, *(like(made, **other).number for other in others)}) == 6
    assert made.number.startswith("HTI-20250118-")


def test_a_pack_of_before_keeps_the_number_that_it_bears(brief):
    before = tuple(name for name in BRIEF.layers if name != "events.planned")
    assert brief(layers=before).number == "HTI-20250118-29A4"


def test_file_names_say_country_what_paper_and_day(brief):
    assert BRIEF.stem == "HTI_Situation_A4_20250118"
    assert brief(region="HT05", paper="Letter").stem == "HTI_HT05_Letter_20250118"


def test_the_link_opens_the_same_view(brief):
    made = brief(grade="C3", region="HT05", layers=("departments", "communes"), address="https://example.org/")
    split = urlsplit(made.link)
    assert f"{split.scheme}://{split.netloc}{split.path}" == "https://example.org/"
    assert {key: values[0] for key, values in parse_qs(split.query).items()} == {
        "as_of": "2025-01-18",
        "known_on": "2025-01-18",
        "since": "2024-10-01",
        "from": "2024-10-01",
        "to": "2025-01-18",
        "grade": "C3",
        "region": "HT05",
        "layers": "regions",
        "lang": "en",
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lang": "de"}, r"^lang: found 'de', required one of en, fr, ht, es"),
        ({"paper": "A3"}, r"^paper: found 'A3', required one of A4, Letter"),
        ({"since": date(2025, 2, 1)}, r"^since: found 2025-02-01, required a day not after known_on \(2025-01-18\)"),
        ({"layers": ("moon",)}, r"^layers: found 'moon', required layers such as"),
        ({"extent": (-72.0, 18.0, -73.0, 19.0)}, r"^extent: found .* required west, south, east, north"),
        ({"extent": (float("nan"), 18.0, -73.0, 19.0)}, r"^extent: found 'nan"),
        ({"created": datetime(2025, 1, 18)}, r"^created: .* required a time with its zone"),
        ({"grade": "Z9"}, r"^grade: found 'Z9'"),
    ],
)
def test_what_cannot_be_used_is_refused(changes, words):
    with pytest.raises(InputError, match=words):
        like(BRIEF, **changes)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, r"brief: 'as_of' is missing"),
        ({**spec.to_dict(BRIEF), "colour": 1}, r"brief: found colour, required only"),
        ({**spec.to_dict(BRIEF), "written_for": {"a": {"as_of": "x"}}}, r"brief: 'known_on' is missing"),
        ({**spec.to_dict(BRIEF), "written_for": {"a": {**BRIEF.question, "as_of": "x"}}}, r"as_of: found 'x'"),
        ({**spec.to_dict(BRIEF), "written_for": ["a"]}, r"brief: .* is missing or not of the right kind"),
        ({**spec.to_dict(BRIEF), "created": "noon"}, r"created: found 'noon', required a time with its zone"),
    ],
)
def test_plain_values_that_are_no_specification_are_refused(values, words):
    with pytest.raises(InputError, match=words):
        spec.from_dict(values)

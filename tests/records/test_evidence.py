"""The grading rule, case by case."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from mssmap.errors import InputError
from mssmap.records import citations, evidence
from mssmap.records.revisions import day_number

SOURCES = pd.DataFrame(
    [
        ("un", "BINUH", "A", "2024-03-05"),
        ("wire", "EFE", "B", "2024-03-03"),
        ("press", "Daily", "C", "2024-03-03"),
        ("press-again", "DAILY", "C", "2024-03-04"),
        ("weekly", "Weekly", "C", ""),
        ("blog", "A blog", "D", "2024-03-01"),
        ("blog-2", "Another", "D", "2024-03-01"),
        ("social", "Someone", "E", "2024-03-01"),
        ("odd", "Nobody", "F", "2024-03-01"),
    ],
    columns=["source_id", "publisher", "reliability", "published_on"],
).assign(title=lambda rows: rows["source_id"], url="")
SOURCES["published_on"] = pd.to_datetime(SOURCES["published_on"], errors="coerce").astype("datetime64[s]")


def graded(source_ids: str, known_on: date | None = None, **columns: str) -> str:
    rows = pd.DataFrame({"source_ids": [source_ids], **{name: [value] for name, value in columns.items()}})
    return evidence.grade(rows, SOURCES, known_on).iloc[0]


@pytest.mark.parametrize(
    ("source_ids", "expected"),
    [
        pytest.param("press", "C3", id="one publisher"),
        pytest.param("press;press-again", "C3", id="the same publisher twice is one"),
        pytest.param("press;weekly", "C2", id="two publishers"),
        pytest.param("press;weekly;wire", "B1", id="three publishers, best reliability"),
        pytest.param("press;weekly;wire;un", "A1", id="more than three"),
        pytest.param("blog", "D4", id="best source D: one step lower"),
        pytest.param("blog;blog-2", "D3", id="two sources of D"),
        pytest.param("blog;press", "C2", id="D beside C does not lower"),
        pytest.param("social", "E4", id="social media"),
        pytest.param("odd", "F4", id="cannot be judged"),
        pytest.param("", "F6", id="no source"),
        pytest.param("unheard-of", "F6", id="a source that does not exist"),
    ],
)
def test_reliability_is_the_best_and_credibility_counts_publishers(source_ids, expected):
    assert graded(source_ids) == expected


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"claim": "official_claim"}, "A3"),
        ({"claim": "reported"}, "A1"),
        ({"dispute": "figures"}, "A2"),
        ({"dispute": "fact"}, "A4"),
        ({"confidence": "low"}, "A4"),
        ({"claim": "official_claim", "dispute": "fact", "confidence": "low"}, "A4"),
    ],
)
def test_some_records_are_not_better_than(columns, expected):
    assert graded("un;wire;press", **columns) == expected


def test_a_limit_never_makes_a_grade_better():
    assert graded("blog", dispute="figures") == "D4"


def test_only_sources_public_then_count():
    assert graded("press;un", date(2024, 3, 2)) == "F6"
    assert graded("press;un", date(2024, 3, 3)) == "C3"
    assert graded("press;un", date(2024, 3, 5)) == "A2"
    assert graded("weekly", date(2020, 1, 1)) == "C3", "an empty date of publication counts as published"


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        ("F6", ["A1", "B2", "B4", "C3", "D1", "F6"]),
        ("C3", ["A1", "B2", "C3"]),
        ("B2", ["A1", "B2"]),
        ("D1", ["A1", "D1"]),
        ("a1", ["A1"]),
    ],
)
def test_a_threshold_asks_for_both_letter_and_number(threshold, expected):
    grades = pd.Series(["A1", "B2", "B4", "C3", "D1", "F6"])
    assert grades[evidence.passes(grades, threshold)].tolist() == expected


@pytest.mark.parametrize("text", ["", "G1", "A7", "3", "AA", "A11"])
def test_what_is_no_grade_is_refused(text):
    with pytest.raises(InputError, match=r"grade: found .*letter A-F and a number 1-6"):
        evidence.parse_threshold(text)


def test_sources_are_listed_best_and_newest_first_with_nothing_not_yet_public():
    rows = pd.DataFrame({"source_ids": ["blog;press;press-again;un"]})
    found = evidence.cited(rows, SOURCES, date(2024, 3, 4)).iloc[0]
    assert [source["source_id"] for source in found] == ["press-again", "press", "blog"]
    assert found[0] == {
        "source_id": "press-again",
        "title": "press-again",
        "publisher": "DAILY",
        "url": None,
        "published_on": "2024-03-04",
        "published_precision": "day",
        "reliability": "C",
    }


def test_a_later_report_makes_a_status_fresh_again():
    rows = pd.DataFrame({"source_ids": ["press;un"], "known_from": pd.to_datetime(["2024-03-03"])})
    cited = citations.citations(rows, SOURCES)
    published = [cited.latest(np.array([0]), day_number(date(2024, 3, day)))[0] for day in (4, 5)]
    assert published == [day_number(date(2024, 3, 3)), day_number(date(2024, 3, 5))]


def test_the_rule_is_written_where_the_docs_find_it():
    text = evidence.__doc__ or ""
    assert all(f"{number}. " in text for number in range(1, 7))
    assert "C3" in text

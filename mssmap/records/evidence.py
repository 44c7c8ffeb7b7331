"""
Grades: how far a record can be relied on, by the Admiralty code (NATO AJP-2.1), derived and not judged by hand.

The rule
--------
A grade is a letter and a number, for example B2.

1. **Reliability** (A-F) is the best reliability among the sources of the record. A source has it from its kind:
   A for the United Nations; B for governments, the mission, non-governmental organisations, research and news
   agencies; C for the press; D for aggregators, encyclopedias and blogs; E for social media; F if it cannot be judged.
2. **Credibility** (1-6) counts independent publishers: one gives 3, two give 2, three or more give 1.
3. If the best source is D or worse, credibility is one step lower (one number higher).
4. Credibility is not better than
   3 for an official claim that nobody checked;
   2 if sources disagree about the figures;
   4 if sources disagree about the fact itself;
   4 if the editor's confidence is low;
   4 for a figure that its source quotes from another report;
   6 for a figure whose page is not identified.
5. Credibility never goes beyond 6.
6. Only sources that were public on `known_on` count. If there is none, the grade is F6.

A threshold such as C3 lets a record pass if its reliability is C or better and its credibility 3 or better.
F6 lets everything pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import TypedDict

import numpy as np
import pandas as pd

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.records import schema

RELIABILITIES = "ABCDEF"
LOWEST = "F6"

RELIABILITY_OF_KIND = {
    "un": "A",
    "government": "B",
    "mission": "B",
    "ngo": "B",
    "research": "B",
    "wire": "B",
    "press": "C",
    "aggregator": "D",
    "encyclopedia": "D",
    "blog": "D",
    "social": "E",
}
"""Reliability of a source by the kind of its publisher; anything else cannot be judged (F)."""

CREDIBILITY_OF_PUBLISHERS = {1: 3, 2: 2}
"""Credibility by number of independent publishers; more give 1."""

NOT_BETTER_THAN = (
    ("claim", "official_claim", 3),
    ("dispute", "figures", 2),
    ("dispute", "fact", 4),
    ("confidence", "low", 4),
    ("stated", "quoted", 4),
    ("stated", "unidentified", 6),
)
"""Column, value and the best credibility that a row with this value can have."""

GRADE = re.compile(r"[A-F][1-6]")


class SourceRecord(TypedDict):
    """
    A source in the shape of the public contract.

    `published_on` is ISO text, as exact as `published_precision` says; it and `url` are None if not known.
    """

    source_id: str
    title: str
    publisher: str
    url: str | None
    published_on: str | None
    published_precision: str
    reliability: str


def grade(rows: pd.DataFrame, sources: pd.DataFrame, known_on: date | None = None) -> pd.Series:
    """
    Grade each row by the rule of this module.

    Parameters
    ----------
    rows
        Rows with `source_ids` (a list joined with ;) or `source_id`, and as far as they apply `claim`, `dispute`,
        `confidence`.
    sources
        Rows with `source_id`, `title`, `publisher`, `url`, `reliability`, `published_on`.
    known_on
        Day by which a source must have been published to count; an empty date counts as published. None: all count.

    Returns
    -------
    grades
        Text such as "B2", with the index of `rows`; ids that are not in `sources` do not count.
    """
    return pd.Series(_grades(rows, cited(rows, sources, known_on)), index=rows.index, dtype="str", name="grade")


def _grades(rows: pd.DataFrame, found: Iterable[list[SourceRecord]]) -> list[str]:
    """Return the grade of each row from its sources and its own claim, dispute and confidence."""
    blank = [""] * len(rows)
    judged = [rows[column].tolist() if column in rows else blank for column, _, _ in NOT_BETTER_THAN]
    limits = [(value, limit) for _, value, limit in NOT_BETTER_THAN]
    grades = []
    for records, *words in zip(found, *judged, strict=True):
        floor = max((limit for word, (value, limit) in zip(words, limits, strict=True) if word == value), default=1)
        grades.append(grade_of(records, floor))
    return grades


def grade_of(records: list[SourceRecord], floor: int = 1) -> str:
    """
    Return the grade that some sources give, with a credibility not better than `floor`.

    >>> grade_of([{"publisher": "EFE", "reliability": "B"}, {"publisher": "Daily", "reliability": "C"}])
    'B2'
    """
    if not records:
        return LOWEST
    best = min(record["reliability"] if record["reliability"] in RELIABILITIES else "F" for record in records)
    publishers = len({record["publisher"].casefold() for record in records})
    credibility = CREDIBILITY_OF_PUBLISHERS.get(publishers, 1) + (best >= "D")
    return f"{best}{min(6, max(credibility, floor))}"


def public(sources: pd.DataFrame, known_on: date | None) -> pd.DataFrame:
    """Return the sources that were published by a day; None or an empty date of publication keep a source."""
    if known_on is None:
        return sources
    return sources[~(sources["published_on"] > pd.Timestamp(known_on))]


def parse_threshold(text: str) -> str:
    """
    Read a grade threshold.

    >>> parse_threshold("c3")
    'C3'

    Raises
    ------
    InputError
        If it is not a letter A-F and a number 1-6.
    """
    threshold = str(text).strip().upper()
    if not GRADE.fullmatch(threshold):
        raise InputError(
            _("grade: found {text!r}, required a letter A-F and a number 1-6, for example C3; F6 shows all.").format(
                text=text
            )
        )
    return threshold


def passes(grades: pd.Series, threshold: str) -> pd.Series:
    """
    Say which grades reach a threshold in both reliability and credibility.

    >>> passes(pd.Series(["B2", "B4", "D1"]), "C3").tolist()
    [True, False, False]
    """
    wanted = parse_threshold(threshold)
    if threshold == LOWEST:
        return pd.Series(True, index=grades.index)
    text = grades.astype("str")
    return (text.str[:1] <= wanted[0]) & (text.str[1:] <= wanted[1])


def cited(rows: pd.DataFrame, sources: pd.DataFrame, known_on: date | None = None) -> pd.Series:
    """
    Return for each row the list of its sources public on `known_on`, best and then newest first.

    Returns
    -------
    cited
        Lists of `SourceRecord`, with the index of `rows`.
    """
    column = "source_ids" if "source_ids" in rows else "source_id"
    named = [schema.items(cell) for cell in rows[column].tolist()]
    wanted = sources[sources["source_id"].isin({name for names in named for name in names})]
    by_id = {record["source_id"]: record for record in source_records(public(wanted, known_on))}
    lists = [ordered(by_id[name] for name in names if name in by_id) for names in named]
    return pd.Series(lists, index=rows.index, dtype=object, name="sources")


def ordered(records: Iterable[SourceRecord]) -> list[SourceRecord]:
    """Return sources best first, and the newest first among those equally reliable."""
    newest = sorted(records, key=lambda record: record["published_on"] or "", reverse=True)
    return sorted(newest, key=lambda record: record["reliability"])


def source_records(sources: pd.DataFrame) -> list[SourceRecord]:
    """Return sources as plain records in the shape of the public contract."""
    columns = ["source_id", "title", "publisher", "url", "reliability"]
    exact = sources["published_precision"].tolist() if "published_precision" in sources else ["day"] * len(sources)
    days = np.datetime_as_string(sources["published_on"].to_numpy(dtype="datetime64[D]"), unit="D").tolist()
    return [
        {
            "source_id": source_id,
            "title": title,
            "publisher": publisher,
            "url": url or None,
            "published_on": day if day != "NaT" else None,
            "published_precision": precision,
            "reliability": reliability,
        }
        for source_id, title, publisher, url, reliability, day, precision in zip(
            *(sources[column].tolist() for column in columns), days, exact, strict=True
        )
    ]

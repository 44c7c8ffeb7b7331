"""Twelve questions, and their answers worked out apart from the product (`work_out.py`)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from mssmap.records.timeline import Clocks

HERE = Path(__file__).parent
LABELS = {
    "strength_deployed": "Personnel deployed",
    "fobs_operational": "Bases in use",
    "prisons_functioning": "Prisons functioning",
    "displaced": "Displaced people",
}
"""Key figures worked out apart, with the words that stand beneath them."""
RECORDS = ("fobs", "prisons", "facilities", "gang_zones")


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@dataclass(frozen=True)
class View:
    """A question with its answer."""

    name: str
    clocks: Clocks
    grade: str
    region: str | None
    answer: tuple[dict[str, str], ...]

    @property
    def query(self) -> dict[str, str]:
        """The question as an address or a command has it."""
        asked = {"as_of": str(self.clocks.as_of), "known_on": str(self.clocks.known_on), "grade": self.grade}
        return asked | ({"region": self.region} if self.region else {})

    @property
    def options(self) -> list[str]:
        """The question as options of a command."""
        return [word for key, value in self.query.items() for word in (f"--{key.replace('_', '-')}", value)]

    def of(self, kind: str) -> list[dict[str, str]]:
        """Return the rows of one kind, in the order of their keys."""
        return sorted((row for row in self.answer if row["kind"] == kind), key=lambda row: row["key"])

    def figure(self, key: str) -> dict[str, str] | None:
        """Return a key figure, None if there is no number."""
        return next((row for row in self.of("figure") if row["key"] == key), None)

    def count(self, layer: str, *statuses: str) -> tuple[int, int, int]:
        """Return how many records of a layer are in some states: value, lowest, highest."""
        found = [row for row in self.of("count") if row["key"] in {f"{layer}.{status}" for status in statuses}]
        value, low, high = (sum(int(row[end]) for row in found) for end in ("value", "low", "high"))
        return value, low, high


def all_views() -> Iterator[View]:
    expected = rows("expected.csv")
    for row in rows("questions.csv"):
        clocks = Clocks(date.fromisoformat(row["as_of"]), date.fromisoformat(row["known_on"]))
        answer = tuple(one for one in expected if one["view"] == row["view"])
        yield View(row["view"], clocks, row["grade"], row["region"] or None, answer)


@pytest.fixture(params=list(all_views()), ids=lambda view: view.name)
def asked(request: pytest.FixtureRequest) -> View:
    found: View = request.param
    return found

"""
Twelve views worked out apart from the product: `python -m tests.views.work_out FOLDER` writes `expected.csv`.

Shares no code with mssmap and uses the standard library alone: it reads the CSV and GeoJSON files of a data folder as
`data/README.md` describes them, and applies the rules written there and in the docstring of
`mssmap/records/evidence.py`.
"""

from __future__ import annotations

import calendar
import csv
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LAYERS = {"fobs": "fob_id", "prisons": "prison_id", "facilities": "facility_id", "gang_zones": "zone_id"}
ABOUT = ("view", "kind", "key", "value", "low", "high", "day", "grade", "sources")
Row = dict[str, str]


def read(folder: Path, name: str) -> list[Row]:
    """Return the rows of a table, or the attributes of a layer, as text."""
    table = folder / "tables" / f"{name}.csv"
    if table.exists():
        with table.open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))
    features = json.loads((folder / "layers" / f"{name}.geojson").read_text(encoding="utf-8"))["features"]
    return [{key: "" if value is None else str(value) for key, value in f["properties"].items()} for f in features]


class Question:
    """One view: a day, a day of knowledge, a lowest grade, a region."""

    def __init__(self, folder: Path, row: Row) -> None:
        self.view, self.day, self.known_on = row["view"], row["as_of"], row["known_on"]
        self.lowest, self.region = row["grade"], row["region"]
        self.folder = folder
        self.sources = {source["source_id"]: source for source in read(folder, "sources")}

    # ------------------------------------------------------------------------------------------- clocks

    def latest(self, name: str, key: str) -> list[Row]:
        """Return the newest revision that was known then of each id, without those withdrawn."""
        found: dict[str, Row] = {}
        for row in read(self.folder, name):
            known = row["known_from"] and row["known_from"] <= self.known_on
            if known and (row[key] not in found or int(row["revision"]) > int(found[row[key]]["revision"])):
                found[row[key]] = row
        return [row for row in found.values() if row.get("status") != "retracted"]

    def true_then(self, row: Row) -> bool:
        return row["valid_from"] <= self.day and (not row["valid_to"] or row["valid_to"] >= self.day)

    # ------------------------------------------------------------------------------------------- evidence

    def public(self, row: Row) -> list[str]:
        """Return the sources of a row that were public by then."""
        ids = (row.get("source_ids") or row.get("source_id") or "").split(";")
        return [i for i in ids if i in self.sources and self.sources[i]["published_on"] <= self.known_on]

    def grade(self, row: Row) -> str:
        cited = [self.sources[i] for i in self.public(row)]
        if not cited:
            return "F6"
        best = min(source["reliability"] for source in cited)
        number = max(1, 4 - len({source["publisher"].lower() for source in cited}))
        if best >= "D":
            number += 1
        if row.get("claim") == "official_claim":
            number = max(number, 3)
        if row.get("dispute") == "figures":
            number = max(number, 2)
        if row.get("dispute") == "fact" or row.get("confidence") == "low" or row.get("stated") == "quoted":
            number = max(number, 4)
        if row.get("stated") == "unidentified":
            number = 6
        return f"{best}{min(number, 6)}"

    def passes(self, row: Row) -> bool:
        grade = self.grade(row)
        return grade[0] <= self.lowest[0] and grade[1] <= self.lowest[1]

    # ------------------------------------------------------------------------------------------- places

    def surely_in(self, row: Row) -> bool:
        codes = [row.get("commune_pcode", ""), row.get("department_pcode", "")]
        return not self.region or any(code.startswith(self.region) for code in codes)

    def perhaps_in(self, row: Row) -> bool:
        """Say whether a record whose place is only known more coarsely may lie in the region."""
        if not self.region or self.surely_in(row) or row["commune_pcode"] or row.get("country", "HTI") != "HTI":
            return False
        own = row["department_pcode"]
        return not own or (len(self.region) > 4 and own == self.region[:4])

    # ------------------------------------------------------------------------------------------- what is shown

    def records(self, layer: str) -> Iterator[tuple[Row, Row]]:
        """Yield the records of a layer with their state then."""
        spells: dict[str, Row] = {}
        for row in self.latest("status", "status_id"):
            other = spells.get(row["record_id"])
            begun = (row["valid_from"], row["known_from"])
            if self.true_then(row) and (not other or begun >= (other["valid_from"], other["known_from"])):
                spells[row["record_id"]] = row
        for record in read(self.folder, layer):
            spell = spells.get(record[LAYERS[layer]])
            if spell:
                yield record, spell

    def events(self) -> list[Row]:
        """Return what is reported to have happened by then; plans are no facts."""
        rows = [row for row in self.latest("events", "event_id") if row["claim"] != "planned"]
        return [row for row in rows if row["valid_from"] <= self.day and self.passes(row) and self.surely_in(row)]

    def surely_begun(self, spell: Row) -> bool:
        return last_day(spell["valid_from"], spell["date_precision"]) <= self.day

    def last_seen(self, spell: Row) -> str:
        limit = min(self.day, self.known_on)
        days = [self.sources[i]["published_on"] for i in self.public(spell)]
        return max([spell["known_from"], *(day for day in days if day and day <= limit)])

    # ------------------------------------------------------------------------------------------- answers

    def answer(self) -> Iterator[Row]:
        for layer in LAYERS:
            yield from self.layer(layer)
        for row in self.events():
            first = min(one["known_from"] for one in read(self.folder, "events") if one["event_id"] == row["event_id"])
            about = {"low": row["figure_min"], "high": row["figure_max"] or row["figure_min"], "grade": self.grade(row)}
            day = f"{row['valid_from']} to {row['valid_to']} {row['date_precision']} known {first}"
            yield self.line("event", row["event_id"], row["category"], **about, day=day, sources=self.public(row))
        yield from self.figures()

    def layer(self, layer: str) -> Iterator[Row]:
        counts: dict[str, list[int]] = {}
        for record, spell in self.records(layer):
            inside, perhaps = self.surely_in(record), self.perhaps_in(record)
            count = counts.setdefault(spell["status"], [0, 0, 0, 0])
            if not self.passes(spell):
                count[3] += inside
                continue
            count[0] += inside
            count[1] += inside and self.surely_begun(spell)
            count[2] += inside or perhaps
            if inside:
                day = f"{spell['valid_from']} {spell['date_precision']} seen {self.last_seen(spell)}"
                about = {"day": day, "grade": self.grade(spell), "sources": self.public(spell)}
                yield self.line(layer, record[LAYERS[layer]], spell["status"], **about)
        for status, (value, low, high, below) in counts.items():
            yield self.line("count", f"{layer}.{status}", value, low=low, high=high)
            yield self.line("hidden", f"{layer}.{status}", below)

    def in_state(self, key: str, layer: str, *statuses: str) -> Iterator[Row]:
        """
        Count the records in some states, as a key figure.

        Those below the grade or perhaps in the region make the upper end; without one that counts, a hidden one means
        that there is no number, and so does a region or a day of which nothing is on record.
        """
        records = list(self.records(layer))
        wanted = [(record, spell) for record, spell in records if spell["status"] in statuses]
        used = [spell for record, spell in wanted if self.surely_in(record) and self.passes(spell)]
        hidden = [spell for record, spell in records if self.surely_in(record) and not self.passes(spell)]
        perhaps = [spell for record, spell in wanted if self.perhaps_in(record)]
        high = [spell for record, spell in wanted if self.surely_in(record)] + perhaps
        if used or (not hidden and (perhaps or any(self.surely_in(record) for record, _spell in records))):
            sure = sum(self.surely_begun(spell) for spell in used)
            yield self.line("figure", key, len(used), low=sure, high=len(high), sources=self.all(used))

    def figures(self) -> Iterator[Row]:
        yield from self.in_state("fobs_operational", "fobs", "operational", "handed_over")
        yield from self.in_state("prisons_functioning", "prisons", "functioning")
        rows = [row for row in self.latest("strength", "strength_id") if row["date"] <= self.day]
        moves = [
            row for row in rows if row["record_type"] in ("arrival", "departure", "rotation") and row["net_change"]
        ]
        levels = [row for row in rows if row["record_type"] == "strength" and row["scope"] in ("MSS", "GSF")]
        levels = [row for row in levels if row["personnel"]]
        whole = bool(moves) and all(self.passes(row) for row in moves)  # a sum without one of its parts is no sum
        graded = of_last_day([row for row in levels if self.passes(row)])
        level = graded if not whole or (graded[:1] and graded[0]["date"] == of_last_day(levels)[0]["date"]) else []
        total = [sum(int(row["net_change"]) for row in moves)] if whole else []
        ends = total + [int(row[key]) for row in level for key in ("personnel", "personnel_max") if row[key]]
        if ends:
            used = (moves if whole else []) + level
            day = max(row["date"] for row in used)
            about = {"low": min(ends), "high": max(ends), "day": day, "sources": self.all(used)}
            yield self.line("figure", "strength_deployed", ends[0], **about)
        series = [row for row in self.latest("indicators", "indicator_id") if row["period_end"] <= self.day]
        series = [row for row in series if (row["indicator"], row["series"]) == ("idps", "iom_dtm")]
        series = [row for row in series if row["area"] == "National" and row["period_type"] == "point"]
        series = [row for row in series if self.passes(row)]
        if series:
            day = max(row["period_end"] for row in series)
            last = [row for row in series if row["period_end"] == day]
            ends = [int(row[key]) for row in last for key in ("value", "value_max") if row[key]]
            yield self.line(
                "figure", "displaced", ends[0], low=min(ends), high=max(ends), day=day, sources=self.all(last)
            )

    def all(self, rows: Iterable[Row]) -> list[str]:
        return list(dict.fromkeys(i for row in rows for i in self.public(row)))

    def line(self, kind: str, key: str, value: Any, sources: Iterable[str] = (), **about: Any) -> Row:
        row = {"view": self.view, "kind": kind, "key": key, "value": str(value), "sources": ";".join(sorted(sources))}
        return {name: str(row.get(name, about.get(name, ""))) for name in ABOUT}


def of_last_day(rows: list[Row]) -> list[Row]:
    """Return the rows of the latest day, in their order; those that disagree stand side by side."""
    return [row for row in rows if row["date"] == max(one["date"] for one in rows)]


def last_day(day: str, precision: str) -> str:
    """Return the last day that an imprecise day may mean."""
    year, month = int(day[:4]), int(day[5:7])
    if precision == "month":
        return f"{day[:8]}{calendar.monthrange(year, month)[1]:02d}"
    return f"{year}-12-31" if precision == "year" else day


def work_out(folder: Path) -> list[Row]:
    """Answer the twelve questions from a data folder."""
    with (HERE / "questions.csv").open(encoding="utf-8", newline="") as lines:
        return [row for question in csv.DictReader(lines) for row in Question(folder, question).answer()]


def main() -> None:
    with (HERE / "expected.csv").open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, ABOUT, lineterminator="\n")
        writer.writeheader()
        writer.writerows(work_out(Path(sys.argv[1])))


if __name__ == "__main__":
    main()

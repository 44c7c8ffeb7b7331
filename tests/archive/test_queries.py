"""Questions to an archive: counted by hand, and against plain pandas for any window, box and filter."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.samples import ALPHA, BETA, FAR, TEN, asking, event, rows, write
from mssmap.archive import columns, engine, queries
from mssmap.archive.engine import Archives
from mssmap.archive.queries import Query
from mssmap.archive.shelf import Shelf
from mssmap.records import evidence, timeline

END = date(2024, 12, 31)


def count(ten: tuple[Archives, str], query: Query) -> tuple[int, int]:
    archives, name = ten
    found = archives.ask(name, "count", query).to_pylist()[0]
    return found["total"], found["placed"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(Query(), (6, 6), id="all that is known by now"),
        pytest.param(asking(known_on=END), (6, 6), id="known at the end of the year"),
        pytest.param(asking(known_on=date(2024, 3, 5)), (6, 6), id="d1 not yet withdrawn, a3 not yet known"),
        pytest.param(asking(known_on=date(2024, 2, 15)), (4, 4), id="a1 a2 b1 b2"),
        pytest.param(asking(known_on=END, as_of=date(2024, 1, 31)), (3, 3), id="a1 a2 a3, not e1 which is planned"),
        pytest.param(
            asking(known_on=END, as_of=date(2024, 1, 31), plans=True), (4, 3), id="a1 a2 a3, and e1 which is planned"
        ),
        pytest.param(asking(known_on=END, start=date(2024, 2, 20), end=date(2024, 3, 1)), (1, 1), id="the end of b2"),
        pytest.param(asking(known_on=END, start=date(2024, 2, 21), end=date(2024, 3, 1)), (0, 0), id="after b2"),
        pytest.param(asking(known_on=END, categories=("kidnapping",)), (1, 1), id="a2"),
        pytest.param(asking(known_on=END, actor="gang alpha"), (1, 1), id="a1, in any case of letters"),
        pytest.param(asking(known_on=END, actor="100%_'"), (0, 0), id="no pattern, no quote"),
        pytest.param(asking(known_on=END, region="HT0111"), (3, 3), id="the commune Alpha"),
        pytest.param(asking(known_on=END, region="HT01"), (5, 5), id="the department"),
        pytest.param(asking(known_on=END, box=(-72.3, 18.5, -72.2, 18.6)), (2, 2), id="around Beta"),
        pytest.param(asking(known_on=END, box=(*ALPHA, *ALPHA)), (3, 3), id="borders count"),
        pytest.param(asking(known_on=END, grade="C3"), (6, 6), id="a paper alone is C3"),
        pytest.param(asking(known_on=END, grade="B3"), (0, 0), id="nothing is better"),
    ],
)
def test_counts_that_can_be_checked_by_hand(ten, query, expected):
    assert count(ten, query) == expected


def test_cells_are_the_h3_cells_of_the_places_with_all_their_rows(ten):
    archives, name = ten
    query = asking(known_on=END, box=(-73, 18, -72.3, 19))
    found = archives.ask(name, "cells", query, 7).to_pylist()
    assert [(c["n"], c["inside"]) for c in found] == [(3, 3)]
    assert (found[0]["lon"], found[0]["lat"]) == pytest.approx(ALPHA)
    assert columns.parents(np.array([found[0]["cell"]]), 7)[0] == h3.latlng_to_cell(ALPHA[1], ALPHA[0], 7)
    # both places in one large cell: its whole number, and how many of them are in the box
    coarse = archives.ask(name, "cells", query, 4).to_pylist()
    assert [(c["n"], c["inside"]) for c in coarse] == [(5, 3)]


def test_a_histogram_counts_each_row_in_the_step_in_which_it_begins(ten):
    archives, name = ten
    found = archives.ask(name, "histogram", asking(known_on=END), "month").to_pylist()
    told = [(str(b["bin"]), b["category"], b["n"]) for b in found]
    assert told == [
        ("2024-01-01", "kidnapping", 1),
        ("2024-01-01", "riot", 2),
        ("2024-02-01", "riot", 2),
        ("2024-03-01", "riot", 1),
    ]
    weeks = archives.ask(name, "histogram", asking(known_on=END, end=date(2024, 1, 20)), "week").to_pylist()
    assert [(str(b["bin"]), b["n"]) for b in weeks] == [("2024-01-01", 1), ("2024-01-15", 1)]
    begun = archives.ask(name, "histogram", asking(known_on=END, start=date(2024, 2, 15), end=date(2024, 2, 28)), "day")
    assert [(str(b["bin"]), b["n"]) for b in begun.to_pylist()] == [("2024-02-15", 1)]


def test_points_and_the_record_behind_each(ten):
    archives, name = ten
    found = archives.ask(name, "points", asking(known_on=END, box=(-72.1, 19.4, -71.9, 19.6)), 10).to_pylist()
    assert [(p["lon"], p["lat"], p["category"], str(p["valid_from"])) for p in found] == [(*FAR, "riot", "2024-03-02")]
    record = archives.ask(name, "record", found[0]["row"]).to_pylist()
    assert [(r["event_id"], r["title_en"], r["revision"]) for r in record] == [("c1", "Corrected", 2)]
    assert len(archives.ask(name, "points", asking(known_on=END), 4)) == 4


def test_totals_by_category_and_department(ten):
    archives, name = ten
    by = {kind: archives.ask(name, "totals", asking(known_on=END), kind).to_pylist() for kind in queries.BY}
    assert by["category"] == [{"value": "kidnapping", "n": 1}, {"value": "riot", "n": 5}]
    assert by["department_pcode"] == [{"value": "", "n": 1}, {"value": "HT01", "n": 5}]


# ---------------------------------------------------------------------------------------- against plain pandas

RNG = np.random.default_rng(7)
DAYS = [date(2024, 1, 1) + timedelta(days=int(n)) for n in range(0, 120)]


def _many() -> pd.DataFrame:
    """400 rows with revisions, withdrawals, open ends, plans and missing places."""
    made = []
    for i in range(400):
        day = DAYS[int(RNG.integers(0, 100))]
        at = None if i % 17 == 0 else (float(RNG.normal(-72.3, 0.5)), float(RNG.normal(18.7, 0.4)))
        code = ["HT0111", "HT0121", "HT0211", ""][i % 4]
        made.append(
            event(
                f"m{i % 340}",
                str(day),
                at,
                revision=1 + i // 340,
                valid_to=None if i % 23 == 0 else str(day + timedelta(days=int(RNG.integers(0, 9)))),
                known_from=str(day + timedelta(days=int(RNG.integers(0, 30)))),
                category=["riot", "kidnapping", "battle"][i % 3],
                claim="planned" if i % 11 == 0 else "reported",
                status="retracted" if i > 340 and i % 5 == 0 else "",
                grade=["A1", "B2", "C3", "D4", "F6"][i % 5],
                actors=["Gang Alpha; Police", "Police; Police forces ;Police", "", "100%_' men"][i % 4],
                commune_pcode=code,
                department_pcode=code[:4],
            )
        )
    return rows(made)


MANY = _many()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Archives, str]:
    folder = tmp_path_factory.mktemp("many")
    made = write(folder, MANY, batch=150)
    return engine.connect(Shelf(folder)), made.name


def plain(query: Query) -> pd.DataFrame:
    """The rows of a query by the functions that the rest of the app uses, and plain comparisons."""
    filters = query.filters
    found = timeline.known(MANY, filters.clocks.known_on, "event_id")
    found = timeline.window(found, filters.start, filters.end)
    planned = found["claim"] == timeline.PLANNED
    begun = ~(found["valid_from"] > pd.Timestamp(filters.clocks.as_of))
    found = found[planned | begun] if filters.plans else found[~planned & begun]
    found = found[evidence.passes(found["grade"], filters.grade)]
    if filters.categories:
        found = found[found["category"].isin(filters.categories)]
    if query.actor:
        found = found[found["actors"].str.lower().str.contains(query.actor.lower(), regex=False)]
    if filters.region:
        found = found[found["commune_pcode"].str.startswith(filters.region)]
    if query.box:
        west, south, east, north = query.box
        found = found[found["lon"].between(west, east) & found["lat"].between(south, north)]
    return found


@st.composite
def asked(draw: st.DrawFn) -> Query:
    day = st.sampled_from(DAYS)
    start, end = draw(st.none() | day), draw(st.none() | day)
    if start and end:
        start, end = min(start, end), max(start, end)
    corner = st.tuples(st.floats(-73.5, -71.2), st.floats(17.8, 19.9))
    box = None
    if draw(st.booleans()):
        (x1, y1), (x2, y2) = draw(corner), draw(corner)
        box = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
    return asking(
        plans=draw(st.booleans()),
        start=start,
        end=end,
        as_of=draw(st.none() | day),
        known_on=draw(st.none() | day),
        box=box,
        categories=tuple(sorted(draw(st.sets(st.sampled_from(["riot", "kidnapping", "battle", "none"]))))),
        actor=draw(st.sampled_from(["", "", "gang", "a"])),
        grade=draw(st.sampled_from(["F6", "F6", "C3", "B4"])),
        region=draw(st.sampled_from([None, None, "HT01", "HT0121"])),
    )


@settings(max_examples=25)
@given(query=asked())
def test_every_answer_adds_up_to_the_rows_of_plain_pandas(many, query):
    archives, name = many
    expected = plain(query)
    placed = expected[expected["lon"].notna()]
    told = archives.ask(name, "count", query).to_pylist()[0]
    assert (told["total"], told["placed"]) == (len(expected), len(placed))

    points = archives.ask(name, "points", query, 1000).to_pandas()
    here = sorted(zip(placed["lon"], placed["lat"], placed["category"], placed["valid_from"].dt.date, strict=True))
    assert sorted(points[["lon", "lat", "category", "valid_from"]].itertuples(index=False, name=None)) == here

    for step in queries.STEPS:
        bins = archives.ask(name, "histogram", query, step).to_pandas()
        assert bins["n"].sum() == len(expected), step
        assert bins.groupby("category")["n"].sum().to_dict() == expected["category"].value_counts().to_dict()
    totals = archives.ask(name, "totals", query, "department_pcode").to_pylist()
    assert {t["value"]: t["n"] for t in totals} == expected["department_pcode"].value_counts().to_dict()


@settings(max_examples=25)
@given(query=asked(), like=st.sampled_from(["", "", "POL", "police f", "%", "nobody"]), limit=st.integers(1, 4))
def test_those_who_took_part_are_counted_once_an_event(many, query, like, limit):
    archives, name = many
    expected = Counter(
        actor
        for written in plain(query)["actors"]
        for actor in {part.strip() for part in written.split(";")} - {""}
        if like.lower() in actor.lower()
    )
    found = archives.ask(name, "actors", query, like, limit).to_pylist()
    most = sorted(expected.items(), key=lambda item: (-item[1], item[0]))[:limit]
    assert [(one["value"], one["n"]) for one in found] == most


@settings(max_examples=25)
@given(query=asked())
def test_a_filter_lets_pass_what_its_counts_say(many, query):
    """What stands beside a kind or a name in the filter is what is left when it is chosen."""
    archives, name = many
    every = replace(query.filters, categories=())
    free = replace(query, filters=every, actor="")
    for kind in archives.ask(name, "totals", free, "category").to_pylist():
        told = archives.ask(
            name, "count", replace(free, filters=replace(every, categories=(kind["value"],)))
        ).to_pylist()
        assert told[0]["total"] == kind["n"]
    for actor in archives.ask(name, "actors", free, "forces", 5).to_pylist():
        told = archives.ask(name, "count", replace(free, actor=actor["value"])).to_pylist()
        assert told[0]["total"] == actor["n"]


@settings(max_examples=12)
@given(query=asked())
def test_zooming_never_loses_an_event(many, query):
    """At any resolution the cells hold each row of the box once, and a cell its true number of rows."""
    archives, name = many
    everywhere = plain(replace(query, box=None)).dropna(subset="lon")
    placed = len(plain(query).dropna(subset="lon"))
    for resolution in (4, 5, 7, 9, 11):
        found = archives.ask(name, "cells", query, resolution).to_pandas()
        assert found["inside"].sum() == placed, resolution
        cells = columns.parents(found["cell"].to_numpy(), resolution)
        at = zip(everywhere["lon"], everywhere["lat"], strict=True)
        whole = Counter(h3.cell_to_parent(h3.latlng_to_cell(y, x, 11), resolution) for x, y in at)
        assert found["n"].tolist() == [whole[cell] for cell in cells.tolist()]


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_the_same_expressions_are_written_for_other_engines(dialect):
    for kind, arguments in {
        "cells": (7,),
        "points": (10,),
        "histogram": ("month",),
        "totals": ("category",),
        "actors": ("a'b", 20),
    }.items():
        text, schema = queries.compiled(dialect, "ten", kind, asking(known_on=END, actor="it's"), *arguments)
        assert "SELECT" in text
        assert "it''s" in text
        assert "n" in schema.names or kind == "points"


def test_the_fixture_has_ten_rows_and_no_place_of_its_own(ten):
    archives, name = ten
    item = archives.opened(name)
    assert (item.rows, item.placed, len(TEN)) == (10, 9, 10)
    assert (item.first, item.last, item.box) == ("2024-01-01", "2024-06-01", [FAR[0] - 0.35, 18.55, FAR[0], 19.5])
    assert item.categories == {"riot": 9, "kidnapping": 1}
    assert BETA[0] == -72.25

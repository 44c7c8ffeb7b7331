"""Boundaries as the browser gets them: shared lines once, small enough, and the same areas as in the data."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from mssmap.maps import assets, borders
from mssmap.records import catalog
from mssmap.server import packed

SERVED_BEFORE = {"ground": 25_790, "communes": 31_040}
"""Bytes of boundaries as served (brotli) where the country is seen, by file, before the official ones came."""

WEST, EAST = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)


def steps(*points: tuple[float, float]) -> list[int]:
    """Return a line as it is told, from its points in degrees."""
    whole = np.rint(np.array(points) / borders.STEP_DEG).astype(int)
    return np.diff(whole, axis=0, prepend=[[0, 0]]).ravel().tolist()


def unpacked(content: dict, level: str, lines: list[list[int]]) -> list[shapely.Geometry]:
    """Put the areas of a level together again, in degrees."""
    arcs = [np.cumsum(np.array(line).reshape(-1, 2), axis=0) * borders.STEP_DEG for line in lines]

    def ring(numbers: list[int]) -> np.ndarray:
        parts = [arcs[n] if n >= 0 else arcs[~n][::-1] for n in numbers]
        return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])

    return [
        shapely.MultiPolygon([(ring(rings[0]), [ring(hole) for hole in rings[1:]]) for rings in area["a"]])
        for area in content["areas"][level]
    ]


def test_a_side_that_two_areas_share_is_sent_once():
    lines = borders.arcs([[WEST, EAST]])
    west, east = lines.of(WEST), lines.of(EAST)
    told = lines.told()
    assert len(told) == 3
    (shared,) = {abs(n) if n >= 0 else ~n for n in west[0][0]} & {n if n >= 0 else ~n for n in east[0][0]}
    assert told[shared] in (steps((1, 0), (1, 1)), steps((1, 1), (1, 0)))
    assert sum(len(line) // 2 for line in told) == 10, "two points of the shared side, four of each other one"


def test_an_area_on_its_own_and_its_hole_are_a_line_each():
    ring = shapely.box(0, 0, 4, 4).difference(shapely.box(1, 1, 2, 2))
    lines = borders.arcs([[ring]])
    assert [[len(numbers) for numbers in rings] for rings in lines.of(ring)] == [[1, 1]]
    assert [len(line) // 2 for line in lines.told()] == [5, 5]


def test_a_larger_area_is_made_of_the_lines_of_the_smaller_ones():
    both = shapely.coverage_union_all([WEST, EAST])
    lines = borders.arcs([[WEST, EAST], [both]])
    parts, whole = [*lines.of(WEST)[0][0], *lines.of(EAST)[0][0]], lines.of(both)[0][0]
    assert {n if n >= 0 else ~n for n in whole} < {n if n >= 0 else ~n for n in parts}
    assert len(lines.lines) == 3


def test_a_line_keeps_its_ends_when_it_is_simplified():
    bent = shapely.Polygon([(0, 0), (0.5, 0.0005), (1, 0), (1, 1), (0, 1)])
    lines = borders.arcs([[bent, EAST]])
    lines.of(bent), lines.of(EAST)
    points = [len(line) // 2 for line in lines.told(tolerance=10)]
    assert sorted(points) == [2, 4, 4], "the bend of 55 m is gone, the corners are not"


@pytest.mark.parametrize("shape", [shapely.Polygon(), shapely.box(0, 0, 1e-5, 1e-5), shapely.MultiPolygon()])
def test_what_is_smaller_than_a_step_has_no_line(shape):
    lines = borders.arcs([[shape]])
    assert lines.of(shape) == []
    assert lines.told() == []


@pytest.fixture(scope="module")
def published():
    """Return what is sent for the data that ship."""
    return assets._borders(catalog.open_data())


def test_the_country_costs_no_more_bytes_than_before(published):
    ground, later = published
    parts = {"ground": ground, "communes": later["communes"]}
    served = {
        name: len(packed.WAYS["br"](json.dumps(part, separators=(",", ":")).encode())) for name, part in parts.items()
    }
    assert all(served[name] <= before for name, before in SERVED_BEFORE.items()), served
    assert "sections" not in ground["areas"], "the sections come when the map is near"


def test_close_by_all_levels_are_those_of_the_data(published):
    _, later = published
    data, close = catalog.open_data(), later["sections"]
    for level, count in (("departments", 10), ("communes", 140), ("sections", 570)):
        shapes = unpacked(close, level, close["arcs"])
        assert len(shapes) == count
        assert shapely.equals(
            shapely.set_precision(shapes, 1e-5), shapely.set_precision(data[level].geometry, 1e-5)
        ).all()


def test_for_the_country_communes_lie_where_they_are(published):
    ground, later = published
    lines = [*ground["arcs"], *later["communes"]["arcs"]]
    rows = catalog.open_data()["communes"]
    for shape, row in zip(unpacked(later["communes"], "communes", lines), rows.itertuples(), strict=True):
        assert shape.buffer(0).intersection(row.geometry).area > 0.9 * row.geometry.area, row.pcode

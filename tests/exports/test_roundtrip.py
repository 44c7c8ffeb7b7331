"""Export and read back: the same rows, whatever text, number, date or geometry is in them."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mssmap.exports import bundle, canonical, canonical_shapes, extract
from mssmap.exports import kept as keeping
from mssmap.exports.parts import Column, Part
from mssmap.exports.selection import Form, Selection
from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks

COLUMNS = (
    *(Column("row_id"), Column("text"), Column("whole", "integer"), Column("part", "number")),
    *(Column("sure", "boolean"), Column("day", "date")),
)

texts = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=30)
degrees = st.tuples(st.floats(-75, -71), st.floats(17.5, 20.6))
points = degrees.map(shapely.Point)
lines = st.lists(degrees, min_size=2, max_size=5, unique=True).map(shapely.LineString)
squares = degrees.map(lambda at: shapely.box(at[0], at[1], at[0] + 0.1, at[1] + 0.1))
holed = degrees.map(lambda at: shapely.Point(at).buffer(0.2, 3).difference(shapely.Point(at).buffer(0.1, 2)))
several = st.lists(squares, min_size=1, max_size=3).map(shapely.union_all)
layers = st.sampled_from([points, lines, st.one_of(squares, holed, several)])


@st.composite
def parts(draw: st.DrawFn) -> Part:
    """A layer of up to five rows, any cell of which may be missing."""
    n = draw(st.integers(0, 5))
    shapes = draw(layers.flatmap(lambda kind: st.lists(st.none() | kind, min_size=n, max_size=n)))

    def cells(kind: st.SearchStrategy[object]) -> list[object]:
        return draw(st.lists(st.none() | kind, min_size=n, max_size=n))

    frame = gpd.GeoDataFrame(
        {
            "row_id": pd.Series([f"row {i}" for i in range(n)], dtype="str"),
            "text": pd.Series(["" if cell is None else cell for cell in cells(texts)], dtype="str"),
            "whole": pd.array(cells(st.integers(-(2**53), 2**53)), dtype="Int64"),
            "part": pd.array(cells(st.floats(-1e9, 1e9, width=32)), dtype="Float64").astype("float64"),
            "sure": pd.array(cells(st.booleans()), dtype="boolean"),
            "day": pd.to_datetime(pd.Series(cells(st.dates(date(1905, 1, 1), date(2100, 1, 1))))).astype(
                "datetime64[s]"
            ),
        },
        geometry=np.array([*shapes, None], dtype=object)[:n],
        crs="EPSG:4326",
    )
    return Part("rows", "Rows", "", "CC-BY-4.0", "", "", COLUMNS, frame)


def rows(frame: pd.DataFrame) -> list[str]:
    return sorted(canonical.lines(canonical.columns_of(frame, COLUMNS, geometry=True)))


@pytest.mark.parametrize("name", ["gpkg", "fgb", "parquet", "geojson"])
@settings(max_examples=40)
@given(part=parts())
def test_what_is_written_is_read(name, part):
    clocks = Clocks(date(2025, 1, 18), date(2025, 1, 18))
    built = extract.assemble([part], Selection(("rows",), Filters(clocks)), Form(name), fingerprint="")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / bundle.file_name(built)
        bundle.save(built, path)
        found = gpd.read_parquet(path) if name == "parquet" else gpd.read_file(path, layer=0)
    assert rows(found) == rows(part.frame)
    assert built.losses == ()


def test_the_rows_of_the_small_layer_by_hand():
    """One row, worked out by hand from the rules in `canonical`."""
    frame = gpd.GeoDataFrame(
        {
            "row_id": ["a"],
            "text": ['say "é"\r\n'],
            "whole": [3.0],
            "part": [0.1 + 0.2],
            "sure": [True],
            "day": [pd.Timestamp("2025-01-18")],
        },
        geometry=[shapely.MultiPoint([(1.00000004, -0.0)])],
        crs="EPSG:4326",
    )
    wkb = "0101000000" + "000000000000F03F" + "0000000000000000"
    assert rows(frame) == [f'["a","say \\"é\\"\\n",3,0.3,true,"2025-01-18","{wkb}"]']


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_numbers_keep_twelve_digits_and_stay_as_they_are_then(values):
    once = canonical.cells(pd.Series(values, dtype="float64"), "number")
    for before, after in zip(values, once, strict=True):
        assert after == pytest.approx(before, rel=1e-11, abs=1e-22)
    assert canonical.cells(pd.Series(once, dtype=object), "number") == once
    assert canonical.cells(pd.Series([str(value) for value in once], dtype=object), "number") == once


@given(st.lists(points, max_size=10))
def test_the_short_way_for_points_gives_what_the_long_way_gives(shapes):
    found = np.array([*shapes, None], dtype=object)
    long_way = shapely.to_wkb(canonical_shapes._normal(found[:-1]), hex=True, byte_order=1).tolist()
    assert canonical_shapes.geometries(found) == [*long_way, None]


@pytest.mark.parametrize("name", ["csv", "xlsx", "shp", "kml", "gpx"])
@settings(max_examples=20)
@given(part=parts())
def test_other_formats_change_no_text_without_saying_so(name, part):
    kept, losses = keeping.keep(part, Form(name))
    before = part.frame["text"].tolist()
    after = kept.frame[next(column.written for column in kept.columns if column.name == "text")].tolist()
    assert before == after or any("text" in loss for loss in losses)

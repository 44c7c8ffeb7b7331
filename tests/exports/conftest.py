"""A maker of exports on the small data, and of parts from plain rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from mssmap.exports import bundle, extract
from mssmap.exports.extract import Extract
from mssmap.exports.parts import Column, Part
from mssmap.exports.selection import Form, Selection
from mssmap.records.catalog import Data
from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks

DAY = date(2025, 6, 30)


@pytest.fixture
def made(small: Data, tmp_path: Path) -> Callable[..., Path]:
    """Return a maker of exported files: `made("gpkg", "fobs", "events", crs=...)`."""

    def make(name: str, *names: str, data: Data = small, selection: Any = None, **form: Any) -> Path:
        chosen = Selection(names or ("fobs",), Filters(Clocks(DAY, DAY), **(selection or {})))
        built = extract.build(data, chosen, Form(name, **form))
        path = tmp_path / bundle.file_name(built)
        bundle.save(built, path)
        return path

    return make


@pytest.fixture
def of_rows() -> Callable[..., Extract]:
    """Return a maker of an export from texts and points: one layer called `rows`."""

    def make(name: str, notes: list[str], points: list[tuple[float, float] | None] | None = None) -> Extract:
        places = points if points is not None else [(-72.0, 18.5)] * len(notes)
        frame = gpd.GeoDataFrame(
            {"row_id": [f"r{i}" for i in range(len(notes))], "note_of_some_length": notes},
            geometry=[shapely.Point(place) if place else None for place in places],
            crs="EPSG:4326",
        )
        columns = (Column("row_id"), Column("note_of_some_length"))
        part = Part("rows", "Rows", "", "CC-BY-4.0", "https://example.org/licence", "Somebody", columns, frame)
        return extract.assemble([part], Selection(("rows",), Filters(Clocks(DAY, DAY))), Form(name), fingerprint="f")

    return make

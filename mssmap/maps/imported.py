"""What people imported, as the browser draws it: a static file once stored, part of the view while previewed."""

from __future__ import annotations

import json
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mssmap.ingest import attach
from mssmap.records.catalog import Data

DRAWN_VERTICES: Final = 200_000
"""A layer with more vertices than this is drawn with fewer; its data stay as they are."""

SIMPLIFIED_VERTICES: Final = 5_000
"""A shape that still has more after points near each other were joined is not simplified: that can take for ever."""

TITLES: Final = ("title_en", "title", "name", "nom", "name_en", "name_fr")
"""Columns that say what a row is, the best first."""

WORDS_CHARS: Final = 120


def parts(data: Data) -> list[dict[str, Any]]:
    """Return every import that the map draws as a layer of its own."""
    return [part(data.dataset(name).title, data[name]) for name in attach.drawn(data)]


def part(title: str, rows: gpd.GeoDataFrame) -> dict[str, Any]:
    """
    Return a layer as plain JSON: points as [latitude, longitude, words], other shapes as GeoJSON with their words.

    Parameters
    ----------
    rows
        In `crs.WGS84`; those without a place are left out.
    """
    rows = rows[rows.geometry.notna()]
    shapes = lighter(rows.geometry.to_numpy())
    words = _words(rows)
    points = shapely.get_type_id(shapes) == 0
    where = np.round(shapely.get_coordinates(shapes[points])[:, ::-1], 5).tolist()
    texts = shapely.to_geojson(shapely.set_precision(shapes[~points], 1e-6, mode="pointwise")).tolist()
    return {
        "title": title,
        "points": [[*at, word] for at, word in zip(where, words[points].tolist(), strict=True)],
        "shapes": [
            {"type": "Feature", "properties": {"w": word}, "geometry": json.loads(text)}
            for text, word in zip(texts, words[~points].tolist(), strict=True)
        ],
    }


def lighter(shapes: Any) -> Any:
    """Return outlines of very many vertices with fewer, each by itself; in time that its vertices alone decide."""
    count = int(shapely.get_num_coordinates(shapes).sum())
    if count <= DRAWN_VERTICES:
        return shapes
    tolerance = 0.0005 * count / DRAWN_VERTICES
    light = shapely.remove_repeated_points(shapes, tolerance)
    short = shapely.get_num_coordinates(light) <= SIMPLIFIED_VERTICES
    return np.where(short, shapely.simplify(np.where(short, light, None), tolerance), light)


def _words(rows: pd.DataFrame) -> Any:
    """What to say about each row: its title or name, else its first column of words."""
    texts = [column for column in rows if isinstance(rows[column].dtype, pd.StringDtype)]
    best = [column for name in TITLES for column in texts if str(column).lower() == name]
    column = next(iter([*best, *texts]), None)
    words = rows[column].fillna("").str.slice(0, WORDS_CHARS) if column else pd.Series("", index=rows.index)
    return words.to_numpy(dtype=object)

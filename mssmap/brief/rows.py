"""The data behind a pack: the very records it shows, with grades and sources, as GeoPackage and CSV."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from mssmap import evidence, views
from mssmap.brief import content
from mssmap.brief.spec import Brief
from mssmap.catalog import Data

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a text that a spreadsheet would take for a formula."""


def files(data: Data, brief: Brief) -> dict[str, bytes]:
    """Return the files by name; the same view of the same data gives the same bytes."""
    frames = tables(data, brief)
    made = {f"data/{name}.csv": _csv(rows) for name, rows in frames.items()}
    shapes = {name: rows for name, rows in frames.items() if isinstance(rows, gpd.GeoDataFrame)}
    return {f"data/{brief.stem}.gpkg": _geopackage(shapes, brief), **made}


def tables(data: Data, brief: Brief) -> dict[str, pd.DataFrame]:
    """Return the records on the map of a pack, the strength of the mission, and the sources they cite."""
    shown = content.visible(content.everything(data, brief), brief.layers)
    found: dict[str, pd.DataFrame] = {name: getattr(shown, name) for name in (*views.RECORD_LAYERS, "events")}
    found["strength"] = views.table(data, "strength", brief.clocks, brief.grade)
    cited = {source["source_id"] for rows in found.values() for sources in rows["sources"] for source in sources}
    public = evidence.public(data["sources"], brief.known_on)
    found = {name: _plain(rows) for name, rows in found.items()}
    return found | {"sources": public[public["source_id"].isin(cited)].reset_index(drop=True)}


def _plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows without the columns that are lists; `source_ids` names the sources."""
    return rows.drop(columns=[name for name in ("sources", "figures") if name in rows])


def _csv(rows: pd.DataFrame) -> bytes:
    flat = pd.DataFrame(rows.drop(columns="geometry")) if isinstance(rows, gpd.GeoDataFrame) else rows
    flat = flat.map(_cell)
    if isinstance(rows, gpd.GeoDataFrame) and "lon" not in rows:
        points = rows.geometry.representative_point()
        flat = flat.assign(lon=points.x.round(5), lat=points.y.round(5))
    out = io.StringIO()
    flat.to_csv(out, index=False, lineterminator="\n", date_format="%Y-%m-%d")
    return out.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else value


def _geopackage(shapes: dict[str, Any], brief: Brief) -> bytes:
    """Write the layers to a GeoPackage whose only time is that of the pack."""
    stamp = brief.created.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": stamp})
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "data.gpkg"
            for name, rows in shapes.items():
                dates = {c: rows[c].dt.strftime("%Y-%m-%d") for c in rows if str(rows[c].dtype).startswith("datetime")}
                pyogrio.write_dataframe(rows.assign(**dates), path, layer=name, driver="GPKG", append=path.exists())
            return path.read_bytes() if path.exists() else b""
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})

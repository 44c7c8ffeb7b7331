"""The formats that take a table as it is: GeoJSON, FlatGeobuf, GeoParquet, shapefile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
import pyogrio
import shapely

from mssmap.errors import InputError
from mssmap.exports import arrow, canonical, proof
from mssmap.exports.extract import Extract
from mssmap.exports.parts import Part
from mssmap.i18n import gettext as _
from mssmap.records import views

FGB_HEADER_BYTES = 8_000_000
"""Longest proof in the header of a FlatGeobuf file: GDAL reads no header above 10 MB."""


def geojson(path: Path, extract: Extract, *, with_proof: bool = True) -> None:
    """Write one layer as GeoJSON (RFC 7946); the proof is its member `mssmap`."""
    (part,) = extract.parts
    shapes = [None] * len(part.frame)
    if part.has_geometry:
        oriented = shapely.orient_polygons(part.frame.geometry.to_numpy())  # the right-hand rule of section 3.1.6
        shapes = shapely.to_geojson(oriented).tolist()
    names = [column.written for column in part.columns]
    columns = [_json_values(part, i) for i in range(len(names))]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write('{"type":"FeatureCollection","name":' + json.dumps(part.name) + ',"features":[')
        for i, values in enumerate(zip(*columns, strict=True)):
            head = {"type": "Feature", "properties": dict(zip(names, values, strict=True))}
            text = json.dumps(head, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            file.write(f'{"," if i else ""}\n{text[:-1]},"geometry":{shapes[i] or "null"}}}')
        member = f',"{proof.KEY}":{proof.write(extract.document())}' if with_proof else ""
        file.write(f"\n]{member}}}\n")


def _json_values(part: Part, i: int) -> list[Any]:
    column = part.columns[i]
    values = part.frame[column.written]
    if column.type == "list":
        return [views.plain(value) if isinstance(value, list) else None for value in values.tolist()]
    return (
        canonical.cells(values, column.type) if column.type != "number" else [views.plain(v) for v in values.tolist()]
    )


def parquet(path: Path, extract: Extract) -> None:
    """Write one layer or table as GeoParquet 1.1; the proof stands under the key `mssmap` of the file."""
    (part,) = extract.parts
    table = arrow.table(part)
    metadata = {proof.KEY.encode(): proof.write(extract.document()).encode()}
    if part.has_geometry:
        metadata[b"geo"] = arrow.geo_metadata(part)
    pq.write_table(table.replace_schema_metadata(metadata), path, compression="zstd")


def ogr(path: Path, part: Part, driver: str, *, layer: str, **options: Any) -> None:
    """Write one layer with GDAL; a table without geometry where the driver can."""
    kind = arrow.kind_of(part) if part.has_geometry else None
    pyogrio.write_arrow(
        arrow.table(part, kind or ""),
        path,
        layer=layer,
        driver=driver,
        geometry_name=arrow.GEOMETRY if kind else None,
        geometry_type=kind and arrow.with_heights(part, kind),
        crs=part.frame.crs.to_string() if kind else None,
        **options,
    )


def flatgeobuf(path: Path, extract: Extract) -> None:
    """Write one layer as FlatGeobuf; the proof is the item `mssmap` of its metadata."""
    (part,) = extract.parts
    text = proof.write(extract.document())
    if len(text) > FGB_HEADER_BYTES:
        raise InputError(
            _(
                "fgb: {name} has {count} rows, and their proof is longer than a FlatGeobuf header. Use gpkg or parquet."
            ).format(name=part.name, count=len(part.frame))
        )
    placed = not part.frame.geometry.isna().any()  # the index of the format knows no missing geometry
    ogr(
        path,
        part,
        "FlatGeobuf",
        layer=part.name,
        layer_metadata={proof.KEY: text},
        layer_options={"SPATIAL_INDEX": "YES" if placed and len(part.frame) else "NO", "TITLE": part.title},
    )


def shapefile(path: Path, extract: Extract) -> None:
    """
    Write one layer as a shapefile in UTF-8: several files beside `path`.

    Raises
    ------
    InputError
        If its shapes are of several kinds: a shapefile holds points, lines or areas.
    """
    (part,) = extract.parts
    kinds = {KINDS.get(kind, "") for kind in part.frame.geom_type.dropna()} if part.has_geometry else set()
    if len(kinds) > 1 or "" in kinds:
        raise InputError(
            _("{name}: found {kinds} in one layer, required one kind for a shapefile. Export it as GeoPackage.").format(
                name=part.name, kinds=", ".join(sorted(kind or "collections" for kind in kinds))
            )
        )
    ogr(
        path,
        part,
        "ESRI Shapefile",
        layer=path.stem,
        layer_options={"ENCODING": "UTF-8", "DBF_DATE_LAST_UPDATE": "1980-01-01"},
    )


KINDS: Final = {
    **{"Point": "points", "MultiPoint": "points", "LineString": "lines", "MultiLineString": "lines"},
    **{"Polygon": "areas", "MultiPolygon": "areas"},
}
"""Kind of a shape -> what a shapefile that holds it holds."""

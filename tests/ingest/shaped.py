"""Small files whose shapes are anything but small: nested, of endless parts, in systems that want a file."""

from __future__ import annotations

import io
import json
import sqlite3
import struct
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

POINT = b"\x01" + struct.pack("<Idd", 1, -72.3, 18.5)
EMPTY_LINE = b"\x01" + struct.pack("<II", 2, 0)

GRID = (
    'BOUNDCRS[SOURCECRS[GEOGCRS["x",DATUM["y",ELLIPSOID["z",6378137,298.25]],CS[ellipsoidal,2],AXIS["lat",north],'
    'AXIS["lon",east],ANGLEUNIT["degree",0.0174532925199433]]],TARGETCRS[GEOGCRS["WGS 84",DATUM["World Geodetic System '
    '1984",ELLIPSOID["WGS 84",6378137,298.257223563]],CS[ellipsoidal,2],AXIS["lat",north],AXIS["lon",east],'
    'ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",4326]]],ABRIDGEDTRANSFORMATION["NTv2",METHOD["NTv2",'
    'ID["EPSG",9615]],PARAMETERFILE["Latitude and longitude difference file","%s"]]]'
)
"""A coordinate system of which PROJ wants to open a file."""


def nested(depth: int, inner: bytes = POINT, before: bytes = b"") -> bytes:
    """Well-known binary of collections in collections; `before` is a sibling that stands first in each."""
    count = 2 if before else 1
    return (b"\x01" + struct.pack("<II", 7, count) + before) * depth + inner


def nested_wkt(depth: int) -> str:
    return "GEOMETRYCOLLECTION(" * depth + "POINT(-72.3 18.5)" + ")" * depth


def parquet(*blobs: Any, crs: Any = None, encoding: str = "WKB") -> bytes:
    """A GeoParquet file of these geometries."""
    column = {"encoding": encoding, "geometry_types": []} | ({"crs": crs} if crs else {})
    geo = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": column}}
    table = pa.table({"name": [f"n{i}" for i in range(len(blobs))], "geometry": list(blobs)})
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), out)
    return out.getvalue()


def geopackage(blob: bytes, definition: str = "", organization: str = "EPSG") -> bytes:
    """A GeoPackage of one place."""
    db = sqlite3.connect(":memory:")
    db.executescript(
        """PRAGMA application_id=0x47504B47;
        CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
            organization_coordsys_id INTEGER, definition TEXT, description TEXT);
        CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, identifier TEXT, description TEXT,
            last_change TEXT, min_x REAL, min_y REAL, max_x REAL, max_y REAL, srs_id INTEGER);
        CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT, srs_id INTEGER,
            z INTEGER, m INTEGER);
        CREATE TABLE places (fid INTEGER PRIMARY KEY, geom BLOB, name TEXT);
        INSERT INTO gpkg_contents VALUES ('places','features','places','','',0,0,0,0,4326);
        INSERT INTO gpkg_geometry_columns VALUES ('places','geom','GEOMETRY',4326,0,0);"""
    )
    db.execute("INSERT INTO gpkg_spatial_ref_sys VALUES ('x', 4326, ?, 4326, ?, '')", (organization, definition))
    header = b"GP\x00\x01" + struct.pack("<i", 4326)
    db.execute("INSERT INTO places (geom, name) VALUES (?, 'place')", (header + blob,))
    db.commit()
    return bytes(db.serialize())


def geojson(depth: int) -> bytes:
    shape: dict[str, Any] = {"type": "Point", "coordinates": [-72.3, 18.5]}
    for _ in range(depth):
        shape = {"type": "GeometryCollection", "geometries": [shape]}
    return json.dumps(shape).encode()


def kml(depth: int) -> bytes:
    inner = "<Point><coordinates>-72.3,18.5</coordinates></Point>"
    inside = "<MultiGeometry>" * depth + inner + "</MultiGeometry>" * depth
    head = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>x</name>'
    return f"{head}{inside}</Placemark></Document></kml>".encode()


def comb(teeth: int) -> bytes:
    """A polygon whose edges all have boxes that overlap, though none crosses another: dear to check."""
    near = np.arange(teeth) / teeth / 1000
    out = np.column_stack([-72.5 + near, np.full(teeth, 18.4)])
    back = np.column_stack([-72.4 + near + 0.0002 / teeth, np.full(teeth, 18.6)])
    edge = np.empty((2 * teeth, 2))
    edge[0::2], edge[1::2] = out, back
    ring = np.vstack([edge, [[-72.0, 18.6], [-72.0, 18.3], [-72.5, 18.3]], edge[:1]])
    return bytes(shapely.to_wkb(shapely.Polygon(ring)))


def star(points: int) -> bytes:
    """A polygon each of whose edges crosses nearly every other."""
    turn = np.arange(points) * (points // 2) * 2 * np.pi / points
    ring = np.column_stack([-72.3 + 0.1 * np.cos(turn), 18.5 + 0.1 * np.sin(turn)])
    return bytes(shapely.to_wkb(shapely.Polygon(np.vstack([ring, ring[:1]]))))

"""What a file is, by its first bytes; its name and ending are never believed."""

from __future__ import annotations

import codecs

from mssmap.jail.limits import refused

FORMATS = {
    "csv": "CSV",
    "xlsx": "XLSX",
    "geojson": "GeoJSON",
    "gpkg": "GeoPackage",
    "shp": "Shapefile",
    "kml": "KML",
    "fgb": "FlatGeobuf",
    "parquet": "GeoParquet",
    "html": "HTML map of mssmap",
    "zip": "zip",
}
"""Names of the formats that are read, by the ids used here."""

TAKES = "CSV, XLSX, GeoJSON, GeoPackage, Shapefile in a zip, KML, FlatGeobuf, GeoParquet, or a zip of these"

_REFUSED = (
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file", "Save it as XLSX."),
    (b"\x00\x00\x27\x0a", "a .shp file alone", "Put it in a zip with its .dbf, .shx and .prj."),
    (b"%PDF", "a PDF", "Ask for the table behind it."),
    (b"\x1f\x8b", "a gzip file", "Unpack it first."),
    (b"7z\xbc\xaf", "a 7-Zip file", "Pack it as zip."),
    (b"Rar!", "a RAR file", "Pack it as zip."),
    (b"\x89PNG", "a picture", ""),
    (b"\xff\xd8\xff", "a picture", ""),
    (b"II*\x00", "a picture", ""),
    (b"\x7fELF", "a program", ""),
    (b"MZ", "a program", ""),
)


def sniff(content: bytes) -> str:
    """
    Return the format of a file, a key of `FORMATS`.

    >>> sniff(b'{"type": "FeatureCollection", "features": []}'), sniff(b"a,b" + bytes([10]) + b"1,2")
    ('geojson', 'csv')

    Raises
    ------
    RefusedError
        If it is none of them.
    """
    if not content.strip():
        raise refused("an empty file", TAKES)
    for start, kind in (
        (b"PK\x03\x04", "zip"),
        (b"PK\x05\x06", "zip"),
        (b"SQLite format 3\x00", "gpkg"),
        (b"PAR1", "parquet"),
        (b"fgb", "fgb"),
    ):
        if content.startswith(start):
            return kind
    for start, what, hint in _REFUSED:
        if content.startswith(start):
            raise refused(what, TAKES, hint)
    return _text(content)


def _text(content: bytes) -> str:
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    start = content[:2000].decode("utf-16" if wide else "utf-8-sig", "replace").lstrip()
    if start[:1] in ("{", "["):
        return "geojson"
    if start[:14].lower() == "<!doctype html":
        return "html"
    if start[:1] == "<":
        return "kml"
    controls = sum(start.count(chr(code)) for code in range(1, 32) if code not in (9, 10, 13))
    if controls or start.count("\x00") > 3:
        raise refused("a file that is not text and of no known kind", TAKES)
    return "csv"

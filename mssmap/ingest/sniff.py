"""What a file is, by its first bytes; its name and ending are never believed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from typing import Final

from mssmap.i18n import mark
from mssmap.i18n.phrases import Phrase, phrase
from mssmap.ingest import letters
from mssmap.jail.limits import refused


@dataclass(frozen=True)
class Format:
    """
    A format that is read.

    Attributes
    ----------
    endings
        Of names of files; a name is never believed, only compared.
    parser
        Module of this package and its function that reads the content of one file; empty for what is put together
        from members of a zip.
    starts
        First bytes of a file, one of them.
    text
        Pattern of the beginning of a text; the first format that matches counts.
    listed
        As people are told what is read; empty for what is read, but not told.
    """

    title: str
    endings: tuple[str, ...]
    parser: str = ""
    starts: tuple[bytes, ...] = ()
    text: str = ""
    listed: str = ""


FORMATS: Final = {
    "xlsx": Format("XLSX", (".xlsx",), listed="XLSX"),
    "geojson": Format("GeoJSON", (".geojson", ".json"), "geojson.parse", text=r"[{\[]", listed="GeoJSON"),
    "gpkg": Format("GeoPackage", (".gpkg",), "geopackage.parse", (b"SQLite format 3\x00",), listed="GeoPackage"),
    "shp": Format("Shapefile", (), listed=mark("a zipped shapefile")),
    "html": Format("HTML map of mssmap", (".html",), "webpage.parse", text=r"(?i)<!doctype html"),
    "gpx": Format("GPX", (".gpx",), "gpx.parse", text=r"(?s)(<\?.*?\?>\s*|<!--.*?-->\s*)*<gpx\b", listed="GPX"),
    "kml": Format("KML", (".kml",), "kml.parse", text="<", listed="KML"),
    "fgb": Format("FlatGeobuf", (".fgb",), "vector.parse_flatgeobuf", (b"fgb",), listed="FlatGeobuf"),
    "parquet": Format("GeoParquet", (".parquet", ".geoparquet"), "geoparquet.parse", (b"PAR1",), listed="GeoParquet"),
    "zip": Format("zip", (".zip",), starts=(b"PK\x03\x04", b"PK\x05\x06")),
    "csv": Format("CSV", (".csv", ".tsv"), "delimited.parse", text="", listed="CSV"),
}
"""All formats; a new one is a row here, and the function that it names. A text that is nothing else is CSV."""

LISTED: Final = ("CSV", *(item.listed for item in FORMATS.values() if item.listed not in ("", "CSV")))
"""What is read, as people are told."""

TAKES: Final = phrase(
    "{formats} or a zip of these",
    formats=reduce(
        lambda some, more: phrase("{some}, {more}", some=some, more=more), (Phrase(one, {}) for one in LISTED)
    ),
)

_REFUSED = (
    (b"\xd0\xcf\x11\xe0", phrase("an old Excel or Word file"), phrase("Save it as XLSX.")),
    (b"\x00\x00\x27\x0a", phrase("a .shp file alone"), phrase("Put it in a zip with its .dbf, .shx and .prj.")),
    (b"%PDF", phrase("a PDF"), phrase("Ask for the table behind it.")),
    (b"\x1f\x8b", phrase("a gzip file"), phrase("Unpack it first.")),
    (b"7z\xbc\xaf", phrase("a 7-Zip file"), phrase("Pack it as zip.")),
    (b"Rar!", phrase("a RAR file"), phrase("Pack it as zip.")),
    (b"\x89PNG", phrase("a picture"), ""),
    (b"\xff\xd8\xff", phrase("a picture"), ""),
    (b"II*\x00", phrase("a picture"), ""),
    (b"\x7fELF", phrase("a program"), ""),
    (b"MZ", phrase("a program"), ""),
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
        raise refused(phrase("an empty file"), TAKES)
    for kind, item in FORMATS.items():
        if item.starts and content.startswith(item.starts):
            return kind
    for start, what, hint in _REFUSED:
        if content.startswith(start):
            raise refused(what, TAKES, hint)
    return _text(content)


def _text(content: bytes) -> str:
    start = content[:2000].decode(letters.wide(content) or "utf-8-sig", "replace").lstrip()
    for kind, item in FORMATS.items():
        if item.text and re.match(item.text, start):
            return kind
    controls = sum(start.count(chr(code)) for code in range(1, 32) if code not in (9, 10, 13))
    if controls or start.count("\x00") > 3:
        raise refused(phrase("a file that is not text and of no known kind"), TAKES)
    return "csv"

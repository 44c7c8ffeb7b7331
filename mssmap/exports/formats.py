"""The formats: what each is good for, what it can hold, and which function writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mssmap.i18n import mark


@dataclass(frozen=True)
class Format:
    """
    What a format can hold.

    Attributes
    ----------
    suffix
        End of the file's name.
    note
        What it is good for, in one line.
    writer
        Module of this package and its function that writes one file, from an extract with the parts of that file only.
    mime
        Its media type.
    pieces
        It is several files, which go into a zip as they are.
    many
        One file holds all layers and tables.
    proof
        The file itself holds the proof; else it stands beside it.
    metric
        Coordinates may be in metres (EPSG:32618).
    tables
        Tables without geometry can be held; else they are written as CSV beside.
    nested
        A cell can hold a list.
    geometry
        `native`; `ways`: points and lines only; `wkt`: points in two columns of numbers, others as text; `points`: only
        points, in two columns.
    hxl
        There is a place for a row of HXL hashtags.
    name_bytes, text_bytes, text_length
        Longest name of a column and longest text, 0 for no limit.
    reserved
        Names of columns that mean something else in the format, in small letters.
    plain_xml
        Text cannot hold control characters.
    only_text
        Values have no types and no blanks at their ends, and one column names a place.
    one_kind
        A layer holds shapes of one kind, so that zones are two: all as points, named units as areas besides.
    one_height
        All places of a layer have a height, or none has.
    one_shape
        A file holds points, lines or areas: a layer of several is a file for each.
    """

    title: str
    suffix: str
    note: str
    writer: str
    mime: str = "application/octet-stream"
    pieces: bool = False
    many: bool = False
    proof: bool = True
    metric: bool = True
    tables: bool = True
    nested: bool = False
    geometry: str = "native"
    hxl: bool = False
    name_bytes: int = 0
    text_bytes: int = 0
    text_length: int = 0
    reserved: frozenset[str] = frozenset()
    plain_xml: bool = False
    only_text: bool = False
    one_kind: bool = False
    one_height: bool = False
    one_shape: bool = False


FORMATS: Final[dict[str, Format]] = {
    "geojson": Format(
        "GeoJSON",
        ".geojson",
        mark("For web maps and scripts; one file a layer."),
        "writers.geojson",
        mime="application/geo+json",
        metric=False,
        tables=False,
        nested=True,
    ),
    "gpkg": Format(
        "GeoPackage",
        ".gpkg",
        mark("For QGIS and ArcGIS: all layers in one file, with their styles."),
        "geopackage.write",
        mime="application/geopackage+sqlite3",
        one_kind=True,
        many=True,
        reserved=frozenset({"fid", "geom", "geometry"}),
    ),
    "fgb": Format(
        "FlatGeobuf",
        ".fgb",
        mark("For large layers and web maps; one file a layer."),
        "writers.flatgeobuf",
        one_height=True,
        tables=False,
        reserved=frozenset({"geometry", "wkb_geometry", "ogc_fid"}),
    ),
    "parquet": Format(
        "GeoParquet",
        ".parquet",
        mark("For Python, R and DuckDB; one file a layer."),
        "writers.parquet",
        nested=True,
        reserved=frozenset({"geometry"}),
    ),
    "shp": Format(
        "Shapefile",
        ".shp",
        mark("For old programs only: it cuts names and texts."),
        "writers.shapefile",
        proof=False,
        one_kind=True,
        one_height=True,
        one_shape=True,
        pieces=True,
        tables=False,
        name_bytes=10,
        text_bytes=254,
        reserved=frozenset({"ogc_fid", "fid"}),
    ),
    "kml": Format(
        "KML",
        ".kml",
        mark("For Google Earth; one file a layer."),
        "kml.write",
        proof=False,
        metric=False,
        tables=False,
        plain_xml=True,
        only_text=True,
        reserved=frozenset({"name", "description", "address", "when", "begin", "end"}),
    ),
    "gpx": Format(
        "GPX",
        ".gpx",
        mark("For satellite navigation: places and ways; one file a layer."),
        "gpx.write",
        one_kind=True,
        mime="application/gpx+xml",
        proof=False,
        metric=False,
        tables=False,
        geometry="ways",
        plain_xml=True,
        only_text=True,
        reserved=frozenset({"name", "cmt", "desc", "src", "time", "ele", "sym", "type"}),
    ),
    "csv": Format(
        "CSV",
        ".csv",
        mark("For spreadsheets and scripts; one file a table."),
        "sheets.write_csv",
        mime="text/csv",
        proof=False,
        geometry="wkt",
        hxl=True,
    ),
    "html": Format(
        "HTML map",
        ".html",
        mark("For everybody: the interactive map in one file that opens without a network."),
        "html.write",
        many=True,
        metric=False,
        nested=True,
    ),
    "xlsx": Format(
        "Excel",
        ".xlsx",
        mark("For Excel: one sheet a table."),
        "sheets.write_xlsx",
        mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        many=True,
        geometry="points",
        hxl=True,
        text_length=32_767,
        plain_xml=True,
    ),
}
"""All formats; a new one is a row here, and the function that it names."""

"""GeoPackage: all layers and tables in one file, with metadata tables, styles for QGIS, and the proof."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pyogrio

from mssmap.exports import arrow, proof, styles
from mssmap.exports.extract import Extract
from mssmap.exports.parts import Part
from mssmap.exports.proof import Document
from mssmap.exports.writers import ogr

EPOCH = "1980-01-01T00:00:00.000Z"
"""Date of the last change in every file: the same data give the same bytes."""

VERSION = "1.3"
"""Of the standard: GDAL of before 2023 and the QGIS with it warn of a later one."""

INDEXED_ROWS = 20_000
"""Rows from which a layer has a spatial index. Its triggers need functions that plain SQLite lacks: an indexed table
can be edited only by programs that know GeoPackage, and few rows are found as fast without."""

_TABLES = """
CREATE TABLE gpkg_metadata (
  id INTEGER CONSTRAINT m_pk PRIMARY KEY AUTOINCREMENT NOT NULL,
  md_scope TEXT NOT NULL DEFAULT 'dataset',
  md_standard_uri TEXT NOT NULL,
  mime_type TEXT NOT NULL DEFAULT 'text/xml',
  metadata TEXT NOT NULL DEFAULT ''
);
CREATE TABLE gpkg_metadata_reference (
  reference_scope TEXT NOT NULL,
  table_name TEXT,
  column_name TEXT,
  row_id_value INTEGER,
  timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  md_file_id INTEGER NOT NULL,
  md_parent_id INTEGER,
  CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
  CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id)
);
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT, f_table_schema TEXT, f_table_name TEXT, f_geometry_column TEXT,
  styleName TEXT, styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN,
  description TEXT, owner TEXT, ui TEXT, update_time DATETIME
);
CREATE TABLE mssmap_proof (document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
);
"""

_STANDARD = "https://specs.frictionlessdata.io/data-package/"


def write(path: Path, extract: Extract) -> None:
    """Write all parts; the proof is the one row of the table `mssmap_proof`."""
    document = extract.document()
    with _fixed_date():
        for part in extract.parts:
            options = {"IDENTIFIER": part.title, "DESCRIPTION": f"{part.licence}. {part.attribution}".strip()}
            if part.has_geometry:
                options["SPATIAL_INDEX"] = "YES" if len(part.frame) >= INDEXED_ROWS else "NO"
            ogr(path, part, "GPKG", layer=part.name, layer_options=options, dataset_options={"VERSION": VERSION})
    with closing(sqlite3.connect(path)) as database:
        database.executescript(_TABLES)
        database.execute("INSERT INTO mssmap_proof VALUES (?)", [proof.write(document)])
        _metadata(database, extract.parts, document)
        _styles(database, extract.parts)
        _extensions(database)
        database.execute(  # as QGIS does; GDAL then lists no table that is not registered, so not the proof either
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', ?)",
            [EPOCH],
        )
        database.commit()


@contextmanager
def _fixed_date() -> Iterator[None]:
    """Let GDAL write `EPOCH` for today; to change its dates afterwards would leave the old ones in free space."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": EPOCH})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _metadata(database: sqlite3.Connection, parts: Iterable[Part], document: Document) -> None:
    """Describe the file and each layer; the hashes of the rows stay in the proof."""
    head = {key: value for key, value in document.items() if key not in ("parts", "sources")}
    _describe(database, None, head)
    described = {item["name"]: item for item in document["parts"]}
    for part in parts:
        about = {key: value for key, value in described[part.name].items() if key != "row_hashes"}
        _describe(database, part.name, about)


def _describe(database: sqlite3.Connection, layer: str | None, about: dict[str, object]) -> None:
    row = database.execute(
        "INSERT INTO gpkg_metadata (md_scope, md_standard_uri, mime_type, metadata) VALUES (?, ?, ?, ?)",
        ["dataset", _STANDARD, "application/json", json.dumps(about, ensure_ascii=False)],
    )
    scope = "table" if layer else "geopackage"
    database.execute(
        "INSERT INTO gpkg_metadata_reference VALUES (?, ?, NULL, NULL, ?, ?, NULL)",
        [scope, layer, EPOCH, row.lastrowid],
    )


def _styles(database: sqlite3.Connection, parts: Iterable[Part]) -> None:
    for part in parts:
        if not part.has_geometry:
            continue
        qml = styles.qml(part.name, arrow.kind_of(part), [column.written for column in part.columns])
        database.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
            "styleQML, styleSLD, useAsDefault, description, owner, ui, update_time) "
            "VALUES ('', '', ?, ?, ?, ?, '', 1, ?, '', NULL, ?)",
            [part.name, arrow.GEOMETRY, part.name, qml, part.title, EPOCH],
        )


def _extensions(database: sqlite3.Connection) -> None:
    metadata = "http://www.geopackage.org/spec121/#extension_metadata"
    rows = [
        *((name, "gpkg_metadata", metadata) for name in ("gpkg_metadata", "gpkg_metadata_reference")),
        ("mssmap_proof", "mssmap_proof", "Proof of an export of mssmap: one JSON document."),
    ]
    database.executemany("INSERT INTO gpkg_extensions VALUES (?, NULL, ?, ?, 'read-write')", rows)

"""
Columns of an archive: those of our events, and a few that make questions cheap.

Places are found by an H3 cell of resolution `FINEST` in one column of whole numbers: the cell of a coarser resolution
that holds it is the same number with more of its last bits set, so a grouping at any zoom is plain arithmetic on
every engine, without a spatial extension.
"""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mssmap.ingest import geoparquet

FINEST: Final = 11
"""H3 resolution that is stored: cells of some 50 m."""

COARSEST: Final = 4

TEXTS: Final = (
    *("event_id", "category", "title_en", "title_fr", "title_ht", "title_es", "date_precision", "place", "country"),
    *("commune_pcode", "department_pcode", "location_precision", "actors", "figure_unit", "claim", "status"),
    *("dispute", "confidence", "known_precision", "source_ids", "note"),
)
DAYS: Final = ("valid_from", "valid_to", "known_from")
NUMBERS: Final = ("lon", "lat", "figure_min", "figure_max")

EVENTS: Final = pa.schema(
    [
        *((name, pa.string()) for name in TEXTS),
        *((name, pa.date32()) for name in DAYS),
        *((name, pa.float64()) for name in NUMBERS),
        ("revision", pa.int32()),
    ]
)
"""
The columns of the table `events` as Arrow types, but the day of acceptance, which an archive has not.

Their order in a file does not matter.
"""

ADDED: Final = pa.schema([("grade", pa.string()), ("h3", pa.int64())])
"""Worked out for each row when it is taken in: its grade, and its cell (missing without a place)."""

BOX: Final = pa.struct([(name, pa.float64()) for name in ("xmin", "ymin", "xmax", "ymax")])

STORED: Final = pa.schema(
    [
        ("row", pa.int32()),
        *EVENTS,
        *ADDED,
        ("known_until", pa.date32()),
        ("geometry", pa.binary()),
        ("bbox", BOX),
    ]
)
"""`row` counts the rows of a file; `known_until` is the first day on which a later revision was known."""

ASKED: Final = tuple(name for name in STORED.names if name not in ("geometry", "bbox"))
"""Columns that questions may use; the geometry is for other readers of the file."""


def mask(resolution: int) -> int:
    """
    Return the bits that, set in a cell of resolution `FINEST`, give one number to all cells of a coarser one.

    >>> mask(FINEST), oct(mask(FINEST - 1))
    (4095, '0o77777')
    """
    return (1 << (3 * (15 - resolution))) - 1


def parents(masked: NDArray[np.int64], resolution: int) -> NDArray[np.int64]:
    """
    Return the H3 cells for numbers with the bits of `mask` set.

    >>> hex(parents(np.array([0x8B6725CF5566FFF | mask(5)]), 5)[0])
    '0x856725cffffffff'
    """
    found: NDArray[np.int64] = (masked & ~(0xF << 52)) | (resolution << 52)
    return found


def geo(types: list[str], box: tuple[float, float, float, float] | None) -> dict[str, Any]:
    """Return the metadata of GeoParquet 1.1: WKB points in longitude and latitude (OGC:CRS84, the default)."""
    covering = {"bbox": {name: ["bbox", name] for name in BOX.names}}
    return geoparquet.about_geometry(types, list(box) if box else None, covering=covering)


def metadata(schema: pa.Schema, **values: Any) -> pa.Schema:
    """Return a schema that carries values as JSON."""
    return schema.with_metadata({key: json.dumps(value, separators=(",", ":")) for key, value in values.items()})

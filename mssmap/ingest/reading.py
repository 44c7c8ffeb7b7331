"""What reading a file from outside gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mssmap.errors import Fault

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Reading:
    """
    The tables of one file, as they stand in it.

    Attributes
    ----------
    format
        A key of `sniff.FORMATS`; `zip` for a bundle of several.
    tables
        Frames by name; those with places are GeoDataFrames in degrees (`crs` is None, and the numbers are as they
        stand, if the file does not say which CRS it has). The index `row` tells where a row stands: the row of a
        spreadsheet for CSV and XLSX (the header is 1), the position of the feature else (from 1). All columns of a CSV
        file are text, as written; else whole numbers are `Int64`, truth values `boolean`, dates `datetime64`, missing
        values missing.
    proof
        The proof document of an export of mssmap, None if the file carries none.
    notes
        What was repaired or left out, in sentences.
    faults
        Cells that could not be used; they are empty in the frame. Its `file` is the name of the table.
    marks
        What was put right in the shapes of each table with places, see `shapes.Mended`.
    left_out
        Of each table, reason -> rows of the file that are not in its frame.
    span
        Of a CSV: lines before its first row, the number of that row and of the last.
    """

    format: str
    tables: Mapping[str, pd.DataFrame]
    proof: dict[str, Any] | None = None
    notes: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    marks: Mapping[str, pd.Series] = field(default_factory=dict)
    left_out: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    span: tuple[int, int, int] = (0, 0, 0)

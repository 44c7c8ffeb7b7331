"""CSV: the dialect and the encoding are found out, rows with too few or too many cells are told and left out."""

from __future__ import annotations

import codecs
import csv
import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from mssmap.errors import Fault
from mssmap.ingest.table import Parsed, Table
from mssmap.jail.limits import Limits, at_most, printable, refused

DELIMITERS = ",;\t|"

_ACTOR = (
    *("Code", "Name", "CountryCode", "KnownGroupCode", "EthnicCode", "Religion1Code", "Religion2Code"),
    *("Type1Code", "Type2Code", "Type3Code"),
)
_GEO = ("Type", "FullName", "CountryCode", "ADM1Code", "ADM2Code", "Lat", "Long", "FeatureID")
GDELT_COLUMNS = [
    *("GLOBALEVENTID", "SQLDATE", "MonthYear", "Year", "FractionDate"),
    *(f"Actor{n}{name}" for n in (1, 2) for name in _ACTOR),
    *("IsRootEvent", "EventCode", "EventBaseCode", "EventRootCode", "QuadClass", "GoldsteinScale", "NumMentions"),
    *("NumSources", "NumArticles", "AvgTone"),
    *(f"{which}Geo_{name}" for which in ("Actor1", "Actor2", "Action") for name in _GEO),
    *("DATEADDED", "SOURCEURL"),
]
"""GDELT 2.0 publishes its events without a header (GDELT Event Codebook V2.0); 61 columns."""


def parse(content: bytes, name: str, limits: Limits) -> Parsed:
    """
    Read a CSV file; every column is text, as written (an empty cell is an empty text).

    Raises
    ------
    RefusedError
        If it has no header, an open quote, or more than the limits allow.
    """
    parsed = Parsed("csv")
    content = _as_utf8(content, parsed)
    header, delimiter = _header(content, limits)
    bare = len(header) == len(GDELT_COLUMNS) and header[0].isdigit() and len(header[1]) == 8
    names = GDELT_COLUMNS if bare else _unique(header)
    if bare:
        parsed.notes.append(f"{name}: without a header; its 61 columns are those of GDELT 2.0 events.")
    columns, skipped = _cells(content, names, delimiter, 0 if bare else 1, limits)
    _check_quotes(content, columns, skipped)
    rows = np.array(_rows(columns.num_rows, skipped)) - bare
    filled = _filled(columns)
    table = Table(name, {}, rows[filled].tolist())
    table.columns = {name: columns[name].combine_chunks().filter(pa.array(filled)) for name in names}
    table.faults += [
        Fault(
            name,
            row.number,
            "",
            f"{row.actual_columns} cells",
            f"{row.expected_columns} cells, as in the header",
            "Quote cells that hold the separator.",
        )
        for row in skipped[: limits.faults]
        if row.text.strip()
    ]
    if delimiter != ",":
        parsed.notes.append(f"{name}: cells are separated by {delimiter!r}.")
    parsed.tables.append(table)
    return parsed


def _cells(
    content: bytes, names: list[str], delimiter: str, header_rows: int, limits: Limits
) -> tuple[pa.Table, list[Any]]:
    """Read all cells as text; rows of another width are returned apart."""
    skipped: list[Any] = []

    def skip(row: Any) -> str:
        skipped.append(row)
        at_most(len(skipped), limits.rows, "rows that cannot be read")
        return "skip"

    try:
        columns = pyarrow.csv.read_csv(
            io.BytesIO(content),
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False, column_names=names, skip_rows_after_names=header_rows, block_size=_block(content)
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=skip
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowException as error:
        raise refused(
            f"rows that cannot be parsed ({error})", "rows with closed quotes and equal numbers of cells"
        ) from error
    at_most(columns.num_rows * len(names), limits.cells, "cells")
    return columns, skipped


def _check_quotes(content: bytes, columns: pa.Table, skipped: list[Any]) -> None:
    """Stop if a quote was opened and never closed: the last row has then swallowed the rest of the file."""
    if content.count(b'"') % 2 == 0:
        return
    last = columns.slice(columns.num_rows - 1).to_pylist()[0].values() if columns.num_rows else ()
    if any("\n" in cell for cell in last) or (skipped and "\n" in skipped[-1].text.strip()):
        raise refused("a quote that is never closed", "closed quotes", 'Write a quote inside a quoted cell as "".')


def _filled(columns: pa.Table) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mark the rows with something in them."""
    filled = np.zeros(columns.num_rows, dtype=bool)
    for column in columns.columns:
        filled |= pc.not_equal(column, "").to_numpy()
    return filled


def _block(content: bytes) -> int:
    """The whole file in one block, so that no row is longer than a block."""
    return min(len(content) + 1_000, 2**31 - 1)


def _rows(count: int, skipped: list[Any]) -> list[int]:
    """Number the rows that were kept as a spreadsheet does, the header being row 1."""
    gone = {row.number for row in skipped}
    if not gone:
        return list(range(2, count + 2))
    return [number for number in range(2, count + len(gone) + 2) if number not in gone][:count]


def _as_utf8(content: bytes, parsed: Parsed) -> bytes:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            try:
                text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
            except UnicodeDecodeError as error:
                raise refused(
                    f"bytes at {error.start:,} that are not {encoding}", "one encoding, best UTF-8"
                ) from error
            return text.encode()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError as error:
            raise refused(
                f"byte 0x{content[error.start]:02x} on line {line}", "text in UTF-8", "Save it as UTF-8."
            ) from error
        parsed.notes.append(f"The text is not UTF-8 (line {line}); it was read as Windows-1252. Check its accents.")
        return text.encode()
    return content


def _header(content: bytes, limits: Limits) -> tuple[list[str], str]:
    start = content[: 64 * limits.columns + 200_000].decode("utf-8", "ignore")
    first = start.splitlines()[0] if start.splitlines() else ""
    delimiter = max(DELIMITERS, key=first.count)
    try:
        header = next(csv.reader(io.StringIO(start, newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise refused(f"a header that cannot be parsed ({error})", "column names in the first row") from error
    if not any(cell.strip() for cell in header):
        raise refused("no header", "column names in the first row")
    at_most(len(header), limits.columns, "columns")
    return header, delimiter


def _unique(header: list[str]) -> list[str]:
    """Names that differ, for the parser; what is said about doubled ones comes later."""
    found: list[str] = []
    for number, name in enumerate(header, 1):
        plain, twice = printable(name, 10_000) or f"column_{number}", 2
        while plain in found:
            plain, twice = f"{name}_{twice}", twice + 1
        found.append(plain)
    return found

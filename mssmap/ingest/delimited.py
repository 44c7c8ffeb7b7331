"""CSV: the dialect and the encoding are found out, rows with too few or too many cells are told and left out."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from mssmap.errors import Fault
from mssmap.i18n.phrases import phrase
from mssmap.ingest import headers, letters
from mssmap.ingest.table import Parsed, Table
from mssmap.jail.limits import Limits, RefusedError, at_most, printable, refused

DELIMITERS = ",;\t|"

csv.field_size_limit(1_000_000)  # cells that are too long are measured, and told, once the table is read

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


GDELT_1: Final = [*(name for name in GDELT_COLUMNS[:-1] if not name.endswith("ADM2Code"))]
"""GDELT 1.0, and since April 2013 with SOURCEURL at the end: 57 or 58 columns, likewise without a header."""

BARE: Final = {61: GDELT_COLUMNS, 58: [*GDELT_1, "SOURCEURL"], 57: GDELT_1}
"""Columns of files without a header, by how many there are."""


@dataclass(frozen=True)
class Dialect:
    """
    How the cells of a CSV are written, and where its rows begin.

    Attributes
    ----------
    start, lines
        Bytes and lines before the first row.
    first_row
        Its number, as a spreadsheet counts.
    tags
        Whether a row of HXL tags stands before it.
    """

    delimiter: str
    names: list[str]
    start: int
    lines: int
    first_row: int
    tags: bool = False
    notes: tuple[str, ...] = ()


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
    return _read(content, dialect(content, limits), parsed, name, limits)


def _read(content: bytes, how: Dialect, parsed: Parsed, name: str, limits: Limits) -> Parsed:
    if how.start >= len(content) and not content.endswith((b"\n", b"\r")):
        raise refused(phrase("a header and no rows"), phrase("at least one row"))
    columns, skipped = _cells(content[how.start :], how.names, how.delimiter, limits)
    _check_quotes(content, columns, skipped)
    rows = np.array(_rows(columns.num_rows, skipped, how.first_row), dtype=np.int64)
    filled = _filled(columns)
    table = Table(name, {}, rows[filled].tolist())
    table.columns = {name: columns[name].combine_chunks().filter(pa.array(filled)) for name in how.names}
    odd = [row for row in skipped if row.text.strip(f' {how.delimiter}\r\n"')]
    for row in odd:
        comment = row.text.lstrip().startswith("#")
        what = phrase("a line of comment") if comment else phrase("{n} cells", n=row.actual_columns)
        table.leave_out(
            row.number + how.first_row - 1,
            Fault(
                name,
                row.number + how.first_row - 1,
                "",
                what,
                phrase("{n} cells, as in the header", n=row.expected_columns),
                phrase("It is no row.") if comment else phrase("Quote cells that hold the separator."),
                "rule" if comment else "contract",
            ),
            phrase("comments") if comment else phrase("another number of cells than the header"),
        )
    table.span = (how.lines, how.first_row, how.first_row + columns.num_rows + len(skipped) - 1)
    if how.tags:
        table.left_out[headers.TAGS] = 1
    parsed.notes += [phrase("{name}: {note}", name=name, note=note) for note in how.notes]
    if how.delimiter != ",":
        parsed.notes.append(phrase("{name}: cells are separated by {delimiter!r}.", name=name, delimiter=how.delimiter))
    parsed.tables.append(table)
    return parsed


def dialect(content: bytes, limits: Limits) -> Dialect:
    """
    Find out how a CSV in UTF-8 is written.

    Raises
    ------
    RefusedError
        If no header is found.
    """
    text = content[: 64 * limits.columns + 200_000].decode("utf-8", "ignore")
    said = SEP.match(text)
    skip = said.end() if said else 0
    lines = list(io.StringIO(text[skip:], newline=""))
    delimiter = said.group(1) if said else _delimiter(lines, whole=len(text) < len(content))
    records, ends = _records(lines, delimiter)
    if not any(cell.strip() for record in records for cell in record):
        raise refused(phrase("no header"), phrase("column names in the first row"))
    first = records[0]
    if len(first) in BARE and first[0].isdigit() and len(first[1]) == 8 and first[1].isdigit():
        kind = "2.0" if len(first) == 61 else "1.0"
        note = phrase("without a header; its {n} columns are those of GDELT {kind} events.", n=len(first), kind=kind)
        return Dialect(
            delimiter, BARE[len(first)], len(text[:skip].encode()), int(bool(said)), 1 + bool(said), notes=(note,)
        )
    found = headers.find(records)
    at_most(len(found.names), limits.columns, phrase("columns"))
    start = len(text[:skip].encode()) + len("".join(lines[: ends[found.body - 1]]).encode())
    above = ends[found.body - 1] + bool(said)
    return Dialect(
        delimiter, _unique(found.names), start, above, found.body + 1 + bool(said), found.tags, tuple(found.notes)
    )


SEP: Final = re.compile(r'\s*"?sep=(.)"?[ \t,;]*(?:\r\n|\r|\n)', re.IGNORECASE)
"""The line by which Excel is told the separator."""


def _delimiter(lines: list[str], *, whole: bool) -> str:
    """Return the separator by which most lines have the same number of cells."""
    best, score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            records, _ends = _records(lines, delimiter)
        except RefusedError:
            continue
        widths = [len(record) for record in records if any(record)]
        if whole and len(widths) > 1:
            widths = widths[:-1]
        wide = [width for width in widths if width > 1]
        if not wide:
            continue
        usual = max(set(wide), key=wide.count)
        found = (wide.count(usual) / len(widths), usual)
        if found > score:
            best, score = delimiter, found
    return best


def _records(lines: list[str], delimiter: str) -> tuple[list[list[str]], list[int]]:
    """Return the first records, and after how many lines each ends."""
    reader = csv.reader(iter(lines), delimiter=delimiter, strict=False)
    records, ends = [], []
    try:
        for record in reader:
            records.append(record)
            ends.append(reader.line_num)
            if len(records) == headers.LOOKED_AT:
                break
    except csv.Error as error:
        raise refused(
            phrase("a header that cannot be parsed ({error})", error=error), phrase("column names in the first row")
        ) from error
    return records, ends


def _cells(content: bytes, names: list[str], delimiter: str, limits: Limits) -> tuple[pa.Table, list[Any]]:
    """Read all cells as text; rows of another width are returned apart."""
    skipped: list[Any] = []

    def skip(row: Any) -> str:
        skipped.append(row)
        at_most(len(skipped), limits.rows, phrase("rows that cannot be read"))
        return "skip"

    if not content:
        return pa.table({name: pa.array([], pa.string()) for name in names}), skipped
    try:
        columns = pyarrow.csv.read_csv(
            io.BytesIO(content),
            read_options=pyarrow.csv.ReadOptions(use_threads=False, column_names=names, block_size=_block(content)),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=skip
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowException as error:
        raise refused(
            phrase("rows that cannot be parsed ({error})", error=error),
            phrase("rows with closed quotes and equal numbers of cells"),
        ) from error
    at_most(columns.num_rows * len(names), limits.cells, phrase("cells"))
    return columns, skipped


def _check_quotes(content: bytes, columns: pa.Table, skipped: list[Any]) -> None:
    """Stop if a quote was opened and never closed: the last row has then swallowed the rest of the file."""
    if content.count(b'"') % 2 == 0:
        return
    last = columns.slice(columns.num_rows - 1).to_pylist()[0].values() if columns.num_rows else ()
    if any("\n" in cell for cell in last) or (skipped and "\n" in skipped[-1].text.strip()):
        raise refused(
            phrase("a quote that is never closed"),
            phrase("closed quotes"),
            phrase('Write a quote inside a quoted cell as "".'),
        )


def _filled(columns: pa.Table) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mark the rows with something in them."""
    filled = np.zeros(columns.num_rows, dtype=bool)
    for column in columns.columns:
        filled |= pc.not_equal(column, "").to_numpy()
    return filled


def _block(content: bytes) -> int:
    """The whole file in one block, so that no row is longer than a block."""
    return min(len(content) + 1_000, 2**31 - 1)


def _rows(count: int, skipped: list[Any], first: int) -> list[int]:
    """Number the rows that were kept as a spreadsheet does."""
    gone = {row.number for row in skipped}
    if not gone:
        return list(range(first, count + first))
    return [number + first - 1 for number in range(1, count + len(gone) + 1) if number not in gone][:count]


def _as_utf8(content: bytes, parsed: Parsed) -> bytes:
    encoding = letters.wide(content) or ("utf-8-sig" if content.startswith(codecs.BOM_UTF8) else "")
    if encoding:
        try:
            return content.decode(encoding).encode()
        except UnicodeDecodeError as error:
            said = encoding.removesuffix("-sig")
            raise refused(
                phrase("bytes at {start:,} that are not {said}", start=error.start, said=said),
                phrase("one encoding, best UTF-8"),
            ) from error
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        encoding = letters.bytewise(content)
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            raise refused(
                phrase("byte 0x{what:02x} on line {line}", what=content[error.start], line=line),
                phrase("text in UTF-8"),
                phrase("Save it as UTF-8."),
            ) from error
        title = letters.TITLES[encoding]
        parsed.notes.append(
            phrase(
                "The text is not UTF-8 (line {line}); it was read as {title}. Check its accents.",
                line=line,
                title=title,
            )
        )
        return text.encode()
    return content


def _unique(header: list[str]) -> list[str]:
    """Names that differ, for the parser; what is said about doubled ones comes later."""
    found: list[str] = []
    for number, name in enumerate(header, 1):
        plain, twice = printable(name, 10_000) or f"column_{number}", 2
        while plain in found:
            plain, twice = f"{name}_{twice}", twice + 1
        found.append(plain)
    return found

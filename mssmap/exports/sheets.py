"""CSV and XLSX: tables for people and programs that would take text for a formula."""

from __future__ import annotations

import csv
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from mssmap.exports import canonical, naming, proof
from mssmap.exports.extract import Extract
from mssmap.exports.parts import Column, Part

FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""Start of a text that a spreadsheet takes for a formula, with any apostrophes before it."""

CELL = 32_000
"""Characters of the proof in one cell of its sheet; Excel allows 32,767."""

MADE = datetime(1980, 1, 1)
"""Date of creation in every XLSX file: the same data give the same bytes."""


def guard(text: str) -> str:
    """
    Return a text that no spreadsheet takes for a formula: with an apostrophe before it where it might.

    >>> guard("=1+1"), guard("'=1"), guard("Delmas 33"), guard("'tis")
    ("'=1+1", "''=1", 'Delmas 33', "'tis")
    """
    return f"'{text}" if FORMULA.match(text) else text


def unguard(text: str) -> str:
    """
    Return what was given to `guard`.

    >>> unguard("'=1+1"), unguard("''=1"), unguard("'tis")
    ('=1+1', "'=1", "'tis")
    """
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def write_csv(path: Path, extract: Extract) -> None:
    """Write one layer or table as CSV (RFC 4180, UTF-8); an empty cell is a missing value."""
    (part,) = extract.parts
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([guard(column.written) for column in part.columns])
        if extract.form.schema == "hxl":
            writer.writerow(_tags(part))
        columns = [_csv_cells(part, column) for column in part.columns]
        writer.writerows(zip(*columns, strict=True))


def _tags(part: Part) -> list[str]:
    return [naming.hashtag(column, part.name) for column in part.columns]


def _csv_cells(part: Part, column: Column) -> list[Any]:
    values = part.frame[column.written]
    if column.type in ("string", "geometry"):
        return [guard(value) if isinstance(value, str) else "" for value in values.tolist()]
    found = canonical.cells(values, column.type)
    return [("true" if v else "false") if isinstance(v, bool) else v for v in found]


def write_xlsx(path: Path, extract: Extract) -> None:
    """Write all layers and tables as sheets, and the proof as the sheet `mssmap`, in pieces, one below the other."""
    document = extract.document()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"created": MADE, "title": document["title"], "comments": document["note"]})
        head = book.add_format({"bold": True, "bottom": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for part in extract.parts:
            _sheet(book.add_worksheet(part.name[:31]), part, head, day, hxl=extract.form.schema == "hxl")
        sheet = book.add_worksheet(proof.KEY)
        text = proof.write(document)
        for row, start in enumerate(range(0, len(text), CELL)):
            sheet.write_string(row, 0, text[start : start + CELL])


def _sheet(sheet: Any, part: Part, head: Any, day: Any, *, hxl: bool) -> None:
    for i, column in enumerate(part.columns):
        sheet.write_string(0, i, column.written, head)
    if hxl:
        for i, tag in enumerate(_tags(part)):
            sheet.write_string(1, i, tag)
    first = 2 if hxl else 1
    sheet.freeze_panes(first, 1)
    sheet.autofilter(0, 0, max(first, first + len(part.frame) - 1), len(part.columns) - 1)
    for i, column in enumerate(part.columns):
        sheet.set_column(i, i, 12 if column.type in ("integer", "number", "boolean", "date") else 24)
        for row, value in enumerate(canonical.cells(part.frame[column.written], column.type), start=first):
            _cell(sheet, row, i, value, column.type, day)


def _cell(sheet: Any, row: int, i: int, value: Any, kind: str, day: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, i, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, i, value)
    elif kind == "date" and value >= "1900-03-01":
        sheet.write_datetime(row, i, datetime.combine(date.fromisoformat(value), datetime.min.time()), day)
    else:
        sheet.write_string(row, i, value)

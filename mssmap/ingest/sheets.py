"""XLSX: values only, no formulas, links or macros; each sheet is a table, merged cells have their value."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Iterable
from datetime import datetime, time
from typing import Any, Final

import openpyxl
from defusedxml.common import DefusedXmlException

from mssmap.i18n.phrases import phrase
from mssmap.ingest import headers
from mssmap.ingest.table import Parsed, from_values
from mssmap.jail.limits import Limits, RefusedError, at_most, printable, refused

PROOF_SHEET = "mssmap"

_DECLARES = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


def parse(content: bytes, members: dict[str, bytes], name: str, limits: Limits) -> Parsed:
    """
    Read an Excel workbook whose members were unpacked (and so measured) before.

    Raises
    ------
    RefusedError
        If its XML declares entities, or it cannot be read, or there is more than the limits allow.
    """
    for path, xml in members.items():
        wide = xml.startswith((b"\xff\xfe", b"\xfe\xff"))
        if path.endswith((".xml", ".rels")) and (wide or _DECLARES.search(xml)):
            raise refused(
                phrase("a document type or an odd encoding in {path}", path=path),
                phrase("plain XML"),
                phrase("Save it again as XLSX."),
            )
    parsed = Parsed("xlsx")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            at_most(len(book.worksheets), limits.tables, phrase("sheets"))
            for sheet in book.worksheets:
                path = str(getattr(sheet, "_worksheet_path", "")).lstrip("/")
                xml = members.get(path, b"")
                _sheet(sheet, parsed, limits, _merged(xml, limits), _unworked(xml))
    except RefusedError:
        raise
    except (*BROKEN, DefusedXmlException, zipfile.BadZipFile) as error:
        raise refused(
            phrase("a workbook that cannot be read ({name}: {error})", name=type(error).__name__, error=error),
            phrase("XLSX as Excel writes it"),
        ) from error
    if not parsed.tables:
        raise refused(
            phrase("no sheet with a header and rows"),
            phrase("at least one"),
            phrase("The file is {name}.", name=printable(name)),
        )
    return parsed


BROKEN = (ValueError, LookupError, TypeError, AttributeError, AssertionError, OverflowError, SyntaxError, OSError)
"""What openpyxl raises on a file that does not keep the format: it has no error of its own."""


def _sheet(sheet: Any, parsed: Parsed, limits: Limits, merged: list[Merged], unworked: set[tuple[int, int]]) -> None:
    sheet.reset_dimensions()
    rows = _filled(sheet.iter_rows(values_only=True), limits)
    if sheet.title == PROOF_SHEET:
        parsed.proof = _proof(rows)
        if parsed.proof is not None:
            return
    if len(rows) < 1:
        return
    header = headers.find([cells for _, cells in rows[: headers.LOOKED_AT]])
    body = rows[header.body :]
    filled = _fill_down(body, header.names, merged, limits)
    width = max(len(cells) for _, cells in (*rows[header.body - 1 - header.tags : header.body], *body))
    names = [_name(header.names[i] if i < len(header.names) else None, i) for i in range(width)]
    wrong: list[tuple[int, str, str]] = []
    columns: dict[str, list[Any]] = {}
    for i, name in enumerate(names):
        unique, twice = name, 2
        while unique in columns:
            unique, twice = f"{name}_{twice}", twice + 1
        columns[unique] = [
            _value(cells[i] if i < len(cells) else None, at, unique, wrong) for at, (_, cells) in enumerate(body)
        ]
    table = from_values(sheet.title, columns, [number for number, _ in body])
    for at, column, error in wrong:
        table.blame(
            at,
            column,
            phrase("the error {error}", error=error),
            phrase("a value"),
            phrase("Correct the formula."),
            kind="rule",
        )
    at_row = {number: at for at, (number, _) in enumerate(body)}
    for at_column, number in sorted(unworked):
        if number in at_row and at_column <= width:
            hint = phrase("Open it in a spreadsheet, save it and try again.")
            column = list(columns)[at_column - 1]
            found, required = phrase("a formula without its result"), phrase("a value")
            table.blame(at_row[number], column, found, required, hint, kind="rule")
    table.notes += [phrase("{name}: {note}", name=sheet.title, note=note) for note in header.notes]
    if header.tags:
        table.left_out[headers.TAGS] = 1
    if filled:
        table.notes.append(
            phrase(
                "{title}: {filled:,} merged cells were filled with the value that they show.",
                title=sheet.title,
                filled=filled,
            )
        )
    parsed.tables.append(table)


REPEATED: Final = re.compile(r"lon|lat|\bx\b|\by\b|code|\bid\b|year|ann[eé]e|a[nñ]o\b|round", re.IGNORECASE)
"""Columns whose numbers name something; other numbers count, and a count that several rows share stands once."""


def _fill_down(rows: list[Row], names: list[str], merged: list[Merged], limits: Limits) -> int:
    """Give each cell that was merged the value of the first; return how many."""
    at = {number: i for i, (number, _) in enumerate(rows)}
    filled = 0
    for left, top, right, bottom in merged:
        cells = rows[at[top]][1] if top in at else ()
        value = cells[left - 1] if left <= len(cells) else None
        name = names[left - 1] if left <= len(names) else ""
        if value in (None, "") or (isinstance(value, int | float) and not REPEATED.search(name)):
            continue
        for number in range(top, bottom + 1):
            if number not in at:
                continue
            row = list(rows[at[number]][1])
            row += [None] * (right - len(row))
            for column in range(left, right + 1):
                filled += row[column - 1] in (None, "")
                row[column - 1] = value
                at_most(filled, limits.cells, phrase("merged cells"))
            rows[at[number]] = (number, tuple(row))
    return filled


Row = tuple[int, tuple[Any, ...]]

Merged = tuple[int, int, int, int]
"""First column and row, last column and row of cells that are shown as one, from 1."""

_MERGED: Final = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*\bref=[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})[\"']")


def _merged(xml: bytes, limits: Limits) -> list[Merged]:
    """Return the merged cells that the XML of a sheet names; the reader of single rows does not know them."""
    found = []
    for left, top, right, bottom in _MERGED.findall(xml):
        found.append((_number(left), int(top), min(_number(right), limits.columns), min(int(bottom), limits.rows)))
        at_most(len(found), limits.rows, phrase("merged cells"))
    return found


_UNWORKED: Final = re.compile(
    rb"<(?:\w+:)?c\b(?![^>]*\bt=[\"']str)[^>]*\br=[\"']([A-Z]{1,3})(\d{1,7})[\"'][^>]*>\s*"
    rb"<(?:\w+:)?f\b[^<]*(?:</(?:\w+:)?f>)?\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


def _unworked(xml: bytes) -> set[tuple[int, int]]:
    """Return column and row of the formulas whose result is not in the file, as some writers leave them."""
    return {(_number(letters), int(row)) for letters, row in _UNWORKED.findall(xml)}


def _number(letters: bytes) -> int:
    """
    Return the number of a column.

    >>> _number(b"A"), _number(b"AB")
    (1, 28)
    """
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _filled(rows: Iterable[tuple[Any, ...]], limits: Limits) -> list[tuple[int, tuple[Any, ...]]]:
    found, cells = [], 0
    for number, row in enumerate(rows, 1):
        at_most(number, limits.rows, phrase("rows"))
        last = next((i for i in range(len(row), 0, -1) if row[i - 1] not in (None, "")), 0)
        if last:
            at_most(last, limits.columns, phrase("columns"))
            cells += last
            at_most(cells, limits.cells, phrase("cells"))
            found.append((number, row[:last]))
    return found


def _name(cell: Any, i: int) -> str:
    return str(cell).strip() if cell not in (None, "") else f"column_{i + 1}"


def _value(cell: Any, at: int, column: str, wrong: list[tuple[int, str, str]]) -> Any:
    if isinstance(cell, str) and cell.startswith("#") and cell in openpyxl.cell.cell.ERROR_CODES:
        wrong.append((at, column, cell))
        return None
    if isinstance(cell, datetime) and cell.time() == time(0):
        return cell.date()
    return cell


def _proof(rows: list[tuple[int, tuple[Any, ...]]]) -> dict[str, Any] | None:
    """Find the proof document: JSON in one cell, or in the cells of a column one after the other."""
    for column in range(2):
        text = "".join(str(cells[column]) for _, cells in rows if len(cells) > column and cells[column] is not None)
        start = text.find("{")
        try:
            document = json.loads(text[start:]) if start >= 0 else None
        except (ValueError, RecursionError):
            continue
        if isinstance(document, dict):
            return document
    return None

"""XLSX: values only, no formulas, links or macros; each sheet is a table with its header in the first filled row."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

import openpyxl
from defusedxml.common import DefusedXmlException

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
            raise refused(f"a document type or an odd encoding in {path}", "plain XML", "Save it again as XLSX.")
    parsed = Parsed("xlsx")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            at_most(len(book.worksheets), limits.tables, "sheets")
            for sheet in book.worksheets:
                _sheet(sheet, parsed, limits)
    except RefusedError:
        raise
    except (*BROKEN, DefusedXmlException, zipfile.BadZipFile) as error:
        raise refused(
            f"a workbook that cannot be read ({type(error).__name__}: {error})", "XLSX as Excel writes it"
        ) from error
    if not parsed.tables:
        raise refused("no sheet with a header and rows", "at least one", f"The file is {printable(name)}.")
    return parsed


BROKEN = (ValueError, LookupError, TypeError, AttributeError, AssertionError, OverflowError, SyntaxError, OSError)
"""What openpyxl raises on a file that does not keep the format: it has no error of its own."""


def _sheet(sheet: Any, parsed: Parsed, limits: Limits) -> None:
    sheet.reset_dimensions()
    rows = _filled(sheet.iter_rows(values_only=True), limits)
    if sheet.title == PROOF_SHEET:
        parsed.proof = _proof(rows)
        if parsed.proof is not None:
            return
    if len(rows) < 1:
        return
    (_first, header), body = rows[0], rows[1:]
    width = max(len(cells) for _, cells in rows)
    names = [_name(header[i] if i < len(header) else None, i) for i in range(width)]
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
        table.blame(at, column, f"the error {error}", "a value", "Correct the formula.", kind="rule")
    parsed.tables.append(table)


def _filled(rows: Iterable[tuple[Any, ...]], limits: Limits) -> list[tuple[int, tuple[Any, ...]]]:
    found, cells = [], 0
    for number, row in enumerate(rows, 1):
        at_most(number, limits.rows, "rows")
        last = next((i for i in range(len(row), 0, -1) if row[i - 1] not in (None, "")), 0)
        if last:
            at_most(last, limits.columns, "columns")
            cells += last
            at_most(cells, limits.cells, "cells")
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

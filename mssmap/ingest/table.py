"""What the readers of single formats hand on: columns in Arrow, geometry as WKB, and everything said about them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mssmap.errors import Fault
from mssmap.i18n.phrases import Phrase, phrase
from mssmap.jail.limits import Limits, at_most, printable, refused

Progress = Callable[[float, str], None]
"""Takes the share that is done, 0 to 1, and what is being done."""

GEOMETRY: Final = "\x00geometry"
MARKS: Final = "\x00marks"
ROW: Final = "\x00row"
"""Columns that are handed over beside the attributes; no attribute can have such a name."""

_REMOVED = (
    *(code for code in range(0x20) if code not in (9, 10, 13)),
    *range(0x7F, 0xA0),  # controls of one byte and, from 0x80, of a wrong encoding
    *(0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)),  # marks that turn the direction of writing
    *(0xFEFF, 0xFFFE, 0xFFFF),
)
_ODD = "[" + "".join(rf"\x{{{code:x}}}" for code in _REMOVED) + "]"
_SCRAMBLED = r"[\x{c2}-\x{f4}][\x{80}-\x{bf}\x{152}-\x{2122}]"
_CONTROL = dict.fromkeys(_REMOVED)


@dataclass
class Table:
    """
    One table or layer as it stands in a file.

    Attributes
    ----------
    columns
        Attributes by name, all of the same length.
    rows
        Where each row stands: the row of a spreadsheet (the header is 1), else the position of the feature (from 1).
    geometry
        Shapely geometries or None; None as a whole for a table without places.
    crs
        Authority code or WKT of the geometry, empty if the file does not say.
    left_out
        Reason -> rows of the file that are not among `rows`.
    span
        Of a CSV: lines before its first row, the number of that row and of the last.
    """

    name: str
    columns: dict[str, pa.Array]
    rows: Sequence[int]
    geometry: np.ndarray[Any, np.dtype[np.object_]] | None = None
    crs: str = ""
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    span: tuple[int, int, int] = (0, 0, 0)

    def leave_out(self, row: int, fault: Fault, reason: str) -> None:
        """Count a row that stands in the file and not in the columns, and say why."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1
        self.faults.append(fault)

    def blame(self, row: int, column: str, found: str, required: str, hint: str = "", kind: str = "contract") -> None:
        """Say what is wrong with a cell; `row` is a position in this table, from 0."""
        self.faults.append(Fault(self.name, int(self.rows[row]), column, _shown(found), required, hint, kind))


def _shown(found: str) -> str:
    return found if isinstance(found, Phrase) and found.isprintable() else printable(found)


@dataclass
class Parsed:
    """Everything that was found in one file."""

    format: str
    tables: list[Table] = field(default_factory=list)
    proof: dict[str, Any] | None = None
    notes: list[str] = field(default_factory=list)


def from_records(name: str, records: Iterable[dict[str, Any]], rows: Sequence[int]) -> Table:
    """Build a table from dictionaries that may lack keys; a column has one type, text if its values differ in kind."""
    values: dict[str, list[Any]] = {}
    for i, record in enumerate(records):
        for key, value in record.items():
            cells = values.get(key)
            if cells is None:
                cells = values[key] = [None] * i
            elif len(cells) > i:
                continue
            cells += [None] * (i - len(cells))
            cells.append(value)
    count = len(rows)
    return from_values(name, {key: cells + [None] * (count - len(cells)) for key, cells in values.items()}, rows)


def from_values(name: str, values: dict[str, list[Any]], rows: Sequence[int]) -> Table:
    """Build a table from columns of plain values."""
    table = Table(name, {}, rows)
    for column, cells in values.items():
        table.columns[column] = _array(cells, column, table)
    return table


def _array(cells: list[Any], column: str, table: Table) -> pa.Array:
    kinds = {_kind(type(value)) for value in cells if value is not None}
    if float in kinds:
        for i, value in enumerate(cells):
            if isinstance(value, float) and not np.isfinite(value):
                table.blame(
                    i,
                    column,
                    str(value),
                    phrase("a finite number"),
                    phrase("Leave the cell empty if there is no value."),
                )
                cells[i] = None
    if kinds <= {bool}:
        return pa.array(cells, pa.bool_() if kinds else pa.string())
    if kinds <= {int, float} and all(abs(v) < 2**53 for v in cells if type(v) is int):
        return pa.array([None if v is None else float(v) for v in cells] if float in kinds else cells)
    if kinds == {datetime}:
        return _times(cells)
    if kinds == {date}:
        return pa.array(cells, pa.date32())
    texts = [None if value is None else _text(value) for value in cells]
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        table.notes.append(
            phrase(
                "{name}, {column}: characters that are not Unicode became '?'.",
                name=table.name,
                column=printable(column),
            )
        )
        return pa.array([v if v is None else v.encode("utf-8", "replace").decode("utf-8") for v in texts], pa.string())


def _kind(kind: type) -> type:
    for wider in (bool, int, float, datetime, date, str):
        if issubclass(kind, wider):
            return wider
    return object


def _times(cells: list[Any]) -> pa.Array:
    zoned = {value.tzinfo is not None for value in cells if value is not None}
    if len(zoned) > 1:
        return pa.array([None if value is None else value.isoformat() for value in cells], pa.string())
    return pa.array(cells, pa.timestamp("ms", "UTC" if zoned == {True} else None))


def times_of(texts: list[str | None]) -> pa.Array:
    """Return times from ISO text: instants where each has an offset, as written where none has; else the text."""
    try:
        cells = [None if text is None else datetime.fromisoformat(text) for text in texts]
    except ValueError:
        return pa.array(texts, pa.string())
    return _times([cell.astimezone(UTC) if cell is not None and cell.tzinfo else cell for cell in cells])


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > 12_000:
        return "a number of thousands of digits"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return json.dumps(value, ensure_ascii=False, default=str)


def finish(table: Table, limits: Limits, step: Callable[[float], None] = lambda share: None) -> Table:
    """
    Check sizes, give columns clean names and text without control characters, and say what was changed.

    Raises
    ------
    RefusedError
        If there are more columns, or longer cells than allowed.
    """
    at_most(len(table.columns), limits.columns, phrase("columns"))
    at_most(len(table.rows), limits.rows, phrase("rows"))
    table.name = printable(clean(table.name).strip() or "table", limits.name_chars)
    table.columns = _named(table, limits)
    for number, (name, values) in enumerate(table.columns.items()):
        step(number / len(table.columns))
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            longest = pc.max(pc.utf8_length(values)).as_py() or 0
            if longest > limits.text_chars:
                raise refused(
                    phrase("a text of {longest:,} characters in {name}", longest=longest, name=name),
                    phrase("at most {text_chars:,}", text_chars=limits.text_chars),
                )
            table.columns[name] = _clean_column(values, name, table)
    return table


def _named(table: Table, limits: Limits) -> dict[str, pa.Array]:
    found: dict[str, pa.Array] = {}
    for number, (name, values) in enumerate(table.columns.items(), 1):
        if len(name) > limits.name_chars:
            raise refused(
                phrase("a column name of {n:,} characters", n=len(name)),
                phrase("at most {name_chars}", name_chars=limits.name_chars),
                phrase("Shorten it."),
            )
        plain = clean(name).strip() or f"column_{number}"
        if table.geometry is not None and plain == "geometry":
            plain = "geometry_text"
        base, twice = plain, 2
        while plain in found:
            plain, twice = f"{base}_{twice}", twice + 1
        if plain != name:
            table.notes.append(
                phrase(
                    "{name}: column {name2!r} is called {plain!r} here.",
                    name=table.name,
                    name2=printable(name),
                    plain=plain,
                )
            )
        found[plain] = values
    return found


def clean(text: str) -> str:
    """
    Take out what is not text: control characters, marks that turn the direction of writing, NUL, halves of characters.

    >>> clean("a" + chr(0) + "b" + chr(0x202E) + "c")
    'abc'
    """
    return text.translate(_CONTROL).encode("utf-8", "replace").decode()


def unscramble(text: str) -> str:
    """
    Undo UTF-8 that was read as Windows-1252, if the text is that.

    >>> unscramble("Port-\u00e0-Piment"), unscramble("P\u00c3\u00a9tion")
    ('Port-à-Piment', 'Pétion')
    """
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def _clean_column(values: pa.Array, name: str, table: Table) -> pa.Array:
    odd = pc.match_substring_regex(values, f"{_ODD}|{_SCRAMBLED}")
    at = np.flatnonzero(odd.fill_null(False).to_numpy(zero_copy_only=False))
    if not len(at):
        return values
    repaired: dict[str, list[int]] = defaultdict(list)
    replaced = []
    for i in at.tolist():
        old = values[i].as_py()
        new = unscramble(old)
        if new != old:
            repaired[phrase("letters of a wrong encoding were put right")].append(i)
        if (plain := clean(new)) != new:
            repaired[phrase("control or direction characters were taken out")].append(i)
        replaced.append(plain)
    for what, where in repaired.items():
        rows = ", ".join(str(table.rows[i]) for i in where[:5]) + (", ..." if len(where) > 5 else "")
        table.notes.append(
            phrase(
                "{name}, {name2}: {what} in {n} cells (row {rows}).",
                name=table.name,
                name2=printable(name),
                what=what,
                n=len(where),
                rows=rows,
            )
        )
    return pc.replace_with_mask(values, pa.array(_mask(at, len(values))), pa.array(replaced, values.type))


def _mask(at: np.ndarray[Any, np.dtype[np.int64]], length: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    mask = np.zeros(length, dtype=bool)
    mask[at] = True
    return mask

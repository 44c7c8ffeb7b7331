"""
The few ways mssmap says no.

Every error is an `MssmapError` and a builtin, so a script may catch either. The app and the command line
catch the base class in one place; anything else is a bug.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mssmap.i18n.phrases import Phrase, in_words, phrase


class MssmapError(Exception):
    """Base of all errors raised on purpose; its text is one line meant for the user, in the language spoken."""

    def __str__(self) -> str:
        return in_words(self.message)

    @property
    def message(self) -> str:
        """The text as it was given: a phrase can be put into any language."""
        return self.args[0] if len(self.args) == 1 and isinstance(self.args[0], str) else super().__str__()


class CrsError(MssmapError, ValueError):
    """A layer is not in the coordinate reference system that the computation needs."""


class InputError(MssmapError, ValueError):
    """An argument is not usable; the text says which, what was found, what is required, what to do."""


class NotFoundError(MssmapError, LookupError):
    """A name or an id does not exist; the text lists what does."""


class NotAllowedError(MssmapError, PermissionError):
    """
    A person's role does not reach; nothing was changed.

    Attributes
    ----------
    needed, role
        The role that is needed, and the one the person has.
    """

    def __init__(self, message: str, *, needed: str, role: str) -> None:
        super().__init__(message)
        self.needed = needed
        self.role = role


@dataclass(frozen=True, order=True)
class Fault:
    """
    One thing that is wrong with the data: where, what was found, what is required, what to do.

    Parameters
    ----------
    file
        Path of the file inside the data folder, or the name of the resource.
    row
        Line of a CSV file (the header is line 1) or position of a GeoJSON feature (the first is 1); None for the
        file as a whole.
    column
        Column or property, empty if the fault is not about one.
    found, required
        What the data say and what the contract asks for.
    hint
        What to do next.
    kind
        `contract` (the row is left out), `file` (the whole file is left out), `edited` (the file is not the one that
        was packaged; it is still used) or `rule` (the record is used, but somebody should look).
    record
        Id of the record, if it has one.
    """

    file: str
    row: int | None
    column: str
    found: str
    required: str
    hint: str = ""
    kind: str = "contract"
    record: str = ""

    def __str__(self) -> str:
        """
        Write the fault on one line.

        >>> str(Fault("tables/status.csv", 4, "status", "'opened'", "open or closed", "Correct the word."))
        "tables/status.csv row 4, status: found 'opened', required open or closed. Correct the word."
        """
        where = self.file if self.row is None else f"{self.file} row {self.row}"
        where += f" ({self.record})" if self.record else ""
        where += f", {self.column}" if self.column else ""
        if isinstance(self.required, Phrase):
            return in_words(self.phrase)
        text = f"{where}: found {self.found}, required {self.required}."
        return " ".join(f"{text} {self.hint}".split())

    @property
    def phrase(self) -> Phrase:
        """The fault on one line, for any language."""
        values = {"file": self.file, "row": self.row, "column": self.column, "found": self.found}
        values |= {"required": self.required, "hint": self.hint}
        if self.row is None:
            return phrase("{file}: found {found}, required {required}. {hint}", **values)
        if not self.column:
            return phrase("{file} row {row}: found {found}, required {required}. {hint}", **values)
        return phrase("{file} row {row}, {column}: found {found}, required {required}. {hint}", **values)


class DataError(MssmapError, ValueError):
    """
    Files of the data folder are not usable.

    Attributes
    ----------
    faults
        All faults that were found, in the order of the files.
    """

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


def summarise(faults: Sequence[Fault]) -> str:
    """
    Count faults by file on one line, for a note above a map.

    >>> summarise([Fault("a.csv", 2, "x", "1", "2"), Fault("a.csv", 3, "x", "1", "2")])
    'a.csv: 2 faults'
    """
    counts = Counter(fault.file for fault in faults)
    return "; ".join(f"{file}: {n} fault{'s' if n > 1 else ''}" for file, n in counts.items())

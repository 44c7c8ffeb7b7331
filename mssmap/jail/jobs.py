"""
The jobs that the reading process can be given, and what a job gets.

A job is a module named here, so that nothing else is ever loaded into that process; it has a function
`work(task: Task) -> None`. The process imports no pandas (see `lean`), so neither may the module; whatever it needs it
imports at its top, for later nothing can be opened any more.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from mssmap.jail import wire
from mssmap.jail.limits import Limits, at_most

if TYPE_CHECKING:
    import pyarrow as pa

JOBS: Final = {
    "tables": "mssmap.ingest.job",
    "document": "mssmap.jail.documents",
    "archive": "mssmap.ingest.rows",
    "proof": "mssmap.exports.claimed",
    "backup": "mssmap.store.backup_zip",
    "pack": "mssmap.brief.pack_zip",
    "streets": "mssmap.streets.extract_job",
    "street-tiles": "mssmap.streets.pmtiles_job",
    "street-bundle": "mssmap.streets.bundle_job",
}
"""Name of a job -> its module."""


class UnusableError(Exception):
    """
    Why a file cannot be used: a word and its numbers, of which whoever reads the answer makes a sentence.

    Attributes
    ----------
    said
        `kind` and what belongs to it, as plain JSON.
    """

    def __init__(self, kind: str, **values: Any) -> None:
        super().__init__(kind)
        self.said = {"kind": kind, **values}


@dataclass(frozen=True)
class Task:
    """
    What a job works on and where its answer goes.

    Attributes
    ----------
    file
        The file from outside; it can be read and sought.
    name
        What messages call it.
    given
        What the caller gave along, as plain JSON.
    """

    file: BinaryIO
    name: str
    limits: Limits
    given: Any
    pipe: BinaryIO

    def content(self) -> bytes:
        """
        Return the whole file.

        Raises
        ------
        RefusedError
            If it is longer than the limits allow.
        """
        content = self.file.read(self.limits.file_bytes + 1)
        at_most(len(content), self.limits.file_bytes, "bytes")
        return content

    def progress(self, share: float, what: str) -> None:
        """Say which share is done, 0 to 1, and what is being done."""
        wire.send_json(self.pipe, wire.PROGRESS, [share, what])

    def table(self, about: Any, schema: pa.Schema) -> pa.ipc.RecordBatchStreamWriter:
        """Begin a table: what is said about it, then, by the writer that is returned, its batches."""
        import pyarrow as pa

        wire.send_json(self.pipe, wire.TABLE, about)
        return pa.ipc.new_stream(pa.PythonFile(wire.Chunks(self.pipe), "w"), schema)

    def end(self, said: Any) -> None:
        """Say what is to be said about the file as a whole; nothing comes after it."""
        wire.send_json(self.pipe, wire.END, said)


@dataclass(frozen=True)
class Order:
    """What the process is told when it starts."""

    job: str
    name: str
    limits: Limits
    given: Any = None

    def plain(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        return dataclasses.asdict(self)

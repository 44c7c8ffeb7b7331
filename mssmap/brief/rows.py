"""The data behind a pack: the records of its view with grades and sources, as GeoPackage and CSV with their proofs."""

from __future__ import annotations

from mssmap.brief.spec import Brief
from mssmap.exports import bundle, extract, verify
from mssmap.exports.selection import Form, Selection
from mssmap.exports.verify import PartChange, Releases
from mssmap.records import kinds
from mssmap.records.catalog import Data
from mssmap.store import disk

TABLES = (*kinds.SHOWN, "figures", "strength", "indicators", "status")


def files(data: Data, brief: Brief) -> dict[str, bytes]:
    """Return the files by name; the same view of the same data gives the same bytes."""
    names = tuple(name for name in TABLES if name in data.datasets)
    wanted = Selection(names, brief.filters)
    made = {}
    for form in ("gpkg", "csv"):
        built = extract.build(data, wanted, Form(form))
        made[f"data/{brief.stem}_{form}{bundle.suffix(built)}"] = bundle.pack(built)
    return made


def revisions(data: Data, tables: bytes, releases: Releases | None = None) -> tuple[PartChange, ...]:
    """Return the records of a pack, its zip of CSV, that the data now give otherwise; `exports.verify` tells how."""
    with disk.work_folder(disk.WORK) as folder:  # the reader of files works in a process of its own
        file = folder / "tables.zip"
        file.write_bytes(tables)
        return verify.file(data, file, releases=releases or Releases()).revisions

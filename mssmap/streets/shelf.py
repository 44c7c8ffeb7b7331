"""
Street sets beside the store: one zip each, named by the hash of what is in it, so a tile never changes.

The zip is also the bundle that can be handed on: packed tiles `14/4860/7404.json.gz`, `roads.parquet` where the set was
made of an extract, and `manifest.json`. The map draws the set that was added last.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import time
import zipfile
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.planning.ground import kept_roads
from mssmap.planning.ground.roads import STREETS_ID
from mssmap.store import disk
from mssmap.streets.features import LEVELS
from mssmap.streets.manifest import MANIFEST, ROADS, TILE, Manifest, manifest_of

PART: Final = ".writing-"
_WHEN: Final = (1980, 1, 1, 0, 0, 0)
"""Date of every member: the same content gives the same file."""


class Writer:
    """A set in the making: members in their order, then the manifest with their hash."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        self._hash = hashlib.sha256()
        self.tiles = 0

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_fault: object) -> None:
        with suppress(OSError):  # a full disk was told already
            self._zip.close()

    def put(self, name: str, content: bytes) -> None:
        """Write a member."""
        self.tiles += TILE.fullmatch(name) is not None
        hashed(self._hash, name, content)
        self._zip.writestr(zipfile.ZipInfo(name, _WHEN), content)

    def put_roads(self, table: pa.Table) -> None:
        """Write the roads that one drives on; their values are hashed, for Parquet differs by version."""
        for name in table.column_names:
            hashed(self._hash, f"{ROADS}/{name}", table[name].to_numpy().tobytes())
        self._zip.writestr(zipfile.ZipInfo(ROADS, _WHEN), _parquet(table))

    def end(self, about: dict[str, Any]) -> Manifest:
        """Write the manifest; `about` has the fields that are not counted here."""
        made = Manifest(**about, tiles=self.tiles, content_sha256=self._hash.hexdigest(), levels=list(LEVELS))
        text = json.dumps(asdict(made), ensure_ascii=False, indent=1)
        self._zip.writestr(zipfile.ZipInfo(MANIFEST, _WHEN), text)
        self._zip.close()
        return made


def _parquet(table: pa.Table) -> bytes:
    """Return a table as a small Parquet file: ids and places as differences, speeds by dictionary."""
    sink = io.BytesIO()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        compression_level=9,
        use_dictionary=["kmh"],
        column_encoding=dict.fromkeys(("node", "x", "y", "way"), "DELTA_BINARY_PACKED"),
        store_schema=False,
    )
    return sink.getvalue()


def hashed(into: Any, name: str, content: bytes) -> None:
    """Add a member to the hash of a set: its name, its length and its bytes."""
    into.update(f"{name}\0{len(content)}\0".encode())
    into.update(content)


def listed() -> list[Manifest]:
    """Return the sets, the one that the map draws first; a damaged one is left out (`faults` tells it)."""
    return [made for path, when in _files() if (made := _read(path, when)) is not None]


def faults() -> list[str]:
    """Return one line for each file that is no set, or a damaged one."""
    return [
        _("{path}: no streets can be read from it. Remove the file and add the extract again.").format(path=path)
        for path, when in _files()
        if _read(path, when) is None
    ]


def _files() -> list[tuple[Path, int]]:
    """Return the files of sets with the time at which each was added, the last one first."""
    found = []
    for path in kept_roads.folder().glob("*.zip"):
        with suppress(FileNotFoundError):  # removed just now
            found.append((path, path.stat().st_mtime_ns))
    return sorted(found, key=lambda one: (-one[1], one[0].name))


@lru_cache(maxsize=32)
def _read(path: Path, _changed: int) -> Manifest | None:
    """Return the manifest of a set; a note beside it spares the start the directory of thousands of tiles."""
    beside = path.with_suffix(".json")
    with suppress(OSError, ValueError):
        noted = manifest_of(json.loads(beside.read_text(encoding="utf-8")))
        if noted.set_id == path.stem:
            return noted
    try:
        with zipfile.ZipFile(path) as bundle:
            made = manifest_of(json.loads(bundle.read(MANIFEST)))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    if path.stem != made.set_id:
        return None
    with suppress(OSError), disk.written(beside, PART) as file:
        file.write(json.dumps(asdict(made)).encode())
    return made


def drawn() -> Manifest | None:
    """Return the set that the map draws: the one that was added last."""
    return next(iter(listed()), None)


def find(text: str) -> Manifest:
    """
    Return the set of an id, of the beginning of one, or of a name that one set has.

    Raises
    ------
    InputError
        If there is none, or several.
    """
    there = listed()
    found = [one for one in there if text and (one.set_id.startswith(text) or one.name == text)]
    if len(found) != 1:
        raise InputError(
            _("streets {text}: found {n} sets of this name or id, required one. There are: {there}.").format(
                text=text[:60], n=len(found), there=", ".join(f"{one.set_id} ({one.name})" for one in there) or "-"
            )
        )
    return found[0]


def path(found: Manifest) -> Path:
    """Return the file of a set."""
    return kept_roads.folder() / f"{found.set_id}.zip"


def remove(found: Manifest) -> None:
    """Delete a set."""
    path(found).unlink(missing_ok=True)
    path(found).with_suffix(".json").unlink(missing_ok=True)
    _opened.cache_clear()


def make_drawn(found: Manifest) -> None:
    """Make a set the one that the map draws."""
    own = path(found)
    latest = max((other.stat().st_mtime_ns for other in own.parent.glob("*.zip") if other != own), default=0)
    when = max(time.time_ns(), latest + 1_000_000)
    os.utime(own, ns=(when, when))


def is_there(set_id: str) -> bool:
    """Whether there is a set of this id."""
    return bool(STREETS_ID.fullmatch(set_id)) and (kept_roads.folder() / f"{set_id}.zip").is_file()


def tile(set_id: str, level: int, x: int, y: int) -> bytes | None:
    """Return a packed tile, None where there is nothing; of a set that is not there as well."""
    if not STREETS_ID.fullmatch(set_id):
        return None
    try:
        return _opened(kept_roads.folder() / f"{set_id}.zip").read(f"{level}/{x}/{y}.json.gz")
    except (KeyError, OSError, zipfile.BadZipFile):
        return None


@lru_cache(maxsize=2)
def _opened(path: Path) -> zipfile.ZipFile:
    """Open a set once: its directory takes some milliseconds to read."""
    return zipfile.ZipFile(path)

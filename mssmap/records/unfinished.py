"""
A release on its way into the data folder: a journal makes its files count all at once.

New files stand beside the old ones. Once the journal is there they are the data, whoever ended before they took their
places; `finish` puts them there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

JOURNAL: Final = ".publishing.json"
PART: Final = ".publishing-"
"""How the name of a file begins that is being written."""


def part_of(path: Path) -> Path:
    """Return where a file is written until it takes its place."""
    return path.with_name(PART + path.name)


def read(folder: Any, path: str) -> bytes:
    """
    Return a file of a data folder, the new one if a release is on its way.

    Parameters
    ----------
    folder
        A `Path` or a `zipfile.Path`.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    if isinstance(folder, Path) and path in _listed(folder):
        try:
            return part_of(folder / path).read_bytes()
        except FileNotFoundError:  # it has taken its place meanwhile
            pass
    content: bytes = (folder / path).read_bytes()
    return content


def begin(folder: Path, texts: Mapping[str, bytes]) -> None:
    """
    Write files beside the old ones and then the journal; from then on they are the data.

    Raises
    ------
    OSError
        If one cannot be written; nothing has changed then.
    """
    parts = [part_of(folder / path) for path in texts]
    try:
        for part, content in zip(parts, texts.values(), strict=True):
            part.parent.mkdir(exist_ok=True)
            write(part, content)
        journal = part_of(folder / JOURNAL)
        parts.append(journal)
        write(journal, json.dumps(list(texts)).encode())
        journal.replace(folder / JOURNAL)
    except OSError:
        for part in parts:
            part.unlink(missing_ok=True)
        raise
    _sync(folder)


def finish(folder: Path) -> None:
    """
    Put the files of a journal, if there is one, in their places, the last of them last; take away what counts no more.

    Raises
    ------
    OSError
        If one cannot be moved; the data are whole all the same.
    """
    for path in _listed(folder):
        part = part_of(folder / path)
        if part.exists():
            part.replace(folder / path)
    (folder / JOURNAL).unlink(missing_ok=True)
    for part in folder.rglob(f"{PART}*"):
        part.unlink(missing_ok=True)


def write(path: Path, content: bytes) -> None:
    """Write a file and see to it that it is on disk; one that cannot be written is taken away again."""
    try:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _listed(folder: Path) -> list[str]:
    try:
        return [str(path) for path in json.loads((folder / JOURNAL).read_bytes())]
    except OSError:
        return []


def _sync(folder: Path) -> None:
    """See to it that a new name in a folder is on disk, where the system can."""
    if os.name != "posix":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

"""
What makes a file that was written last, whatever happens to the power, and leaves nothing behind.

Folders and files in the making are held by a lock that ends with their process: whoever comes next removes those that
nobody holds any more, and never one that a living process is writing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

try:
    import fcntl
except ImportError:  # pragma: no cover -- Windows: nothing is held there, and nothing swept
    fcntl = None  # type: ignore[assignment]


WORK: Final = "mssmap-work-"
"""How folders of ours in the folder for temporary files begin; the next start sweeps those that nobody holds."""


def sync(file: Path) -> None:
    """Put the content of a file on disk."""
    handle = os.open(file, os.O_RDWR)  # Windows syncs only what it may write
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Put new names on disk, where the system can do that."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def work_folder(prefix: str, beside: Path | None = None) -> Iterator[Path]:
    """
    Give a folder that is gone afterwards; what others of this prefix have left behind is removed first.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    where = beside or Path(tempfile.gettempdir())
    sweep(where, prefix)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=where))
        handle = _held(folder)
        if handle is not None:
            break
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


@contextmanager
def written(target: Path, prefix: str) -> Iterator[BinaryIO]:
    """
    Give a file that stands as `target` afterwards, whole and on disk, or not at all.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    sweep(target.parent, prefix)
    while True:
        number, name = tempfile.mkstemp(prefix=prefix, dir=target.parent)
        part = Path(name)
        handle = _held(part)
        if handle is not None:
            break
        os.close(number)
    try:
        with os.fdopen(number, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
        sync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)
        os.close(handle)


def sweep(folder: Path, prefix: str) -> None:
    """Remove files and folders of ours that a killed process has left behind: those that nobody holds."""
    for left in folder.glob(f"{prefix}*") if fcntl is not None else ():
        with suppress(OSError):
            if left.is_symlink() or left.stat().st_uid != os.geteuid():
                continue
            handle = os.open(left, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            finally:
                os.close(handle)


def _held(path: Path) -> int | None:
    """Hold a new file or folder as long as the handle is open; None if somebody swept it first."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    if fcntl is not None:
        fcntl.flock(handle, fcntl.LOCK_EX)
    if path.exists():
        return handle
    os.close(handle)
    return None

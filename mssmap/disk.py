"""What makes a file that was written last, whatever happens to the power."""

from __future__ import annotations

import os
from pathlib import Path


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

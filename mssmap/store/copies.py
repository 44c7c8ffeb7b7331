"""
Copies of sources that an operator keeps beside the store, each with its SHA-256.

They are for whoever works here: no release, no pack and no export holds one, for a page of others is theirs.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from mssmap.errors import InputError
from mssmap.i18n import gettext as _

MOST_BYTES: Final = 100_000_000
PART: Final = ".copying-"
"""How the name of a file begins that is being written."""
SUFFIX: Final = re.compile(r"\.[A-Za-z0-9]{1,8}")


@dataclass(frozen=True)
class Copy:
    """One copy: its file in the folder, hash, size and the day on which it was put there (ISO)."""

    source_id: str
    file: str
    sha256: str
    bytes: int
    kept_on: str


def keep(folder: Path, source_id: str, file: Path, today: date) -> Copy:
    """
    Put a copy of a source into the folder; one that is there with the same content is left alone.

    Parameters
    ----------
    source_id
        Of a source of ours; the caller has looked that there is one.

    Raises
    ------
    InputError
        If the file cannot be read, is empty or too large, or the folder cannot be written.
    """
    try:
        size = file.stat().st_size
        if not file.is_file() or not 0 < size <= MOST_BYTES:
            raise InputError(
                _("{file}: found {found} bytes, required a file of 1 to {most}. Nothing was kept.").format(
                    file=file.name, found=f"{size:,}", most=f"{MOST_BYTES:,}"
                )
            )
        with file.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        suffix = file.suffix if SUFFIX.fullmatch(file.suffix) else ""
        copy = Copy(source_id, f"{source_id}-{sha256[:12]}{suffix}", sha256, size, today.isoformat())
        there = [one for one in kept(folder) if one.source_id == source_id]
        if same := next((one for one in there if one.sha256 == sha256), None):
            return same
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / copy.file, file)
        _note(folder / f"{source_id}.json", [*there, copy])
    except OSError as error:
        raise InputError(
            _("{file}: cannot be kept ({reason}). Nothing was kept.").format(
                file=file.name, reason=error.strerror or error
            )
        ) from error
    return copy


def kept(folder: Path) -> list[Copy]:
    """Return the copies that are noted in the folder, by source; a note that cannot be read counts as none."""
    found: list[Copy] = []
    for note in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            found += [Copy(**one) for one in json.loads(note.read_text(encoding="utf-8"))]
        except (OSError, ValueError, TypeError):
            continue
    return found


def is_whole(folder: Path, copy: Copy) -> bool:
    """Say whether a copy is there as it was kept."""
    try:
        with (folder / Path(copy.file).name).open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == copy.sha256
    except OSError:
        return False


def _write(target: Path, file: Path) -> None:
    part = target.with_name(PART + target.name)
    with file.open("rb") as content, part.open("wb") as written:
        shutil.copyfileobj(content, written)
        written.flush()
        os.fsync(written.fileno())
    part.replace(target)


def _note(target: Path, copies: list[Copy]) -> None:
    text: list[dict[str, Any]] = [asdict(one) for one in copies]
    part = target.with_name(PART + target.name)
    with part.open("w", encoding="utf-8") as written:
        written.write(json.dumps(text, ensure_ascii=False, indent=1) + "\n")
        written.flush()
        os.fsync(written.fileno())
    part.replace(target)

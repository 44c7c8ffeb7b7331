"""
Releases of the data that a data folder keeps: `releases/VERSION.json` names the files of each by their hash.

A file stands once in `releases/files/`, packed, under the hash of what it holds, however many releases have it. So an
old release can be made again whatever became of the folder since.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import re
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from mssmap.errors import DataError
from mssmap.i18n import gettext as _

FOLDER: Final = "releases"
FILES: Final = f"{FOLDER}/files"
VERSION: Final = re.compile(r"(\d{4})\.(\d{1,2})\.(\d{1,6})")
PUBLISHED: Final = re.compile(r"\d{4}-\d\d-\d\d")
NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
ANY: Final = re.compile(r"(?s).*")
HASH: Final = re.compile(r"[0-9a-f]{64}")
EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
UNIX: Final = 3
"""System that a zip names as the one that made it; otherwise its bytes tell where it was made."""


@dataclass(frozen=True)
class Release:
    """
    A release of the data.

    Attributes
    ----------
    version
        `YYYY.MM.N`.
    published_on
        ISO date.
    sha256
        Of its file, the zip.
    files
        Path inside the zip -> hash of the content, in the order of the zip.
    signature
        Text of the `.minisig` beside it, empty if it was published unsigned.
    """

    version: str
    published_on: str
    sha256: str
    files: Mapping[str, str]
    signature: str = ""


def order(version: str) -> tuple[int, ...]:
    """
    Return what versions sort by.

    >>> order("2026.11.2") < order("2026.11.10"), order("1") < order("2026.1.1")
    (True, True)
    """
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def digest(content: bytes) -> str:
    """Return the name under which a file is kept."""
    return hashlib.sha256(content).hexdigest()


def packed(files: Mapping[str, bytes]) -> bytes:
    """
    Return the zip of a release, whose bytes only depend on what is in it.

    The files are stored as they are: what packing them gives is another thing on each machine.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, EARLIEST)
            info.create_system = UNIX
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return out.getvalue()


def listed(folder: Path) -> list[Release]:
    """
    Return the releases that a data folder keeps, oldest first.

    Raises
    ------
    DataError
        If a file there is not what `mssmap publish` writes.
    """
    found = [_release(path) for path in folder.glob(f"{FOLDER}/*.json")]
    return sorted(found, key=lambda release: order(release.version))


def from_dict(found: Any) -> Release:
    """
    Read what names the files of a release.

    Raises
    ------
    ValueError
        If it does not.
    """
    texts = (VERSION, PUBLISHED, HASH, ANY)
    try:
        made = Release(**found)
        named = zip((made.version, made.published_on, made.sha256, made.signature), texts, strict=True)
        sound = all(form.fullmatch(text) for text, form in named)
        sound = sound and all(NAME.fullmatch(name) and HASH.fullmatch(mark) for name, mark in made.files.items())
    except (TypeError, AttributeError):
        sound = False
    if not sound:
        raise ValueError("no release")
    return made


def _release(path: Path) -> Release:
    try:
        return from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            _("{path}: found something else, required a release as mssmap publish writes it. Restore the file.").format(
                path=path
            )
        ) from error


def described(release: Release) -> bytes:
    """Return the file that names the files of a release."""
    return (json.dumps(asdict(release), indent=1) + "\n").encode()


def path_of(release: Release) -> str:
    """Return where a data folder keeps what names the files of a release."""
    return f"{FOLDER}/{release.version}.json"


def kept(content: bytes) -> bytes:
    """Return a file packed as it is kept."""
    return lzma.compress(content, preset=6)


def contents(folder: Path, release: Release) -> dict[str, bytes]:
    """
    Return the files of a release, in the order of its zip.

    Raises
    ------
    DataError
        If one is missing or is not what was published.
    """
    return {name: _content(folder, release, name, mark) for name, mark in release.files.items()}


def _content(folder: Path, release: Release, name: str, mark: str) -> bytes:
    path = folder / FILES / f"{mark}.xz"
    try:
        content = lzma.decompress(path.read_bytes())
    except (OSError, EOFError, lzma.LZMAError):
        content = b""
    if digest(content) != mark:
        raise DataError(
            _("Release {version}: {path} is missing or was changed, required {name} as published. Restore it.").format(
                version=release.version, path=path, name=name
            )
        )
    return content

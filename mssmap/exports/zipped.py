"""Zip files whose bytes only depend on what is in them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
STAMP: Final = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")


def pack(
    files: Mapping[str, bytes],
    *,
    stored: tuple[str, ...] = (".zip", ".pptx", ".png", ".gpkg.zip"),
    mode: int = 0o644,
) -> bytes:
    """
    Return a zip of some files in their order, every one of them dated 1980.

    Parameters
    ----------
    stored
        Endings of files that are packed already and are put in as they are.
    mode
        Who may read and write them once they are unpacked.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, EARLIEST)
            info.compress_type = zipfile.ZIP_STORED if name.endswith(stored) else zipfile.ZIP_DEFLATED
            info.external_attr = mode << 16
            archive.writestr(info, content, compresslevel=6)
    return out.getvalue()


def office(document: bytes, made: datetime) -> bytes:
    """Return an Office document, and the workbooks inside it, with `made` as the only time in it."""
    stamp = made.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    files: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            if name.endswith(".xlsx"):
                content = office(content, made)
            elif name == "docProps/core.xml":
                content = STAMP.sub(rb"\g<1>" + stamp + rb"\g<3>", content)
            files[name] = content
    return pack(files, stored=(".png", ".jpeg", ".xlsx"))

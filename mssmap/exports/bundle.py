"""
Files: which ones an export consists of, and how they are packed.

One file that holds its proof goes out as it is; everything else goes out as a zip that is a Frictionless data package,
with the proof beside. Layers under the ODbL stay in files of their own: the zip is then a collective database, and
nobody's licence reaches over into another file.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from mssmap.errors import InputError
from mssmap.exports import proof
from mssmap.exports.extract import Extract
from mssmap.exports.formats import FORMATS
from mssmap.exports.kept import held_as
from mssmap.exports.parts import Column, Part
from mssmap.i18n import gettext as _
from mssmap.store import disk
from mssmap.version import __version__

Writer = Callable[[Path, Extract], None]


def writer(name: str) -> Writer:
    """Return the function that writes one file of a format; its module is loaded when it is first needed."""
    module, function = FORMATS[name].writer.split(".")
    found: Writer = getattr(import_module(f"mssmap.exports.{module}"), function)
    return found


DATE = (1980, 1, 1, 0, 0, 0)
"""Date of every member of a zip: the same data give the same bytes."""

PACKAGE = "datapackage.json"


@dataclass(frozen=True)
class File:
    """One file to be written: its name, its format, the parts in it."""

    name: str
    format: str
    parts: tuple[Part, ...]


def files(extract: Extract) -> list[File]:
    """Return the files that an export consists of, without proof and package."""
    key, chosen = extract.form.format, extract.format
    if not chosen.many:
        return [_file(part.name, part, extract) for part in extract.parts]
    groups = {
        extract.name: tuple(part for part in extract.parts if not part.is_apart),
        f"{extract.name}_ODbL": tuple(part for part in extract.parts if part.is_apart),
    }
    filled = [(name, parts) for name, parts in groups.items() if parts]
    return [File(f"{name}{chosen.suffix}", key, parts) for name, parts in filled]


def _file(stem: str, part: Part, extract: Extract) -> File:
    chosen = held_as(part, extract.form)
    key = next(name for name, item in FORMATS.items() if item is chosen)
    return File(f"{stem}{chosen.suffix}", key, (part,))


def is_zip(extract: Extract) -> bool:
    """Say whether the export is a zip."""
    listed = files(extract)
    if len(listed) > 1 or extract.format.pieces:
        return True
    return extract.form.sidecar and not FORMATS[listed[0].format].proof


def suffix(extract: Extract) -> str:
    """Return the end of the name that the export must have."""
    return ".zip" if is_zip(extract) else Path(files(extract)[0].name).suffix


def media_type(extract: Extract) -> str:
    """Return the media type of the export."""
    return "application/zip" if is_zip(extract) else FORMATS[files(extract)[0].format].mime


def file_name(extract: Extract) -> str:
    """Return the name under which the export is offered."""
    return extract.name + suffix(extract)


def pack(extract: Extract) -> bytes:
    """Return the export as the bytes of one file."""
    listed = files(extract)
    with disk.work_folder(disk.WORK) as folder:
        _write(extract, folder)
        made = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    if not is_zip(extract):
        return made[listed[0].name]
    # the proof of the whole comes first: a reader that takes the first it meets must not take that of one file
    whole = proof.write(extract.document(), indent=1).encode()
    beside = {f"{extract.name}.mssmap.json": whole} if extract.form.sidecar else {}
    return _zipped({**beside, PACKAGE: _encoded(_package(extract, listed, made)), **made})


def _write(extract: Extract, folder: Path) -> None:
    for file in files(extract):
        writer(file.format)(folder / file.name, extract.only(file.parts))


def save(extract: Extract, path: Path) -> None:
    """
    Write the export to a file, whole or not at all.

    Raises
    ------
    InputError
        If the name does not end as the export must, or the file cannot be written.
    """
    wanted = suffix(extract)
    if path.suffix.lower() != wanted:
        raise InputError(
            _("out: found {name}, required a name that ends in {wanted}{why}.").format(
                name=path.name, wanted=wanted, why=_why(extract)
            )
        )
    try:
        with disk.work_folder(".mssmap-", path.parent) as folder:
            made = folder / "made"
            if is_zip(extract):
                made.write_bytes(pack(extract))
            else:
                _write(extract, folder)
                made = folder / files(extract)[0].name
            made.replace(path)
    except OSError as error:
        raise InputError(
            _("out: {path} cannot be written ({found}).").format(path=path, found=error.strerror or error)
        ) from error


def _why(extract: Extract) -> str:
    if not is_zip(extract):
        return ""
    if extract.format.many:
        return ": layers under the ODbL stay in a file of their own"
    if len(extract.selection.names) > 1:
        return f": {len(files(extract))} files of one layer or table each"
    hint = ", --no-sidecar writes the bare file" if not extract.format.pieces else ""
    return f": the proof stands beside the file{hint}"


def _zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, DATE), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _encoded(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _package(extract: Extract, listed: Sequence[File], made: dict[str, bytes]) -> dict[str, Any]:
    """Describe a zip as a Frictionless data package."""
    document = extract.document()
    return {
        "profile": "data-package",
        "name": extract.name.lower(),
        "title": document["title"],
        "description": f"{proof.UNOFFICIAL} Made by mssmap {__version__}.",
        "licenses": [_licence(name, url) for name, url in sorted({(p.licence, p.licence_url) for p in extract.parts})],
        "resources": [_resource(file, made[file.name], extract) for file in listed],
    }


def _licence(name: str, url: str) -> dict[str, str]:
    # a name with spaces ("A and B") is no licence identifier: it is the title then
    known = {"title": name} if " " in name else {"name": name}
    return {**known, **({"path": url} if url else {})}


def _resource(file: File, content: bytes, extract: Extract) -> dict[str, Any]:
    part = file.parts[0]
    licences = sorted({(item.licence, item.licence_url) for item in file.parts})
    resource = {
        "name": Path(file.name).stem.lower(),
        "title": ", ".join(item.title for item in file.parts),
        "path": file.name,
        "format": file.format,
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "licenses": [_licence(name, url) for name, url in licences],
    }
    if file.format != "csv":
        return resource
    hxl = {"dialect": {"commentChar": "#"}} if extract.form.schema == "hxl" else {}
    return {
        **resource,
        **{"profile": "tabular-data-resource", "encoding": "utf-8", "mediatype": "text/csv", **hxl},
        "schema": {"fields": [_field(column) for column in part.columns], "primaryKey": [part.columns[0].written]},
    }


def _field(column: Column) -> dict[str, Any]:
    kind = "string" if column.type in ("geometry", "list") else column.type
    described = {"name": column.written, "type": kind, "description": column.description}
    return {**described, **({"unit": column.unit} if column.unit else {})}

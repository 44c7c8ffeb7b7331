"""
The proof that travels with an export: one JSON document.

It says what the file holds and how to get it again, and keeps a hash of every row, so that `verify` can tell an edited
file from an overtaken one. It is no signature: who edits the file can edit the proof.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from mssmap import values
from mssmap.errors import InputError
from mssmap.exports import canonical, selection
from mssmap.exports.parts import Column, Part
from mssmap.exports.selection import Form, Selection
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.records.evidence import SourceRecord
from mssmap.version import __version__

KIND = "mssmap/1"
"""Value of the member `proof`: which document this is, and its version."""

KEY = "mssmap"
"""Name of the member, key or sheet that holds the proof."""

UNOFFICIAL = "Unofficial, compiled from public reporting."

Document = dict[str, Any]


class Entry(TypedDict):
    """
    What the proof says about a part.

    `hash` is that of all rows in our own columns and EPSG:4326, whatever the format; `row_hashes` are those of the
    rows as the file holds them, by id.
    """

    name: str
    title: str
    description: str
    rows: int
    licence: str
    licence_url: str
    attribution: str
    made_from: list[dict[str, str]]
    columns: list[dict[str, str]]
    geometry: bool
    hash: str
    row_hashes: dict[str, str]


def entry(part: Part, kept: Part) -> Entry:
    """
    Return what the proof says about a part.

    Parameters
    ----------
    part
        All that is known but lists, in our own columns and EPSG:4326.
    kept
        What the format keeps of it; the same frame if that is all.
    """
    ids = part.ids
    rows = canonical.lines(canonical.columns_of(part.frame, part.columns, part.has_geometry))
    if kept.frame is part.frame:
        as_kept = rows
    else:
        as_kept = canonical.lines(canonical.columns_of(kept.frame, kept.columns, kept.has_geometry))
    return {
        "name": part.name,
        "title": part.title,
        "description": part.description,
        "rows": len(rows),
        "licence": part.licence,
        "licence_url": part.licence_url,
        "attribution": part.attribution,
        "made_from": [{"title": title, "url": url} for title, url in part.sources],
        "columns": [_column_record(column) for column in kept.columns],
        "geometry": kept.has_geometry,
        "hash": canonical.digest(ids, rows),
        "row_hashes": dict(zip(ids, canonical.short_hashes(as_kept), strict=True)),
    }


def _column_record(column: Column) -> dict[str, str]:
    record = {"name": column.written, "type": column.type, "unit": column.unit, "description": column.description}
    return record if column.written == column.name else {**record, "mssmap": column.name}


def document(
    chosen: Selection,
    form: Form,
    entries: Sequence[Entry],
    *,
    sources: Sequence[SourceRecord],
    losses: Sequence[str],
    fingerprint: str,
    release: str = "",
) -> Document:
    """
    Return the proof.

    Parameters
    ----------
    release
        Version of the data, on top of which may come what was accepted here since.
    """
    as_of, known_on = chosen.filters.clocks.as_of, chosen.filters.clocks.known_on
    titles = ", ".join(item["title"] for item in entries)
    return {
        "proof": KIND,
        "title": f"{titles}: as of {text.day(as_of)}, known on {text.day(known_on)}",
        "note": UNOFFICIAL,
        "as_of": as_of.isoformat(),
        "known_on": known_on.isoformat(),
        "grade": chosen.filters.grade,
        "filter": chosen.to_json(),
        "form": {"format": form.format, "crs": form.crs, "columns": form.schema, "sidecar": form.sidecar},
        "link": chosen.link,
        "product": {"name": "mssmap", "version": __version__},
        "data": {"fingerprint": fingerprint, **({"release": release} if release else {})},
        "licences": sorted({item["licence"] for item in entries}),
        "attribution": sorted({item["attribution"] for item in entries if item["attribution"]}),
        "losses": list(losses),
        "sources": list(sources),
        "parts": list(entries),
    }


def write(found: Document, indent: int | None = None) -> str:
    """Return a proof as JSON text, with its checksum."""
    text, checksum = canonical.document_text(found)
    if indent:
        return json.dumps({**found, "checksum": checksum}, ensure_ascii=False, indent=indent)
    return f'{{"checksum":"{checksum}",{text[1:]}'


class Claim(TypedDict):
    """What a proof from outside says, as far as it can be used."""

    selection: Selection
    form: Form
    parts: list[Entry]
    fingerprint: str
    release: str
    version: str
    is_whole: bool


def read(found: Any) -> Claim:
    """
    Read a proof from outside.

    Returns
    -------
    claim
        `is_whole` is False if the document differs from its own checksum.

    Raises
    ------
    InputError
        If it is no proof, or of a version not known here.
    """
    if not isinstance(found, Mapping) or found.get("proof") != KIND:
        raise InputError(
            _("proof: found no {kind} document, required the one that mssmap export writes.").format(kind=KIND)
        )
    reader = values.Reader()
    form = reader.record(found.get("form"), "form", ("format", "crs", "columns"), ("sidecar",))
    chosen, crs, schema = (reader.text(form, key, "form") for key in ("format", "crs", "columns"))
    made = reader.make(lambda: Form(chosen, crs, schema, sidecar=form.get("sidecar") is not False))
    listed = found.get("parts")
    parts = [_read_entry(reader, item) for item in listed] if isinstance(listed, list) else []
    if not parts:
        reader.fault("parts", listed, "a list of layers and tables")
    if reader.faults or made is None:
        raise InputError(_("proof: {found}. Export the file again.").format(found="; ".join(reader.faults[:5])))
    data, product = found.get("data"), found.get("product")
    return {
        "selection": selection.from_json(found.get("filter")),
        "form": made,
        "parts": parts,
        "fingerprint": str(data.get("fingerprint", "")) if isinstance(data, dict) else "",
        "release": str(data.get("release", "")) if isinstance(data, dict) else "",
        "version": str(product.get("version", "")) if isinstance(product, dict) else "",
        "is_whole": found.get("checksum") == canonical.document_text(dict(found))[1],
    }


_TYPES = frozenset({"string", "integer", "number", "boolean", "date", "list", "geometry"})


def _read_entry(reader: values.Reader, item: Any) -> Entry:
    optional = [key for key in Entry.__annotations__ if key not in ("name", "columns", "row_hashes", "hash")]
    record = reader.record(item, "parts", ("name", "columns", "row_hashes", "hash"), optional)
    hashes, columns = record.get("row_hashes"), record.get("columns")
    if not isinstance(hashes, dict) or not all(isinstance(value, str) for value in hashes.values()):
        reader.fault("parts.row_hashes", None, "hashes by id")
        hashes = {}
    usable = isinstance(columns, list) and all(
        isinstance(c, dict) and isinstance(c.get("name"), str) and c.get("type") in _TYPES for c in columns
    )
    if not usable or not columns:
        reader.fault("parts.columns", None, "columns with name and type")
        columns = []
    return {
        "name": reader.text(record, "name", "parts"),
        "title": reader.text(record, "title", "parts"),
        "description": "",
        "rows": len(hashes),
        "licence": reader.text(record, "licence", "parts"),
        "licence_url": "",
        "attribution": "",
        "made_from": [],
        "columns": columns,
        "geometry": record.get("geometry") is True,
        "hash": reader.text(record, "hash", "parts"),
        "row_hashes": hashes,
    }


def columns_of(found: Entry) -> tuple[Column, ...]:
    """Return the columns of a part that a proof names."""
    return tuple(
        Column(str(c.get("mssmap", c["name"])), c["type"], "", "", written=c["name"]) for c in found["columns"]
    )

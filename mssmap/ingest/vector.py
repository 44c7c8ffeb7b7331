"""Shapefile and FlatGeobuf through GDAL, whose other drivers were taken away before it started."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, Final, TypeVar

import pyarrow as pa
import pyogrio
import pyogrio.errors
import pyogrio.raw

from mssmap.i18n.phrases import phrase
from mssmap.ingest import letters, shapes
from mssmap.ingest.table import Parsed, Table, times_of
from mssmap.jail.limits import Limits, at_most, refused

PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")

GEOMETRY = "wkb_geometry"

Result = TypeVar("Result")


def parse_shapefile(parts: Mapping[str, bytes], name: str, limits: Limits) -> Parsed:
    """
    Read one shapefile, given by the contents of its parts by ending.

    Raises
    ------
    RefusedError
        If a part is missing or it cannot be read.
    """
    missing = [part for part in (".shp", ".dbf", ".shx") if part not in parts]
    if missing:
        raise refused(
            phrase("a shapefile without {names}", names=", ".join(missing)),
            phrase("the .shp, .dbf and .shx of one name together"),
        )
    parsed = Parsed("shp")
    encoding = _encoding(parts, parsed)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part in PARTS[:4]:
            if part in parts:
                archive.writestr(f"layer{part}", parts[part])
    table = _read(packed.getvalue(), name, limits, BYTES)
    table.columns = {_decoded(column, encoding): _recoded(values, encoding) for column, values in table.columns.items()}
    if ".prj" not in parts:
        parsed.notes.append(phrase("{name}: without .prj, so its coordinate system is not known.", name=name))
        table.crs = ""
    parsed.tables.append(table)
    return parsed


BYTES: Final = "ISO-8859-1"
"""By which GDAL gives each byte as the letter of its number; for other encodings it would open files of its own."""


def _decoded(text: str, encoding: str) -> str:
    return text.encode(BYTES, "replace").decode(encoding, "replace")


def _recoded(values: pa.Array, encoding: str) -> pa.Array:
    if not pa.types.is_string(values.type):
        return values
    return pa.array([None if v is None else _decoded(v, encoding) for v in values.to_pylist()], pa.string())


def parse_flatgeobuf(content: bytes, name: str, limits: Limits) -> Parsed:
    """
    Read a FlatGeobuf file.

    Raises
    ------
    RefusedError
        If it cannot be read.
    """
    parsed = Parsed("fgb")
    info = _tried(lambda: pyogrio.read_info(content, force_feature_count=False))
    table = _read(content, str(info.get("layer_name") or name), limits, None)
    if not info.get("layer_name") or str(info["layer_name"]).startswith("pyogrio"):
        table.name = name
    for metadata in (info.get("layer_metadata"), info.get("dataset_metadata")):
        parsed.proof = parsed.proof or _proof(metadata or {})
    parsed.tables.append(table)
    return parsed


BROKEN = (
    *(pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError),
    *(pyogrio.errors.GeometryError, pyogrio.errors.FieldError, pyogrio.errors.CRSError),
    *(pa.ArrowException, OSError, RuntimeError, ValueError, OverflowError, AttributeError, LookupError, NameError),
)
"""What GDAL and pyogrio raise on files that are damaged; the last ones are bugs of pyogrio that such files lead to."""


def _tried(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except BROKEN as error:
        raise refused(
            phrase("a file that GDAL cannot read ({error})", error=error), phrase("an intact file of its kind")
        ) from error


def _read(content: bytes, name: str, limits: Limits, encoding: str | None) -> Table:
    options = {"encoding": encoding} if encoding else {}
    meta, found = _tried(
        lambda: pyogrio.raw.read_arrow(content, max_features=limits.rows + 1, datetime_as_string=True, **options)
    )
    geometry_name = meta["geometry_name"] or GEOMETRY
    blobs = None
    if geometry_name in found.column_names and not _is_sound(found[geometry_name]):
        blobs = _tried(lambda: _blobs(content, limits, options))
        found = found.drop_columns([geometry_name])
    _tried(lambda: found.validate(full=True))
    at_most(found.num_rows, limits.rows, phrase("features"))
    at_most(found.num_rows * found.num_columns, limits.cells, phrase("cells"))
    types = dict(zip(map(str, meta["fields"]), map(str, meta.get("ogr_types", ())), strict=False))
    table = Table(name, {}, range(1, found.num_rows + 1), crs=str(meta["crs"] or ""))
    for column in found.column_names:
        if column == geometry_name:
            blobs = found[column].to_pylist()
        elif column != meta["fid_column"]:
            values = _plain(found[column].combine_chunks())
            times = "DateTime" in types.get(column, "")
            table.columns[column] = times_of(values.to_pylist()) if times else values
    if blobs is not None:
        table.geometry = shapes.from_wkb(blobs, table, limits, phrase("points, lines or polygons"))
    return table


def _is_sound(column: pa.ChunkedArray) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowException:
        return False
    return True


def _blobs(content: bytes, limits: Limits, options: Mapping[str, str]) -> list[bytes | None]:
    """Read the shapes one by one: in columns GDAL 3.12 misplaces those behind a feature of FlatGeobuf without any."""
    found = pyogrio.raw.read(content, columns=[], max_features=limits.rows + 1, **options)[2]
    return [] if found is None else list(found)


def _plain(values: pa.Array) -> pa.Array:
    """Give a column one of the types that the other formats have."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _plain(values.dictionary_decode())
    if pa.types.is_large_string(kind) or pa.types.is_string(kind):
        return _tried(lambda: values.cast(pa.string()))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_nested(kind):
        return pa.array([None if v is None else json.dumps(v, default=str) for v in values.to_pylist()], pa.string())
    return values


def _encoding(parts: Mapping[str, bytes], parsed: Parsed) -> str:
    """Return the encoding of the texts: what .cpg or the .dbf says if that is true, else what the letters say."""
    body = parts[".dbf"]
    cpg = _named(parts.get(".cpg", b"")[:40].decode("ascii", "replace"))
    said = cpg or LANGUAGES.get(body[29:30], "")
    texts = body[_header_bytes(body) :]
    if texts.isascii():
        return said or "UTF-8"
    if letters.is_utf8(texts):
        return "UTF-8"
    if said not in ("", "UTF-8"):
        return said
    encoding = letters.bytewise(texts)
    title = letters.TITLES[encoding]
    if cpg:
        parsed.notes.append(phrase("The texts are not UTF-8 as .cpg says; they were read as {title}.", title=title))
    else:
        parsed.notes.append(
            phrase("The file does not say how its letters are written; they were read as {title}.", title=title)
        )
    return encoding


LANGUAGES: Final = {
    **{b"\x01": "CP437", b"\x02": "CP850", b"\x03": "cp1252", b"\x57": "cp1252", b"\x04": "mac_roman"},
    **{b"\x08": "CP865", b"\x09": "CP437", b"\x0a": "CP850", b"\x0b": "CP437", b"\x0d": "CP437", b"\x0e": "CP850"},
    **{b"\x0f": "CP437", b"\x10": "CP850", b"\x11": "CP437", b"\x12": "CP850", b"\x14": "CP850"},
    **{b"\x15": "CP437", b"\x16": "CP850", b"\x17": "CP865", b"\x18": "CP437", b"\x19": "CP437", b"\x1a": "CP850"},
    **{b"\x1b": "CP437", b"\x1c": "CP863", b"\x1d": "CP850", b"\x24": "CP860", b"\x25": "CP850", b"\x37": "CP850"},
    **{b"\x58": "cp1252", b"\x59": "cp1252", b"\x64": "CP852", b"\xc8": "CP1250", b"\xc9": "CP1251"},
}
"""Language byte of a .dbf -> encoding (dBase; the table of Esri)."""


def _named(said: str) -> str:
    """
    Return the encoding that a .cpg names, empty if it is not known.

    >>> _named("65001"), _named("OEM 850"), _named("ISO-8859-1"), _named("nonsense")
    ('UTF-8', 'CP850', 'ISO-8859-1', '')
    """
    plain = re.sub(r"[\s_-]+", "", said.upper())
    if plain in ("UTF8", "65001", "CP65001"):
        return "UTF-8"
    if found := re.fullmatch(r"(?:ISO)?8859(\d{1,2})|LATIN1", plain):
        number = int(found.group(1) or 1)
        return "ISO-8859-1" if number > 16 or len(found.group(1) or "1") > 2 else f"ISO-8859-{number}"
    if found := re.fullmatch(r"(?:CP|WINDOWS|ANSI|OEM|IBM|MSDOS|DOS)?(437|850|852|858|860|863|865|866|125\d)", plain):
        return "CP850" if found.group(1) == "858" else f"CP{found.group(1)}"
    return "mac_roman" if plain in ("MACINTOSH", "MACROMAN", "10000", "XMACROMAN") else ""


def _header_bytes(body: bytes) -> int:
    return int.from_bytes(body[8:10], "little")


def _proof(metadata: Mapping[str, Any]) -> dict[str, Any] | None:
    for key, text in metadata.items():
        if str(key).lower() in ("mssmap", "description"):
            try:
                document = json.loads(str(text))
            except (ValueError, RecursionError):
                continue
            if isinstance(document, dict):
                return document
    return None


def of_one_name(members: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """
    Group the parts of shapefiles by their path without ending; other members are left out.

    >>> sorted(of_one_name({"a/x.SHP": b"1", "a/x.dbf": b"2", "y.txt": b""})["a/x"])
    ['.dbf', '.shp']
    """
    found: dict[str, dict[str, bytes]] = {}
    for path, content in members.items():
        ending = PurePosixPath(path).suffix.lower()
        if ending in PARTS:
            found.setdefault(str(PurePosixPath(path).with_suffix("")), {})[ending] = content
    return {stem: parts for stem, parts in found.items() if ".shp" in parts}

"""
Accepted rows into the files of the data folder: the same files, a stable order, the smallest difference.

A revision goes behind the last row of its record, a new record where its id sorts. Rows that stand there already are
left alone. Each file is written beside the old one, and a journal makes all of them count at once
(`records.unfinished`): a release is there as a whole or not at all. The release itself is kept in the folder
(`records.released`), so that it can be made again.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.i18n import written
from mssmap.records import released, unfinished, units
from mssmap.records.catalog import PACKAGE_FILE, Dataset, read_catalog
from mssmap.records.released import VERSION, Release
from mssmap.records.submissions.joined import PLACE, Accepted
from mssmap.releases import release_file, zone_shapes

TRANSLATED: Final = ("title_en", "title_fr", "title_ht", "title_es")
NAMED: Final = (*TRANSLATED, "name_en", "title", "status", "measure", "indicator", "record_type")
VALUES: Final = ("value", "value_min", "personnel")
"""Columns, the first filled of which tells a reader what a row is about, and its number."""

Sign = Callable[[Release, bytes], str]
"""Gets a release and its file and returns the text of the signature, empty if there is no key."""


def unsigned(_release: Release, _content: bytes) -> str:
    """Return no signature."""
    return ""


class NothingNewError(InputError):
    """All that was accepted stands in the data folder already."""


@dataclass
class Published:
    """
    What publishing did.

    Attributes
    ----------
    version
        Of the data, `YYYY.MM.N`.
    files
        Files of the data folder that were written.
    lines
        The difference, record by record, as rows of a table in Markdown.
    untranslated
        Events whose title is not there in each language, each with those that are missing.
    release, content
        The release and its file.
    """

    version: str
    files: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    untranslated: list[str] = field(default_factory=list)
    release: Release = field(default_factory=lambda: Release("", "", "", {}))
    content: bytes = b""


def version_after(before: str, today: date) -> str:
    """
    Return the version of a release made today.

    >>> version_after("2026.11.1", date(2026, 11, 30)), version_after("1", date(2026, 11, 30))
    ('2026.11.2', '2026.11.1')
    """
    found = VERSION.fullmatch(before)
    same = found and (int(found[1]), int(found[2])) == (today.year, today.month)
    return f"{today.year}.{today.month}.{int(found[3]) + 1 if found and same else 1}"


def publish(folder: Path, accepted: Sequence[Accepted], today: date, sign: Sign = unsigned) -> Published:
    """
    Write accepted rows into the files of a data folder, its catalog with the next version, and keep the release.

    Parameters
    ----------
    folder
        Data folder with `datapackage.json`.
    accepted
        In the order in which they were accepted.

    Raises
    ------
    DataError
        If there is no readable catalog in the folder.
    NothingNewError
        If there is nothing to publish.
    InputError
        If a file cannot be written.
    """
    try:
        unfinished.finish(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    datasets = read_catalog(folder)
    package = json.loads((folder / PACKAGE_FILE).read_text(encoding="utf-8"))
    done = Published(version_after(str(package.get("version", "")), today))
    texts: dict[str, str] = {}
    for name, dataset in datasets.items():
        rows = [(batch.name, row) for batch in accepted for row in batch.rows.get(name, ())]
        if not rows:
            continue
        before = (folder / dataset.path).read_text(encoding="utf-8")
        change = _layer if dataset.is_layer else _table
        after = change(before, [row for _name, row in rows], dataset)
        if after != before:
            texts[dataset.path] = after
            done.lines += [_line(name, dataset, row, by) for by, row in rows]
            done.untranslated += [told for _by, row in rows if name == "events" and (told := _untranslated(row))]
    _redraw_zones(texts, datasets, folder)
    if not texts:
        raise NothingNewError(_("Nothing was accepted that is not in the data already. Nothing was changed."))
    done.files = [*texts, PACKAGE_FILE]
    _describe(package, texts, done.version)
    texts[PACKAGE_FILE] = json.dumps(package, ensure_ascii=False, indent=1) + "\n"
    _release(folder, {path: text.encode() for path, text in texts.items()}, done, today, sign)
    return done


def _release(folder: Path, texts: Mapping[str, bytes], done: Published, today: date, sign: Sign) -> None:
    """Make the release of a folder with some of its files changed, keep it, and put the files in their places."""
    try:
        release, files = release_file.completed(release_file.files_of(folder, texts), today)
        done.content = released.packed(files)
        done.release = replace(release, signature=sign(release, done.content))
        keep(folder, done.release, files)
        unfinished.begin(folder, {released.path_of(done.release): released.described(done.release), **texts})
        unfinished.finish(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error


def keep(folder: Path, release: Release, files: Mapping[str, bytes]) -> None:
    """
    Keep the files of a release that are not kept yet; without `released.path_of` they count for nothing.

    Raises
    ------
    OSError
        If one cannot be written.
    """
    (folder / released.FILES).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / released.FILES / f"{release.files[name]}.xz"
        if not path.exists():
            part = unfinished.part_of(path)
            unfinished.write(part, released.kept(content))
            part.replace(path)


def bring(folder: Path, release: Release, files: Mapping[str, bytes]) -> None:
    """
    Bring a data folder to a release that was taken over from elsewhere, all of it at once.

    Parameters
    ----------
    files
        All files of the release, by their path in its zip.

    Raises
    ------
    InputError
        If the folder cannot be written; nothing has changed then.
    """
    own = {path: content for path, content in files.items() if path not in (release_file.CRATE, release_file.DCAT)}
    texts = {path: content for path, content in own.items() if path != PACKAGE_FILE}
    try:
        unfinished.finish(folder)
        keep(folder, release, files)
        last = {released.path_of(release): released.described(release), PACKAGE_FILE: own[PACKAGE_FILE]}
        unfinished.begin(folder, {**texts, **last})
        unfinished.finish(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(
        _("{folder}: cannot be written ({reason}). Nothing was published.").format(
            folder=folder, reason=error.strerror or error
        )
    )


def _redraw_zones(texts: dict[str, str], datasets: Mapping[str, Dataset], folder: Path) -> None:
    """Give the zones of a layer that is written the shapes of the units that they name."""
    zones, status = datasets.get(units.ZONES), datasets.get("status")
    if zones is None or status is None or zones.path not in texts:
        return
    spells = texts.get(status.path) or (folder / status.path).read_text(encoding="utf-8")
    texts[zones.path] = zone_shapes.redrawn(texts[zones.path], spells, folder)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _untranslated(row: Mapping[str, str]) -> str:
    """
    Return an event with the languages in which it has no title, empty if there is none.

    >>> _untranslated({"event_id": "ev-1", "title_fr": "Tirs", "title_es": "Tiros"})
    'ev-1 (en, ht)'
    """
    missing = [column.removeprefix("title_") for column in TRANSLATED if not row.get(column)]
    return f"{row['event_id']} ({', '.join(missing)})" if missing else ""


def _line(name: str, dataset: Dataset, row: Mapping[str, str], by: str) -> str:
    """Return a row of the table of differences."""
    key = row.get(dataset.id_column, "")
    what = f"revision {row['revision']}" if row.get("revision", "1") != "1" else "new"
    named = written(row.get, "title", "en")[0] or row.get("name_en") or row.get("title")
    said = named or row.get("status") or row.get("measure") or ""
    value = row.get("value") or row.get("value_min") or row.get("personnel") or ""
    text = " ".join(filter(None, [said, value, row.get("note", "") if what != "new" else ""]))
    return f"| {name} | `{key}` | {what} | {text.replace('|', '/')} | {row.get('known_from', '')} | {by} |"


# ------------------------------------------------------------------------------------------------------------ the files


def _table(text: str, rows: Sequence[Mapping[str, str]], dataset: Dataset) -> str:
    """Return a CSV file with rows added; of what has no revisions a row takes the place of that of its id."""
    header, *lines = list(csv.reader(io.StringIO(text, newline="")))
    keys = [header.index(name) for name in dataset.contract.primary_key]
    has_revisions = "revision" in dataset.contract.primary_key
    for row in rows:
        cells = [row.get(name, "") for name in header]
        key = [cells[i] for i in keys]
        same = [n for n, line in enumerate(lines) if line[keys[0]] == key[0]]
        if any([lines[n][i] for i in keys] == key for n in same):
            if not has_revisions:
                lines[same[0]] = cells
        elif same:
            lines.insert(same[-1] + 1, cells)
        else:
            lines.insert(_place(lines, keys[0], key[0]), cells)
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([header, *lines])
    return buffer.getvalue()


def _place(lines: Sequence[Sequence[str]], column: int, key: str) -> int:
    """Return where a new id goes: behind the last line whose id is not above it."""
    return max((n + 1 for n, line in enumerate(lines) if line[column] <= key), default=0)


def _layer(text: str, rows: Sequence[Mapping[str, str]], dataset: Dataset) -> str:
    """Return a GeoJSON file with features added or replaced, one a line; all others as they stand."""
    features = json.loads(text)["features"]
    lines = [line.rstrip(",") for line in text.splitlines() if line.startswith('{"type": "Feature"')]
    if len(lines) != len(features):  # a file that somebody else has written
        lines = [json.dumps(feature, ensure_ascii=False) for feature in features]
    ids = [str(feature["properties"].get(dataset.id_column)) for feature in features]
    for row in rows:
        made = json.dumps(_feature(row, dataset), ensure_ascii=False)
        key = row.get(dataset.id_column, "")
        if key in ids:
            lines[ids.index(key)] = made
        else:
            ids.append(key)
            lines.append(made)
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"


def _feature(row: Mapping[str, str], dataset: Dataset) -> dict[str, Any]:
    kinds = {column.name: column.type for column in dataset.contract.fields}
    properties = {name: _value(row.get(name, ""), kinds[name]) for name in kinds}
    placed = all(row.get(name) for name in PLACE)
    point = {"type": "Point", "coordinates": [float(row[name]) for name in PLACE]} if placed else None
    return {"type": "Feature", "properties": properties, "geometry": point}


def _value(cell: str, kind: str) -> Any:
    if cell == "":
        return None
    return int(cell) if kind == "integer" else float(cell) if kind == "number" else cell


def _describe(package: dict[str, Any], texts: Mapping[str, str], version: str) -> None:
    """Bring size, hash and number of rows of the files that were changed, and the version, up to date."""
    package["version"] = version
    for item in package["resources"]:
        if (text := texts.get(item["path"])) is not None:
            item["bytes"], item["hash"] = len(text.encode()), f"sha256:{_digest(text)}"
            is_layer = item["path"].endswith(".geojson")
            item["rows"] = (
                len(json.loads(text)["features"]) if is_layer else len(list(csv.reader(io.StringIO(text)))) - 1
            )

"""
The data folder: what is in it, and how it is read.

`datapackage.json` names every file with its licence, columns and hash. `open_data` reads all of them once, keeps what
is sound and says what is not.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any
from zipfile import Path as ZipPath

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mssmap import settings
from mssmap.crs import WGS84
from mssmap.errors import DataError, Fault, NotFoundError
from mssmap.i18n import gettext as _
from mssmap.records import kinds, schema, unfinished

PACKAGE_FILE = "datapackage.json"
REPACKAGE = "If the edit is meant, run scripts/build_package.py to package the data again."


@dataclass(frozen=True)
class Dataset:
    """
    One file of the data folder and all that is said about it.

    Attributes
    ----------
    group
        `layer` (records with a place), `table` or `reference` (geometry for the map).
    licence, licence_url
        Names of the licences that apply together, and where the first is found.
    sources
        Pairs of title and address, the address empty if there is none.
    attribution
        The words to show where the data are shown.
    """

    name: str
    title: str
    description: str
    path: str
    group: str
    licence: str
    licence_url: str
    sources: tuple[tuple[str, str], ...]
    attribution: str
    accuracy: str
    sensitivity: str
    rows: int
    bytes: int
    sha256: str
    contract: schema.Contract

    @property
    def is_layer(self) -> bool:
        """True if the records have a geometry."""
        return bool(self.contract.geometry_types)

    @property
    def id_column(self) -> str:
        """Name of the column that holds the id of a record, empty if there is none."""
        return self.contract.primary_key[0] if self.contract.primary_key else ""


@dataclass(frozen=True, eq=False)
class Data:
    """
    Everything that was read from one data folder; treat the frames as read-only.

    Two are equal only if they are the same object, so that results can be cached by it.

    Attributes
    ----------
    datasets
        Catalog by name, in the order of the package.
    frames
        A frame for every dataset: the rows that keep the contract, in the order of the file. Layers are GeoDataFrames
        in `crs.WGS84`. A file that could not be read gives a frame without rows.
    faults
        All that was found wrong.
    missing
        Names of the datasets whose file could not be used at all.
    release
        Version of the data that the folder states; what was accepted since comes on top.
    pinned
        Whether it is asked for as a release: nothing that was imported or accepted here is in it.
    """

    folder: Path
    datasets: Mapping[str, Dataset]
    frames: Mapping[str, pd.DataFrame]
    faults: tuple[Fault, ...] = ()
    missing: tuple[str, ...] = ()
    release: str = ""
    pinned: bool = False

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return the frame of a dataset; see `dataset` for the error."""
        self.dataset(name)
        return self.frames[name]

    def dataset(self, name: str) -> Dataset:
        """
        Return the catalog record of a dataset.

        Raises
        ------
        NotFoundError
            If there is none of that name.
        """
        if name not in self.datasets:
            raise NotFoundError(
                _("{name!r} is not a layer or table; there are {found}.").format(
                    name=name, found=", ".join(self.datasets)
                )
            )
        return self.datasets[name]

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change whenever a file changes as packaged: a cache key and a provenance mark."""
        text = "\n".join(f"{item.path} {item.sha256}" for item in self.datasets.values())
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def open_data(data_dir: str | Path | ZipPath | None = None) -> Data:
    """
    Read and check a data folder.

    Parameters
    ----------
    data_dir
        Folder with `datapackage.json`, also inside a zip; by default the one of the settings.

    Returns
    -------
    data
        All that is sound. A file that cannot be parsed or lacks a column is left out as a whole, a row that breaks
        the contract is left out alone, a file that differs from its hash is used; each is a fault.

    Raises
    ------
    DataError
        If there is no readable catalog in the folder.
    """
    found = settings.load().data_dir if data_dir is None else data_dir
    folder = Path(found) if isinstance(found, str) else found
    package = _package(folder)
    datasets = _datasets(folder, package)
    parts = {name: _read(folder, dataset) for name, dataset in datasets.items()}
    known = {
        f"{name}.{column.name}": frozenset(part.result.frame[column.name])
        for name, part in parts.items()
        if part.result is not None
        for column in datasets[name].contract.fields
        if column.type == "string"
    }
    faults: list[Fault] = []
    frames: dict[str, pd.DataFrame] = {}
    for name, part in parts.items():
        rules = datasets[name].contract
        if part.result is not None:
            schema.check_references(part.result, rules, known, file=datasets[name].path)
            faults += part.faults + part.result.faults
        else:
            faults += part.faults
        frames[name] = _frame(part, rules)
    return Data(
        folder=folder if isinstance(folder, Path) else Path(),
        datasets=MappingProxyType(datasets),
        frames=MappingProxyType(frames),
        faults=tuple(faults),
        missing=tuple(name for name, part in parts.items() if part.result is None),
        release=str(package.get("version", "")),
    )


def read_catalog(folder: Path | ZipPath) -> dict[str, Dataset]:
    """
    Read `datapackage.json` of a folder; the files it names are not touched.

    Raises
    ------
    DataError
        If the file is missing, is not JSON, or describes a resource without name, path or fields.
    """
    return _datasets(folder, _package(folder))


def read_version(folder: Path) -> str:
    """Return the version of the data that a folder states; see `read_catalog` for the errors."""
    return str(_package(folder).get("version", ""))


def _package(folder: Path | ZipPath) -> dict[str, Any]:
    path = folder / PACKAGE_FILE if isinstance(folder, Path) else Path(PACKAGE_FILE)
    try:
        package = json.loads(unfinished.read(folder, PACKAGE_FILE).decode("utf-8"))
        if not isinstance(package, dict):
            raise TypeError(f"found a {type(package).__name__}")
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror or error}). Set MSSMAP_DATA_DIR to a folder with {PACKAGE_FILE}."
        ) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise _no_package(path, error) from error
    return package


def _no_package(path: Path, error: Exception) -> DataError:
    return DataError(
        f"{path}: is not a data package ({type(error).__name__}: {error}). "
        "Run scripts/build_package.py to write it again."
    )


def _datasets(folder: Path | ZipPath, package: Mapping[str, Any]) -> dict[str, Dataset]:
    try:
        resources = [_dataset(item) for item in package["resources"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        path = folder / PACKAGE_FILE if isinstance(folder, Path) else Path(PACKAGE_FILE)
        raise _no_package(path, error) from error
    return {dataset.name: dataset for dataset in resources}


def _dataset(item: Mapping[str, Any]) -> Dataset:
    path = PurePosixPath(item["path"])
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"path {item['path']!r} leaves the data folder")
    licences = item.get("licenses") or [{}]
    return Dataset(
        name=str(item["name"]),
        title=str(item.get("title", item["name"])),
        description=str(item.get("description", "")),
        path=str(path),
        group=str(item.get("group", "")),
        licence=" and ".join(str(licence.get("name", "")) for licence in licences),
        licence_url=str(licences[0].get("path", "")),
        sources=tuple((str(s.get("title", "")), str(s.get("path", ""))) for s in item.get("sources", ())),
        attribution=str(item.get("attribution", "")),
        accuracy=str(item.get("accuracy", "")),
        sensitivity=str(item.get("sensitivity", "")),
        rows=int(item.get("rows", 0)),
        bytes=int(item.get("bytes", 0)),
        sha256=str(item.get("hash", "")).removeprefix("sha256:"),
        contract=schema.contract(item),
    )


@dataclass
class _Part:
    """What came out of one file: `result` is None if the file cannot be used."""

    faults: list[Fault] = field(default_factory=list)
    result: schema.Typed | None = None
    geometry: np.ndarray[Any, np.dtype[np.object_]] | None = None


class _UnusableError(Exception):
    """A file cannot be used as a whole; carries what was found, what is required and what to do."""


def _read(folder: Path | ZipPath, dataset: Dataset) -> _Part:
    part = _Part()
    try:
        content = _content(folder, dataset, part)
        if dataset.is_layer:
            _read_geojson(content, dataset, part)
        else:
            _read_csv(content, dataset, part)
    except _UnusableError as problem:
        found, required, hint = problem.args
        part.faults.append(Fault(dataset.path, None, "", found, required, hint, kind="file"))
    if part.result is not None and dataset.name == kinds.EVENTS.name:
        _blame_categories(part.result, dataset)
    return part


def _blame_categories(result: schema.Typed, dataset: Dataset) -> None:
    """Tell the events of a category that has no row; they are kept."""
    categories = result.frame["category"]
    result.blame(
        ((categories != "") & ~categories.isin(kinds.CATEGORIES)).to_numpy(),
        "category",
        file=dataset.path,
        found=lambda i: repr(categories[i]),
        required=kinds.ONE_OF_THEM,
        hint="Correct the word; until then the event is shown with the other ones.",
        id_column=dataset.id_column,
        kind="rule",
    )


def _content(folder: Path | ZipPath, dataset: Dataset, part: _Part) -> str:
    try:
        content = unfinished.read(folder, dataset.path)
    except OSError as error:
        raise _UnusableError(
            f"no readable file ({error.strerror or error})",
            "the file named in the catalog",
            f"Restore it, or take it out of the package. {REPACKAGE}",
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if dataset.sha256 and found != dataset.sha256:
        part.faults.append(
            Fault(
                dataset.path,
                None,
                "",
                f"sha256 {found[:12]}... ({len(content)} bytes)",
                f"{dataset.sha256[:12]}... ({dataset.bytes} bytes)",
                f"The file was edited since it was packaged; it is used as it is. {REPACKAGE}",
                kind="edited",
            )
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _UnusableError(
            f"byte 0x{content[error.start]:02x} on line {line}", "text in UTF-8", "Save the file again as UTF-8."
        ) from error
    if "\x00" in text:
        raise _UnusableError("a NUL character", "plain text", "Take the character out.")
    return text


def _read_csv(text: str, dataset: Dataset, part: _Part) -> None:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        header = next(reader, [])
        start = reader.line_num + 1
        for row in reader:
            if row:
                rows.append(row)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise _UnusableError(
            f"a row on line {reader.line_num} that cannot be parsed ({error})",
            "comma-separated rows with closed quotes",
            "The file may be cut off; restore or correct it.",
        ) from error
    _require_columns(header, dataset, part)
    whole = []
    for row, line in zip(rows, lines, strict=True):
        whole.append(len(row) == len(header))
        if not whole[-1]:
            found, required = f"{len(row)} cells", f"{len(header)} cells, as in the header"
            part.faults.append(Fault(dataset.path, line, "", found, required, "Quote cells that hold a comma."))
    kept = [row for row, ok in zip(rows, whole, strict=True) if ok]
    columns = dict(zip(header, zip(*kept, strict=True), strict=True)) if kept else dict.fromkeys(header, ())
    lines = [line for line, ok in zip(lines, whole, strict=True) if ok]
    part.result = schema.typed(columns, lines, dataset.contract, file=dataset.path)


def _require_columns(header: Sequence[str], dataset: Dataset, part: _Part) -> None:
    """Stop if a column is missing or doubled; report columns that the contract does not know."""
    wanted = dataset.contract.columns
    missing = [name for name in wanted if name not in header]
    if missing:
        raise _UnusableError(
            f"no column {', '.join(missing)}",
            "every column of the contract",
            "Add the column (it may be empty where not required) or restore its name.",
        )
    twice = sorted({name for name in header if list(header).count(name) > 1})
    if twice:
        raise _UnusableError(f"column {', '.join(twice)} more than once", "each column once", "Take one of them out.")
    part.faults += [
        Fault(dataset.path, None, name, "a column the contract does not know", "the columns of the contract", REPACKAGE)
        for name in header
        if name not in wanted
    ]


def _read_geojson(text: str, dataset: Dataset, part: _Part) -> None:
    features = _features(text)
    wanted = dataset.contract.columns
    usable = [isinstance(item, dict) and isinstance(item.get("properties"), dict) for item in features]
    part.faults += [
        Fault(dataset.path, i, "", "something else", "a GeoJSON Feature with properties", "Correct or remove it.")
        for i, ok in enumerate(usable, start=1)
        if not ok
    ]
    numbers = [i for i, ok in enumerate(usable, start=1) if ok]
    kept = [features[i - 1] for i in numbers]
    header = dict.fromkeys(name for item in kept for name in item["properties"]) if kept else dict.fromkeys(wanted)
    _require_columns(list(header), dataset, part)
    columns = {name: [item["properties"].get(name) for item in kept] for name in wanted}
    given = [item.get("geometry") for item in kept]
    geometry = _at_once(text, len(features)) if len(kept) == len(features) and None not in given else None
    if geometry is None:
        texts = [json.dumps(shape) if shape is not None else None for shape in given]
        geometry = np.asarray(shapely.from_geojson(texts, on_invalid="ignore"), dtype=object)
    unreadable = np.array(
        [shape is not None and found is None for shape, found in zip(given, geometry, strict=True)], dtype=bool
    )
    part.geometry = geometry
    part.result = schema.typed(columns, numbers, dataset.contract, file=dataset.path)
    schema.check_geometry(geometry, unreadable, part.result, dataset.contract, file=dataset.path)


def _at_once(text: str, count: int) -> np.ndarray[Any, np.dtype[np.object_]] | None:
    """Return all geometries of a collection, much faster than one by one; None if one of them cannot be read so."""
    whole = shapely.from_geojson(text, on_invalid="ignore")
    parts = np.asarray(shapely.get_parts(whole) if whole is not None else [], dtype=object)
    return parts if len(parts) == count else None


def _features(text: str) -> list[Any]:
    try:
        collection = json.loads(text)
    except json.JSONDecodeError as error:
        raise _UnusableError(
            f"JSON that breaks off or breaks its rules on line {error.lineno} ({error.msg})",
            "a GeoJSON FeatureCollection",
            "The file may be cut off; restore or correct it.",
        ) from error
    except RecursionError as error:
        raise _UnusableError("JSON nested too deep", "a GeoJSON FeatureCollection", "Restore the file.") from error
    features = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(features, list):
        raise _UnusableError("no list of features", "a GeoJSON FeatureCollection", "Restore the file.")
    crs = json.dumps(collection.get("crs") or "")
    if crs != '""' and not any(code in crs for code in ("CRS84", "4326")):
        raise _UnusableError(f"crs {crs[:80]}", f"degrees in {WGS84} (RFC 7946)", "Convert it before packaging.")
    return features


def _frame(part: _Part, rules: schema.Contract) -> pd.DataFrame:
    """Return the good rows of a part; layers as GeoDataFrame."""
    if part.result is None:
        frame, geometry = schema.empty(rules), np.array([], dtype=object)
    else:
        frame = part.result.frame[part.result.good].reset_index(drop=True)
        geometry = part.geometry[part.result.good] if part.geometry is not None else np.array([], dtype=object)
    if rules.geometry_types:
        frame = gpd.GeoDataFrame(frame, geometry=geometry, crs=WGS84)
    return frame

"""
Imports as part of the data: a dataset and a frame each, in the same shapes as everything else.

Events of an import up to `JOINED_ROWS` also stand among the events, with a source of their own, so that views, grades,
timeline and map treat them like any other. Larger ones become an archive (`mssmap.archive`): the browser works out
every day by itself from all joined events, which is made for thousands, not for a hundred thousand.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mssmap.crs import WGS84
from mssmap.errors import DataError, Fault
from mssmap.i18n import gettext as _
from mssmap.i18n.phrases import phrase
from mssmap.ingest import mapping, pinned, stored
from mssmap.ingest.prepare import LEVELS, Imported, described
from mssmap.jail.limits import printable
from mssmap.records import catalog, evidence, released, unfinished
from mssmap.records.catalog import Data, Dataset
from mssmap.records.schema import Contract, Field
from mssmap.records.submissions import joined
from mssmap.records.submissions.joined import Accepted
from mssmap.store import Store, StoreAwayError, imports, inbox, taken
from mssmap.store.imports import Import

JOINED_ROWS: Final = 5_000
"""An import of more events is not joined to the events; see `is_archive`."""

ACCEPTED: Final = "accepted"
GROUP: Final = "import"
OFFICIAL: Final = "Official outline"
"""How the note of an outline that was replaced begins."""

MARK: Final = "import:"
"""How the id of the source row of an import begins."""


def is_archive(made: Imported) -> bool:
    """Say whether an import has too many events for the event list, so that it becomes an archive."""
    return made.kind == "events" and len(made.frame) > JOINED_ROWS


def rows_of(made: Imported) -> bytes:
    """Write the rows of an import as Parquet."""
    frame = made.frame.reset_index(drop=made.kind != "events")
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def store_import(store: Store, made: Imported, *, actor: str | None = None, request_id: str | None = None) -> Import:
    """
    Store an import.

    Raises
    ------
    InputError
        If it is in the store already, or takes more than can be held once it is read again.
    StoreAwayError
        If it could not be written.
    """
    rows = rows_of(made)
    stored.measure(rows)
    return imports.save(store, described(made), rows, actor=actor, request_id=request_id)


Mark = tuple[tuple[str, int], ...]
"""Id and version of every import of a store, and what changes with what was accepted in its inbox."""


def mark(url: str) -> Mark:
    """Return what changes when imports or accepted rows of the store at `url` do; empty without a store."""
    try:
        store = pinned.store_at(url)
        if store is None:
            return ()
        accepted_rows = tuple((ACCEPTED, n) for n in inbox.mark_of(store))
        releases = tuple((str(said.get("sha256")), 1) for said in taken.listed(store))
        return (*((item.import_id, item.version) for item in imports.listed(store)), *accepted_rows, *releases)
    except StoreAwayError:
        return (("store away", 0),)


def with_imports(data: Data, url: str) -> Data:
    """
    Return the data with everything that the store at `url` has imported.

    A store that cannot be reached, or an import that was damaged, is a fault; the rest is there.
    """
    parts = []
    try:
        store = pinned.store_at(url)
        if store is None:
            return data
        data = joined.with_rows(data, accepted_of(store, data.release))
        for item in imports.listed(store):
            try:
                parts.append((item, imports.content(store, item)))
            except DataError as error:
                data = _faulty(data, item.import_id, str(error))
    except StoreAwayError as error:
        return _faulty(data, "store", str(error))
    return attach(data, parts)


def accepted_of(store: Store, release: str = "") -> list[Accepted]:
    """
    Return what was accepted in the inbox of a store and is in no release yet, in the order of its numbers.

    Parameters
    ----------
    release
        Of the data that it comes on top of: what was published in a later one is not in them, and counts as accepted.
    """
    found = inbox.listed(store, inbox.ACCEPTED)
    if release:
        here = released.order(release)
        found += inbox.published_after(store, lambda version: released.order(version) > here)
    return [
        Accepted(f"submission {item.number}", joined.dated(item.rows, str(item.body.get(joined.RECORDED, ""))))
        for item in sorted(found, key=lambda item: item.number)
    ]


def read_folder(folder: Path) -> Data:
    """Return what the data folder holds, without imports; read again once its catalog was written anew."""
    return _read_folder(folder, _stamp(folder))


def _stamp(folder: Path) -> tuple[int, ...]:
    """Return what changes when the catalog of a folder is written, or a release is on its way into it."""
    found = []
    for name in (catalog.PACKAGE_FILE, unfinished.JOURNAL):
        try:
            stat = (folder / name).stat()
        except OSError:
            found += [0, 0]
        else:
            found += [stat.st_mtime_ns, stat.st_ino]
    return tuple(found)


@lru_cache(maxsize=2)
def _read_folder(folder: Path, _stamp: tuple[int, ...]) -> Data:
    return catalog.open_data(folder)


def loaded(folder: Path, url: str, mark: Mark) -> Data:
    """
    Return the data of a folder with what the store at `url` has imported and accepted.

    The same as long as the mark of the store and the catalog of the folder are the same.

    Raises
    ------
    DataError
        If there is no readable catalog in the folder.
    """
    return _loaded(folder, _stamp(folder), url, mark)


@lru_cache(maxsize=2)
def _loaded(folder: Path, _stamp: tuple[int, ...], url: str, _mark: Mark) -> Data:
    return with_imports(base(folder, url), url)


def base(folder: Path, url: str) -> Data:
    """Return the data of the newest release that was taken over, or those of the folder if they are newer."""
    own = read_folder(folder)
    try:
        store = pinned.store_at(url)
        newest = None if store is None else pinned.newest_of(store)
        if newest is None or released.order(newest.version) <= released.order(own.release):
            return own
        return pinned.opened(newest)
    except (DataError, StoreAwayError) as error:
        return _faulty(own, "store", str(error))


def drawn(data: Data) -> list[str]:
    """Return the names of the imports that the map draws as layers of their own: those not among its events."""
    return [
        name
        for name, dataset in data.datasets.items()
        if dataset.group == GROUP
        and dataset.is_layer
        and not ("event_id" in data[name] and len(data[name]) <= JOINED_ROWS)
    ]


def _faulty(data: Data, name: str, found: str) -> Data:
    fault = Fault(
        printable(name),
        None,
        "",
        found.rstrip("."),
        phrase("imports that can be read"),
        phrase("They are not shown."),
        kind="file",
    )
    return replace(data, faults=(*data.faults, fault))


def attach(data: Data, parts: Iterable[tuple[Import, bytes]]) -> Data:
    """
    Return the data with imports added.

    Parameters
    ----------
    parts
        Imports with their rows as Parquet, as `rows_of` writes them.
    """
    for item, content in parts:
        try:
            data = _attached(data, item, content)
        except (DataError, *stored.UNUSABLE) as error:
            data = _faulty(data, item.import_id, str(error))
    return data


def _attached(data: Data, item: Import, content: bytes) -> Data:
    """
    Return the data with one import more.

    Raises
    ------
    DataError
        If it is not one that can be used.
    """
    about = stored.require_row(item)
    if item.import_id in data.datasets:
        raise DataError(_("found the id of another layer or table, required one of its own"))
    datasets, frames = dict(data.datasets), dict(data.frames)
    used = mapping.loads(about.mapping)
    rows = stored.rows(content, about, datasets["events"].contract)
    if about.kind == "boundaries":
        _replace_outlines(datasets, frames, item, used, rows)
    else:
        if about.kind == "events":
            rows = _own(rows, item).astype(frames["events"].dtypes.to_dict())
            if len(rows) <= JOINED_ROWS:
                frames["events"] = pd.concat([frames["events"], rows], ignore_index=True)
            frames["sources"] = pd.concat(
                [frames["sources"], _source_row(item, used, frames["sources"])], ignore_index=True
            )
            rows = _placed(rows)
        datasets[item.import_id] = _dataset(item, used, rows, datasets["events"].contract)
        frames[item.import_id] = rows
    return replace(data, datasets=MappingProxyType(datasets), frames=MappingProxyType(frames))


def credits(data: Data) -> list[str]:
    """Return the words of attribution of everything imported, outlines too, each once."""
    names = [name for name, dataset in data.datasets.items() if dataset.group == GROUP]
    ours = [layer for layer in LEVELS.values() if layer in data.datasets]
    names += [layer for layer in ours if data[layer]["boundary_note"].str.startswith(OFFICIAL).any()]
    return list(dict.fromkeys(data.dataset(name).attribution for name in names))


def _own(rows: pd.DataFrame, item: Import) -> pd.DataFrame:
    """Give events ids that only they have, and their source."""
    ids = item.import_id + "." + rows["event_id"].astype("str")
    return rows.drop(columns="row", errors="ignore").assign(
        event_id=ids.astype("str"), source_ids=MARK + item.import_id
    )


def _placed(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    points = np.full(len(rows), None, dtype=object)
    there = (rows["lon"].notna() & rows["lat"].notna()).to_numpy()
    points[there] = shapely.points(rows.loc[there, ["lon", "lat"]].to_numpy(dtype="float64"))
    return gpd.GeoDataFrame(rows, geometry=points, crs=WGS84)


def _source_row(item: Import, used: mapping.Mapping, sources: pd.DataFrame) -> pd.DataFrame:
    source = used.source
    row = {
        "source_id": MARK + item.import_id,
        "title": f"{source.title} (imported {item.changed_at[:10]})",
        "publisher": source.publisher or source.title,
        "publisher_kind": source.publisher_kind,
        "url": source.url,
        "published_on": pd.NaT,
        "published_precision": "",
        "language": "",
        "reliability": evidence.RELIABILITY_OF_KIND.get(source.publisher_kind, "F"),
        "archive_url": "",
        "archive_note": "",
        "note": " ".join(filter(None, [source.licence, source.attribution])),
    }
    return pd.DataFrame([row]).reindex(columns=sources.columns).astype(sources.dtypes.to_dict())


def _dataset(item: Import, used: mapping.Mapping, rows: pd.DataFrame, events: Contract) -> Dataset:
    source = used.source
    kinds: tuple[str, ...] = ()
    if isinstance(rows, gpd.GeoDataFrame):
        kinds = tuple(sorted(rows.geometry.dropna().geom_type.unique())) or ("Point",)
    if item.body["kind"] == "events":
        contract = replace(events, geometry_types=kinds)
    else:
        names = [str(name) for name in rows.columns if name != "geometry"]
        contract = Contract(tuple(Field(name, _type(rows[name])) for name in names), (), kinds)
    notes = [*item.body["notes"], f"{item.body['left_out']} rows were left out, {item.body['repaired']} repaired."]
    return Dataset(
        name=item.import_id,
        title=item.name,
        description=f"Imported from {item.body['file']} by {item.changed_by} on {item.changed_at[:10]}.",
        path=f"store/{item.import_id}.parquet",
        group=GROUP,
        licence=source.licence or "not stated",
        licence_url=source.licence_url,
        sources=((source.title, source.url),),
        attribution=source.attribution or source.title,
        accuracy=" ".join(notes)[:1000],
        sensitivity="Imported by a user; check before sharing.",
        rows=len(rows),
        bytes=int(item.body["bytes"]),
        sha256=str(item.body["sha256"]),
        contract=contract,
    )


def _type(column: pd.Series) -> str:
    checks: Mapping[str, Any] = {
        "boolean": pd.api.types.is_bool_dtype,
        "integer": pd.api.types.is_integer_dtype,
        "number": pd.api.types.is_float_dtype,
        "date": pd.api.types.is_datetime64_any_dtype,
    }
    return next((name for name, check in checks.items() if check(column.dtype)), "string")


def _replace_outlines(
    datasets: dict[str, Dataset], frames: dict[str, Any], item: Import, used: mapping.Mapping, rows: pd.DataFrame
) -> None:
    """Put official outlines in the place of ours, by P-code; names and people stay."""
    layer = next(LEVELS[ours] for ours in LEVELS if used.columns.get(ours))
    ours = frames[layer]
    shapes = rows.set_index("pcode").geometry.reindex(ours["pcode"])
    official = shapes.notna().to_numpy()
    geometry = np.where(official, shapes.to_numpy(), ours.geometry.to_numpy())
    note = f"{OFFICIAL}, {item.name}, imported {item.changed_at[:10]}."
    notes = ours["boundary_note"].where(~official, note)
    frames[layer] = ours.assign(boundary_note=notes).set_geometry(gpd.GeoSeries(geometry, index=ours.index, crs=WGS84))
    before = datasets[layer]
    datasets[layer] = replace(
        before,
        description=f"{before.description} {int(official.sum())} outlines are those of {item.name}.",
        licence=f"{before.licence} and {used.source.licence}",
        sources=(*before.sources, (used.source.title, used.source.url)),
        attribution=f"{before.attribution} {used.source.attribution}",
        sha256=str(item.body["sha256"]),
        contract=replace(
            before.contract, geometry_types=tuple({*before.contract.geometry_types, "Polygon", "MultiPolygon"})
        ),
    )

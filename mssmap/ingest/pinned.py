"""Releases that are here, in the data folder or taken over into the store, and the data of one of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from mssmap.errors import DataError, NotFoundError
from mssmap.i18n import gettext as _
from mssmap.records import catalog, released
from mssmap.records.catalog import Data
from mssmap.records.released import Release
from mssmap.store import NoStoreError, Store, exists, open_store, sound, taken

_stores: Final[dict[str, Store]] = {}


def store_at(url: str) -> Store | None:
    """Return the store at `url`, None if there never was one; one that was removed since says so when it is read."""
    if url not in _stores and exists(url):
        with suppress(NoStoreError):
            _stores[url] = open_store(url, make=False)
    return _stores.get(url)


@dataclass(frozen=True, eq=False)
class Held:
    """A release with its files."""

    release: Release
    files: Mapping[str, bytes]

    @property
    def version(self) -> str:
        """Of the data, `YYYY.MM.N`."""
        return self.release.version


def listed(folder: Path, url: str) -> list[Release]:
    """
    Return the releases that are here, oldest first.

    Raises
    ------
    DataError
        If what names one of them was changed.
    """
    store = store_at(url)
    found = {release.version: release for release in (of(said) for said in (taken.listed(store) if store else ()))}
    found |= {release.version: release for release in released.listed(folder)}
    return sorted(found.values(), key=lambda release: released.order(release.version))


def find(folder: Path, url: str, version: str) -> Held:
    """
    Return a release.

    Raises
    ------
    NotFoundError
        If it is not here; the text names those that are.
    DataError
        If what is kept of it was changed.
    """
    for release in released.listed(folder):
        if release.version == version:
            return Held(release, released.contents(folder, release))
    store = store_at(url)
    for said in taken.listed(store) if store else ():
        if store and of(said).version == version:
            return _held(store, said)
    here = ", ".join(release.version for release in listed(folder, url)) or _("there is none")
    raise NotFoundError(
        _("release: found {version!r}, which is not here, required one of those that are: {here}.").format(
            version=version[:40], here=here
        )
    )


def data(folder: Path, url: str, version: str) -> Data:
    """Return the data of a release exactly as it was published; see `find` for the errors."""
    return _pinned(folder, url, version)


@lru_cache(maxsize=3)
def _pinned(folder: Path, url: str, version: str) -> Data:
    return replace(opened(find(folder, url, version)), pinned=True)


def newest_of(store: Store) -> Held | None:
    """Return the newest release that was taken over into a store, None if there is none; `DataError` if damaged."""
    found = sorted(taken.listed(store), key=lambda said: released.order(of(said).version))
    return _held(store, found[-1]) if found else None


def opened(held: Held) -> Data:
    """Return the data of a release."""
    with zipfile.ZipFile(io.BytesIO(released.packed(held.files))) as archive:
        return catalog.open_data(zipfile.Path(archive))


def of(said: Mapping[str, Any]) -> Release:
    """Return the release that the store tells of; `DataError` if it is none."""
    try:
        return released.from_dict(sound.body(said.get("release")))
    except ValueError as error:
        raise DataError(_("A release in the store was changed. Take it over again: mssmap update FILE.")) from error


def _held(store: Store, said: Mapping[str, Any]) -> Held:
    release, content = of(said), taken.content(store, said)
    if released.digest(content) != release.sha256:
        raise DataError(_("A release in the store was changed. Take it over again: mssmap update FILE."))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return Held(release, {name: archive.read(name) for name in archive.namelist()})

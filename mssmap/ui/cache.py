"""
The one seam where reads are cached.

Frames are kept as they are and treated as read-only; what is cached are reads, keyed by the two dials and the filters.
"""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import lru_cache, partial, wraps
from inspect import signature
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from streamlit import config
from streamlit.runtime.scriptrunner import get_script_run_ctx

from mssmap import settings, store
from mssmap.api.archives import told as told_of
from mssmap.api.archives import written as archive_query
from mssmap.archive import columns, engine
from mssmap.archive.engine import Archives
from mssmap.archive.queries import Query
from mssmap.archive.shelf import Manifest
from mssmap.errors import MssmapError
from mssmap.exports import extract as extracts
from mssmap.exports.extract import Extract
from mssmap.exports.selection import Form, Selection
from mssmap.i18n import gettext as _
from mssmap.ingest import attach, field_copy
from mssmap.ingest import pinned as releases
from mssmap.maps import assets, history, plan, view
from mssmap.measures import keyfigures
from mssmap.planning import on_data
from mssmap.records import differences, evidence, views
from mssmap.records.catalog import Data
from mssmap.records.shown import Filters, Shown
from mssmap.records.shown import shown as shown_of
from mssmap.records.timeline import Clocks
from mssmap.store import copies, disk
from mssmap.telling import twin
from mssmap.ui import frame, permits
from mssmap.ui.once import Once
from mssmap.version import __version__

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger("mssmap")


_seen: list[attach.Mark | None] = [None]
"""Mark of the imports that a page was last opened with."""


_reading = threading.Lock()
"""Held while the data are read, so that nobody reads them a second time meanwhile."""


def refresh() -> None:
    """Look whether something was imported or removed since; every page begins with it."""
    _seen[0] = attach.mark(settings.load().database_url)


def seen() -> attach.Mark:
    """Return the mark of the imports that a page was last opened with."""
    if _seen[0] is None:
        refresh()
    return _seen[0] or ()


_pin: ContextVar[str | None] = ContextVar("pin", default=None)
"""Release that an answer is of, empty for the data as they stand; None for that of the visit, if there is one."""


@contextmanager
def pinned_to(release: str | None) -> Iterator[None]:
    """Answer with the data of a release inside, empty for the data as they stand; work begun inside does so, too."""
    before = _pin.set(release)
    try:
        yield
    finally:
        _pin.reset(before)


def pin() -> str:
    """Return the release whose data are shown, empty for the data as they stand."""
    if (told := _pin.get()) is not None:
        return told
    run = get_script_run_ctx(suppress_warning=True)
    return str(run.session_state["release"] or "") if run is not None and "release" in run.session_state else ""


def data() -> Data:
    """
    Return everything in the data folder and all that was imported; faults stand in `Data.faults`.

    Where a release is pinned, what was published in it and nothing else.
    """
    found, mark_of_imports, release = settings.load(), seen(), pin()
    with _reading:
        if release:
            return releases.data(found.data_dir, found.database_url, release)
        return attach.loaded(found.data_dir, found.database_url, mark_of_imports)


def data_now() -> Data:
    """Return the data with what was imported or removed until now, whoever did it and whatever release is pinned."""
    refresh()
    with pinned_to(""):
        return data()


def known_releases() -> tuple[str, ...]:
    """Return the versions of the releases that are here, the newest first."""
    found = settings.load()
    return tuple(one.version for one in reversed(releases.listed(found.data_dir, found.database_url)))


def release_data(version: str) -> Data:
    """Return the data of a release; see `ingest.pinned.find` for the errors."""
    with pinned_to(version):
        return data()


def of_the_data(maxsize: int) -> Callable[[Callable[Concatenate[Data, P], T]], Callable[P, T]]:
    """
    Keep results under the data that they were worked out from, which are given to the function first.

    What many ask for at once is worked out once.

    After an import there are other data: what was worked out before, or is still being worked out by another thread, is
    not found any more.
    """

    def make(work: Callable[Concatenate[Data, P], T]) -> Callable[P, T]:
        kept = Once(work, maxsize)
        order = signature(work)

        @wraps(work)
        def ask(*args: P.args, **named: P.kwargs) -> T:
            return kept(*order.bind(data(), *args, **named).args)

        return ask

    return make


@of_the_data(maxsize=2)
def data_mark(of: Data) -> str:
    """Return what changes whenever a view of the data may: the data themselves, what was imported, our own version."""
    return mark([of.fingerprint, of.faults, seen(), __version__, *([of.release] if of.pinned else [])])


def static_folder() -> Path:
    """Return where the map's files are kept: the user's cache; by itself Streamlit serves only `static/` of the app."""
    by_streamlit = config.get_option("server.enableStaticServing")
    return (settings.ROOT if by_streamlit else settings.cache_folder()) / "static"


_of_releases: Final[dict[str, frozenset[str]]] = {}
"""Release that was shown -> its static files; they hold nothing that was ever removed."""


def published() -> assets.Assets:
    """Write the static files that are missing or damaged, delete those of removed imports, and return their names."""
    return _published_release() if pin() else _published_now()


@of_the_data(maxsize=1)
def _published_now(of: Data) -> assets.Assets:
    """One at a time: who comes back to data of before, as by removing an import, has the files of it withdrawn."""
    found = _publish(of)
    assets.withdraw(static_folder(), found.files.union(*_of_releases.values()))
    return found


@of_the_data(maxsize=4)
def _published_release(of: Data) -> assets.Assets:
    found = _publish(of)
    _of_releases[of.release] = found.files
    return found


def _publish(of: Data) -> assets.Assets:
    cells = plan.published_grid(on_data.cells_of(of))
    return assets.publish(of, static_folder(), font=assets.typeface(), grid=cells)


_mending = threading.Lock()
_intact: dict[str, tuple[int, int, int]] = {}


def mend(name: str) -> None:
    """Write the static files again if one of them is asked for and is not there as it was written."""
    refresh()  # the files of an import that was removed meanwhile go before one of them is answered
    path = static_folder() / name
    stamp = _stamp(path)
    of = next((release for release, files in _of_releases.items() if name in files), "")
    if (not of and name not in published().files) or (stamp is not None and _intact.get(name) == stamp):
        return
    with _mending:
        if not assets.intact(path):
            log.warning("%s", _("{file}: was missing or damaged and is written again.").format(file=path))
            _publish(release_data(of))
        if (stamp := _stamp(path)) is not None:
            _intact[name] = stamp


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


@of_the_data(maxsize=4)
def base_frame(_of: Data) -> frame.Frame | None:
    """Return the base map, rendered."""
    found = frame.render(published())
    if found is not None and found.script not in _frame_scripts:
        _frame_scripts.append(found.script)
    return found


_frame_scripts: deque[str] = deque(maxlen=8)


def frame_scripts() -> tuple[str, ...]:
    """Return the scripts of the last base maps: a page may still be sending the one from before an import."""
    base_frame()
    return tuple(_frame_scripts)


@lru_cache(maxsize=1)
def opened() -> store.Store:
    """Return the store, opened once per process, for what the app itself asks and writes."""
    return store.open_store(settings.load().database_url)


@lru_cache(maxsize=1)
def archives() -> Archives:
    """Return the archives, opened once per process."""
    return engine.default()


def archive_list() -> tuple[Manifest, ...]:
    """Return the archives as they are now."""
    return _archive_list(archives().shelf.mark())


@lru_cache(maxsize=2)
def _archive_list(_mark: Any) -> tuple[Manifest, ...]:
    return tuple(archives().shelf.listed())


def asked_archives(filters: Filters) -> dict[str, Any] | None:
    """Return what the browser needs to ask the archives: their names, and what narrows them besides the days."""
    items = [told_of(item) for item in archive_list()]
    return {"items": items, "query": archive_query(filters)} if items else None


def kept_sources() -> frozenset[str]:
    """Return the sources of which a copy is kept beside the store; whoever runs this may add one at any time."""
    folder = Path(settings.default_copy_folder(settings.load().database_url))
    return frozenset(one.source_id for one in copies.kept(folder))


def plans() -> store.Store:
    """Return the store for the person at the page."""
    return permits.own(opened())


@of_the_data(maxsize=256)
def shown(of: Data, filters: Filters) -> Shown:
    """Return what is on the map at these dials and filters."""
    return shown_of(of, filters)


@of_the_data(maxsize=8)
def extract(of: Data, selection: Selection, form: Form, language: str) -> Extract:
    """Return an export, with the hashes of its rows, before it is written; what is lost is said in a language."""
    return extracts.build(of, selection, form)


@of_the_data(maxsize=256)
def key_figures(of: Data, clocks: Clocks, grade: str, region: str | None) -> list[keyfigures.KeyFigure]:
    """Return the figures above the map."""
    return keyfigures.key_figures(of, clocks, grade, region)


@of_the_data(maxsize=256)
def text(of: Data, filters: Filters, on: tuple[str, ...], language: str) -> list[str]:
    """Return the map in words, with its figures, in a language; the window of `filters` is that of the events."""
    asked = (filters.clocks, filters.grade, filters.region)
    window = (filters.start, filters.end)
    return twin.situation(shown(filters), key_figures(*asked), on, window, filters.grade, hidden(*asked))


@of_the_data(maxsize=256)
def hidden(of: Data, clocks: Clocks, grade: str, region: str | None) -> dict[str, int]:
    """Return how many records of each layer the grade threshold hides."""
    return views.hidden_by_grade(of, clocks, grade, region)


def nothing_on_record(filters: Filters) -> bool:
    """Say whether no record and no event surely lies in the region of a view."""
    counted = views.counts(data(), filters.clocks, filters.grade, filters.region)
    surely = counted["value"].sum() + counted["below"].sum()
    return not surely and views.events(data(), filters.clocks, grade=filters.grade, region=filters.region).empty


@of_the_data(maxsize=32)
def told(of: Data, on_any_day: Filters, language: str) -> tuple[dict[str, Any], str]:
    """Return all that the browser needs to work out any day and grade at these filters, and its mark; by language."""
    known = history.compose(of, published(), on_any_day)
    large = {**view.fixed(published()), "history": known}
    return large, mark(large) + language


def mark(content: Any) -> str:
    """Return a short name for a piece of JSON."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]


@of_the_data(maxsize=64)
def changes(of: Data, since: date, until: date) -> list[dict[str, Any]]:
    """Return what was learnt between two known dates."""
    return differences.as_records(of, differences.changes(of, since, until, plans=True), until)


def sweep() -> None:
    """Remove what a server that was killed was writing."""
    for work in (field_copy.WORK, disk.WORK):
        disk.sweep(Path(tempfile.gettempdir()), work)
    disk.sweep(static_folder(), assets.PART)


def warm() -> None:
    """Read the data, write the static files and compute the first view, so that the first visitor does not wait."""
    today = settings.today()
    sweep()
    refresh()
    base_frame()
    clocks = Clocks(views.last_reported(data(), today), today)
    shown(Filters(clocks, plans=True))
    key_figures(clocks, evidence.LOWEST, None)
    if archives().shelf.folder.is_dir():
        threading.Thread(target=_warm_archives, daemon=True).start()


def _warm_archives() -> None:
    """Open the archives and let Ibis write its first SQL, which takes a second or two; delete what is kept no more."""
    query, coarse = Query(), columns.COARSEST
    works: list[Callable[[], object]] = [archives().shelf.sweep]
    works += [partial(archives().ask, item.name, "cells", query, coarse) for item in archive_list()]
    for work in works:
        try:
            work()
        except MssmapError as error:
            log.warning("%s", error)

"""
Archives on the data page: made with progress by rows and a button that stops it, removed, and put back.

A work that is stopped leaves nothing behind.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import streamlit as st

from mssmap.archive import acts, stream
from mssmap.archive.shelf import KEPT_DAYS, KEPT_MOST, Manifest, Shelf
from mssmap.archive.writer import Progress, StoppedError
from mssmap.errors import MssmapError
from mssmap.i18n import gettext as _
from mssmap.i18n.phrases import in_words
from mssmap.ingest.prepare import Imported
from mssmap.jail.limits import MB
from mssmap.legend import text
from mssmap.store import Store
from mssmap.store.imports import Import
from mssmap.ui import cache, permits, plain, state
from mssmap.ui.jobs import Job

STREAMED_BYTES: Final = 20 * MB
"""A CSV larger than this is read part by part and becomes an archive."""

LARGEST_MB: Final = 25
"""The limit of the server; what is larger goes the way of `mssmap archive add`."""

JOB: Final = "archive_job"
GONE: Final = "archive_gone"
"""Name of the archive that was removed last in this session."""

Make = Callable[[Store, Shelf, Progress], Manifest]
"""Makes an archive for the person at the page, and notes it."""


@dataclass
class _Making:
    """An archive in the making: its job, and how far it is."""

    total: int
    rows: int = 0
    what: str = ""
    job: Job[Manifest] = field(init=False)


def is_large(upload: Any) -> bool:
    """
    Say whether a dropped file is a CSV to be read part by part.

    A Parquet file is not, whatever its name: in this process only the text of a CSV is cut, never a file opened.
    """
    text_name = upload.name.lower().endswith((".csv", ".tsv", ".txt"))
    return bool(upload.size > STREAMED_BYTES and text_name and bytes(upload.getbuffer()[:4]) != b"PAR1")


def large_file(upload: Any) -> None:
    """Offer to make an archive of a large CSV."""
    st.info(_("A large file: it is read part by part and becomes an archive, which the map asks for what it can show."))
    if st.button(_("Make an archive"), type="primary", key="archive_make"):
        file = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by the job
        file.write(upload.getbuffer())
        file.seek(0)
        data = cache.data_now()

        def make(store: Store, shelf: Shelf, progress: Progress) -> Manifest:
            with file:
                made = stream.add_open(shelf, file, upload.name, data, progress=progress)[0]
            return acts.added(store, shelf, made)

        _start(make, total=max(1, upload.size // 300))


def store(made: Imported) -> None:
    """Make an archive of events that were checked already."""

    def make(store: Store, shelf: Shelf, progress: Progress) -> Manifest:
        return acts.added(store, shelf, stream.add_import(shelf, made, progress=progress))

    _start(make, total=len(made.frame))


def offer(imports: list[Import]) -> None:
    """Offer to make archives of imports of many events, which versions before archives stored among the layers."""
    for item in imports:
        if item.removed or not acts.is_convertible(item):
            continue
        rows = int(item.body["rows"])
        words, act = st.columns([0.8, 0.2], vertical_alignment="center")
        told = _("{n} events, more than the event list holds. As an archive they are on the map and the timeline.")
        words.text(f"{item.name}: {told.format(n=text.number(rows))}")
        if act.button(_("Make an archive"), key=f"convert {item.import_id}", width="stretch", **_for_importers()):
            _convert(item, rows)


def _convert(item: Import, rows: int) -> None:
    def make(store: Store, shelf: Shelf, progress: Progress) -> Manifest:
        return acts.convert(store, shelf, item, progress=progress)

    _start(make, total=rows)


def _start(make: Make, total: int) -> None:
    making = _Making(total)
    store, shelf = cache.plans(), cache.archives().shelf  # of the person at the page; the work runs beside it

    def work(go_on: Callable[[], bool]) -> Iterator[Manifest]:
        def progress(rows: int, what: str) -> None:
            making.rows, making.what = rows, what
            if not go_on():
                raise StoppedError(_("Stopped. Nothing was stored."))

        yield make(store, shelf, progress)

    making.job = Job(work, "archive")
    st.session_state[JOB] = making
    st.session_state["import_generation"] = st.session_state.get("import_generation", 0) + 1
    st.session_state.pop("import_reading", None)
    st.session_state.pop("import_made", None)
    st.rerun()


def running() -> None:
    """Say how far the archive in the making is, or how it ended."""
    making: _Making | None = st.session_state.get(JOB)
    if making is None:
        return
    if making.job.running:
        _bar(making)
        return
    del st.session_state[JOB]
    if making.job.error:
        plain.say("warning", making.job.error)
    elif making.job.steps:
        item = making.job.steps[-1]
        st.session_state["import_archived"] = item.title, item.rows, dict(item.left_out_by)


@st.fragment(run_every=0.4)
@state.spoken
def _bar(making: _Making) -> None:
    if not making.job.running:
        st.rerun(scope="app")
    share = min(0.99, making.rows / making.total)
    st.progress(share, plain.label(f"{text.number(making.rows)} {making.what}"))
    st.button(_("Cancel"), key="archive_cancel", on_click=making.job.cancel)


def listed() -> None:
    """The archives, each with its way out, and those that can be put back; what was done last stands above."""
    if done := st.session_state.pop("import_archived", None):
        plain.say("success", _("Archive made, {n} rows: it is on the map.").format(n=text.number(done[1])))
        for reason, count in done[2].items():
            st.text(_("Left out: {n}, {reason}").format(n=text.number(count), reason=in_words(reason)))
    found, kept = cache.archive_list(), cache.archives().shelf
    removed = kept.removed()
    _undo(removed)
    for fault in kept.faults():
        st.text(fault)
    if found:
        st.subheader(_("Archives of many events"))
    for item in found:
        words, act = st.columns([0.8, 0.2], vertical_alignment="center")
        words.text(_line(item))
        key = f"archive {item.name}"
        act.button(_("Remove"), key=key, on_click=_remove, args=(item.name,), width="stretch", **_for_importers())
    _removed(removed)


def _undo(removed: list[Manifest]) -> None:
    """Offer to put back what was removed last."""
    gone = next((item for item in removed if item.name == st.session_state.get(GONE)), None)
    if gone is None:
        return
    words, act = st.columns([0.8, 0.2], vertical_alignment="center")
    words.text(_("Removed: {title}.").format(title=gone.title))
    act.button(_("Undo"), key="archive_undo", on_click=_restore, args=(gone.name,), width="stretch", type="primary")


def _removed(found: list[Manifest]) -> None:
    if not found:
        return
    with st.expander(_("Removed archives: {n}").format(n=text.number(len(found)))):
        plain.say(
            "caption",
            _("They can be put back for {days} days, the last {most} of them.").format(days=KEPT_DAYS, most=KEPT_MOST),
        )
        for item in found:
            words, act = st.columns([0.8, 0.2], vertical_alignment="center")
            gone = _("removed {day}").format(day=text.day(item.removed_at))
            words.text(" · ".join([_line(item), gone]))
            act.button(
                _("Put back"),
                key=f"back {item.name}",
                on_click=_restore,
                args=(item.name,),
                width="stretch",
                **_for_importers(),
            )


def _line(item: Manifest) -> str:
    rows = _("Rows: {n}").format(n=text.number(item.rows))
    return " · ".join([item.title, text.span(item.first, item.last), rows, item.licence])


def _for_importers() -> dict[str, Any]:
    """What a button has that only those may press who may import."""
    return {"disabled": not permits.may("import"), "help": permits.reason("import")}


def _remove(name: str) -> None:
    st.session_state[GONE] = name
    _try(acts.remove, name)


def _restore(name: str) -> None:
    _try(acts.restore, name)


def _try(act: Callable[[Store, Shelf, str], Manifest], name: str) -> None:
    try:
        act(cache.plans(), cache.archives().shelf, name)
    except MssmapError as error:
        st.session_state["import_problem"] = str(error)

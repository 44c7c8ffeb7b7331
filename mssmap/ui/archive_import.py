"""Making archives on the data page: with progress by rows, and a button that stops it and leaves nothing behind."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import streamlit as st

from mssmap import text
from mssmap.archive import stream
from mssmap.archive.shelf import Manifest
from mssmap.archive.writer import Progress, StoppedError
from mssmap.errors import MssmapError
from mssmap.i18n import gettext as _
from mssmap.ingest.limits import MB
from mssmap.ingest.prepare import Imported
from mssmap.store import archived
from mssmap.ui import cache
from mssmap.ui.jobs import Job

STREAMED_BYTES: Final = 20 * MB
"""A CSV larger than this is read part by part and becomes an archive."""

LARGEST_MB: Final = 25
"""The limit of the server; what is larger goes the way of `mssmap archive add`."""

JOB: Final = "archive_job"

Make = Callable[[Progress], Manifest]


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
        data = cache.data()

        def make(progress: Progress) -> Manifest:
            with file:
                return stream.add_open(cache.archives().shelf, file, upload.name, data, progress=progress)[0]

        _start(make, total=max(1, upload.size // 300))


def store(made: Imported) -> None:
    """Make an archive of events that were checked already."""
    _start(lambda progress: stream.add_import(cache.archives().shelf, made, progress=progress), total=len(made.frame))


def _start(make: Make, total: int) -> None:
    making = _Making(total)
    store, shelf = cache.plans(), cache.archives().shelf  # of the person at the page; the work runs beside it

    def work(go_on: Callable[[], bool]) -> Iterator[Manifest]:
        def progress(rows: int, what: str) -> None:
            making.rows, making.what = rows, what
            if not go_on():
                raise StoppedError(_("Stopped. Nothing was stored."))

        made = make(progress)
        try:
            archived.added(store, asdict(made))
        except MssmapError:
            shelf.remove(made.name)
            raise
        yield made

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
        st.warning(text.inert(making.job.error))
    elif making.job.steps:
        item = making.job.steps[-1]
        st.session_state["import_archived"] = item.title, item.rows


@st.fragment(run_every=0.4)
def _bar(making: _Making) -> None:
    if not making.job.running:
        st.rerun(scope="app")
    share = min(0.99, making.rows / making.total)
    st.progress(share, f"{text.number(making.rows)} {making.what}")
    st.button(_("Cancel"), key="archive_cancel", on_click=making.job.cancel)


def listed() -> None:
    """The archives, each with its way out; what was made last stands above."""
    if done := st.session_state.pop("import_archived", None):
        st.success(_("Archive made, {n} rows: it is on the map.").format(n=text.number(done[1])), icon=None)
    found = cache.archive_list()
    for fault in cache.archives().shelf.faults():
        st.text(fault)
    if not found:
        return
    st.subheader(_("Archives of many events"))
    for item in found:
        words, act = st.columns([0.8, 0.2], vertical_alignment="center")
        rows = _("Rows: {n}").format(n=text.number(item.rows))
        words.text(" · ".join([item.title, text.span(item.first, item.last), rows, item.licence]))
        with act.popover(_("Remove"), width="stretch"):
            st.text(_("The archive is deleted; the file it was made of is not touched."))
            st.button(_("Delete the archive"), key=f"archive {item.name}", on_click=_remove, args=(item.name,))


def _remove(name: str) -> None:
    try:
        archived.removed(cache.plans(), name)
        cache.archives().shelf.remove(name)
    except (MssmapError, OSError) as error:
        st.session_state["import_problem"] = str(error)

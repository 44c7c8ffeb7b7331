"""
Files of one's own: dropped, recognised or mapped, looked at on a map, and only then stored.

What a file says is put on screen by `st.text` and tables only; neither reads it as Markdown or HTML.
"""

from __future__ import annotations

import tempfile
import uuid
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
import streamlit as st

from mssmap import ingest
from mssmap.crs import WGS84
from mssmap.errors import DataError, MssmapError
from mssmap.i18n import gettext as _
from mssmap.i18n.phrases import in_words
from mssmap.ingest import attach, days, mapping, prepare, stored
from mssmap.ingest.mapping import Mapping
from mssmap.ingest.prepare import Imported
from mssmap.ingest.reading import Reading
from mssmap.ingest.sniff import LISTED
from mssmap.legend import text
from mssmap.maps import imported as drawn
from mssmap.maps import view
from mssmap.store import imports
from mssmap.store.ledger import StoreAwayError
from mssmap.ui import cache, components, permits, plain
from mssmap.ui.imports import archives, form

SHOWN_ROWS = 200
ON_MAP = 2_000


def tab() -> None:
    """Everything about imports: drop, check, store, take away."""
    plain.say(
        "caption",
        _(
            "Events or layers of your own, from {formats} or a zip of these. The file is opened in a process of its "
            "own that can reach neither the network nor other files, and nothing is stored before you say so."
        ).format(formats=", ".join(map(_, LISTED))),
    )
    _told()
    generation = st.session_state.get("import_generation", 0)
    archives.running()
    upload = st.file_uploader(
        _("File to import"),
        key=f"import_file_{generation}",
        max_upload_size=archives.LARGEST_MB,
        help=plain.label(
            _(
                "Up to {n} MB here; larger tables of events with mssmap archive add, on the machine of the server."
            ).format(n=archives.LARGEST_MB)
        ),
        disabled=permits.lacking("import"),
    )
    if upload is not None:
        try:
            (archives.large_file if archives.is_large(upload) else _one_file)(upload)
        except MssmapError as error:
            plain.say("error", str(error))
    archives.listed()
    _stored()


def _one_file(upload: Any) -> None:
    reading = _reading(upload)
    for note in reading.notes:
        plain.say("info", in_words(note))
    names = list(reading.tables)
    table = names[0]
    if len(names) > 1:
        table = st.selectbox(_("Table or layer of the file"), names, key="import_table")
    frame = reading.tables[table]
    known, proposed = prepare.propose(frame)
    if known:
        plain.say("success", _("Recognised: {title}. {terms}").format(title=known.title, terms=_(known.terms)))
    else:
        st.info(_("Not a file we know by its columns. Check below how it is read."))
    chosen = form.form(frame, proposed, key=f"{upload.file_id} {table}", opened=known is None)
    try:
        made = _prepared(reading, table, chosen, upload)
    except days.UnsureDaysError as unsure:
        if (order := _asked(unsure, key=f"order {upload.file_id} {table}")) is None:
            return
        chosen = replace(chosen, dates=order)
        made = _prepared(reading, table, chosen, upload)
    if made.frame.empty:
        plain.say(
            "success", _("All {n} rows are here already. Nothing was imported.").format(n=text.number(made.read_rows))
        )
        return
    made = _without_duplicates(made)
    _figures(made)
    _preview(made)
    _faults(made)
    form.save_mapping(chosen)
    _store_button(made)


def _asked(unsure: days.UnsureDaysError, *, key: str) -> str | None:
    """Ask which of a date is the day and which the month, where nothing in the file shows it."""
    plain.say("warning", str(unsure))
    readings = dict(zip(("dmy", "mdy"), unsure.readings, strict=True))
    words = _("{cell} in this file is").format(cell=unsure.cell)
    chosen: str | None = st.radio(
        plain.label(words), list(readings), index=None, format_func=lambda way: text.day(readings[way]), key=key
    )
    return chosen


def _reading(upload: Any) -> Reading:
    """Read a dropped file once; it goes through a file without a name, for the reading process."""
    held = st.session_state.get("import_reading")
    if held and held[0] == upload.file_id:
        reading: Reading = held[1]
        return reading
    bar = st.empty()
    with tempfile.TemporaryFile() as file:
        file.write(upload.getbuffer())
        file.seek(0)

        def progress(share: float, _what: str) -> None:
            bar.progress(min(share, 1.0), _("Reading the file"))

        reading = ingest.read(file, name=upload.name, progress=progress)
    bar.empty()
    st.session_state["import_reading"] = (upload.file_id, reading)
    return reading


def _prepared(reading: Reading, table: str, chosen: Mapping, upload: Any) -> Imported:
    """Work a table out once for each way to read it."""
    key = (upload.file_id, table, repr(chosen), cache.data_now().fingerprint)
    held = st.session_state.get("import_made")
    if held and held[0] == key:
        made: Imported = held[1]
        return made
    with st.spinner(_("Checking every row")):
        made = prepare.prepare(reading, table, cache.data_now(), chosen, file=upload.name)
    st.session_state["import_made"] = (key, made)
    return made


def _figures(made: Imported) -> None:
    left_out = sum(made.left_out.values())
    columns = st.columns(4)
    for column, label, number in zip(
        columns,
        (_("Rows to store"), _("Left out"), _("Repaired"), _("Perhaps known already")),
        (len(made.frame), left_out, len(made.repairs), made.duplicates["row"].nunique()),
        strict=True,
    ):
        column.metric(plain.label(label), text.number(number))
    for reason, count in made.left_out.items():
        st.text(_("Left out: {n}, {reason}").format(n=text.number(count), reason=in_words(reason)))


def _preview(made: Imported) -> None:
    places = _places(made.frame)
    there = places[places.geometry.notna()]
    if len(there):
        shown = there if len(there) <= ON_MAP else there.sample(ON_MAP, random_state=1)
        part = {**drawn.part(made.name, shown), "seen": made.import_id}
        west, south, east, north = there.total_bounds
        high, wide = 0.05 + (north - south) / 5, 0.05 + (east - west) / 5
        bounds = [[south - high, west - wide], [north + high, east + wide]]
        options = view.Options(
            on=("departments", "imports.points", "imports.shapes"),
            preview=(part,),
            focus={"bounds": bounds, "n": made.import_id},
            notes=(_("Preview: not stored yet."),),
        )
        components.preview_map(options)
        if len(shown) < len(there):
            plain.say("caption", _("The map shows {n} of {total}.").format(n=len(shown), total=len(there)))
    else:
        st.caption(_("No row has a point or outline of its own; the table is all there is to see."))
    rows = made.frame.head(SHOWN_ROWS).drop(columns="geometry", errors="ignore").dropna(axis="columns", how="all")
    rows = rows.loc[:, [column for column in rows if not (rows[column].astype("str") == "").all()]]
    dates = {
        column: st.column_config.DateColumn()
        for column in rows
        if pd.api.types.is_datetime64_any_dtype(rows[column].dtype)
    }
    st.dataframe(rows, height=260, column_config=dates, key="import_rows")
    for note in made.notes:
        st.text(in_words(note))


def _places(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """The rows as a layer; events have their places in two columns."""
    if isinstance(frame, gpd.GeoDataFrame):
        return frame
    if {"lon", "lat"} <= set(frame) and "event_id" in frame:
        there = frame[frame["lon"].notna() & frame["lat"].notna()]
        return gpd.GeoDataFrame(there, geometry=shapely.points(there["lon"], there["lat"]), crs=WGS84)
    return gpd.GeoDataFrame(frame.iloc[:0], geometry=[], crs=WGS84)


def _faults(made: Imported) -> None:
    if not made.faults:
        return
    title = _("Faults: {n}").format(n=text.number(len(made.faults)))
    with st.expander(plain.label(title), expanded=len(made.faults) < 20):
        st.dataframe(
            pd.DataFrame(
                {
                    _("Row"): [fault.row for fault in made.faults],
                    _("Column"): [fault.column for fault in made.faults],
                    _("Found"): [in_words(fault.found) for fault in made.faults],
                    _("Required"): [in_words(fault.required) for fault in made.faults],
                    _("What to do"): [in_words(fault.hint) for fault in made.faults],
                    _("Row is"): [_("left out") if fault.kind == "contract" else _("kept") for fault in made.faults],
                }
            ),
            hide_index=True,
            key="import_faults",
        )


def _without_duplicates(made: Imported) -> Imported:
    """Offer rows that may be known already; they stay unless a person leaves them out."""
    pairs = made.duplicates
    if pairs.empty:
        return made
    rows = pairs["row"].nunique()
    title = _("Rows that may be known already: {n}").format(n=text.number(rows))
    with st.expander(plain.label(title), expanded=True):
        st.caption(
            _("Same day, within 5 km, and of a similar kind or title. Nothing is merged: choose what to leave out.")
        )
        chosen = st.dataframe(
            pd.DataFrame(
                {
                    _("Row"): pairs["row"],
                    _("In the file"): pairs["title"],
                    _("Date"): pairs["date"].map(text.day),
                    _("Here already"): pairs["our_title"],
                    _("Kilometres"): pairs["distance_km"],
                }
            ),
            hide_index=True,
            on_select="rerun",
            selection_mode="multi-row",
            height=min(220, 35 * len(pairs) + 38),
            key="import_pairs",
        )
        everything = st.checkbox(_("Leave all of these rows out"), key="import_no_pairs")
    picked = pairs["row"] if everything else pairs["row"].iloc[chosen["selection"]["rows"]]
    return prepare.without(made, sorted(set(picked.tolist())))


def _store_button(made: Imported) -> None:
    words = _("Replace our boundaries") if made.kind == "boundaries" else _("Store as a layer")
    if attach.is_archive(made):
        words = _("Make an archive")
        plain.say(
            "caption",
            _(
                "More than {n} events: they become an archive, which the map and the timeline ask for what they can "
                "show; they do not join the event list."
            ).format(n=text.number(attach.JOINED_ROWS)),
        )
    if st.button(plain.label(words), type="primary", key="import_store", disabled=made.frame.empty):
        if attach.is_archive(made):
            archives.store(made)
        with st.spinner(_("Storing")):
            saved = attach.store_import(cache.plans(), made, request_id=str(uuid.uuid4()))
        st.session_state["import_done"] = (saved.import_id, saved.version)
        st.session_state["import_generation"] = st.session_state.get("import_generation", 0) + 1
        st.session_state.pop("import_reading", None)
        st.session_state.pop("import_made", None)
        st.rerun()


def _told() -> None:
    """What was stored last, with its undo; or what went wrong with the last button."""
    if problem := st.session_state.pop("import_problem", None):
        plain.say("warning", problem)
    done = st.session_state.get("import_done")
    if not done:
        return
    item = imports.find(cache.plans(), done[0])
    if item.removed or "rows" not in item.body:
        return
    words, undo = st.columns([0.8, 0.2], vertical_alignment="center")
    with words:
        plain.say("success", _("Stored: {name}, {n} rows.").format(name=item.name, n=text.number(item.body["rows"])))
    undo.button(_("Undo"), key="import_undo", on_click=_change, args=(item, True), width="stretch")


def _stored() -> None:
    """The list of imports, each with its way out and back."""
    try:
        found = imports.listed(cache.plans(), removed=True)
    except StoreAwayError as error:
        plain.say("warning", str(error))
        return
    if not found:
        return
    st.subheader(_("Imported so far"))
    archives.offer(found)
    for item in found:
        words, act = st.columns([0.8, 0.2], vertical_alignment="center")
        words.text(_line(item))
        label = _("Bring back") if item.removed else _("Remove")
        act.button(
            plain.label(label),
            key=f"act {item.import_id}",
            on_click=_change,
            args=(item, not item.removed),
            width="stretch",
            disabled=not permits.may("import"),
            help=permits.reason("import"),
        )


def _line(item: imports.Import) -> str:
    """What is said of an import; why it cannot be used if its record was damaged."""
    try:
        about = stored.require_row(item)
    except DataError as error:
        return f"{item.name} · {error}"
    licence = mapping.loads(about.mapping).source.licence
    told = [item.name, about.file, text.day(item.changed_at), licence]
    return " · ".join([*(part for part in told if part), _("Rows: {n}").format(n=text.number(about.rows))])


def _change(item: imports.Import, away: bool) -> None:
    try:
        (imports.remove if away else imports.restore)(cache.plans(), item.import_id, version=item.version)
    except MssmapError as error:
        st.session_state["import_problem"] = str(error)

"""Field copies on the page: take one along, merge one that came home, decide what both sides have changed."""

from __future__ import annotations

import streamlit as st

from mssmap.archive import copies
from mssmap.brief import history
from mssmap.errors import MssmapError
from mssmap.i18n import gettext as _
from mssmap.ingest import field_copy
from mssmap.jail.limits import MB
from mssmap.legend import text
from mssmap.planning import plan_file, scenario
from mssmap.store import disk, merge, plans
from mssmap.store.merge import Conflict, Merged
from mssmap.ui import cache, permits, plain, told

MOST_MB = 100


def tab() -> None:
    """Everything about field copies."""
    st.caption(
        _(
            "A laptop without a network keeps plans and imports of its own. Its copy is merged here: what only the "
            "laptop changed is taken over with its person and time, what both changed is for you to decide, and "
            "nothing is dropped."
        )
    )
    out, back = st.columns(2)
    with out:
        _take_along()
    with back:
        _bring_home()
    _told()
    _to_decide(barred=permits.lacking("plan") if merge.conflicts(cache.opened()) else False)


def _take_along() -> None:
    st.markdown("**" + _("Make a field copy") + "**")
    st.caption(_("On the laptop: mssmap restore --make-store FILE, before it leaves."))
    barred = permits.lacking("plan")
    with_archives = _with_archives(barred=barred)
    if st.button(_("Make a field copy"), key="field_make", disabled=barred, width="stretch") and not barred:
        with disk.work_folder(disk.WORK) as folder:
            path = folder / "field-copy.zip"
            try:
                made = copies.make(cache.plans(), cache.archives().shelf, path, without_archives=not with_archives)
            except MssmapError as error:
                plain.say("error", str(error))
                return
            absent = ", ".join(str(item.about["title"]) for item in made.absent)
            st.session_state["field_copy"] = (made.made_at, path.read_bytes(), absent)
    if made_copy := st.session_state.get("field_copy"):
        at, content, absent = made_copy
        if absent:
            plain.say("warning", _("Archives that are not in this copy: {names}").format(names=absent))
        st.download_button(
            _("Download it ({size} kB)").format(size=text.number(len(content) // 1000 + 1)),
            content,
            file_name=f"mssmap-field-copy-{at[:10]}.zip",
            mime="application/zip",
            on_click="ignore",
            width="stretch",
        )


def _with_archives(*, barred: bool) -> bool:
    """Ask whether the archives go along, if there are any and the page can hand them out."""
    shelf = cache.archives().shelf
    size = sum(item.bytes for item in [*shelf.listed(), *shelf.removed()])
    if not size:
        return True
    fits = size <= MOST_MB * MB
    wanted = st.checkbox(
        _("With the archives ({size} MB)").format(size=text.number(size // MB + 1)),
        value=fits,
        key="field_archives",
        disabled=barred or not fits,
    )
    if not fits:
        st.caption(_("The archives are too large for this page; mssmap backup FILE takes them along."))
    return wanted


def _bring_home() -> None:
    st.markdown("**" + _("Merge a field copy") + "**")
    barred = permits.lacking("people")
    origin = st.text_input(
        _("Name of the laptop"), key="field_origin", max_chars=field_copy.NAME_CHARS, disabled=barred
    )
    upload = st.file_uploader(
        _("Field copy (a file of mssmap backup)"),
        type="zip",
        key="field_file",
        max_upload_size=MOST_MB,
        disabled=barred,
    )
    if st.button(_("Merge it"), key="field_merge", disabled=upload is None, width="stretch") and upload is not None:
        with disk.work_folder(disk.WORK) as folder:
            file = folder / "home.zip"
            file.write_bytes(upload.getvalue())
            try:
                shelf = cache.archives().shelf
                st.session_state["field_merged"] = copies.take(
                    cache.plans(), shelf, file, origin=origin, settings_check=history.require
                )
            except MssmapError as error:
                st.session_state["field_merged"] = str(error).replace(str(file), upload.name)


def _told() -> None:
    done: Merged | str | None = st.session_state.get("field_merged")
    if isinstance(done, str):
        plain.say("error", done)
    elif done is not None:
        said = _("Merged from {origin}: {taken} taken over, {known} known already.").format(
            taken=done.taken, origin=done.origin, known=done.known
        )
        names = ", ".join(done.names[:10])
        plain.say("success", f"{said} {names}".strip())
        for line in done.refused:
            plain.say("warning", line)
        if done.missing:
            absent = ", ".join(str(about["title"]) for about in done.missing)
            plain.say(
                "warning",
                _("Archives that were not merged, their rows are not in this copy: {names}").format(names=absent),
            )


def _to_decide(*, barred: bool) -> None:
    told.store_faults("conflict")
    open_ones = merge.conflicts(cache.plans())
    if not open_ones:
        return
    st.markdown("**" + _("To decide") + "**")
    for conflict in open_ones:
        with st.container(border=True, key=f"conflict_{conflict.conflict_id}"):
            _one(conflict, barred=barred)


def _one(conflict: Conflict, *, barred: bool) -> None:
    words = {
        True: _("{origin} deleted it: {who}, {at} UTC"),
        False: _("{origin} has changed it: {who}, {at} UTC"),
    }[conflict.theirs is None]
    plain.say("strong", _name(conflict))
    said = words.format(origin=conflict.origin, who=conflict.theirs_by, at=conflict.theirs_at[:16].replace("T", " "))
    plain.say("caption", said)
    if conflict.entity == plans.ENTITY and conflict.theirs is not None:
        _differences(conflict)
    titles = {merge.OURS: _("Keep ours"), merge.THEIRS: _("Take theirs"), merge.BOTH: _("Keep both")}
    choices = merge.choices(conflict)
    for column, choice in zip(st.columns(len(choices)), choices, strict=True):
        column.button(
            plain.label(titles[choice]),
            key=f"{choice}_{conflict.conflict_id}",
            on_click=_decide,
            args=(conflict.conflict_id, choice),
            disabled=barred,
            width="stretch",
        )


def _name(conflict: Conflict) -> str:
    if conflict.theirs is not None:
        return conflict.name
    bodies = [entry.body for entry in cache.plans().trail(conflict.entity_id) if entry.body is not None]
    return str(bodies[-1].get("name", conflict.entity_id)) if bodies else conflict.entity_id


def _differences(conflict: Conflict) -> None:
    trail = cache.plans().trail(conflict.entity_id)
    ours = trail[-1].body if trail else None
    if ours is None:
        st.caption(_("Here it was deleted."))
        return
    try:
        rows = scenario.differences(plan_file.from_dict(ours), plan_file.from_dict(conflict.theirs or {}))
    except MssmapError as error:
        plain.say("warning", _("{name} cannot be compared. {reason}").format(name=_name(conflict), reason=error))
        return
    titles = {"what": _("What"), "item": _("Item"), "first": _("Ours"), "second": _("Theirs")}
    st.dataframe(rows.astype("str").rename(columns=titles), hide_index=True, key=f"rows_{conflict.conflict_id}")


def _decide(conflict_id: str, choice: str) -> None:
    try:
        merge.decide(cache.plans(), conflict_id, choice)
    except MssmapError as error:
        st.session_state["field_merged"] = str(error)

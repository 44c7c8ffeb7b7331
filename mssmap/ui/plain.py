"""
The pages with Streamlit's own widgets only, for a browser that cannot run our script modules.

Each of our components has something here that stands in for it: it takes the same JSON and calls back in the same way,
so that both kinds of controls start from one state and show the same. The map follows in a frame that runs no module
(`maps.standalone.inline`); each run of the page writes its view into an attribute, which the frame reads.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import quote

import pandas as pd
import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.text import inert
from mssmap.ui import state

Data = Mapping[str, Any]
Answer = Callable[[str, Any], None]
"""Takes the name of what a person did (`day`, `picked`) and its value, as the component would send them."""

BETWEEN: Final = " · "
OFFERED: Final = ("", "timeline", "planner")
"""Pages with components of ours, by their address."""

MAP_HEIGHT_PX: Final = 560
"""Height before the page's own style makes the frame fill the window."""


def offer(page: str) -> None:
    """
    Say where the other controls are; the last element of a page, so that it moves nothing.

    The line about the simple ones is always there and seen by nobody: the style of the page shows it after a while,
    unless panel.js has started by then. So it costs no run, and needs no script.
    """
    if page not in OFFERED:
        return
    if state.plain():
        kind, words, link, other = "mm-plain-back", _("These are the simple controls."), _("Full controls"), "full"
    else:
        words, link = _("The map controls could not start in this browser."), _("Use simple controls")
        kind, other = "mm-plain-offer", "plain"
    target = html.escape(f"?{state.address(other)}")
    st.html(f'<p class="mm-aside {kind}">{html.escape(words)} <a href="{target}">{html.escape(link)}</a></p>')


# ---------------------------------------------------------------------------------------------------------- the map


def map_frame(page: str) -> None:
    """Put the frame of the map on the page; it is the same at each run, so that the browser keeps it as it is."""
    st.iframe(page, height=MAP_HEIGHT_PX, alt=_("Map"))


def feed_map(view: Data) -> None:
    """Write the view where the map reads it; in Base64, so that no text of it can be anything but text."""
    written = base64.b64encode(json.dumps(view, ensure_ascii=False, allow_nan=False).encode()).decode()
    st.html(f'<div hidden class="mm-aside" data-mssmap-view="{written}"></div>')


# ---------------------------------------------------------------------------------------------------- the components


def draw(name: str, *, key: str, data: Data, **callbacks: Callable[[], None]) -> None:
    """
    Draw what stands in for a component; those that only serve other components have nothing.

    Parameters
    ----------
    key
        Key of the component: a callback finds there what the person did.
    callbacks
        `on_<name>_change` for each name of an answer.
    """
    st.session_state[key] = {}

    def answer(what: str, value: Any) -> None:
        st.session_state[key] = {what: value}
        callbacks[f"on_{what}_change"]()

    if name in DRAWN:
        DRAWN[name](data, answer)


def _dial(data: Data, answer: Answer) -> None:
    day, first, last = (_date(data[name]) for name in ("day", "min", "max"))
    st.session_state["plain_day"] = day
    st.slider(
        data["label"],
        first,
        last,
        key="plain_day",
        format="DD/MM/YYYY",
        label_visibility="collapsed",
        on_change=lambda: answer("day", st.session_state["plain_day"].isoformat()),
    )
    for column, step in zip(st.columns(len(data["steps"]), gap="small"), data["steps"], strict=True):
        there = (pd.Timestamp(day) + pd.DateOffset(months=step.get("months", 0), days=step.get("days", 0))).date()
        column.button(
            step["sign"],
            key=f"plain_{step['words']}",
            help=step["words"],
            on_click=answer,
            args=("day", max(first, min(last, there)).isoformat()),
            width="stretch",
        )


def _date(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)


def _grade(data: Data, answer: Answer) -> None:
    titles = dict(data["grades"])
    st.session_state["plain_grade"] = data["grade"]
    st.selectbox(
        data["label"],
        list(titles),
        key="plain_grade",
        format_func=titles.__getitem__,
        help=data["help"],
        on_change=lambda: answer("grade", st.session_state["plain_grade"]),
    )


def _layers(data: Data, answer: Answer) -> None:
    listed = {group["id"]: [item["id"] for item in group["items"]] for group in data["groups"]}
    on = list(data["on"])

    def changed() -> None:
        unlisted = set(on).difference(*listed.values())
        answer("on", [*unlisted, *(name for group in listed for name in st.session_state[f"plain_{group}"])])

    for group in data["groups"]:
        ids = listed[group["id"]]
        words = {item["id"]: inert(item["label"]) for item in group["items"]}
        counted = group["counted"] and "counts" in data
        if counted:
            words = {name: f"{label} · {_count([name], data)}" for name, label in words.items()}
        st.session_state[f"plain_{group['id']}"] = [name for name in ids if name in on]
        st.pills(
            f"{group['label']} · {_count(ids, data)}" if counted else group["label"],
            ids,
            selection_mode="multi",
            format_func=words.__getitem__,
            key=f"plain_{group['id']}",
            on_change=changed,
        )


def _count(ids: list[str], data: Data) -> str:
    """Write the count of some layers, as a range where dates or places leave one."""
    value = sum(data["counts"].get(name, 0) for name in ids)
    dates, places = (sum(data["doubt"].get(name, (0, 0))[which] for name in ids) for which in (0, 1))
    return f"{value - dates}–{value + places}" if dates or places else str(value)


def _figures(data: Data, _answer: Answer) -> None:
    with st.container(horizontal=True, key="plain_figures"):
        for item in data["items"]:
            st.metric(
                inert(item["label"]),
                item["value"],
                inert(BETWEEN.join(filter(None, (item["of"], item["sub"])))) or None,
                delta_color="off",
                delta_arrow="off",
                help=inert(item["help"]) or None,
                width="content",
            )


def _record(data: Data, answer: Answer) -> None:
    st.subheader(inert(data["title"]), anchor=False)
    st.text(BETWEEN.join([data["kind"], *(badge["text"] for badge in data["badges"])]))
    st.text("\n".join(f"{name}: {value}" for name, value in data["facts"]))
    for figure in data["figures"]:
        rows = [BETWEEN.join(filter(None, (row["value"], row["source"], row["note"]))) for row in figure["rows"]]
        _section(figure["label"], rows)
    _section(data["labels"]["note"], [data["note"]] if data["note"] else [])
    for name in ("history", "revisions"):
        rows = [BETWEEN.join(filter(None, (row["when"], row["what"], row["note"]))) for row in data[name]]
        _section(data["labels"][name], rows)
    st.markdown(f"**{inert(data['labels']['sources'])}**")
    st.markdown("\n".join(f"- {_source(source)}" for source in data["sources"]))
    st.button(data["close"], key="plain_close", on_click=answer, args=("closed", True))


def _section(title: str, lines: list[str]) -> None:
    if lines:
        st.markdown(f"**{inert(title)}**")
        st.text("\n".join(lines))


def _source(source: Data) -> str:
    """Write a source as Markdown: a link only if it is http(s), its text never more than text."""
    title = inert(source["title"]).replace("]", "\\]")
    if source["url"].lower().startswith(("http://", "https://")):
        title = f"[{title}]({quote(source['url'], safe=':/?#&=%+,;@~')})"
    return BETWEEN.join(filter(None, (source["grade"], title, inert(source["by"]))))


def _words(data: Data, _answer: Answer) -> None:
    st.text("\n".join(data["lines"]))


def _twin(data: Data, answer: Answer) -> None:
    rows = data["rows"]
    titles = {
        "name": _("Name"),
        "layer": _("Layer"),
        "state": _("State and date"),
        "where": _("How precise"),
        "grade": _("Grade"),
    }
    names = dict(zip(rows["id"], rows["name"], strict=True))
    st.session_state["plain_record"] = data["chosen"] if data["chosen"] in names else None
    st.selectbox(
        _("Open a record"),
        list(names),
        key="plain_record",
        format_func=names.__getitem__,
        placeholder=_("Name"),
        on_change=lambda: answer("picked", st.session_state["plain_record"]),
    )
    st.caption(BETWEEN.join((_("Table of what the map shows"), _("{n} rows").format(n=len(rows)))))
    st.dataframe(rows[list(titles)].rename(columns=titles), hide_index=True, key="plain_table")


def _lanes(data: Data, _answer: Answer) -> None:
    lanes = {lane["id"]: lane["label"] for lane in data["lanes"]}
    st.dataframe(
        pd.DataFrame(
            [
                (lanes[item["lane"]], item["title"], item["line"], item["grade"])
                for item in sorted(data["items"], key=lambda item: item["from"], reverse=True)
            ],
            columns=[_("Layer"), _("Name"), _("State and date"), _("Grade")],
        ),
        hide_index=True,
        key="plain_lanes",
    )


def _bases(data: Data, answer: Answer) -> None:
    rows = data["rows"]

    def switched() -> None:
        answer("switched", [row["id"] for row in rows if st.session_state[f"plain_base_{row['id']}"]])

    st.caption(BETWEEN.join((data["caption"], *data["columns"])))
    for row in rows:
        st.session_state[f"plain_base_{row['id']}"] = row["on"]
        label = BETWEEN.join((f"{inert(row['name'])} ({row['kind']})", *(cell or "–" for cell in row["cells"])))
        st.checkbox(label, key=f"plain_base_{row['id']}", on_change=switched)


DRAWN: Final[Mapping[str, Callable[[Data, Answer], None]]] = {
    "dial": _dial,
    "grade": _grade,
    "layers": _layers,
    "figures": _figures,
    "record": _record,
    "words": _words,
    "twin": _twin,
    "lanes": _lanes,
    "bases": _bases,
}
"""What stands in for each component of the pages."""

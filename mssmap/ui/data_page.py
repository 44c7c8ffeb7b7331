"""Pieces of the page that shows what the product rests on."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mssmap import i18n
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.records import kinds, search
from mssmap.ui import cache, card, choices, plain, state

RESULTS = 60


def search_box() -> None:
    """Look for any word in everything; a result opens on the map."""
    words = st.text_input(
        _("Search every record"), key="words", placeholder=_("a name, a place, a number, a date, a source")
    )
    if not words.strip():
        return
    found = search.find(cache.data(), state.clocks(), words)
    if found.empty:
        st.caption(_("Nothing found. Try fewer or other words; numbers may be written 3,700 or 3700."))
        return
    plain.say("caption", _("{n} records hold all the words.").format(n=len(found)))
    on_map = found["layer"].isin([*kinds.LAYERS, "events"])
    rows = pd.DataFrame(
        {
            _("Record"): found["title"],
            _("Layer"): found["layer"].map(text.plain_word),
            _("Date"): list(map(text.day, found["date"], found["precision"])),
            _("Can be opened"): on_map.map({True: _("yes"), False: _("see the table")}),
        }
    ).head(RESULTS)
    chosen = st.dataframe(rows, hide_index=True, on_select="rerun", selection_mode="single-row", key="results")
    picked = chosen["selection"]["rows"]
    if picked:
        hit = found.iloc[picked[0]]
        if on_map.iloc[picked[0]]:
            st.session_state["record"] = hit["record_id"]
            card.record_card(state.clocks())
        else:
            st.text(" ".join(str(hit["text"]).split()))


def full_table() -> None:
    """Any layer or table in full, as known today."""
    data = cache.data()
    names = [d.name for d in data.datasets.values() if d.group != "reference"]
    titles = choices.told_apart({d.name: (d.title, d.name) for d in data.datasets.values()})
    name = st.selectbox(_("Table"), names, format_func=titles.__getitem__, key="table", bind="query-params")
    dataset = data.dataset(name)
    rows = data[name].drop(columns="geometry", errors="ignore")
    plain.say("caption", dataset.description)
    st.dataframe(rows.dropna(axis="columns", how="all"), hide_index=True, height=420, key=f"full {name}")
    plain.say(
        "caption",
        _("{n} rows, all revisions. Licence: {licence}. {sensitivity}").format(
            n=len(rows), licence=dataset.licence, sensitivity=dataset.sensitivity
        ),
    )


def catalog_table() -> None:
    """Every file with its rows, licence, sources and sensitivity."""
    data = cache.data()
    st.dataframe(
        pd.DataFrame(
            {
                _("File"): [d.path for d in data.datasets.values()],
                _("Title"): [d.title for d in data.datasets.values()],
                _("Rows"): [len(data[d.name]) for d in data.datasets.values()],
                _("Licence"): [d.licence for d in data.datasets.values()],
                _("Sources"): ["; ".join(title for title, _url in d.sources) for d in data.datasets.values()],
                _("Sensitivity"): [d.sensitivity for d in data.datasets.values()],
                _("SHA-256"): [d.sha256 for d in data.datasets.values()],
            }
        ),
        hide_index=True,
        key="catalog",
    )


def about() -> None:
    """What the product is, how its grades are made, and which translations nobody has reviewed."""
    st.markdown(
        _(
            "mssmap is unofficial and compiled from public reporting. It shows places of security forces only as "
            "exactly as the press or the mission published them, and no live positions. A zone is the unit "
            "that its source names, or a place with its uncertainty; nobody measured one."
        )
    )
    with st.expander(_("How records are graded")):
        plain.say("caption", *_grading())
    if i18n.current() != "en":
        plain.say(
            "caption",
            _(
                "Translations into this language that no native speaker has reviewed: {n} of {total} texts of the "
                "interface, and the titles of the records. Where a text is missing it stays in English."
            ).format(n=i18n.unreviewed(i18n.current()), total=len(i18n.catalog(i18n.current()))),
        )


def _grading() -> list[str]:
    """How `records.evidence` grades, in words."""
    return [
        _(
            "Grades follow the Admiralty code (NATO AJP-2.1): a letter and a number, for example B2. None is given by "
            "hand."
        ),
        _(
            "Reliability (A-F) is the best among the sources of the record. A: the United Nations. B: governments, the "
            "mission, non-governmental organisations, research and news agencies. C: the press. D: aggregators, "
            "encyclopedias and blogs. E: social media. F: it cannot be judged."
        ),
        _("Credibility (1-6) counts independent publishers: one gives 3, two give 2, three or more give 1."),
        _("If the best source is D or worse, credibility is one step lower (one number higher), never beyond 6."),
        _(
            "Credibility is not better than 2 if sources disagree about the figures; 3 for an official claim that "
            "nobody checked; 4 if sources disagree about the fact itself, if the editor's confidence is low, or for a "
            "figure that its source quotes from another report; 6 for a figure whose page is not identified."
        ),
        _("Only sources that were public on the day of knowledge count. If there is none, the grade is F6."),
        _(
            "A threshold such as C3 lets a record pass if its reliability is C or better and its credibility 3 or "
            "better. F6 lets everything pass."
        ),
    ]

"""Fields that the forms of the desk share; what is typed into one is kept at once, see `draft`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.ingest import whereabouts
from mssmap.legend import text
from mssmap.records import regions
from mssmap.records.catalog import Data
from mssmap.records.submissions import completing
from mssmap.records.submissions.submission import Submission
from mssmap.ui import cache, plain
from mssmap.ui.cache import of_the_data
from mssmap.ui.desk import draft, words, written

LEAST_KNOWN: Final = 3
"""Measures that stand in so many figures are offered."""


def line(form: str, name: str, label: str, *, placeholder: str = "", words_of: str = "", default: str = "") -> str:
    """Show a line of text."""
    return str(
        st.text_input(
            plain.label(label),
            placeholder=placeholder or None,
            help=plain.label(words_of) if words_of else None,
            live=True,
            **draft.field(form, name, default),
        )
        or ""
    )


def choice(
    form: str,
    name: str,
    label: str,
    options: Sequence[str],
    title: Callable[[str], str],
    *,
    default: str | None = None,
    more: bool = False,
) -> str:
    """Show a choice, of which one may type a part; without a default nothing is chosen at first."""
    held = draft.field(form, name, default)
    _take_by_title(form, name, options, title)
    if st.session_state[held["key"]] not in options and not (more and st.session_state[held["key"]]):
        st.session_state[held["key"]] = default
    chosen = st.selectbox(
        plain.label(label),
        options,
        index=None,
        format_func=title,
        accept_new_options=more,
        placeholder=_("Choose"),
        **held,
    )
    return str(chosen or "")


def _take_by_title(form: str, name: str, options: Sequence[str], title: Callable[[str], str]) -> None:
    """Take what was typed as a new option for the one of that title: where one may add to a list, both are offered."""
    typed = st.session_state[draft.key(form, name)]
    if typed and typed not in options:
        same = next((one for one in options if title(one).casefold() == str(typed).casefold()), None)
        if same is not None:
            draft.held()[form + draft.BAR + name] = st.session_state[draft.key(form, name)] = same


def day(form: str) -> None:
    """The day, and with it how exact it is."""
    line(form, "day", _("Day"), placeholder=_("2026-11-20, or 2026-11, or 2026"))


def place(form: str) -> None:
    """Where it was, in one line."""
    line(
        form,
        "where",
        _("Where"),
        placeholder=_("Hinche, HT0611, 19.14 -72.01, or Haiti"),
        words_of=_(
            "A place, a commune or a department by name or P-code; a place and its commune, parted by a comma; "
            "coordinates in degrees, degrees and minutes, MGRS or a plus code; Haiti for the whole country."
        ),
    )


def understood(item: Submission, typed: str) -> None:
    """Say how the line about the place was read."""
    if not typed:
        return
    cells = {**whereabouts.read(typed, cache.data()), **item.fields}  # a line that is refused is in none of its fields
    if not whereabouts.is_known(cells):
        plain.say("caption", _("No place of this name is on the map. Add its commune behind a comma."))
        return
    point = f"{cells['lat']}, {cells['lon']}" if cells.get("lon") else ""
    code = cells.get("commune_pcode") or cells.get("department_pcode") or ("" if point else regions.COUNTRY.pcode)
    exact = text.precisions().get(cells.get("location_precision", ""), "")
    plain.say("caption", " · ".join(filter(None, [cells.get("place", ""), code and region_title(code), exact, point])))


def region_title(pcode: str) -> str:
    """Name of a region with its P-code."""
    try:
        return f"{regions.find(cache.data(), pcode).name('fr')} ({pcode})"
    except LookupError:
        return pcode


def source(form: str, prefix: str = "") -> None:
    """The source: its address first, for one that is known needs no more."""
    line(form, f"{prefix}url", _("Address of the source"), placeholder="https://")
    address = str(draft.value(form, f"{prefix}url")).strip()
    known = known_source(address)
    if known:
        plain.say("caption", _("Known already: {title} ({publisher}).").format(**known))
        return
    publisher = _publisher_at(address)
    line(form, f"{prefix}title", _("Title of the source"))
    one, other = st.columns([0.6, 0.4])
    with one:
        line(form, f"{prefix}publisher", _("Publisher"), placeholder=publisher)
    with other:
        line(form, f"{prefix}published_on", _("Published on"), placeholder="2026-11-21")


def _publisher_at(address: str) -> str:
    """Return who publishes at an address, as the sources say; it is taken where nobody writes another."""
    return completing.publishers(cache.data()["sources"]).get(completing.host(address), "")


def known_source(address: str) -> dict[str, str] | None:
    """Return title and publisher of a source that is there with this address."""
    rows = cache.data()["sources"]
    same = rows[rows["url"] == address] if address else rows.iloc[:0]
    return None if same.empty else {name: str(same.iloc[0][name]) for name in ("title", "publisher")}


@of_the_data(maxsize=2)
def _measures(of: Data) -> tuple[list[str], list[str]]:
    """Return what is counted in figures, and in which units, the most frequent first."""
    rows = of["figures"]
    counted = rows["measure"].value_counts()
    return [str(one) for one in counted[counted >= LEAST_KNOWN].index], [
        str(one) for one in rows["unit"].value_counts().index
    ]


def figures(form: str) -> None:
    """Numbers that the source gives, one line each; another line comes once the last one is filled."""
    measures, units = _measures()
    filled = [n for n in range(1, written.FIGURES + 1) if draft.value(form, f"number {n}")]
    for n in range(1, min(max(filled, default=0) + 1, written.FIGURES) + 1):
        one, other, third = st.columns([0.4, 0.3, 0.3])
        with one:
            choice(form, f"measure {n}", _("What is counted"), measures, text.plain_word, more=True)
        with other:
            line(form, f"number {n}", _("Number"), placeholder="12, 12-15, >12, ~12")
        with third:
            choice(form, f"unit {n}", _("Unit"), units, text.unit, default="people", more=True)
        if draft.value(form, f"number {n}") and st.checkbox(
            plain.label(_("Figure {n} has another source").format(n=n)),
            **draft.field(form, f"apart {n}", default=False),
        ):
            source(form, f"figure {n} ")


def sure(form: str) -> None:
    """How sure the editor is, and a note."""
    choice(form, "confidence", words.column("confidence"), ["high", "medium", "low"], _sure_title, default="medium")
    line(form, "note", _("Note"))


def _sure_title(word: str) -> str:
    return words.cell("confidence", word)

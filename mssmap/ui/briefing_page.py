"""
The composer of the briefing pack: fields on the left, the page as it will print on the right.

What is typed is kept as a draft in the store with each pause; the days, layers and filters are those of the view.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import streamlit as st

from mssmap.brief import Brief, content, history, pdf, spec
from mssmap.brief.history import Made
from mssmap.brief.pack import Pack
from mssmap.brief.spec import Question
from mssmap.errors import MssmapError
from mssmap.i18n import LANGUAGES, current
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.maps import assets
from mssmap.planning import on_data, plan_file
from mssmap.records.catalog import Data
from mssmap.records.shown import Filters
from mssmap.store import plans as kept_plans
from mssmap.ui import cache, choices, permits, plain, state
from mssmap.ui.planner import editing

WORDS: Final = ("title", "contact", "classification")
LINES: Final = tuple(f"highlight_{n}" for n in range(1, spec.MOST_HIGHLIGHTS + 1))
PARTS: Final = ("inset", "figures", "timeline", "strength")
CHOICES: Final[dict[str, Any]] = {"lang": None, "paper": "A4", "extent": "view", "scenario": None}
JUMPS: Final = assets.JUMPS
KEY: Final = "brief_{}"
"""Key of a field in the session; the draft has it without the beginning."""
ORIGINS: Final = "brief_origins"
"""Key in the session: `proposed` lines and what they were `asked` for; field -> question for which it was `written`."""
DATED: Final = ("title", *LINES)
"""Fields whose text belongs to the question for which it was written."""


def seed() -> None:
    """Give the fields their values from the draft, once per visit."""
    if KEY.format("title") in st.session_state:
        return
    draft = history.draft(cache.plans())
    not_kept: dict[str, Question] = {name: {} for name in DATED if draft.get(name)}
    st.session_state[ORIGINS] = draft.get("origins") or {"proposed": [], "asked": None, "written": not_kept}
    kinds: dict[str, Any] = dict.fromkeys((*WORDS, *LINES), "") | dict.fromkeys(PARTS, True) | CHOICES
    for name, default in kinds.items():
        value = draft.get(name, default)
        st.session_state[KEY.format(name)] = value if isinstance(value, type(default)) or default is None else default
    if st.session_state[KEY.format("lang")] not in LANGUAGES:
        st.session_state[KEY.format("lang")] = current()
    if st.session_state[KEY.format("paper")] not in spec.PAPERS:
        st.session_state[KEY.format("paper")] = "A4"


def _keep() -> None:
    """Write the draft; what a person typed is in the store before the page says so."""
    names = (*WORDS, *LINES, *PARTS, *CHOICES)
    typed = {name: st.session_state.get(KEY.format(name)) for name in names}
    typed["origins"] = st.session_state[ORIGINS]
    st.session_state["brief_kept"] = permits.attempt(lambda: history.keep_draft(cache.plans(), typed))


def _typed(name: str) -> None:
    """Keep what a person typed, and the question for which it was typed."""
    origins = st.session_state[ORIGINS]
    proposed = dict(zip(LINES, origins["proposed"], strict=False))
    written = {other: asked for other, asked in origins["written"].items() if other != name}
    if name in DATED and _field(name).strip() and _field(name) != proposed.get(name):
        written[name] = _question()
    st.session_state[ORIGINS] = {**origins, "written": written}
    _keep()


def _renew() -> None:
    """Propose the highlights again where the question or the data are others; what a person typed stays."""
    origins = st.session_state[ORIGINS]
    if not origins["proposed"] or origins["asked"] == _asked():
        return
    lines = _padded(content.propose(cache.data(), wanted()))
    for name, before, line in zip(LINES, origins["proposed"], lines, strict=True):
        if _field(name) == before:
            st.session_state[KEY.format(name)] = line
    st.session_state[ORIGINS] = {**origins, "proposed": lines, "asked": _asked()}


def _padded(lines: Sequence[str]) -> list[str]:
    return [*lines, *[""] * (len(LINES) - len(lines))]


def _asked() -> list[Any]:
    return [_question(), cache.data().fingerprint]


def _barred() -> bool:
    return not permits.may("brief")


def _field(name: str) -> Any:
    return st.session_state.get(KEY.format(name))


# ------------------------------------------------------------------------------------------------------------- fields


def composer() -> None:
    """All fields of a pack."""
    seed()
    _renew()
    _line(_("Title"), "title", _("Empty: the usual title in the language of the pack."))
    one, other = st.columns(2)
    with one:
        _choice(_("Language of the pack"), "lang", list(LANGUAGES), LANGUAGES.__getitem__)
    with other:
        _choice(_("Paper"), "paper", list(spec.PAPERS), str)
    st.markdown("**" + _("Highlights") + "**")
    for n, name in enumerate(LINES, start=1):
        _line(_("Highlight {n}").format(n=n), name, hidden=True, placeholder=_("Highlight {n}").format(n=n))
    _proposals()
    with st.expander(_("Map and parts")):
        _choice(_("Extent of the map"), "extent", list(_extents()), _extents().__getitem__)
        labels = (_("Inset of Port-au-Prince"), _("Key figures"), _("Timeline strip"), _("Strength curve"))
        for name, label in zip(PARTS, labels, strict=True):
            st.checkbox(
                plain.label(label), key=KEY.format(name), on_change=_keep, persist_state="session", disabled=_barred()
            )
        _plan_choice()
    with st.expander(_("Contact and classification")):
        _line(_("Contact line"), "contact")
        _line(_("Classification line"), "classification", placeholder=_("unofficial, from public reporting"))
    if st.session_state.get("brief_kept"):
        st.caption(_("The draft is saved."))


def _line(label: str, name: str, words: str | None = None, *, hidden: bool = False, placeholder: str = "") -> None:
    st.text_input(
        plain.label(label),
        key=KEY.format(name),
        help=words and plain.label(words),
        placeholder=placeholder or None,
        label_visibility="collapsed" if hidden else "visible",
        on_change=_typed,
        args=(name,),
        disabled=_barred(),
        live=True,
        persist_state="session",
    )


def _choice(label: str, name: str, options: Sequence[Any], titles: Any) -> None:
    if _field(name) not in options:
        st.session_state[KEY.format(name)] = options[0]
    st.selectbox(
        plain.label(label),
        options,
        key=KEY.format(name),
        format_func=titles,
        on_change=_keep,
        persist_state="session",
        disabled=_barred(),
    )


def _proposals() -> None:
    """Highlights that follow from what changed, into the fields or out of them."""
    st.caption(_("Empty lines: the highlights are proposed from what changed since the last brief."))
    one, other = st.columns(2)
    one.button(_("Propose, to edit"), key="brief_propose", on_click=_propose, width="stretch", disabled=_barred())
    other.button(_("Clear"), key="brief_clear", on_click=_fill, args=([],), width="stretch", disabled=_barred())
    if any(asked != _question() for asked in st.session_state[ORIGINS]["written"].values()):
        st.caption(_("What you wrote for another view stays, and the pack says for which."))
        words = _("It holds for this view too")
        st.button(plain.label(words), key="brief_holds", on_click=_take_over, width="stretch", disabled=_barred())


def _propose() -> None:
    _fill(content.propose(cache.data(), wanted()))


def _fill(lines: list[str]) -> None:
    for name, line in zip(LINES, _padded(lines), strict=True):
        st.session_state[KEY.format(name)] = line
    written = {name: asked for name, asked in st.session_state[ORIGINS]["written"].items() if name not in LINES}
    proposed = _padded(lines) if lines else []
    st.session_state[ORIGINS] = {"proposed": proposed, "asked": _asked(), "written": written}
    _keep()


def _take_over() -> None:
    """Let what was written for another question be of this one."""
    origins = st.session_state[ORIGINS]
    st.session_state[ORIGINS] = {**origins, "written": dict.fromkeys(origins["written"], _question())}
    _keep()


def _extents() -> dict[str, str]:
    titles = {"view": _("Region of the view, or Haiti")}
    if {"lat", "lon", "zoom"} <= set(st.query_params):
        titles["map"] = _("As on the map")
    return titles | {jump["id"]: jump["n"].get(current(), jump["n"]["en"]) for jump in JUMPS}


def _extent(name: str) -> tuple[float, float, float, float] | None:
    """Return the extent that was chosen; None for that of the region."""
    for jump in JUMPS:
        if jump["id"] == name:
            (south, west), (north, east) = jump["bounds"]
            return (west, south, east, north)
    if name != "map" or not {"lat", "lon", "zoom"} <= set(st.query_params):
        return None
    lat, lon, zoom = (float(st.query_params[key]) for key in ("lat", "lon", "zoom"))
    half = 360 / 2**zoom * 1.6  # a map some 800 pixels wide
    west, south, east, north = spec.FRAME
    return (max(west, lon - half), max(south, lat - 0.7 * half), min(east, lon + half), min(north, lat + 0.7 * half))


def _plan_choice() -> None:
    plans = choices.told_apart(
        {plan.plan_id: (plan.name, editing.changed(plan)) for plan in kept_plans.listed(cache.plans())}
    )
    names: dict[Any, str] = {None: _("None"), "baseline": _("Baseline of the day"), **plans}
    _choice(_("Plan of bases"), "scenario", list(names), names.__getitem__)


def _plan() -> dict[str, Any] | None:
    chosen = _field("scenario")
    if not chosen:
        return None
    if chosen == "baseline":
        return plan_file.to_dict(on_data.find(cache.data(), "baseline", state.clocks(), state.grade()))
    try:
        body = kept_plans.find(cache.plans(), chosen).body
        plan_file.from_dict(body)
    except MssmapError as error:
        plain.say("warning", _("The plan is left out of the pack. {reason}").format(reason=error))
        return None
    return body


# -------------------------------------------------------------------------------------------------------- what is made


def _viewed(created: datetime | None = None) -> Brief:
    """Return the specification of a pack of the view, without any words of a person."""
    clocks = state.clocks()
    since = state.chosen_day("since")
    return Brief(
        filters=Filters(clocks, state.grade(), state.region()),
        created=created or st.session_state.setdefault("brief_opened", _now()),
        since=since if since and since <= clocks.known_on else None,
        lang=_field("lang"),
        layers=state.layers_on(),
    )


def _question() -> Question:
    return _viewed().question


def wanted(created: datetime | None = None) -> Brief:
    """Return the specification as it stands: the view of the address and the fields."""
    written = {_field(name).strip(): asked for name, asked in st.session_state[ORIGINS]["written"].items()}
    parts: dict[str, Any] = {name: bool(_field(name)) for name in PARTS}
    return dataclasses.replace(
        _viewed(created),
        title=_field("title").strip(),
        highlights=tuple(line for name in LINES if (line := _field(name).strip())),
        written_for=written,
        extent=_extent(_field("extent")),
        scenario=_plan(),
        contact=_field("contact").strip(),
        classification=_field("classification").strip(),
        paper=_field("paper"),
        address=_address(),
        **parts,
    )


def _now() -> datetime:
    return datetime.now(UTC).astimezone().replace(microsecond=0)


def _address() -> str:
    split = urlsplit(st.context.url or "")
    return f"{split.scheme}://{split.netloc}" if split.netloc else spec.ADDRESS


@cache.of_the_data(maxsize=24)
def _preview(data: Data, key: str, brief: _Keyed) -> tuple[list[bytes], list[str], str]:
    """Return the pages as pictures, what was shortened, and what the map shows."""
    del key
    told = content.compose(data, brief.brief)
    drawn = pdf.draw_map(data, told)
    if drawn.left_out:
        told = content.more_shortened(told, "map", n=drawn.left_out)
    return pdf.preview(told, drawn), content.tell_shortened(told), pdf.described(told)


class _Keyed:
    """A specification as part of a cache key: its digest stands for it."""

    def __init__(self, brief: Brief) -> None:
        self.brief, self.digest = brief, spec.digest(brief) + current()

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and other.digest == self.digest


def preview() -> None:
    """The pages as they will print, and what had to be shortened."""
    brief = wanted()
    keyed = _Keyed(brief)
    with st.spinner(_("Setting the page ..."), show_time=False):
        pages, shortened, described = _preview(keyed.digest, keyed)
    for line in shortened:
        plain.say("warning", line)
    page = 1
    if len(pages) > 1:
        page = st.segmented_control(
            _("Page"), range(1, len(pages) + 1), default=1, key="brief_page", label_visibility="collapsed"
        ) or 1  # fmt: skip
    page = min(page, len(pages))
    words = _("Page {n} of the pack as it will print.").format(n=page)
    with st.container(key="brief_sheet"):
        st.image(pages[page - 1], alt=f"{words} {described}", width="stretch")


def maker() -> None:
    """The button that makes the pack, its progress, and the download."""
    barred = permits.lacking("brief")
    if st.button(_("Make the pack"), key="brief_make", type="primary", width="stretch", disabled=barred):
        made, pack = history.make(cache.data(), cache.plans(), wanted(_now()), progress=_progress())
        st.session_state["brief_made"] = _offered(made, pack, [])
    offered = st.session_state.get("brief_made")
    if offered:
        _offer(offered)


def _progress() -> Any:
    bar = st.progress(0.0, text=_("Reading the records"))

    def step(done: float, what: str) -> None:
        bar.progress(done, text=plain.label(_(what) if what else _("Done")))

    return step


def _offered(made: Made, pack: Pack, differing: list[str]) -> dict[str, Any]:
    return {"n": made.n, "name": pack.name, "zip": pack.zip, "differing": differing, "sha": made.manifest_sha256}


def _offer(offered: dict[str, Any]) -> None:
    size = text.number(round(len(offered["zip"]) / 1e6, 1))
    label = _("Download {name} ({size} MB)").format(name=offered["name"], size=size)
    st.download_button(
        plain.label(label), offered["zip"], offered["name"], "application/zip", key="brief_download", on_click="ignore",
        width="stretch",
    )  # fmt: skip
    if offered["differing"]:
        names = ", ".join(offered["differing"])
        plain.say(
            "warning",
            _("Not the same as the first time, for data or software changed since: {files}").format(files=names),
        )
    digest = hashlib.sha256(offered["zip"]).hexdigest()[:16]
    plain.say(
        "caption", _("Pack {n}; manifest {sha}, zip {zip}").format(n=offered["n"], sha=offered["sha"][:16], zip=digest)
    )


# ------------------------------------------------------------------------------------------------------------- history


def packs() -> None:
    """The packs that were made: make one again, or tell what changed since it."""
    listed = history.packs(cache.plans())
    with st.expander(_("Earlier packs ({n})").format(n=len(listed))):
        for fault in history.faults(cache.plans()):
            plain.say("warning", fault)
        if not listed:
            st.caption(_("No pack was made yet."))
            return
        titles = {made.n: _pack_title(made) for made in listed}
        chosen = st.selectbox(_("Pack"), list(titles), key="brief_pack", format_func=titles.__getitem__)
        made = next(made for made in listed if made.n == chosen)
        plain.say(
            "caption", _("Map {number}, manifest {sha}").format(number=made.brief.number, sha=made.manifest_sha256[:16])
        )
        st.button(
            _("Tell what changed since this pack"), key="brief_since", on_click=_since, args=(made,), width="stretch"
        )
        if st.button(_("Make again"), key="brief_again", width="stretch"):
            try:
                pack, differing = history.again(cache.data(), made, _progress())
            except MssmapError as error:
                plain.say("error", str(error))
                return
            _offer(_offered(made, pack, differing))


def _pack_title(made: Made) -> str:
    brief, when = made.brief, made.at[:16].replace("T", " ")
    return f"{made.n} · {text.day(brief.clocks.as_of)} · {brief.lang} · {brief.paper} · {when} · {made.by}"


def _since(made: Made) -> None:
    st.session_state["since"] = made.brief.clocks.known_on

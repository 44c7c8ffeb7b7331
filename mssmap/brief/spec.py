"""
What a pack is asked to be: plain values, the same in a draft, in the history and in the manifest.

Nothing here reads data. Equal specifications over equal data give equal files; the time of making is part of it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from mssmap import i18n, settings
from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.legend import layers
from mssmap.records import evidence
from mssmap.records.shown import WINDOW_DAYS, Filters
from mssmap.records.timeline import Clocks

PAPERS: Final = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4)}
"""Name of a paper -> width and height in millimetres, upright."""

MOST_HIGHLIGHTS: Final = 5
ADDRESS: Final = "http://localhost:8501"
FRAME: Final = (-76.0, 17.0, -70.5, 21.0)
"""West, south, east and north ends that an extent may reach, in degrees."""

COMPOSED: Final = ("title", "highlights", "written_for", "contact", "classification", "created", "version", "address")
"""Fields on which the number of a map did not depend before it stood for one content."""

MAKING: Final = ("created", "version")
"""Fields that tell one making of a content from another; the number of a map does not depend on them."""

QUESTION: Final = ("as_of", "known_on", "since", "lang", "grade", "region", "layers")
"""Fields that decide what can be said: a sentence belongs to the question for which it was written."""

Question = Mapping[str, Any]
"""The fields of `QUESTION` as plain values; empty if it was not kept."""


@dataclass(frozen=True)
class Brief:
    """
    One pack.

    Attributes
    ----------
    filters
        Dials, grade and region (a P-code) of the view. The window of events follows from `since`, and plans are told.
    created
        Time of making with its zone; it is printed and stands in every file.
    since
        Day of knowledge from which changes are told; None for `WINDOW_DAYS` before `as_of`.
    title, classification
        Empty for the usual ones in the language of the pack.
    highlights
        Two to five sentences; empty for those that the data propose.
    written_for
        Title or highlight -> the question for which a person wrote it, that of this pack unless given. It stays when a
        specification is taken over for another day, and the pack says so.
    extent
        West, south, east, north in degrees; None for the region, or the country.
    scenario
        A plan as `plan_file.to_dict` gives it, kept whole so that the pack can be made again.
    data
        Fingerprint of the data and version of the software, filled in where the pack is worked out.
    release
        Version of the release that the pack is of, filled in likewise; empty for the data as they stand.
    version
        How many packs of this number there are, this one included.
    address
        Where the app is found, for the link back to the view.

    Raises
    ------
    InputError
        If a value cannot be used.
    """

    filters: Filters
    created: datetime
    since: date | None = None
    lang: str = "en"
    layers: tuple[str, ...] = layers.DEFAULT
    title: str = ""
    highlights: tuple[str, ...] = ()
    written_for: Mapping[str, Question] = field(default_factory=dict)
    extent: tuple[float, float, float, float] | None = None
    inset: bool = True
    figures: bool = True
    timeline: bool = True
    strength: bool = True
    scenario: Mapping[str, Any] | None = None
    contact: str = ""
    classification: str = ""
    paper: str = "A4"
    data: str = ""
    release: str = ""
    version: int = 1
    address: str = ADDRESS

    def __post_init__(self) -> None:
        _require(self.lang in i18n.LANGUAGES, "lang", self.lang, _one_of(i18n.LANGUAGES))
        _require(self.paper in PAPERS, "paper", self.paper, _one_of(PAPERS))
        _require(self.created.tzinfo is not None, "created", self.created, _("a time with its zone, such as +00:00"))
        clocks = self.clocks
        if self.since is not None and self.since > clocks.known_on:
            raise InputError(
                _("since: found {since}, required a day not after known_on ({known_on}).").format(
                    since=self.since, known_on=clocks.known_on
                )
            )
        unknown = [name for name in self.layers if name not in layers.ALL]
        such = _("layers such as {known}").format(known=", ".join(layers.GROUPS))
        _require(not unknown, "layers", ", ".join(unknown), such)
        _require(self.version >= 1, "version", self.version, _("1 or more"))
        evidence.parse_threshold(self.filters.grade)
        start = min(self.since or clocks.as_of - timedelta(days=WINDOW_DAYS), clocks.as_of)
        object.__setattr__(self, "filters", replace(self.filters, start=start, end=clocks.as_of, plans=True))
        texts = (words for words in (self.title, *self.highlights) if words)
        object.__setattr__(self, "written_for", {words: self.written_for.get(words, self.question) for words in texts})
        if self.extent is not None:
            _require_extent(self.extent)

    @property
    def clocks(self) -> Clocks:
        """The two dials."""
        return self.filters.clocks

    @property
    def question(self) -> Question:
        """What is asked of the data, as plain values."""
        asked = self.filters.to_json()
        own = {"since": self.since.isoformat() if self.since else None, "lang": self.lang, "layers": list(self.layers)}
        return {name: own[name] if name in own else asked[name] for name in QUESTION}

    def other_question(self, words: str) -> Question | None:
        """Return the question for which a text was written if it is not that of this pack."""
        asked = self.written_for.get(words)
        return None if asked is None or asked == self.question else asked

    @property
    def start(self) -> date:
        """First day of the events that are told."""
        return self.filters.start or self.clocks.as_of

    @property
    def compared_with(self) -> date:
        """Day whose knowledge the changes are told from."""
        return min(self.since or self.start, self.clocks.known_on)

    @property
    def number(self) -> str:
        """
        Number of the map: the day, and signs that stand for everything that decides what the pack says.

        Packs with the same number have the same content; they differ in the time of making and in the version. A pack
        of before keeps the number that it bears: that of its view.
        """
        plain = to_dict(self)
        if not self.data:
            shown = {name: value for name, value in plain.items() if name not in (*COMPOSED, "data")}
            return f"HTI-{self.clocks.as_of:%Y%m%d}-{_digest(shown)[:4].upper()}"
        said = {name: value for name, value in plain.items() if name not in MAKING}
        return f"HTI-{self.clocks.as_of:%Y%m%d}-{_digest(said)[:8].upper()}"

    @property
    def stem(self) -> str:
        """
        Beginning of the file names: country, what, paper, day.

        >>> from datetime import UTC
        >>> Brief(Filters(Clocks(date(2025, 1, 18), date(2025, 1, 18))), datetime(2025, 1, 18, tzinfo=UTC)).stem
        'HTI_Situation_A4_20250118'
        """
        return f"HTI_{self.filters.region or 'Situation'}_{self.paper}_{self.clocks.as_of:%Y%m%d}"

    @property
    def link(self) -> str:
        """Address of the same view in the app."""
        asked = self.filters.to_json()
        keys = {
            "as_of": asked["as_of"],
            "known_on": asked["known_on"],
            "since": self.since.isoformat() if self.since else None,
            "grade": asked["grade"] if asked["grade"] != evidence.LOWEST else None,
            "region": asked["region"],
            "layers": layers.write(self.layers),
            "from": asked["from"],
            "to": asked["to"],
            "lang": self.lang,
            "release": self.release or None,
        }
        given = {key: value for key, value in keys.items() if value is not None}
        return f"{self.address.rstrip('/')}/?{urlencode(given, safe=',')}"


OWN: Final = tuple(field.name for field in dataclasses.fields(Brief) if field.name not in ("filters", *QUESTION))
"""Fields of a specification that do not decide what can be said."""


def _one_of(known: Iterable[str]) -> str:
    return _("one of {known}").format(known=", ".join(known))


def _require(usable: bool, name: str, found: Any, required: str) -> None:
    if not usable:
        raise InputError(
            _("{name}: found {found!r}, required {required}.").format(
                name=name, found=str(found)[:80], required=required
            )
        )


def _require_extent(extent: tuple[float, float, float, float]) -> None:
    west, south, east, north = extent
    inside = all(map(math.isfinite, extent)) and FRAME[0] <= west and east <= FRAME[2]
    inside = inside and FRAME[1] <= south and north <= FRAME[3] and east - west >= 0.05 and north - south >= 0.05
    required = _("west, south, east, north in degrees within {frame}, at least 0.05 apart").format(frame=FRAME)
    _require(inside, "extent", ", ".join(map(str, extent)), required)


def to_dict(brief: Brief) -> dict[str, Any]:
    """Return a specification as plain values that JSON can hold."""
    plain = {**brief.question, **{name: getattr(brief, name) for name in OWN}}
    if not brief.release:
        del plain["release"]  # a specification of before has none, and its number stays
    return plain | {
        "created": brief.created.isoformat(),
        "highlights": list(brief.highlights),
        "extent": list(brief.extent) if brief.extent else None,
        "scenario": json.loads(json.dumps(brief.scenario)) if brief.scenario else None,
        "written_for": {words: dict(asked) for words, asked in brief.written_for.items()},
    }


def from_dict(values: Mapping[str, Any]) -> Brief:
    """
    Read a specification from the plain values of `to_dict`.

    Raises
    ------
    InputError
        If a value is missing, is not known or cannot be used.
    """
    known = {*QUESTION, *OWN}
    unknown = sorted(set(values) - known)
    if unknown:
        raise InputError(
            _("brief: found {unknown}, required only {known}.").format(
                unknown=", ".join(unknown), known=", ".join(sorted(known))
            )
        )
    try:
        given = dict(values)
        clocks = Clocks(*(settings.parse_date(given.pop(name), name) for name in ("as_of", "known_on")))
        given["filters"] = Filters(clocks, given.pop("grade", evidence.LOWEST), given.pop("region", None))
        given["since"] = settings.parse_date(given["since"], "since") if given.get("since") else None
        given["created"] = read_time(given["created"], "created")
        given |= {name: tuple(map(str, given[name])) for name in ("layers", "highlights") if name in given}
        given["extent"] = _extent(given["extent"]) if given.get("extent") else None
        given["written_for"] = _written_for(given.get("written_for", _not_kept(given)))
        return Brief(**given)
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(_("brief: {fault} is missing or not of the right kind.").format(fault=error)) from error


def _not_kept(given: Mapping[str, Any]) -> dict[str, Question]:
    """Return an unknown question for each text of a specification that tells none."""
    return {words: {} for words in (given.get("title"), *given.get("highlights", ())) if words}


def _written_for(values: Mapping[str, Mapping[str, Any]]) -> dict[str, Question]:
    """Read the questions for which texts were written; an empty one was not kept."""
    return {str(words): _question(asked) if asked else {} for words, asked in values.items()}


def _question(asked: Mapping[str, Any]) -> Question:
    plain = {"created": "2000-01-01T00:00:00+00:00", **{name: asked[name] for name in QUESTION}}
    return from_dict(plain).question


def _extent(values: Any) -> tuple[float, float, float, float]:
    west, south, east, north = (float(value) for value in values)
    return west, south, east, north


def read_time(text: str, name: str) -> datetime:
    """
    Read a time with its zone.

    >>> read_time("2025-01-18T12:00:00-05:00", "created").isoformat()
    '2025-01-18T12:00:00-05:00'

    Raises
    ------
    InputError
        If it is no time, or has no zone.
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise InputError(
            _("{name}: found {text!r}, required a time with its zone, such as 2025-01-18T12:00:00-05:00.").format(
                name=name, text=text
            )
        )
    return when.replace(microsecond=0)


def digest(brief: Brief) -> str:
    """Return the SHA-256 of a specification; the same pack has the same."""
    return _digest(to_dict(brief))


def _digest(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()

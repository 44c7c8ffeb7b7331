"""
The vocabulary of the records: one row for each layer with a history, one for each category of events.

Whoever adds a layer, a status or a category adds it here and draws its symbol (`maps.symbols`); lists, checks, map,
timeline and print follow. Words are English; `_()` them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mssmap.i18n import mark


@dataclass(frozen=True)
class Kind:
    """
    What the map can show.

    Attributes
    ----------
    name
        Of the file in `data/`.
    id_column, prefix
        Column of the ids, and how each id begins.
    title
        Words of the whole.
    size_px, size_mm
        Width of a symbol on the screen and on paper; 0 for what is drawn as an area.
    """

    name: str
    id_column: str
    prefix: str
    title: str
    size_px: int = 0
    size_mm: float = 0.0


@dataclass(frozen=True)
class Layer(Kind):
    """
    A layer whose records have a history in the table `status`.

    Attributes
    ----------
    statuses
        Each status that its records can have, with its words; any may be `retracted`.
    refresh_days
        After so many days without a report a status is shown as stale.
    switched_by
        What a reader switches on and off: each `status`, or each `kind` of record whatever its status.
    on_request
        Statuses that are drawn only when a reader asks for them.
    who, who_title
        Column of who holds a record, and its words. A layer with such words has a table in a briefing.
    listed
        Heads and columns that a list on the command line tells of this layer only.
    """

    statuses: Mapping[str, str] = field(default_factory=dict)
    refresh_days: int = 0
    switched_by: str = "status"
    on_request: frozenset[str] = frozenset()
    who: str = "operator"
    who_title: str = ""
    listed: Mapping[str, str] = field(default_factory=lambda: {"status": "status", "kind": "kind"})

    @property
    def is_area(self) -> bool:
        """Whether its records are drawn as areas."""
        return not self.size_px


_LAYERS: Final = (
    Layer(
        name="fobs",
        id_column="fob_id",
        prefix="fob",
        title=mark("Bases"),
        size_px=23,
        size_mm=4.6,
        statuses={
            "operational": mark("Operational"),
            "handed_over": mark("Handed over"),
            "planned": mark("Planned"),
            "proposed": mark("Proposed"),
            "closed": mark("Closed"),
        },
        refresh_days=180,
        on_request=frozenset({"closed"}),
        who_title=mark("Operator"),
        listed={"status": "status", "operator": "operator"},
    ),
    Layer(
        name="prisons",
        id_column="prison_id",
        prefix="pris",
        title=mark("Prisons"),
        size_px=21,
        size_mm=4.1,
        statuses={
            "functioning": mark("Functioning"),
            "damaged": mark("Damaged"),
            "emptied": mark("Emptied by escape"),
            "closed": mark("Closed"),
            "unknown": mark("State not known"),
        },
        refresh_days=365,
        on_request=frozenset({"closed", "unknown"}),
    ),
    Layer(
        name="facilities",
        id_column="facility_id",
        prefix="fac",
        title=mark("Public services"),
        size_px=19,
        size_mm=3.6,
        statuses={
            "open": mark("Open"),
            "limited": mark("Limited"),
            "moved": mark("Moved"),
            "closed": mark("Closed"),
            "unknown": mark("State not known"),
        },
        refresh_days=365,
        switched_by="kind",
    ),
    Layer(
        name="gang_zones",
        id_column="zone_id",
        prefix="zone",
        title=mark("Gang-affected zones"),
        statuses={
            "controlled": mark("Controlled"),
            "contested": mark("Contested"),
            "influence": mark("Under influence"),
            "attacks": mark("Attacks reported"),
        },
        refresh_days=180,
        who="armed_group",
        who_title=mark("Group"),
        listed={"level": "status", "group": "armed_group"},
    ),
)

LAYERS: Final = {layer.name: layer for layer in _LAYERS}
"""Layers whose records have a history, by name."""

POINTS: Final = {layer.name: layer.id_column for layer in _LAYERS if layer.size_px}
"""Layers that are drawn as symbols, with the column of their ids."""

KEYS: Final = {layer.name: layer.id_column for layer in _LAYERS}
"""All layers with the column of their ids."""

UNCERTAINTY_M: Final = {"site": 200.0, "neighbourhood": 1_000.0, "commune": 3_000.0, "department": 12_000.0}
"""
How far a place may lie from its point, in metres, by its location precision; where a row has a column `uncertainty_m`
that holds. A place known to the country only has no such limit.
"""

EVENTS: Final = Kind("events", "event_id", "ev", mark("Events"), size_px=14, size_mm=2.9)

SHOWN: Final = {kind.name: kind for kind in (*_LAYERS, EVENTS)}
"""All that the map can show, by name."""


def layer_of(record_id: str) -> Layer | None:
    """
    Return the layer of a record by how its id begins.

    >>> layer_of("pris-01").name, layer_of("ev-01")
    ('prisons', None)
    """
    return next((layer for layer in _LAYERS if record_id.startswith(layer.prefix)), None)


@dataclass(frozen=True)
class Service:
    """Facilities that share a symbol and a switch: their words, and the kinds of facility among them."""

    title: str
    kinds: tuple[str, ...]


SERVICES: Final = {
    "school": Service(mark("Schools"), ("school_group",)),
    "court": Service(mark("Courts"), ("court",)),
    "airport": Service(mark("Airports"), ("airport",)),
    "port": Service(mark("Ports"), ("port",)),
    "fuel": Service(mark("Fuel terminals"), ("fuel_terminal",)),
    "hospital": Service(mark("Hospitals"), ("hospital",)),
    "police": Service(mark("Police sites"), ("police_school", "police_training", "police_station")),
}
"""In the order of the lists."""

SERVICE_OF_KIND: Final = {kind: name for name, service in SERVICES.items() for kind in service.kinds}
"""Kind of a facility -> the service that it belongs to."""


@dataclass(frozen=True)
class EventGroup:
    """Events that share a symbol: their words, and whether they are drawn only when a reader asks for them."""

    title: str
    on_request: bool = False


EVENT_GROUPS: Final = {
    "violence": EventGroup(mark("Attacks and abuses")),
    "operations": EventGroup(mark("Security operations")),
    "mission": EventGroup(mark("Mission and training")),
    "prisons": EventGroup(mark("Prison breaks")),
    "services": EventGroup(mark("Public services")),
    "displacement": EventGroup(mark("Displacement, disasters")),
    "health": EventGroup(mark("Disease outbreaks")),
    "political": EventGroup(mark("Politics and resolutions"), on_request=True),
}
"""In the order of the lists."""


@dataclass(frozen=True)
class Lane:
    """A lane of the timeline: its words, and the symbols (or their beginning) of the spells in it."""

    title: str
    spells: tuple[str, ...] = ()


LANES: Final = {
    "security": Lane(mark("Security incidents")),
    "operations": Lane(mark("Security operations")),
    "deployment": Lane(mark("Mission deployments")),
    "bases": Lane(mark("Bases"), ("fobs.",)),
    "training": Lane(mark("Police training"), ("police.",)),
    "prisons": Lane(mark("Prisons"), ("prisons.emptied", "prisons.damaged")),
    "schools": Lane(mark("Schools"), ("school.closed", "school.limited")),
    "courts": Lane(mark("Courts"), ("court.closed", "court.moved", "court.limited")),
    "airport": Lane(
        mark("Airports and ports"),
        tuple(f"{name}.{how}" for name in ("airport", "port", "fuel") for how in ("closed", "limited")),
    ),
    "health": Lane(mark("Hospitals, outbreaks"), ("hospital.closed", "hospital.limited")),
    "political": Lane(mark("Politics, resolutions")),
    "displacement": Lane(mark("Displacement, disasters")),
}
"""From top to bottom; events are in the lane of their category."""


@dataclass(frozen=True)
class Category:
    """A category of events: its group on the map, its lane on the timeline, its words."""

    group: str
    lane: str
    words: str


CATEGORIES: Final = {
    "gang_attack": Category("violence", "security", mark("Gang attack")),
    "kidnapping": Category("violence", "security", mark("Kidnapping")),
    "gang_movement": Category("violence", "security", mark("Gang movement")),
    "vigilante": Category("violence", "security", mark("Vigilante")),
    "hospital_attack": Category("violence", "security", mark("Hospital attack")),
    "school_attack": Category("violence", "security", mark("School attack")),
    "court_attack": Category("violence", "security", mark("Court attack")),
    "port_attack": Category("violence", "security", mark("Port attack")),
    "hnp_casualty": Category("violence", "security", mark("HNP casualty")),
    "mss_casualty": Category("violence", "security", mark("MSS casualty")),
    "battle": Category("violence", "security", mark("Battle")),
    "explosion": Category("violence", "security", mark("Explosion")),
    "violence_against_civilians": Category("violence", "security", mark("Violence against civilians")),
    "political_violence": Category("violence", "security", mark("Political violence")),
    "riot": Category("violence", "security", mark("Riot")),
    "operation": Category("operations", "operations", mark("Operation")),
    "deployment": Category("mission", "deployment", mark("Deployment")),
    "fob": Category("mission", "bases", mark("FOB")),
    "mission_status": Category("mission", "deployment", mark("Mission status")),
    "hnp_training": Category("mission", "training", mark("HNP training")),
    "outreach": Category("mission", "deployment", mark("Outreach")),
    "prison_break": Category("prisons", "prisons", mark("Prison break")),
    "school_reopening": Category("services", "schools", mark("School reopening")),
    "school_closure": Category("services", "schools", mark("School closure")),
    "court_reopening": Category("services", "courts", mark("Court reopening")),
    "court_move": Category("services", "courts", mark("Court move")),
    "airport": Category("services", "airport", mark("Airport")),
    "port": Category("services", "airport", mark("Port")),
    "hospital": Category("services", "health", mark("Hospital")),
    "health": Category("health", "health", mark("Disease outbreak")),
    "displacement": Category("displacement", "displacement", mark("Displacement")),
    "humanitarian": Category("displacement", "displacement", mark("Humanitarian")),
    "disaster": Category("displacement", "displacement", mark("Disaster")),
    "political": Category("political", "political", mark("Political")),
    "election": Category("political", "political", mark("Election")),
    "un_resolution": Category("political", "political", mark("UN resolution")),
    "un_report": Category("political", "political", mark("UN report")),
    "demonstration": Category("political", "political", mark("Demonstration")),
    "strategic_development": Category("political", "political", mark("Strategic development")),
    "other": Category("political", "political", mark("Other")),
}


ONE_OF_THEM: Final = f"one of {', '.join(CATEGORIES)}"
"""What a fault of a category requires."""


def category(name: str) -> Category:
    """
    Return the row of a category; a foreign one, as imports may hold, is shown where `other` is.

    >>> category("fob").lane, category("armed_robbery").group
    ('bases', 'political')
    """
    return CATEGORIES.get(name, CATEGORIES["other"])

"""
The still map: what the live map will show at its start, finished, as SVG that needs no script.

A window class is a zoom of the live map. Which one a window has is said in the style, by the rule with which Leaflet
fits the country into the room that the legend leaves free; so one answer is right for every window, and each symbol
stands where the live map will have it.
"""

from __future__ import annotations

import html
import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, Final

import numpy as np
import shapely

from mssmap.i18n import current
from mssmap.legend import extents, symbols
from mssmap.legend.extents import Drawn
from mssmap.legend.layers import event_group
from mssmap.legend.lines import symbol as symbol_of
from mssmap.maps import assets, placing, still_streets
from mssmap.maps.placing import Mark, Stack
from mssmap.maps.still_lines import FINE, WindowClass, n, run
from mssmap.maps.view import Choropleth
from mssmap.records import kinds, units
from mssmap.records.catalog import Data
from mssmap.records.shown import Shown
from mssmap.streets.reading import Streets

LEGEND_PX: Final = 200
"""Room that an open legend takes; it is open on a map that is wider than `NARROW_PX`. As in client/map/look.js."""
NARROW_PX: Final = 620
EDGE_PX, FOOT_PX = 10, 26
STEP: Final = 0.25
LOWEST, HIGHEST = 6.25, 16.0
SMALLEST_PX, LARGEST_PX = (300.0, 400.0), (2600.0, 1500.0)
"""Maps for which there is a class of their own; beyond them the still has the nearest."""
ROUGH_M: Final = {name: kinds.UNCERTAINTY_M[name] for name in ("commune", "department")}
WEAK: Final = "4"
"""Information of this degree or worse is doubtful."""
CHANGES: Final = {"new": "+", "status": "↻", "corrected": "≠", "withdrawn": "×"}

Bounds = tuple[float, float, float, float]
"""South, west, north, east in degrees."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""
Width = Callable[[str, float, bool], float]
"""Width in pixels of a text of a size, bold or not."""

HAITI: Final[Bounds] = (*assets.JUMPS[0]["bounds"][0], *assets.JUMPS[0]["bounds"][1])


@dataclass(frozen=True)
class Look:
    """
    How a reader looks at the map.

    Attributes
    ----------
    bounds
        What is fitted into the map.
    place
        Latitude, longitude and zoom of the address, which count more.
    changed
        Record id -> kind of change.
    has_ground
        Whether land, waters and roads are our own; false under tiles from the network.
    """

    on: tuple[str, ...]
    bounds: Bounds = HAITI
    place: tuple[float, float, float] | None = None
    choropleth: Choropleth | None = None
    changed: Mapping[str, str] = field(default_factory=dict)
    has_ground: bool = True
    size: tuple[float, float] | None = None
    """Width and height of the drawing in pixels, where there is one size only."""


@dataclass(frozen=True)
class Still:
    """The drawing, the style that chooses what of it is seen, and the symbols that it has."""

    svg: str
    style: str
    scales: str
    marks: tuple[Mark, ...]
    has_streets: bool


def compose(data: Data, shown: Shown, look: Look, *, width: Width) -> Still:
    """Draw what the live map shows at its start, for every window class."""
    steps = _steps(look)
    middle = steps[len(steps) // 2]
    marks = tuple(visible(shown, look.on))
    streets = still_streets.read(middle, _box(look, middle, 0.5)) if look.has_ground else None
    ground = _ground(data, look, middle, streets) if look.has_ground else ""
    things = zones(data, shown, look.on)
    layers = "".join(_layer(data, marks, things, look, step, width, streets) for step in steps)
    discs = _discs(marks, middle)
    used = {name for step in layers.split('href="#mm-g-')[1:] for name in [step.partition('"')[0]]}
    drawing = (
        f'<svg class="mm-sheet" aria-hidden="true"><defs>{_glyphs(used)}{_patterns(steps, middle)}</defs>'
        f'<g class="mm-scaled">{ground}{"".join(_zone(thing, middle) for thing in things)}{discs}</g>{layers}</svg>'
    )
    has_streets = streets is not None
    style = _style(steps, middle, with_streets=has_streets)
    return Still(drawing, style, "".join(map(_scale_bar, steps)), marks, has_streets)


# ------------------------------------------------------------------------------------------------------ window classes


def _extent(bounds: Bounds, zoom: float) -> tuple[float, float, float, float]:
    south, west, north, east = bounds
    (left, bottom), (right, top) = placing.pixels(south, west, zoom), placing.pixels(north, east, zoom)
    return left, top, right, bottom


def centred(bounds: Bounds, width: float, height: float) -> tuple[float, float, float]:
    """Return latitude, longitude and zoom at which a drawing of a size, all of it free, shows a box."""
    left, top, right, bottom = _extent(bounds, 0)
    scale = min((width - 2 * EDGE_PX) / (right - left), (height - 2 * EDGE_PX) / (bottom - top))
    zoom = min(HIGHEST, max(LOWEST, math.floor(math.log2(max(scale, 1.0)) / STEP) * STEP))
    return (*placing.degrees((left + right) / 2, (top + bottom) / 2, 0), zoom)


def zoom_of(bounds: Bounds, width: float, height: float) -> float:
    """
    Return the zoom at which the live map of a size shows a box.

    >>> zoom_of(HAITI, 1124, 735), zoom_of(HAITI, 367, 557)
    (8.5, 7.25)
    """
    left, top, right, bottom = _extent(bounds, 0)
    free = LEGEND_PX if width > NARROW_PX else 0
    scale = min(
        (width - 2 * EDGE_PX - free) / (right - left),
        (height - EDGE_PX - FOOT_PX) / (bottom - top),
    )
    raw = math.log2(max(scale, 1.0))
    snapped = math.floor(placing.whole(raw / (STEP / 100)) * (STEP / 100) / STEP + 1e-9) * STEP
    return min(HIGHEST, max(LOWEST, snapped))


def _steps(look: Look) -> list[WindowClass]:
    if look.place:
        lat, lon, zoom = look.place
        return [WindowClass("0", min(HIGHEST, max(LOWEST, zoom)), placing.pixels(lat, lon, min(HIGHEST, zoom)), None)]
    first, last = zoom_of(look.bounds, *SMALLEST_PX), zoom_of(look.bounds, *LARGEST_PX)
    found = []
    for i in range(round((last - first) / STEP) + 1):
        zoom = first + i * STEP
        left, top, right, bottom = _extent(look.bounds, zoom)
        edge = _extent(look.bounds, zoom - STEP / 200)  # Leaflet rounds to a hundredth of a step
        wide, high = edge[2] - edge[0] + 2 * EDGE_PX, edge[3] - edge[1] + EDGE_PX + FOOT_PX
        least = (wide, wide + LEGEND_PX, high) if i else None
        found.append(WindowClass(str(i), zoom, ((left + right) / 2, (top + bottom) / 2), least))
    return found


def _style(steps: list[WindowClass], middle: WindowClass, *, with_streets: bool) -> str:
    """Return the rules that show a window its class; where there are streets the coarse roads are not seen."""
    rules = [".mm-z{display:none}"]
    for step in steps:
        shown = (
            f".mm-z{{display:none}}.mm-z{step.name}{{display:block}}"
            f".mm-scaled{{transform:scale({2 ** (step.zoom - middle.zoom) / FINE:.6g})}}"
            + "".join(
                f".mm-zone.{level}{{fill:url(#mm-{level}-{step.name})}}"
                f".mm-zone.spot.{level}{{fill:url(#mm-{level}-spot-{step.name})}}"
                for level in symbols.ZONE_STYLES
            )
        )
        if with_streets:
            is_near = step.zoom >= still_streets.STREETS_FROM
            shown += "".join(f".mm-{name}{{display:{how}}}" for name, how in (
                ("street", "inline" if is_near else "none"), ("way", "none" if is_near else "inline")
            ))  # fmt: skip
        if step.least is None:
            rules.append(shown)
            continue
        bare, beside, high = step.least
        beside = max(beside, NARROW_PX + 1)
        width = f"((max-width:{NARROW_PX}px) and (min-width:{bare:.1f}px)) or (min-width:{beside:.1f}px)"
        rules.append(f"@container mm-still ({width}) and (min-height:{high:.1f}px){{{shown}}}")
    return "".join(rules)


# ------------------------------------------------------------------------------------------------------- what is drawn


def visible(shown: Shown, on: Iterable[str]) -> Iterable[Mark]:
    """Yield the records and events that have a place on the map and whose layer is switched on."""
    wanted = set(on)
    for layer, key in kinds.POINTS.items():
        for row in shown[layer].itertuples(index=False):
            name = symbol_of(layer, row)
            if row.geometry is None or row.geometry.is_empty or not is_on(name, wanted):
                continue
            at = (round(row.geometry.y, 5), round(row.geometry.x, 5))
            head = name.partition(".")[0]
            kind = head if head in symbols.SIZES_PX else "facilities"
            yield Mark(str(getattr(row, key)), name, kind, at, bool(row.stale), row.grade, row.location_precision)
    for row in shown["events"].itertuples(index=False):
        group = event_group(row)
        if group in wanted and row.country == "HTI" and not np.isnan(row.lat):
            at = (float(row.lat), float(row.lon))
            yield Mark(row.event_id, group, "events", at, False, row.grade, row.location_precision)


def is_on(symbol: str, on: set[str]) -> bool:
    """Whether the layer of a symbol is switched on: services have one for all their states."""
    return symbol in on or symbol.partition(".")[0] in on


def _box(look: Look, step: WindowClass, beyond: float = 0.75) -> tuple[float, float, float, float] | None:
    """
    Return west, south, east, north of what can be seen of the ground; None for all of it.

    Parameters
    ----------
    beyond
        How far it reaches from the middle, in widths and heights of the largest drawing.
    """
    if step.zoom < 9.5 and not look.place:
        return None
    x, y = step.origin
    half_x, half_y = (beyond * side for side in look.size or LARGEST_PX)
    south, west = placing.degrees(x - half_x, y + half_y, step.zoom)
    north, east = placing.degrees(x + half_x, y - half_y, step.zoom)
    return west, south, east, north


def _ground(data: Data, look: Look, step: WindowClass, streets: Streets | None) -> str:
    return _ground_drawn(
        data,
        look.place or look.bounds,
        look.place is not None,
        frozenset(look.on) & {"departments", "communes"},
        look.choropleth.level if look.choropleth else "",
        tuple(sorted(_classes(look.choropleth).items())) if look.choropleth else (),
        tuple(look.choropleth.hatched) if look.choropleth else (),
        step,
        _box(look, step),
        streets,
        still_streets.MOST_CHARS[look.size is None],
    )


def _classes(chosen: Choropleth) -> dict[str, int]:
    return {pcode: sum(value > limit for limit in chosen.breaks) for pcode, value in chosen.values.items()}


@lru_cache(maxsize=16)
def _ground_drawn(
    data: Data,
    _place: tuple[float, ...],
    _is_place: bool,
    regions: frozenset[str],
    level: str,
    classes: tuple[tuple[str, int], ...],
    hatched: tuple[str, ...],
    step: WindowClass,
    window: tuple[float, float, float, float] | None,
    streets: Streets | None,
    most_chars: int,
) -> str:
    def path(name: str, style: str, keep: Callable[[Any], Any] | None = None) -> str:
        frame = data.frames.get(name)
        if frame is None or not len(frame):
            return ""
        rows = frame if keep is None else frame[keep(frame)]
        shapes = rows.geometry.to_numpy()
        if window is not None:
            shapes = shapely.clip_by_rect(shapely.make_valid(shapes), *window)
        line = run(shapes, step)
        return f'<path class="mm-{style}" d="{line}"/>' if line else ""

    parts = [path("neighbours", "neighbour"), path("land", "land"), path("islets", "land")]
    for rank in sorted({rank for _pcode, rank in classes}):
        named = {pcode for pcode, one in classes if one == rank}
        parts.append(path(level, f"fill c{rank}", partial(_among, named)))
    if hatched:
        parts.append(path(level, "silent", partial(_among, hatched)))
    parts += [
        path("lakes", "lake"),
        path("rivers", "river"),
        still_streets.drawn(streets, step, window, most_chars) if streets and window else "",
        path("roads", "way mm-minor", lambda rows: rows["class"] != "national"),
        path("roads", "way mm-casing", lambda rows: rows["class"] == "national"),
        path("roads", "way mm-road", lambda rows: rows["class"] == "national"),
    ]
    if "departments" in regions:
        parts.append(path("departments", "department"))
    if "communes" in regions:
        parts.append(path("communes", "commune"))
    return "".join(parts)


def _among(pcodes: Iterable[str], rows: Any) -> Any:
    return rows["pcode"].isin(list(pcodes))


def zones(data: Data, shown: Shown, on: Iterable[str]) -> list[Drawn]:
    """Return what is drawn for the zones whose level is switched on."""
    wanted = set(on)
    rows = [row for row in shown["gang_zones"].itertuples(index=False) if f"gang_zones.{row.status}" in wanted]
    return extents.drawn(units.outlines(data), rows)


def _zone(thing: Drawn, step: WindowClass) -> str:
    look = f'{thing.level}{" dim" if thing.stale else ""}" data-id="{html.escape(" ".join(thing.zones))}"'
    if thing.how == units.SPOT:
        x, y = placing.pixels(thing.shape.y, thing.shape.x, step.zoom)
        radius = max(thing.radius_m * _per_metre(thing.shape.y, step), extents.SMALLEST_PX)
        at = f'cx="{(x - step.origin[0]) * FINE:.0f}" cy="{(y - step.origin[1]) * FINE:.0f}" r="{radius * FINE:.0f}"'
        mask = 'mask="url(#mm-p-zone-spot)"'
        return f'<circle class="mm-under" {at} {mask}/><circle class="mm-zone spot {look} {at} {mask}/>'
    if thing.how == units.COUNT:
        wide = extents.BORDER_PX * 360 / (placing.TILE_PX * 2**step.zoom)
        outline = f'<path class="mm-zone edge {look} d="{run([thing.shape], step)}"/>'
        return f'<path class="mm-zone band {look} d="{run([extents.border(thing.shape, wide)], step)}"/>{outline}'
    return f'<path class="mm-zone {look} d="{run([thing.shape], step)}"/>' if thing.how == units.AREA else ""


def _per_metre(lat: float, step: WindowClass) -> float:
    """Return the pixels of a metre."""
    return placing.TILE_PX * 2**step.zoom / (2 * math.pi * 6_371_000 * math.cos(math.radians(lat)))


def _discs(marks: Iterable[Mark], step: WindowClass) -> str:
    rough = [mark for mark in marks if mark.kind != "events" and mark.precision in ROUGH_M]
    found = []
    for mark in rough:
        x, y = placing.pixels(*mark.at, step.zoom)
        metre = _per_metre(mark.at[0], step)
        at = f'cx="{(x - step.origin[0]) * FINE:.0f}" cy="{(y - step.origin[1]) * FINE:.0f}"'
        found.append(f'<circle class="mm-disc" {at} r="{ROUGH_M[mark.precision] * metre * FINE:.0f}"/>')
    return "".join(found)


def _glyphs(used: Iterable[str]) -> str:
    known = symbols.glyphs()
    inner = {name: known[name][known[name].index(">") + 1 : known[name].rindex("<")] for name in known}
    return "".join(
        f'<symbol id="mm-g-{name}" viewBox="0 0 24 24">{inner[name]}</symbol>' for name in sorted(used) if name in inner
    )


def _patterns(steps: list[WindowClass], middle: WindowClass) -> str:
    """Return the hatches: one of each, and for each class one that is not scaled with the ground."""
    text = symbols.zone_patterns()
    defs = text[text.index("<defs>") + 6 : text.index("</defs>")].replace('id="', 'id="mm-p-')
    defs = defs.replace("url(#", "url(#mm-p-")
    return defs + "".join(
        f'<pattern id="mm-{level}{kind}-{step.name}" href="#mm-p-zone-{level}{kind}" '
        f'patternTransform="scale({FINE * 2 ** (middle.zoom - step.zoom):.6g})"/>'
        for step in steps
        for level in symbols.ZONE_STYLES
        for kind in ("", "-spot")
    )


# --------------------------------------------------------------------------------------------------- symbols and names


def _layer(
    data: Data,
    marks: Iterable[Mark],
    things: Iterable[Drawn],
    look: Look,
    step: WindowClass,
    width: Width,
    streets: Streets | None,
) -> str:
    found = placing.stacks(marks, step.zoom, symbols.SIZES_PX)
    x0, y0 = step.origin
    taken = [_around(*stack.place, stack.radius) for stack in found]
    names = _names(_names_at(data, things, look, step.zoom), taken, look, step, width) if look.has_ground else ""
    if streets and step.zoom >= still_streets.STREETS_FROM:
        names = still_streets.lettered(streets, step, taken, look.size or LARGEST_PX, width) + names
    leaders = "".join(
        f"M{n(s.xy[0] - x0)} {n(s.xy[1] - y0)}L{n(s.place[0] - x0)} {n(s.place[1] - y0)}"
        for s in found
        if s.place != s.xy
    )
    drawn = "".join(_symbol(stack, step, look.changed) for stack in found)
    return f'<g class="mm-z mm-z{step.name}">{names}<path class="mm-leader" d="{leaders}"/>{drawn}</g>'


def _symbol(stack: Stack, step: WindowClass, changed: Mapping[str, str]) -> str:
    top, size = placing.top_of(stack), symbols.SIZES_PX[stack.kind]
    x, y = stack.place[0] - step.origin[0] - size / 2, stack.place[1] - step.origin[1] - size / 2
    count, is_alone = len(stack.items), len(stack.items) == 1
    middle = f'cx="{n(x + size / 2)}" cy="{n(y + size / 2)}"'
    parts = []
    if is_alone and top.precision in ROUGH_M and stack.kind != "events":
        parts.append(f'<circle class="mm-rough" {middle} r="{n(size / 2 + 2.5)}"/>')
    if is_alone and top.grade[1:] >= WEAK:
        parts.append(
            f'<rect class="mm-weak" x="{n(x - 2)}" y="{n(y - 2)}" width="{size + 4}" height="{size + 4}" rx="2"/>'
        )
    dim = " dim" if all(mark.dim for mark in stack.items) else ""
    parts.append(
        f'<use class="mm-s{dim}" data-id="{html.escape(top.id)}" href="#mm-g-{top.symbol}" '
        f'x="{n(x)}" y="{n(y)}" width="{size}" height="{size}"/>'
    )
    if not is_alone:
        wide = 15 if count < 10 else 17.5
        parts.append(
            f'<rect class="mm-b" x="{n(x + size + 8 - wide)}" y="{n(y - 7)}" width="{wide}" height="15" rx="7.5"/>'
            f'<text class="mm-bn" x="{n(x + size + 8 - wide / 2)}" y="{n(y + 4)}">{count}</text>'
        )
    if change := next((changed[mark.id] for mark in stack.items if mark.id in changed), None):
        parts.append(
            f'<circle class="mm-ch" cx="{n(x - 0.5)}" cy="{n(y + size - 0.5)}" r="7"/>'
            f'<text class="mm-chn" x="{n(x - 0.5)}" y="{n(y + size + 3.5)}">{CHANGES[change]}</text>'
        )
    return "".join(parts)


HERE: Final = ((0, 0),)
ASIDE: Final = (
    *((0, 0), (0, -20), (0, 20), (-34, 0), (34, 0), (-30, -28), (30, -28), (-30, 28), (30, 28), (0, -40), (0, 40)),
    *((-60, 0), (60, 0)),
)
BELOW: Final = (*((0, 18), (0, -18), (0, 36), (0, -36), (50, 24), (-50, 24), (50, -24), (-50, -24), (0, 54), (0, -54)),)
BESIDE: Final = ((0, 0), (4, -14), (4, 14), (14, -26), (14, 26), (-40, -24), (-40, 24))
AROUND: Final = (
    *((0, -1, 0), (0.7, -0.7, 40), (1, 0, 40), (0.7, 0.7, 40), (0, 1, 20)),
    *((-0.7, -0.7, 40), (-1, 0, 40), (-0.7, 0.7, 40)),
)
AWAY_PX: Final = (36, 54, 72, 90, 108, 126)
LINE_FROM_PX: Final = 16
FROM_ZOOM: Final = ((3, 9.25), (4, 10.75), (5, 12))
"""Where names may stand, and from which zoom on smaller towns have one: as in client/map/labels.js."""


@dataclass(frozen=True)
class _Name:
    text: str
    kind: str
    at: tuple[float, float]
    size: float
    bold: bool = False
    spacing: float = 0.0
    is_beside: bool = False
    tries: tuple[tuple[int, int], ...] = HERE
    always: bool = False

    def places(self, wide: float) -> Iterable[tuple[int, int]]:
        """Yield where the name may stand, the best places first."""
        yield from self.tries
        further = itertools.product(AWAY_PX if self.always else (), AROUND)
        for away, (east, south, _dear) in sorted(further, key=lambda one: one[0] + one[1][2]):
            back = wide + 14 if east < 0 else wide / 2 + 7 if east == 0 else 0
            yield placing.whole(east * away - back), placing.whole(south * away)


def _names(names: Iterable[_Name], taken: list[Box], look: Look, step: WindowClass, width: Width) -> str:
    """Write the names that find room; theirs is taken."""
    x0, y0 = step.origin
    seen_x, seen_y = look.size or LARGEST_PX
    parts = []
    for name in names:
        x, y = (placing.whole(value) for value in placing.pixels(*name.at, step.zoom))
        if abs(x - x0) > seen_x / 2 or abs(y - y0) > seen_y / 2:
            continue
        wide = width(name.text, name.size, name.bold) + len(name.text) * name.spacing + 6
        left = x - 4 if name.is_beside else x - wide / 2
        box = (left, y - 9, left + wide + (8 if name.is_beside else 0), y + 9)
        shift = next((shift for shift in name.places(wide) if _is_free(_moved(box, shift), taken)), None)
        if shift is None:
            continue
        own = _moved(box, shift)
        taken.append(own)
        at = (x - x0 + shift[0] + (7 if name.is_beside else 0), y - y0 + shift[1])
        if sign := _SIGNS.get(name.kind.partition(" ")[0]):
            high, round_px = sign
            parts.append(
                f'<rect class="mm-sign {name.kind}" x="{n(at[0] - wide / 2)}" y="{n(at[1] - high / 2)}" '
                f'width="{n(wide)}" height="{high}" rx="{round_px}"/>'
            )
        if name.is_beside:
            parts.append(_line_to((x, y), (min(max(x, own[0] + 4), own[2] - 4), y + shift[1]), step.origin))
        parts.append(f'<text class="mm-l {name.kind}" x="{n(at[0])}" y="{n(at[1])}">{html.escape(name.text)}</text>')
        if name.is_beside:
            parts.append(f'<circle class="mm-dot" cx="{n(x - x0)}" cy="{n(y - y0)}" r="2"/>')
    return "".join(parts)


ZONE_WORDS_FROM: Final = 8
"""Zoom from which on the level stands beside the figure of a zone. As in client/map/labels.js."""

_SIGNS: Final = {"road": (15, 3), "zone": (18, 9)}
"""Kind of a name that stands on a sign -> height and rounding of that in pixels."""


def _line_to(start: tuple[float, float], end: tuple[float, float], origin: tuple[float, float]) -> str:
    """Draw the line from a point to its name, none if they are close."""
    if math.dist(start, end) <= LINE_FROM_PX:
        return ""
    (x1, y1), (x2, y2) = ((x - origin[0], y - origin[1]) for x, y in (start, end))
    return f'<line class="mm-name-line" x1="{n(x1)}" y1="{n(y1)}" x2="{n(x2)}" y2="{n(y2)}"/>'


def _around(x: float, y: float, radius: float) -> Box:
    return x - radius, y - radius, x + radius, y + radius


def _is_free(box: Box, taken: list[Box]) -> bool:
    return all(o[0] >= box[2] or o[2] <= box[0] or o[1] >= box[3] or o[3] <= box[1] for o in taken)


def _moved(box: Box, shift: tuple[int, int]) -> Box:
    return box[0] + shift[0], box[1] + shift[1], box[2] + shift[0], box[3] + shift[1]


def _zone_words(things: Iterable[Drawn], known: _Known, zoom: float) -> list[_Name]:
    """Return the figures of zones that have no area, as client/map/labels.js does."""
    if not 7.5 <= zoom <= 12.5:
        return []
    labels = {pcode: at for _names, at, pcode in known.regions}
    found = []
    for thing in things:
        at = labels.get(thing.pcodes[0]) if thing.how == units.COUNT else None
        if thing.how == units.SHARE:
            at = (thing.shape.y, thing.shape.x)
        if at:
            tries, always = (BELOW, False) if thing.how == units.COUNT else (ASIDE, zoom >= ZONE_WORDS_FROM)
            words = extents.told(thing, brief=zoom < ZONE_WORDS_FROM)
            found.append(_Name(words, f"zone {thing.level}", at, 11.5, True, tries=tries, always=always))
    return found


def _names_at(data: Data, things: Iterable[Drawn], look: Look, zoom: float) -> list[_Name]:
    lang, known = current(), _published_names(data)

    def own(names: Mapping[str, str]) -> str:
        return names.get(lang) or names["en"]

    def towns(rank: int) -> list[_Name]:
        size, bold, tries = (13.5, True, BESIDE) if rank == 1 else (12.5, False, BESIDE if rank == 2 else HERE)
        return [
            _Name(own(names), f"place r{rank}", at, size, bold, is_beside=True, tries=tries, always=rank == 1)
            for names, at, one in known.towns
            if one == rank
        ]

    waters = [
        _Name(own(one["n"]), one["kind"], tuple(one["at"]), 13, spacing=4 if one["kind"] == "country" else 0.6)
        for one in assets.LABELS
        if one["from"] <= zoom <= one["to"]
    ]
    regions = (
        [
            _Name(own(names), "region", at, 11.5, spacing=2, tries=ASIDE if zoom >= 7.75 else HERE)
            for names, at, _pcode in known.regions
        ]
        if "departments" in look.on and zoom < 10.5
        else []
    )
    return [
        *towns(1),
        *_zone_words(things, known, zoom),
        *waters,
        *(towns(2) if zoom >= 7.75 else []),
        *regions,
        *(name for rank, least in FROM_ZOOM if zoom >= least for name in towns(rank)),
        *([_Name(ref, "road", at, 10, spacing=0.5) for ref, at in known.roads] if zoom >= 8.5 else []),
    ]


@dataclass(frozen=True)
class _Known:
    towns: tuple[tuple[dict[str, str], tuple[float, float], int], ...]
    regions: tuple[tuple[dict[str, str], tuple[float, float], str], ...]
    roads: tuple[tuple[str, tuple[float, float]], ...]


@lru_cache(maxsize=1)
def _published_names(data: Data) -> _Known:
    """Return the names of the map, in the order of its files."""

    def rows(name: str) -> Iterable[Any]:
        frame = data.frames.get(name)
        renamed = () if frame is None else frame.rename(columns={"class": "road_class"}).itertuples(index=False)
        return (row for row in renamed if row.geometry is not None)

    roads = (assets.road(row) for row in rows("roads"))
    return _Known(
        tuple((assets.names(row), (row.geometry.y, row.geometry.x), int(row.rank)) for row in rows("places")),
        tuple((assets.names(row), tuple(assets.region(row)["label"]), row.pcode) for row in rows("departments")),
        tuple(
            (one["ref"], tuple(one["label"]))
            for one in roads
            if one["ref"] and one["class"] == "national" and one["label"]
        ),
    )


def _scale_bar(step: WindowClass) -> str:
    """Return the scale bar of a class, as Leaflet draws it."""
    lat = placing.degrees(*step.origin, step.zoom)[0]
    metre = 2 * math.pi * 6_371_000 * math.cos(math.radians(lat)) / (placing.TILE_PX * 2**step.zoom)
    most = 130 * metre
    power = 10 ** (len(str(math.floor(most))) - 1)
    first = most / power
    metres = power * next(one for one in (10, 5, 3, 2, 1) if first >= one)
    words = f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.0f} km"
    return (
        f'<div class="mm-z mm-z{step.name} mm-scale" style="width:{placing.whole(130 * metres / most)}px">{words}</div>'
    )

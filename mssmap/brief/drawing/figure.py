"""
The map of the pack as a drawing: vectors in UTM 18N, the symbols of the screen, labels that touch nothing.

It is drawn once as SVG; the PDF takes it as it is, the slides take a picture of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mssmap.brief.drawing import basemap, draw, frame, marks, streets, surround
from mssmap.brief.drawing.draw import INK, SOFT
from mssmap.brief.drawing.frame import Frame
from mssmap.brief.drawing.labels import (
    Box,
    PlacedLabel,
    PlacedSymbol,
    Room,
    Symbol,
    overlap,
    place_labels,
    place_symbols,
)
from mssmap.crs import METRIC, WGS84
from mssmap.legend import extents, symbols
from mssmap.legend.extents import Drawn
from mssmap.records import kinds, units
from mssmap.records.catalog import Data
from mssmap.records.shown import Shown

PATTERN_MM: Final = 0.2
"""Millimetres of paper for one pixel of a hatch."""

ROUGH_M: Final = {name: kinds.UNCERTAINTY_M[name] for name in ("commune", "department")}
"""How exactly a place is known -> radius of its disc, as on the screen."""

INSET_SHARE: Final = (0.42, 0.42)
"""Part of the width and of the height of the map that the inset may take."""


@dataclass(frozen=True)
class Figure:
    """
    A drawn map.

    Attributes
    ----------
    svg
        The drawing.
    labels, symbols
        Boxes, in millimetres of the sheet, of all labels and of all symbols; no two overlap.
    scale, inset_scale
        Denominators; the second None without an inset.
    used
        Glyph -> how many of it are drawn, for a legend of what is shown only.
    left_out
        How many records found no room.
    """

    svg: str
    width: float
    height: float
    labels: tuple[Box, ...]
    symbols: tuple[Box, ...]
    scale: float
    inset_scale: float | None
    used: Mapping[str, int]
    left_out: int


def collisions(boxes: Sequence[Box]) -> list[tuple[Box, Box]]:
    """Return the pairs of boxes that have room in common."""
    return [(one, other) for i, one in enumerate(boxes) for other in boxes[i + 1 :] if overlap(one, other)]


@dataclass
class _Part:
    """A frame that is being filled: the map itself, or its inset."""

    frame: Frame
    room: Room
    small: bool = False
    placed: list[PlacedSymbol] = field(default_factory=list)
    left_out: int = 0
    labels: list[PlacedLabel] = field(default_factory=list)
    streets: str = ""


def compose(
    data: Data,
    shown: Shown,
    *,
    width: float,
    height: float,
    extent: frame.Extent = frame.HAITI,
    regions: Iterable[str] = (),
    with_inset: bool = True,
    numbered: Mapping[str, int] | None = None,
) -> Figure:
    """
    Draw what is shown.

    Parameters
    ----------
    shown
        The records to draw, all of them.
    width, height
        Size of the sheet in millimetres.
    extent
        West, south, east, north in degrees; more is shown where the sheet has other proportions.
    regions
        `departments`, `communes`: boundaries to draw.
    numbered
        Event id -> number that stands beside its symbol.
    """
    window = frame.fit(extent, 0.15, 0.15, width - 0.3, height - 0.3)
    main = _Part(window, Room(window.box))
    records = marks.records(shown)
    inset = _inset(data, main, records) if with_inset else None
    bar = _free_corner(data, main, surround.SCALE_BOX_MM, records, [inset.frame.box] if inset else [])
    parts = [main, *([inset] if inset else [])]
    for box in (bar, *(part.frame.box for part in parts[1:])):
        main.room.take(box)
    edge = basemap.graticule_labels(main.frame, main.room)
    away = _on_sheet(main, frame.degrees_of(inset.frame)) if inset else None
    for part in parts:
        _fill(data, part, records, shown, numbered or {}, without=away if part is main else None)
    return Figure(
        svg=draw.sheet(width, height, *_svg(data, parts, shown, regions, edge, bar, away)),
        width=width,
        height=height,
        labels=tuple(label.box for part in parts for label in part.labels),
        symbols=tuple(placed.box for part in parts for placed in part.placed),
        scale=main.frame.scale,
        inset_scale=inset.frame.scale if inset else None,
        used=_used(parts, shown),
        left_out=sum(part.left_out for part in parts),
    )


def _svg(
    data: Data,
    parts: Sequence[_Part],
    shown: Shown,
    regions: Iterable[str],
    edge: str,
    bar: Box,
    away: Box | None,
) -> Iterable[str]:
    """Yield the parts of the drawing; `away` is the box on the map that the inset shows."""
    yield draw.tag("defs", _patterns() + _glyphs(parts) + "".join(_clip(i, part) for i, part in enumerate(parts)))
    yield from _drawn(data, parts[0], 0, shown, regions, edge)
    yield surround.scale_bar(parts[0].frame, bar)
    if away:
        yield surround.locator(away)
        yield from _drawn(data, parts[1], 1, shown, regions, "")
        yield surround.inset_title(parts[1].frame)


# ------------------------------------------------------------------------------------------------------ what is drawn


def _inside(record: marks.Record, part: _Part, without: Box | None) -> tuple[float, float] | None:
    """Return where a record stands on the sheet, None if that is not in this part."""
    x, y = part.frame.points(record.lon, record.lat)[0]
    left, top, right, bottom = part.frame.box
    if not (left < x < right and top < y < bottom):
        return None
    if without and without[0] < x < without[2] and without[1] < y < without[3]:
        return None
    return float(x), float(y)


def _fill(
    data: Data,
    part: _Part,
    records: list[marks.Record],
    shown: Shown,
    numbered: Mapping[str, int],
    without: Box | None,
) -> None:
    """Place symbols, then labels."""
    found = [(record, at) for record in records if (at := _inside(record, part, without))]
    if without:
        part.room.take(without)
    bases = [pair for pair in found if pair[0].layer == "fobs"]
    others = [pair for pair in found if pair[0].layer != "fobs"]
    for group in (bases, others):  # bases and their names come first, whatever crowds around them
        wanted = [Symbol(r.glyph, *at, marks.SIZES_MM[r.layer], r.key, r.faded) for r, at in group]
        placed, left_out = place_symbols(wanted, part.room)
        part.placed += placed
        part.left_out += len(left_out)
        by_key = {one.symbol.key: one for one in placed}
        part.labels += place_labels(marks.record_labels([r for r, _at in group], by_key, numbered), part.room)
    ground = basemap.labels(data, part.frame, small=part.small, without=without)
    if without:
        ground.insert(0, marks.capital(without))
    named = marks.zone_labels(shown, part.frame) if part.small else []
    told = marks.zone_figures(_things(data, shown), part.frame)
    part.labels += place_labels([*told, *ground, *named], part.room)
    part.streets = streets.lettered(part.frame, part.room)


def _used(parts: Sequence[_Part], shown: Shown) -> dict[str, int]:
    used = Counter(placed.symbol.name for part in parts for placed in part.placed)
    window = shapely.box(*frame.degrees_of(parts[0].frame))
    for row in shown["gang_zones"].itertuples(index=False):
        if row.geometry is not None and row.extent != units.SHARE and row.geometry.intersects(window):
            used[f"gang_zones.{row.status}"] += 1
    return dict(used)


# -------------------------------------------------------------------------------------------------------- free corners


def _on_sheet(part: _Part, extent: frame.Extent) -> Box:
    """Return the box on the sheet that holds an extent in degrees."""
    west, south, east, north = extent
    corners = part.frame.points([west, east], [south, north])
    return (float(corners[0, 0]), float(corners[1, 1]), float(corners[1, 0]), float(corners[0, 1]))


def _inset(data: Data, main: _Part, records: list[marks.Record]) -> _Part | None:
    """Return the inset of the capital, None where the map shows it large enough or not at all."""
    if main.frame.scale < frame.LARGE_SCALE or not main.frame.holds(frame.CAPITAL):
        return None
    width = main.frame.width * INSET_SHARE[0]
    west, south, east, north = frame.bounds(frame.CAPITAL)
    height = min(width * (north - south) / (east - west), main.frame.height * INSET_SHARE[1])
    away = _on_sheet(main, frame.CAPITAL)
    left, top, right, bottom = _free_corner(data, main, (width, height), records, [away])
    inner = frame.fit(frame.CAPITAL, left, top, right - left, bottom - top)
    return _Part(inner, Room(inner.box), small=True)


def _free_corner(
    data: Data, main: _Part, size: tuple[float, float], records: list[marks.Record], taken: Sequence[Box]
) -> Box:
    """
    Return a box of a size that hides no symbol and as little land as there is, as near to a corner as can be.

    Parameters
    ----------
    taken
        Boxes it must not touch.
    """
    left, top, right, bottom = main.frame.box
    land = shapely.union_all(main.frame.shapes(frame.metric(data, "land")))
    xs = np.linspace(left + 2, right - 2 - size[0], 24)
    ys = np.linspace(top + 2, bottom - 2 - size[1], 24)
    spots = [at for record in records if (at := _inside(record, main, None))]
    points = np.array(spots) if spots else np.empty((0, 2))
    best: tuple[float, Box] | None = None
    for x in xs:
        for y in ys:
            box = (float(x), float(y), float(x + size[0]), float(y + size[1]))
            if any(overlap(box, other) for other in taken):
                continue
            hidden = ((points > (box[0], box[1])) & (points < (box[2], box[3]))).all(axis=1).sum()
            covered = land.intersection(shapely.box(*box)).area / (size[0] * size[1])
            off = min(box[0] - left, right - box[2]) + min(box[1] - top, bottom - box[3])
            cost = 3.0 * hidden + 6.0 * covered + 0.02 * off
            if best is None or cost < best[0]:
                best = (cost, box)
    return best[1] if best else (left + 2, bottom - 2 - size[1], left + 2 + size[0], bottom - 2)


# ------------------------------------------------------------------------------------------------------------- drawing


def _patterns() -> str:
    """Return the hatches of the screen at the size of paper."""
    inner = re.sub(r"</?svg[^>]*>|</?defs>", "", symbols.zone_patterns())
    return inner.replace("<pattern ", f'<pattern patternTransform="scale({PATTERN_MM})" ')


def _inner(glyph: str) -> str:
    return glyph[glyph.index(">") + 1 : glyph.rindex("<")]


def _glyphs(parts: Sequence[_Part]) -> str:
    glyphs = symbols.glyphs()
    names = sorted({placed.symbol.name for part in parts for placed in part.placed})
    return "".join(draw.tag("g", _inner(glyphs[name]), id=f"g-{name}") for name in names if name in glyphs)


def _clip(index: int, part: _Part) -> str:
    at = part.frame
    return draw.tag("clipPath", draw.rectangle(at.left, at.top, at.width, at.height), id=f"frame-{index}")


def _drawn(data: Data, part: _Part, index: int, shown: Shown, regions: Iterable[str], edge: str) -> list[str]:
    at = part.frame
    ground = basemap.ground(data, at, regions) + _zones(data, shown, part) + _discs(shown, part) + part.streets
    return [
        draw.rectangle(at.left, at.top, at.width, at.height, fill=basemap.SEA),
        draw.tag("g", ground, clip_path=f"url(#frame-{index})"),
        edge,
        *(_leader(placed) for placed in part.placed if placed.moved),
        *(_symbol(placed) for placed in part.placed),
        *(basemap.written(label, dots=_uncovered(label, part)) for label in part.labels),
        draw.rectangle(at.left, at.top, at.width, at.height, fill="none", stroke=INK, stroke_width=0.3),
    ]


def _uncovered(label: PlacedLabel, part: _Part) -> bool:
    """Whether the point of a label is in sight, with no symbol over it."""
    x, y = label.label.x, label.label.y
    point = (x - 0.4, y - 0.4, x + 0.4, y + 0.4)
    return not any(overlap(point, placed.box) for placed in part.placed)


def _zones(data: Data, shown: Shown, part: _Part) -> str:
    """Draw the zones as the screen does: units once, hatched borders, soft spots."""
    things = _things(data, shown)
    outlines = gpd.GeoSeries([thing.shape for thing in things], crs=WGS84).to_crs(METRIC)
    return "".join(_zone(*pair, part) for pair in zip(things, outlines, strict=True))


def _things(data: Data, shown: Shown) -> list[Drawn]:
    return extents.drawn(units.outlines(data), shown["gang_zones"].itertuples(index=False))


def _zone(thing: Drawn, outline: BaseGeometry, part: _Part) -> str:
    style = symbols.ZONE_STYLES.get(thing.level)
    if style is None or thing.how == units.SHARE:
        return ""
    fill, opacity = f"url(#zone-{thing.level})", 0.55 if thing.stale else None
    if thing.how == units.SPOT:
        return _spot(thing, part, f"url(#zone-{thing.level}-spot)", opacity)
    shapes = part.frame.shapes(np.array([outline], dtype=object))
    dash = " ".join(f"{float(p) * 0.16:.2f}" for p in str(style["dash"]).split()) if style["dash"] else None
    line = {"stroke": style["color"], "stroke_width": float(str(style["weight"])) * 0.19, "opacity": opacity}
    if thing.how == units.AREA:
        return draw.shape(shapes, fill=fill, stroke_dasharray=dash, **line)
    wide = extents.BORDER_PX * PATTERN_MM * part.frame.scale / 1000
    band = part.frame.shapes(np.array([extents.border(outline, wide)], dtype=object))
    return draw.shape(band, fill=fill, opacity=opacity) + draw.shape(shapes, fill="none", **line)


def _spot(thing: Drawn, part: _Part, fill: str, opacity: float | None) -> str:
    """Draw a place with its uncertainty: it fades outward and has no edge."""
    x, y = part.frame.points(thing.shape.x, thing.shape.y)[0]
    left, top, right, bottom = part.frame.box
    radius = max(thing.radius_m * 1000 / part.frame.scale, extents.SMALLEST_PX * PATTERN_MM)
    if not (left - radius < x < right + radius and top - radius < y < bottom + radius):
        return ""
    spot = partial(draw.tag, "circle", cx=x, cy=y, r=radius, mask="url(#zone-spot)")
    return spot(fill=basemap.LAND, opacity=0.75) + spot(fill=fill, opacity=opacity)


def _discs(shown: Shown, part: _Part) -> str:
    """Draw how far around its symbol a place may be that is known only to its commune or department."""
    drawn = []
    for record in marks.records(shown):
        radius = ROUGH_M.get(record.precision, 0) * 1000 / part.frame.scale
        at = _inside(record, part, None) if radius and record.layer != "events" else None
        if at:
            disc = partial(draw.tag, "circle", cx=at[0], cy=at[1], r=radius, stroke_dasharray="0.4 0.7")
            drawn.append(disc(fill=SOFT, fill_opacity=0.06, stroke=SOFT, stroke_width=0.15))
    return "".join(drawn)


def _leader(placed: PlacedSymbol) -> str:
    """Draw the line from a symbol that had to move to its true place."""
    symbol = placed.symbol
    ends = (symbol.x, symbol.y, placed.x, placed.y)
    dot = draw.tag("circle", cx=symbol.x, cy=symbol.y, r=0.28, fill=INK)
    return draw.line(*ends, "#ffffff", 0.5) + draw.line(*ends, INK, 0.16) + dot


def _symbol(placed: PlacedSymbol) -> str:
    size = placed.symbol.size
    factor = size / 24
    move = f"translate({placed.x - size / 2:.3f} {placed.y - size / 2:.3f}) scale({factor:.4f})"
    return draw.tag(
        "use", href=f"#g-{placed.symbol.name}", transform=move, opacity=0.7 if placed.symbol.faded else None
    )

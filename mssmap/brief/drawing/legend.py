"""The legend of a printed map: what there is of the layers shown, nothing else, with how many of it there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mssmap.brief.drawing import draw, typeface
from mssmap.i18n import gettext as _
from mssmap.legend import extents, layers, lines, symbols, text
from mssmap.legend.layers import event_groups
from mssmap.records import kinds, units
from mssmap.records.shown import Shown

if TYPE_CHECKING:
    from mssmap.brief.content import Content


@dataclass(frozen=True)
class Item:
    """A symbol, what it stands for, how many there are."""

    glyph: str
    label: str
    count: int


@dataclass(frozen=True)
class Group:
    """A column of the legend."""

    title: str
    items: tuple[Item, ...]


def groups(content: Content) -> list[Group]:
    """Return the legend; it counts the records of the view, those without a place on the map too."""
    titles, used = layers.titles(), _glyphs(content.shown)
    found = [(titles[group], _listed(group, used)) for group in layers.BY_STATUS]
    found = [(title, items + (_zones(content.shown) if title == titles[units.ZONES] else [])) for title, items in found]
    found += [(titles["facilities"], _services(used)), (_("Their state"), _states(used))]
    found.append((f"{titles['events']}, {content.window}", _listed("events", used)))
    return [Group(title, tuple(items)) for title, items in found if items]


def _glyphs(shown: Shown) -> Counter[str]:
    """Count records by the glyph that stands for them."""
    found = Counter(lines.symbol(layer, row) for layer in kinds.LAYERS for row in shown[layer].itertuples(index=False))
    return found + Counter(event_groups(shown["events"]).tolist())


def _listed(group: str, used: Mapping[str, int]) -> list[Item]:
    titles = layers.titles()
    members = [layer.id for layer in layers.GROUPS[group]]
    return [Item(symbols.glyphs()[name], titles[name], used[name]) for name in members if used.get(name)]


def _zones(shown: Shown) -> list[Item]:
    """Say what hatch, spot and border mean, with how many zones are drawn so."""
    drawn, words = Counter(shown[units.ZONES]["extent"].tolist()), extents.keys()
    return [
        Item(symbols.glyphs()[f"zone_{how}"], words[f"zone_{how}"], drawn[how])
        for how in (units.AREA, units.SPOT, units.COUNT)
        if drawn[how]
    ]


def _services(used: Mapping[str, int]) -> list[Item]:
    """Kinds of services by their pictogram."""
    titles, glyphs = layers.titles(), symbols.glyphs()
    kinds = _counted(used, 0)
    members = [layer.id for layer in layers.GROUPS["facilities"]]
    return [Item(glyphs[f"{kind}.open"], titles[kind], kinds[kind]) for kind in members if kinds[kind]]


def _states(used: Mapping[str, int]) -> list[Item]:
    """States of services, which outline and fill tell, on the pictogram of a court."""
    states = _counted(used, 1)
    return [
        Item(symbols.glyphs()[f"court.{state}"], text.status("facilities", state), states[state])
        for state in kinds.LAYERS["facilities"].statuses
        if states[state]
    ]


def _counted(used: Mapping[str, int], part: int) -> Counter[str]:
    """Count services by kind (part 0 of the name of a glyph) or by state (part 1)."""
    members = {layer.id for layer in layers.GROUPS["facilities"]}
    counted: Counter[str] = Counter()
    for name, count in used.items():
        if name.partition(".")[0] in members:
            counted[name.split(".")[part]] += count
    return counted


def rows(found: list[Group]) -> int:
    """Return how many rows the longest column has."""
    return max((len(group.items) for group in found), default=0)


SYMBOL_MM: Final = 5.4
"""Room for the symbol before a label."""
TITLE: Final = 1.06
"""Size of the title of a column, in parts of that of its labels."""


SIZES_PT: Final = (7.0, 6.6, 6.2, 5.8)
"""Sizes of the labels, the largest with which all columns find room is taken."""


@dataclass(frozen=True)
class Columns:
    """How a legend is set: size of its labels, width of each column in millimetres."""

    size_pt: float
    widths: tuple[float, ...]


def columns(found: list[Group], room: float, gutter: float) -> Columns:
    """Return the largest legend that fits; at the smallest size columns are narrowed and labels shortened."""
    room -= gutter * (len(found) - 1)
    for size in SIZES_PT:
        needed = [_needed(group, size) for group in found]
        free = room - sum(needed)
        if free >= 0:
            return Columns(size, tuple(width + free / len(found) for width in needed))
    return Columns(SIZES_PT[-1], tuple(width * room / sum(needed) for width in needed))


def fitting(label: str, count: int, width: float, size_pt: float) -> str:
    """Return a label that fits beside its symbol and its number."""
    taken = SYMBOL_MM + typeface.width(f" {count} ", size_pt * typeface.POINT_MM)
    return typeface.fit(label, size_pt, width - taken)


def _needed(group: Group, size_pt: float) -> float:
    size = size_pt * typeface.POINT_MM
    title = typeface.width(group.title, size * TITLE, typeface.SEMIBOLD)
    return 0.5 + max([title, *(SYMBOL_MM + typeface.width(f"{i.label} {i.count} ", size) for i in group.items)])


@dataclass(frozen=True)
class Sheet:
    """A legend as a drawing, in millimetres."""

    svg: str
    width: float
    height: float


def sheet(found: list[Group], width: float, highest: float) -> Sheet:
    """Draw a legend as one column, for a slide; it is drawn smaller where it would be higher than `highest`."""
    row, size = 4.6, 9.0
    lines = sum(len(group.items) + 1.5 for group in found)
    factor = min(1.0, highest / max(1.0, lines * row))
    parts, y = [], 0.0
    for group in found:
        parts.append(draw.text(0, y + row * 0.72, group.title, size, cut=typeface.SEMIBOLD))
        y += row
        for item in group.items:
            glyph = item.glyph.replace("<svg ", f'<svg x="0.4" y="{y + 0.4:.2f}" width="3.8" height="3.8" ', 1)
            label = typeface.fit(item.label, size, (width / factor) - 14)
            parts += [glyph, draw.text(6, y + row * 0.7, f"{label} {item.count}", size)]
            y += row
        y += row / 2
    inner = draw.tag("g", "".join(parts) or " ", transform=f"scale({factor:.4f})")
    return Sheet(draw.sheet(width, max(1.0, y * factor), inner), width, max(1.0, y * factor))

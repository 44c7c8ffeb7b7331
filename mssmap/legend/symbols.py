"""
Own glyphs, one table for the map, the legend and the layer list.

Shape tells the kind, fill and outline tell the status, colour only helps (Okabe-Ito): a symbol stays readable
in grey. Dashed is proposed, solid is working, hollow is handed over or limited, struck through is out of use.
"""

from __future__ import annotations

from typing import Final

from mssmap.records import kinds

INK: Final = "#1c2730"
OKABE_ITO: Final = {
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
    "grey": "#8a949c",
}
"""Colour set for colour-blind readers (Okabe and Ito 2008), the grey is our own."""

PALETTES: Final = {
    "light": {
        "land": "#f7f5ef",
        "neighbour": "#e6e6e2",
        "coast": "#8fa6b4",
        "lake": "#dbe9f1",
        "river": "#a9c8da",
        "department": "#8b98a1",
        "commune": "#b9c2c8",
        "road": "#c3a775",
        "minor": "#d8c9a9",
        "casing": "#fffdf8",
        "border": "#6f7c86",
        "park": "#dcead3",
        "building": "#e3ddd3",
        "street": "#ffffff",
        "kerb": "#c9c3b8",
        "avenue": "#f6e3b0",
        "path": "#b9b2a6",
        "lettering": "#57534c",
        "part": "#4a5a66",
        "halo": "rgba(255,255,255,0.9)",
    },
    "dark": {
        "land": "#26313a",
        "neighbour": "#1d262d",
        "coast": "#4f6a7c",
        "lake": "#17242d",
        "river": "#36566b",
        "department": "#71818c",
        "commune": "#4b5963",
        "road": "#8a764f",
        "minor": "#5f5540",
        "casing": "#1a232a",
        "border": "#8d9aa4",
        "park": "#24382f",
        "building": "#313b43",
        "street": "#46525c",
        "kerb": "#1b242b",
        "avenue": "#6b5f3f",
        "path": "#55616b",
        "lettering": "#c3ccd3",
        "part": "#a9bac6",
        "halo": "rgba(24,33,40,0.9)",
    },
}
"""Colours of the ground of the map, by the look of the page."""

CLASSES: Final = ("#f1eef6", "#bdc9e1", "#74a9cf", "#2b8cbe", "#045a8d")
"""Colours of the classes of a painted region, the lowest first."""

LANE_COLOURS: Final = {
    "security": OKABE_ITO["vermillion"],
    "operations": OKABE_ITO["blue"],
    "deployment": OKABE_ITO["sky"],
    "bases": "#004f7c",
    "training": "#5b4a8a",
    "prisons": OKABE_ITO["purple"],
    "schools": OKABE_ITO["green"],
    "courts": "#00614a",
    "airport": "#7a6a00",
    "health": "#9a4d6e",
    "political": OKABE_ITO["grey"],
    "displacement": OKABE_ITO["orange"],
}
"""Lane of the timeline -> colour of what lies in it, from top to bottom."""

COUNTRY_COLOURS: Final = [
    *(OKABE_ITO[name] for name in ("sky", "green", "orange", "purple", "yellow", "blue")),
    "#6b4f2a",
]
"""Colours of contributing countries, in the order in which they came."""

SIZES_PX: Final = {
    "plan": 25,
    **{kind.name: kind.size_px for kind in (*kinds.LAYERS.values(), kinds.EVENTS) if kind.size_px},
}
"""Width of the symbols on the screen, in the order in which they find their places."""

ZONE_STYLES: Final = {
    "controlled": {"color": OKABE_ITO["vermillion"], "pattern": "dense", "weight": 1.6, "dash": None},
    "contested": {"color": OKABE_ITO["orange"], "pattern": "cross", "weight": 1.6, "dash": None},
    "influence": {"color": "#a07c00", "pattern": "sparse", "weight": 1.2, "dash": "5 3"},
    "attacks": {"color": OKABE_ITO["purple"], "pattern": "dots", "weight": 1.2, "dash": "2 3"},
}
"""Level of a gang-affected zone -> outline colour, fill pattern, width in pixels, dash."""

CELL_FILLS: Final = {"0": ("#ffffff", 0.0), "p": ("#c9a9d8", 0.6), "1": ("#56B4E9", 0.6), "2": ("#0072B2", 0.6)}
"""Class of a cell in a plan -> fill and opacity; see `maps.plan`."""

_SQUARE = '<rect x="3" y="3" width="18" height="18" rx="2.5" {style}/>'
_HEXAGON = '<path d="M12 2.2 20.6 7v10L12 21.8 3.4 17V7Z" {style}/>'
_CIRCLE = '<circle cx="12" cy="12" r="9.3" {style}/>'
_SHIELD = '<path d="M12 2.4 20 5v6.4c0 5-3.4 8.4-8 10.2-4.6-1.8-8-5.2-8-10.2V5Z" {style}/>'

_TENT = '<path d="M6.5 17 12 7l5.5 10M12 11v6" fill="none" stroke="{ink}" stroke-width="2" stroke-linejoin="round"/>'
_BARS = '<path d="M8.4 7.6v8.8M12 6.6v10.8M15.6 7.6v8.8" fill="none" stroke="{ink}" stroke-width="1.9"/>'
_PICTOGRAMS = {
    "court": '<path d="M6.8 10 12 6.6 17.2 10ZM8.2 11.4v4.2M12 11.4v4.2M15.8 11.4v4.2M6.8 17h10.4" '
    'fill="none" stroke="{ink}" stroke-width="1.6" stroke-linejoin="round"/>',
    "school": '<path d="M5.6 10 12 7l6.4 3L12 13ZM8.4 12v3.4c2 1.6 5.2 1.6 7.2 0V12" '
    'fill="none" stroke="{ink}" stroke-width="1.6" stroke-linejoin="round"/>',
    "airport": '<path d="M12 5.4c.8 0 1.2.9 1.2 2v2.8l5 3v1.6l-5-1.5v3l1.6 1.2v1.2L12 17.9l-2.8.8v-1.2l1.6-1.2v-3'
    'l-5 1.5v-1.6l5-3V7.4c0-1.1.4-2 1.2-2Z" fill="{ink}"/>',
    "port": '<path d="M12 8.6v9M12 8.6a1.5 1.5 0 1 0-.01 0M8.6 10.8h6.8M6.8 13.6c.4 2.6 2.4 4 5.2 4s4.8-1.4 5.2-4" '
    'fill="none" stroke="{ink}" stroke-width="1.6"/>',
    "hospital": '<path d="M8.6 7.2v9.6M15.4 7.2v9.6M8.6 12h6.8" fill="none" stroke="{ink}" stroke-width="2.1"/>',
    "fuel": '<path d="M12 6.4c2.6 3.4 3.8 5.2 3.8 7.2a3.8 3.8 0 0 1-7.6 0c0-2 1.2-3.8 3.8-7.2Z" fill="{ink}"/>',
    "police": '<path d="M8.2 11.6 11 14.6l5-6" fill="none" stroke="{ink}" stroke-width="2.1"/>',
}


def _style(fill: str, stroke: str, width: float = 1.8, dash: str | None = None) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'fill="{fill}" stroke="{stroke}" stroke-width="{width}"{dashed}'


def _svg(*parts: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{"".join(parts)}</svg>'


def _strike(colour: str) -> str:
    return f'<path d="M4.6 4.6 19.4 19.4" stroke="{colour}" stroke-width="2.4" fill="none"/>'


def _bases() -> dict[str, str]:
    blue, tent = OKABE_ITO["blue"], _TENT.format
    return {
        "fobs.operational": _svg(_SQUARE.format(style=_style(blue, "#ffffff", 1.4)), tent(ink="#ffffff")),
        "fobs.handed_over": _svg(_SQUARE.format(style=_style("#ffffff", blue, 2.4)), tent(ink=blue)),
        "fobs.planned": _svg(_SQUARE.format(style=_style("#ffffff", blue, 2, "4 2.4")), tent(ink=blue)),
        "fobs.proposed": _svg(_SQUARE.format(style=_style("#ffffff", blue, 2, "1.6 2.4")), tent(ink="#5f7f94")),
        "fobs.closed": _svg(
            _SQUARE.format(style=_style("#eef1f3", OKABE_ITO["grey"])), tent(ink=OKABE_ITO["grey"]), _strike("#5d666d")
        ),
    }


def _prisons() -> dict[str, str]:
    dark, bars = "#3d3450", _BARS.format
    half = '<path d="M12 2.2 3.4 7v10l8.6 4.8Z" fill="{0}"/>'
    return {
        "prisons.functioning": _svg(_HEXAGON.format(style=_style(dark, "#ffffff", 1.4)), bars(ink="#ffffff")),
        "prisons.damaged": _svg(
            _HEXAGON.format(style=_style("#ffffff", dark, 1.8)),
            half.format("#b9afcb"),
            _HEXAGON.format(style=_style("none", dark, 1.8)),
            bars(ink=dark),
        ),
        "prisons.emptied": _svg(
            _HEXAGON.format(style=_style("#ffffff", OKABE_ITO["vermillion"], 2.2)),
            '<path d="M8.4 7.6v3M8.4 13.6v2.8M12 6.6v3M12 14.4v3M15.6 7.6v3M15.6 13.6v2.8" fill="none" '
            f'stroke="{OKABE_ITO["vermillion"]}" stroke-width="1.9"/>',
        ),
        "prisons.closed": _svg(
            _HEXAGON.format(style=_style("#eef1f3", OKABE_ITO["grey"])), bars(ink=OKABE_ITO["grey"]), _strike("#5d666d")
        ),
        "prisons.unknown": _svg(
            _HEXAGON.format(style=_style("#ffffff", OKABE_ITO["grey"], 1.8, "2 2")), bars(ink=OKABE_ITO["grey"])
        ),
    }


def _facilities() -> dict[str, str]:
    out: dict[str, str] = {}
    green, grey = "#00785a", OKABE_ITO["grey"]
    for kind, pictogram in _PICTOGRAMS.items():
        shape = _SHIELD if kind == "police" else _CIRCLE
        out |= {
            f"{kind}.open": _svg(shape.format(style=_style(green, "#ffffff", 1.4)), pictogram.format(ink="#ffffff")),
            f"{kind}.limited": _svg(shape.format(style=_style("#ffffff", green, 2.2)), pictogram.format(ink=green)),
            f"{kind}.moved": _svg(
                shape.format(style=_style("#ffffff", green, 2.2, "6 2.5")), pictogram.format(ink=green)
            ),
            f"{kind}.closed": _svg(
                shape.format(style=_style("#f3e9e2", OKABE_ITO["vermillion"], 2)),
                pictogram.format(ink="#7a3a10"),
                _strike(OKABE_ITO["vermillion"]),
            ),
            f"{kind}.unknown": _svg(
                shape.format(style=_style("#ffffff", grey, 1.8, "2 2")), pictogram.format(ink=grey)
            ),
        }
    return out


_EVENTS: Final = {
    "violence": (
        OKABE_ITO["vermillion"],
        '<path d="M12 3.4 21.6 20H2.4Z" {0} stroke-linejoin="round"/>',
        "#ffffff",
        1.6,
    ),
    "operations": (OKABE_ITO["blue"], '<path d="M12 2.6 21.4 12 12 21.4 2.6 12Z" {0}/>', "#ffffff", 1.6),
    "mission": (OKABE_ITO["sky"], '<circle cx="12" cy="12" r="8.6" {0}/>', INK, 1.4),
    "prisons": (OKABE_ITO["purple"], '<path d="M12 2.2 20.6 7v10L12 21.8 3.4 17V7Z" {0}/>', INK, 1.4),
    "services": (OKABE_ITO["green"], '<rect x="4" y="4" width="16" height="16" {0}/>', "#ffffff", 1.6),
    "displacement": (OKABE_ITO["orange"], '<path d="M12 3 21 10v10.6H3V10Z" {0} stroke-linejoin="round"/>', INK, 1.4),
    "health": (LANE_COLOURS["health"], '<path d="M9 3h6v6h6v6h-6v6H9v-6H3V9h6Z" {0}/>', "#ffffff", 1.4),
}
"""Group of events -> colour, shape, outline and its width."""

_RINGS: Final = {
    "political": (
        OKABE_ITO["grey"],
        f'<circle cx="12" cy="12" r="7.4" {_style("#ffffff", "#4d5860", 2.2)}/>'
        '<circle cx="12" cy="12" r="2.6" fill="#4d5860"/>',
    ),
    "planned": (
        "#7d8790",
        f'<circle cx="12" cy="12" r="8.4" {_style("#ffffff", INK, 2)} stroke-dasharray="3 2.6"/>',
    ),
}
"""The same for those that are hollow: colour of their part of a bar, and the drawing."""

GROUP_COLOURS: Final = {f"events.{name}": look[0] for name, look in (*_EVENTS.items(), *_RINGS.items())}
"""Group of events -> colour of its symbol and of its part of a bar."""


def _events() -> dict[str, str]:
    drawn = {
        name: _svg(shape.format(_style(colour, outline, width)))
        for name, (colour, shape, outline, width) in _EVENTS.items()
    }
    drawn |= {name: _svg(drawing) for name, (_colour, drawing) in _RINGS.items()}
    return {f"events.{name}": svg for name, svg in drawn.items()}


_TILES: Final = {
    "dense": (7, "M-1 1 1-1M0 7 7 0M6 8 8 6"),
    "cross": (9, "M-1 1 1-1M0 9 9 0M8 10 10 8M-1 8 1 10M0 0 9 9M8-1 10 1"),
    "sparse": (12, "M-1 1 1-1M0 12 12 0M11 13 13 11"),
    "dots": (8, "M4 3v2M3 4h2"),
}
"""Hatch of a zone level: tile size in pixels and the strokes on it, drawn so that tiles join without a seam."""


AREA_TINT, SPOT_TINT = 0.1, 0.36
"""Opacity of the ground of a hatch: pale over a whole commune, strong for a spot, which fades by itself."""


def _pattern(identifier: str, level: str, tint: float = AREA_TINT) -> str:
    style = ZONE_STYLES[level]
    size, strokes = _TILES[str(style["pattern"])]
    return (
        f'<pattern id="{identifier}" width="{size}" height="{size}" patternUnits="userSpaceOnUse">'
        f'<rect width="{size}" height="{size}" fill="{style["color"]}" fill-opacity="{tint}"/>'
        f'<path d="{strokes}" stroke="{style["color"]}" stroke-width="1.1" stroke-opacity="0.75" fill="none"/>'
        "</pattern>"
    )


def zone_patterns() -> str:
    """
    SVG `<defs>` with two fill patterns per zone level, ids `zone-<level>` and `zone-<level>-spot`, and `silence`.

    `zone-spot` is the mask of a soft spot, opaque in its middle; `zone-clips` takes what the browser adds.
    """
    patterns = "".join(_pattern(f"zone-{level}", level) for level in ZONE_STYLES)
    patterns += "".join(_pattern(f"zone-{level}-spot", level, SPOT_TINT) for level in ZONE_STYLES)
    patterns += (
        '<pattern id="silence" width="9" height="9" patternUnits="userSpaceOnUse">'
        '<path d="M-1 8 1 10M0 0 9 9M8-1 10 1" stroke="#ffffff" stroke-width="3" fill="none"/>'
        '<path d="M-1 8 1 10M0 0 9 9M8-1 10 1" stroke="#22303a" stroke-width="1.2" fill="none"/></pattern>'
    )
    patterns += (
        '<radialGradient id="zone-fade"><stop offset="0" stop-color="#fff"/><stop offset=".4" stop-color="#fff" '
        'stop-opacity=".9"/><stop offset="1" stop-color="#fff" stop-opacity="0"/></radialGradient>'
        '<mask id="zone-spot" x="0" y="0" width="1" height="1" maskContentUnits="objectBoundingBox">'
        '<rect width="1" height="1" fill="url(#zone-fade)"/></mask><g id="zone-clips"/>'
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0"><defs>{patterns}</defs></svg>'


def _zones() -> dict[str, str]:
    out = {}
    for level, style in ZONE_STYLES.items():
        dash = str(style["dash"]) if style["dash"] else None
        frame = _style(f"url(#key-{level})", str(style["color"]), 1.8, dash)
        out[f"gang_zones.{level}"] = _svg(
            f"<defs>{_pattern(f'key-{level}', level)}</defs>",
            f'<rect x="2" y="4" width="20" height="16" rx="2" {frame}/>',
        )
    return out


def _zone_keys() -> dict[str, str]:
    """What hatch, spot and border mean, whatever the level."""
    ink = "#5c6b76"
    return {
        "zone_units": _svg(
            f'<path d="M4 5 13 2l8 6-2 12-10 2-6-7Z" {_style(ink, ink, 1.6)} fill-opacity=".14"/>'
            f'<path d="M5 12 13 4M7 18 19 6M11 21 20 12" stroke="{ink}" stroke-width="1.3"/>'
        ),
        "zone_spot": _svg(
            f'<defs><radialGradient id="key-spot"><stop offset=".2" stop-color="{ink}" stop-opacity=".75"/>'
            f'<stop offset="1" stop-color="{ink}" stop-opacity="0"/></radialGradient></defs>'
            '<circle cx="12" cy="12" r="10.5" fill="url(#key-spot)"/>'
        ),
        "zone_count": _svg(
            f'<path d="M3 5 13 2l8 6-2 12-10 2-6-7Z" fill="none" stroke="{ink}" stroke-width="1.2"/>'
            f'<path d="M6 7 12.6 5 18 9l-1.4 8.6L9.6 19 6 14Z" fill="none" stroke="{ink}" stroke-width="3.4" '
            'stroke-dasharray="1.2 1.6"/>'
        ),
    }


def _boundaries() -> dict[str, str]:
    line = '<path d="M2 16 8 9l6 5 8-8" fill="none" stroke="#5c6b76" stroke-width="{0}" stroke-dasharray="{1}"/>'
    return {"departments": _svg(line.format(2.4, "none")), "communes": _svg(line.format(1.6, "2 2"))}


def _imports() -> dict[str, str]:
    """What people brought along: yellow with a line of ink, like nothing of our own."""
    yellow = OKABE_ITO["yellow"]
    return {
        "imports.points": _svg(f'<circle cx="12" cy="12" r="6" {_style(yellow, INK, 2)}/>'),
        "imports.archives": _svg(f'<path d="M12 2.6 20 7.3v9.4L12 21.4 4 16.7V7.3Z" {_style("#6aaed6", INK, 1.8)}/>'),
        "imports.shapes": _svg(
            f'<path d="M4 8 12 4l8 5-3 10H7Z" fill-opacity="0.4" {_style(yellow, INK, 1.8, "5 2")}/>'
        ),
    }


CLOSURE: Final = "#8b1a1a"
"""Colour of a road that is closed in a plan."""


def _plan() -> dict[str, str]:
    """Bases in a plan: standing ones solid, every proposal dashed, what is off pale; and the shades of the cells."""
    blue, tent = OKABE_ITO["blue"], _TENT.format
    bases = _bases()
    swatch = '<path d="M12 3 20 7.6v8.8L12 21 4 16.4V7.6Z" {0}/>'
    return {
        "plan.standing": bases["fobs.operational"],
        "plan.closed": bases["fobs.closed"],
        "plan.on": _svg(_SQUARE.format(style=_style("#bfe0f5", blue, 2.2, "4 2.2")), tent(ink=blue)),
        "plan.closure": _svg(
            f'<path d="M2 12H22" fill="none" stroke="{CLOSURE}" stroke-width="3" stroke-dasharray="6 4"/>'
        ),
        "plan.off": _svg(_SQUARE.format(style=_style("#ffffff", "#7d8b95", 1.8, "2.4 2.4")), tent(ink="#7d8b95")),
        **{
            f"cells.{letter}": _svg(swatch.format(f'fill="{fill}" fill-opacity="{opacity}" stroke="#8b98a1"'))
            for letter, (fill, opacity) in CELL_FILLS.items()
        },
    }


QGIS_MARKERS: Final[dict[str, dict[str, tuple[str, str, str]]]] = {
    "fobs": {
        "operational": ("square", OKABE_ITO["blue"], "#ffffff"),
        "handed_over": ("square", "#ffffff", OKABE_ITO["blue"]),
        "planned": ("diamond", "#ffffff", OKABE_ITO["blue"]),
        "": ("square", "#eef1f3", OKABE_ITO["grey"]),
    },
    "prisons": {
        "functioning": ("hexagon", "#3d3450", "#ffffff"),
        "emptied": ("hexagon", "#ffffff", OKABE_ITO["vermillion"]),
        "": ("hexagon", "#eef1f3", OKABE_ITO["grey"]),
    },
    "facilities": {
        "open": ("circle", OKABE_ITO["green"], "#ffffff"),
        "closed": ("circle", "#f3e9e2", OKABE_ITO["vermillion"]),
        "": ("circle", "#ffffff", OKABE_ITO["green"]),
    },
    "events": {"": ("triangle", OKABE_ITO["vermillion"], "#ffffff")},
    "places": {"": ("circle", "#4d5860", "#ffffff")},
}
"""The same for QGIS: layer -> status -> shape, fill, outline; the last, without a name, is for all others."""

QGIS_HATCHES: Final = {
    "controlled": "f_diagonal",
    "contested": "diagonal_x",
    "influence": "b_diagonal",
    "attacks": "dense6",
}
"""Level of a zone -> hatch of QGIS."""


def glyphs() -> dict[str, str]:
    """Symbol name (`fobs.operational`, `court.open`, `events.violence`, ...) -> SVG text on a 24 x 24 grid."""
    return {
        **_boundaries(),
        **_bases(),
        **_prisons(),
        **_zones(),
        **_zone_keys(),
        **_facilities(),
        **_events(),
        **_imports(),
        **_plan(),
    }

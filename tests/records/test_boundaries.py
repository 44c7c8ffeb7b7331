"""The official boundaries as they ship: one coverage, one coast, codes that stay, areas as the source has them."""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict

import numpy as np
import pytest
import shapely
from small_data import ROOT

from mssmap.crs import METRIC
from mssmap.records import catalog

INPUTS = ROOT / "scripts" / "geodata_inputs"
LEVELS = {"sections": 570, "communes": 140, "arrondissements": 42, "departments": 10}
PARENTS = {"sections": "communes", "communes": "arrondissements", "arrondissements": "departments"}


@pytest.fixture(scope="module")
def data():
    return catalog.open_data()


@pytest.fixture(scope="module")
def source():
    """Return P-code and outline of each section of the source, at full detail."""
    features = json.loads(gzip.decompress((INPUTS / "sections_codab2018.geojson.gz").read_bytes()))["features"]
    return [(item["properties"], shapely.from_geojson(json.dumps(item["geometry"]))) for item in features]


def shapes_of(data, layer):
    return dict(zip(data[layer]["pcode"], data[layer].geometry, strict=True))


def outline(shapes):
    return shapely.normalize(shapely.coverage_union_all(list(shapes)))


@pytest.mark.parametrize(("layer", "count"), LEVELS.items())
def test_a_level_has_neither_overlap_nor_gap(data, layer, count):
    shapes = data[layer].geometry.to_numpy()
    assert len(shapes) == count
    assert shapely.coverage_is_valid(shapes)
    assert all(len(part.interiors) == 0 for part in shapely.get_parts(shapely.coverage_union_all(shapes)))


@pytest.mark.parametrize(("layer", "parent"), PARENTS.items())
def test_an_area_is_the_union_of_those_in_it(data, layer, parent):
    members = defaultdict(list)
    for row in data[layer].itertuples():
        members[row.parent_pcode].append(row.geometry)
    whole = shapes_of(data, parent)
    assert set(members) == set(whole)
    assert [pcode for pcode in whole if outline(members[pcode]) != shapely.normalize(whole[pcode])] == []


def test_all_levels_have_the_coast_of_the_land(data):
    coasts = {layer: outline(data[layer].geometry) for layer in (*LEVELS, "land")}
    assert all(coast == coasts["land"] for coast in coasts.values())
    islets = data["islets"].geometry.union_all()
    assert islets.intersection(coasts["land"]).area == 0


def test_the_bay_of_the_capital_is_no_polygon_of_twelve_corners(data):
    bay = shapely.box(-72.40, 18.52, -72.28, 18.62)
    coast = data["land"].geometry.union_all().boundary.intersection(bay)
    assert shapely.get_num_coordinates(coast) > 60, "28 before, 29 in the OpenStreetMap extract"


def test_codes_names_and_populations_are_those_of_before(data, frozen):
    columns = ["pcode", "name_fr", "name_en", "name_ht", "name_es", "parent_pcode", "population", "chef_lieu"]
    for layer in ("communes", "arrondissements", "departments"):
        assert data[layer][columns].equals(frozen[layer][columns])
    assert data["communes"]["population"].sum() == 10_911_819
    with (INPUTS / "pcodes.csv").open(encoding="utf-8", newline="") as file:
        assert {row["pcode"] for row in csv.DictReader(file)} == {*shapes_of(data, "communes")} | {
            *shapes_of(data, "arrondissements"),
            *shapes_of(data, "departments"),
        }


def test_a_section_is_numbered_within_its_commune(data, source):
    assert [said["adm3_pcode"] for said, _ in source] == data["sections"]["pcode"].tolist()
    rows = data["sections"].set_index("pcode")
    assert rows.loc["HT0111-01", ["name_fr", "number", "parent_pcode"]].tolist() == ["Turgeau", 1, "HT0111"]
    assert (rows["parent_pcode"] == rows.index.str[:6]).all()


def test_areas_are_within_one_percent_of_the_official_ones(data, source):
    official = defaultdict(float)
    for said, _ in source:
        official[said["adm2_pcode"]] += said["area_km2"]
    rows = data["communes"].set_index("pcode")
    ratio = rows["area_km2"] / rows.index.map(official)
    assert ratio.between(0.99, 1.01).all(), ratio[~ratio.between(0.99, 1.01)]
    assert rows["area_km2"].sum() == pytest.approx(26_964, abs=5), "27,184 before"
    assert rows.loc["HT0111", "area_km2"] == pytest.approx(18.37 + 8.96 + 7.2, abs=0.5)


@pytest.mark.parametrize(("pcode", "before"), [("HT0723", 0.17), ("HT0214", 0.55), ("HT0631", 0.56), ("HT0721", 0.57)])
def test_communes_that_were_wrong_by_far_lie_where_the_source_has_them(data, source, pcode, before):
    """Arniquet, La Vallée-de-Jacmel, Lascahobas and Port-Salut; `before` is intersection over union until now."""
    official = shapely.coverage_union_all([shape for said, shape in source if said["adm2_pcode"] == pcode])
    ours = shapes_of(data, "communes")[pcode]
    assert official.intersection(ours).area / official.union(ours).area > 0.98 > before


def test_borders_moved_by_less_than_they_are_said_to(data, source):
    """The accuracy of the catalog: 3 m in the middle, 99 of 100 by less than 50 m."""
    lines = data["sections"].to_crs(METRIC).geometry.boundary.to_numpy()
    some = source[::20]
    full = data["sections"].iloc[::20].set_geometry([shape for _, shape in some], crs=data["sections"].crs)
    moved = [
        shapely.distance(shapely.points(shapely.get_coordinates(shapely.segmentize(shape.boundary, 50))), line)
        for shape, line in zip(full.to_crs(METRIC).geometry, lines[::20], strict=True)
    ]
    assert np.percentile(np.concatenate(moved), [50, 99]).tolist() == [
        pytest.approx(3.3, abs=1),
        pytest.approx(46, abs=4),
    ]

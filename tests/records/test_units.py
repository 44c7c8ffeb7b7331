"""Zones by unit, on two squares that can be counted by hand: Alpha (HT0111) west of Beta (HT0121)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
import shapely

from mssmap.records import units, views
from mssmap.records.catalog import Data

DAY = "2025-06-30"


def assessed(data: Data, **more: Any) -> Data:
    """Return data in which the one assessment of the one zone says more."""
    status = data["status"].copy()
    for name, value in {"share_pct": None, **more}.items():
        status.loc[status["record_id"] == "zone-b", name] = value
    return replace(data, frames={**data.frames, "status": status})


def moved(data: Data, **more: Any) -> Data:
    """Return data in which the zone has other columns."""
    return replace(data, frames={**data.frames, "gang_zones": data["gang_zones"].assign(**more)})


def zone(data: Data, on: Any) -> pd.Series:
    return views.layer(data, "gang_zones", on(DAY)).iloc[0]


def test_a_place_is_a_point_with_its_uncertainty(small, on):
    found = zone(small, on)
    assert (found["extent"], found["unit"], found["uncertainty_m"]) == ("spot", "place", 1000)
    assert found.geometry.equals(shapely.Point(-72.25, 18.55))
    assert found["commune_pcodes"] == "HT0121"


def test_an_assessment_that_names_another_unit_overrides_the_zone(small, on):
    found = zone(assessed(small, unit="commune", unit_pcodes="HT0121"), on)
    assert (found["extent"], found["unit_pcodes"]) == ("units", "HT0121")
    assert found.geometry.equals(shapely.box(-72.3, 18.5, -72.2, 18.6))
    # The farthest corner is 0.05 degrees east (5.3 km) and north (5.5 km) of the point: 7.6 km, to the next 100 m.
    assert found["uncertainty_m"] == 7700


def test_an_assessment_may_override_the_uncertainty_alone(small, on):
    # 0.05 degrees of longitude are 5.3 km: with 6 km the place may lie in Alpha as well, its own commune comes first.
    found = zone(assessed(small, uncertainty_m=6000.0), on)
    assert (found["extent"], found["uncertainty_m"]) == ("spot", 6000)
    assert found["commune_pcodes"] == "HT0121;HT0111"


def test_units_that_touch_are_one_shape(small, on):
    found = zone(assessed(small, unit="commune", unit_pcodes="HT0111;HT0121"), on)
    assert found.geometry.is_valid
    assert found.geometry.symmetric_difference(shapely.box(-72.4, 18.5, -72.2, 18.6)).area < 1e-9


def test_a_share_is_a_figure_at_a_point(small, on):
    found = zone(assessed(small, unit="commune", unit_pcodes="HT0111;HT0121", share_pct=90.0), on)
    assert (found["extent"], found.geometry.geom_type, found["commune_pcodes"]) == ("share", "Point", "")


def test_a_count_is_the_department_of_which_no_commune_is_named(small, on):
    found = zone(assessed(small, unit="department", unit_pcodes="HT01", communes_affected=2), on)
    assert (found["extent"], found["communes_affected"], found["commune_pcodes"]) == ("count", 2, "")
    assert found.geometry.equals(shapely.box(-72.4, 18.5, -72.2, 18.6))


def test_the_circle_of_a_package_of_before_becomes_a_place(small, on):
    before = small["gang_zones"].drop(columns=list(units.COLUMNS)).assign(radius_km=2.5)
    found = zone(replace(small, frames={**small.frames, "gang_zones": before}), on)
    assert (found["extent"], found["uncertainty_m"]) == ("spot", 2500)


@pytest.mark.parametrize("pcodes", ["HT0199", ""])
def test_a_unit_without_an_outline_is_a_point(small, on, pcodes):
    found = zone(moved(small, unit="commune", unit_pcodes=pcodes, uncertainty_m=float("nan")), on)
    assert found.geometry.geom_type == "Point"
    assert pd.isna(found["uncertainty_m"])


def test_every_zone_of_the_real_data_names_its_unit_and_uncertainty(real, on):
    for day in ("2025-01-18", "2026-02-20"):
        zones = views.layer(real, "gang_zones", on(day))
        assert zones["uncertainty_m"].gt(0).all()
        named = zones[zones["unit"] != "place"]
        assert (named["unit_pcodes"] != "").all()
        assert set(zones["extent"]) <= set(units.EXTENTS)

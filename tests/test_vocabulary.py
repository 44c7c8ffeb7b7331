"""Errors, reference systems, settings: the words everything else is built from."""

from __future__ import annotations

from datetime import date, datetime

import geopandas as gpd
import pytest

from mssmap import crs, errors, settings
from mssmap.errors import CrsError, DataError, Fault, InputError, MssmapError, NotFoundError


@pytest.mark.parametrize(
    ("error", "builtin"),
    [(CrsError, ValueError), (DataError, ValueError), (InputError, ValueError), (NotFoundError, LookupError)],
)
def test_every_error_is_also_a_builtin(error, builtin):
    assert issubclass(error, MssmapError)
    assert issubclass(error, builtin)


def test_a_fault_reads_on_one_line_even_if_the_data_do_not():
    fault = Fault("tables/a.csv", 3, "title", "'two\nlines'", "one line", "Join\nthem.", record="a-1")
    assert str(fault) == "tables/a.csv row 3 (a-1), title: found 'two lines', required one line. Join them."


def test_data_error_carries_its_faults():
    fault = Fault("a", None, "", "b", "c")
    assert DataError("no", [fault]).faults == (fault,)


def test_faults_are_summarised_by_file():
    faults = [Fault("a", 1, "", "", ""), Fault("b", 1, "", "", ""), Fault("b", 2, "", "", "")]
    assert errors.summarise(faults) == "a: 1 fault; b: 2 faults"


def points(code: str | None) -> gpd.GeoSeries:
    return gpd.GeoSeries.from_xy([0], [0], crs=code)


def test_metres_are_accepted_and_degrees_are_not():
    crs.require_crs(points(crs.METRIC), "bases", crs.METRIC, "metres")
    with pytest.raises(CrsError, match=r"^bases: distances need EPSG:32618 .*found EPSG:4326.*to_crs"):
        crs.require_crs(points(crs.WGS84), "bases", crs.METRIC, "metres")


def test_a_layer_without_crs_is_told_to_set_one():
    with pytest.raises(CrsError, match=r"found no CRS.*set_crs"):
        crs.require_crs(points(None), "bases", crs.METRIC, "metres")


def test_settings_have_defaults_and_ignore_empty_variables():
    found = settings.load({"MSSMAP_BASEMAP": " ", "MSSMAP_PORT": "9000"})
    assert (found.basemap, found.port, found.today) == ("local", 9000, None)
    assert found.database_url.endswith("mssmap/store.db")
    assert found.data_dir.name == "data"


def test_every_setting_is_in_the_table_once_and_explained():
    names = [setting.name for setting in settings.SETTINGS]
    assert len(names) == len(set(names))
    assert all(name.startswith("MSSMAP_") for name in names)
    assert all(setting.help.endswith(".") for setting in settings.SETTINGS)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("MSSMAP_BASEMAP", "google", r"MSSMAP_BASEMAP: found 'google', required one of local, hot, clearmap"),
        ("MSSMAP_PORT", "0", r"MSSMAP_PORT: found '0', required a number"),
        ("MSSMAP_TODAY", "tomorrow", r"MSSMAP_TODAY: found 'tomorrow', required a date"),
    ],
)
def test_a_bad_setting_is_named(name, value, message):
    with pytest.raises(InputError, match=message):
        settings.load({name: value})


def test_today_can_be_set_for_a_drill():
    assert settings.today({"MSSMAP_TODAY": "2025-01-18"}) == date(2025, 1, 18)


@pytest.mark.parametrize("value", ["2025-01-18", date(2025, 1, 18), datetime(2025, 1, 18, 2, 0)])
def test_a_date_may_be_text_or_date(value):
    assert settings.parse_date(value, "as_of") == date(2025, 1, 18)


@pytest.mark.parametrize(
    "value", ["", "18/01/2025", "2025-02-30", "20250118", "2025-W03-6", "0001-01-01", "9999-01-01"]
)
def test_what_is_no_date_is_refused(value):
    with pytest.raises(InputError, match=r"as_of: found .*YYYY-MM-DD"):
        settings.parse_date(value, "as_of")

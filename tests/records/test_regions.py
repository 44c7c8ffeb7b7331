"""Regions of the small folder: Ouest (HT01) with Alpha-Goâve (HT0111) and Bêta (HT0121)."""

from __future__ import annotations

import pandas as pd
import pytest

from mssmap.errors import InputError, NotFoundError
from mssmap.records import regions


@pytest.mark.parametrize(
    ("text", "pcode"),
    [
        ("HT0111", "HT0111"),
        ("ht0111", "HT0111"),
        ("Alpha-Goâve", "HT0111"),
        ("ALPHA GOAVE", "HT0111"),
        ("beta", "HT0121"),
        ("Bèta", "HT0121"),
        ("west", "HT01"),
        ("Lwès", "HT01"),
        ("Haïti", "HT"),
        ("HT", "HT"),
    ],
)
def test_a_region_is_found_by_code_and_by_any_name(small, text, pcode):
    assert regions.find(small, text).pcode == pcode


def test_a_misspelt_name_gets_a_suggestion(small):
    with pytest.raises(NotFoundError, match=r"region: 'Alpha Goav' is not .* Did you mean Alpha-Goâve \(HT0111\)\?"):
        regions.find(small, "Alpha Goav")


def test_a_name_falls_back_to_french(small):
    beta, alpha = regions.find(small, "HT0121"), regions.find(small, "HT0111")
    assert (beta.name("ht"), beta.name("es"), alpha.name("en")) == ("Bèta", "Bêta", "Alpha-Goâve")


@pytest.mark.parametrize(
    ("pcode", "level", "parent", "department"),
    [
        ("HT", "country", None, None),
        ("HT01", "department", "HT", "HT01"),
        ("HT011", "arrondissement", "HT01", "HT01"),
        ("HT0111", "commune", "HT011", "HT01"),
    ],
)
def test_pcodes_nest_by_prefix(pcode, level, parent, department):
    assert (regions.level(pcode), regions.parent(pcode), regions.department(pcode)) == (level, parent, department)


@pytest.mark.parametrize("pcode", ["", "FR01", "HT1", "HT01111", "HT0A", "ht01"])
def test_what_is_no_pcode_is_refused(pcode):
    with pytest.raises(InputError, match=r"region: found .*required a P-code such as HT01"):
        regions.level(pcode)


PLACES = pd.DataFrame(
    {
        "commune_pcode": ["HT0111", "HT0121", "", "", ""],
        "department_pcode": ["HT01", "HT01", "HT01", "", ""],
        "country": ["HTI", "HTI", "HTI", "HTI", "KEN"],
    },
    index=["alpha", "beta", "somewhere in ouest", "nationwide", "nairobi"],
)


@pytest.mark.parametrize(
    ("pcode", "sure", "maybe"),
    [
        ("HT0111", ["alpha"], ["somewhere in ouest", "nationwide"]),
        ("HT011", ["alpha"], ["somewhere in ouest", "nationwide"]),
        ("HT01", ["alpha", "beta", "somewhere in ouest"], ["nationwide"]),
        ("HT02", [], ["nationwide"]),
        ("HT", list(PLACES.index), []),
    ],
)
def test_what_surely_and_what_maybe_lies_in_a_region(pcode, sure, maybe):
    assert PLACES.index[regions.within(PLACES, pcode)].tolist() == sure
    assert PLACES.index[regions.maybe_within(PLACES, pcode)].tolist() == maybe


def test_an_area_is_in_a_region_by_its_code():
    rows = pd.DataFrame({"area_pcode": ["HT", "HT01", "HT0111"]})
    assert regions.within(rows, "HT01").tolist() == [False, True, True]


def test_rows_without_a_place_cannot_be_asked():
    with pytest.raises(InputError, match=r"region: these records have no place"):
        regions.within(pd.DataFrame({"a": [1]}), "HT01")


@pytest.mark.parametrize(
    ("lon", "lat", "pcode"),
    [(-72.35, 18.55, "HT0111"), (-72.25, 18.55, "HT0121"), (-73.5, 18.55, None)],
)
def test_a_point_lies_in_a_commune_or_in_the_sea(small, lon, lat, pcode):
    found = regions.at(small, lon, lat)
    assert (found.pcode if found else None) == pcode

"""What a person wrote comes out of a file, whoever wrote it and however; or a refusal that is true."""

from __future__ import annotations

import io
import os
from pathlib import Path

import geopandas as gpd
import openpyxl
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mssmap import ingest
from mssmap.ingest import letters, mapping, prepare
from mssmap.records.catalog import Data

from . import forms, people

SOAK = os.environ.get("MSSMAP_SOAK") == "1"
CASES = 50_000 if SOAK else int(os.environ.get("MSSMAP_FILES", "50"))

pytestmark = pytest.mark.timeout(6 * 3_600 if SOAK else 300)


@pytest.mark.parametrize("writer", people.WRITERS)
def test_what_was_written_is_what_is_read(writer: str, small: Data, tmp_path: Path, one_process: None) -> None:
    @settings(
        max_examples=max(3, CASES // len(people.WRITERS)),
        deadline=None,
        derandomize=not SOAK,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**40))
    def read(seed: int) -> None:
        made = people.make(seed, writer)
        assert (people.wrong(made, small, tmp_path), made.how) == ("", made.how)

    read()


def test_a_name_that_a_shapefile_cut_is_understood(small: Data) -> None:
    frame = gpd.GeoDataFrame(columns=["reference", "incident d", "descriptio", "deaths", "geometry"])
    found = mapping.guess(frame)
    assert found.columns["date_from"] == ["incident d"]
    assert found.columns["title"] == ["descriptio"]


def test_features_of_a_flatgeobuf_without_a_shape_are_kept(small: Data, tmp_path: Path, one_process: None) -> None:
    points = [shapely.Point(-72.33, 18.54), None, None, shapely.Point(-72.31, 18.55)]
    frame = gpd.GeoDataFrame({"date": "2025-01-05", "title": list("abcd")}, geometry=points, crs=4326)
    pyogrio.write_dataframe(frame, tmp_path / "t.fgb", driver="FlatGeobuf", SPATIAL_INDEX="NO")
    reading = ingest.read(tmp_path / "t.fgb")
    made = prepare.prepare(reading, next(iter(reading.tables)), small, file="t.fgb")
    assert made.frame["lon"].isna().tolist() == [False, True, True, False]
    assert made.frame["title_en"].tolist() == list("abcd")


def test_a_sign_within_a_word_is_no_letter_of_windows() -> None:
    assert letters.bytewise("Gonaïves".encode("mac_roman")) == "mac_roman"
    assert letters.bytewise("l’été • à Gonaïves".encode("cp1252")) == "cp1252"


def test_titles_above_a_table_of_one_row_are_no_header(small: Data, tmp_path: Path, one_process: None) -> None:
    text = "Incidents en Haïti\nJanvier 2025\nid,title,coordinates,killed,date\n1,Attack,,2,2025-01-05\n"
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    reading = ingest.read(tmp_path / "t.csv")
    made = prepare.prepare(reading, "t", small, file="t.csv")
    assert (made.kind, made.frame["title_en"].tolist()) == ("events", ["Attack"])


def test_a_formula_without_its_result_is_told(small: Data, tmp_path: Path, one_process: None) -> None:
    book = openpyxl.Workbook()
    for row in (["date", "title", "killed"], ["2025-01-05", "Attack", "=1+2"], ["2025-01-06", "Riot", 4]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    (tmp_path / "t.xlsx").write_bytes(out.getvalue())
    reading = ingest.read(tmp_path / "t.xlsx")
    made = prepare.prepare(reading, "Sheet", small, file="t.xlsx")
    (fault,) = made.faults
    assert (fault.row, fault.column, fault.found) == (2, "killed", "a formula without its result")
    assert made.frame["figure_min"].isna().tolist() == [True, False]


def test_the_page_about_imports_is_what_the_reader_does(small: Data, tmp_path: Path, one_process: None) -> None:
    page = Path(__file__).parents[2] / "docs" / "imports.md"
    assert forms.document(small, tmp_path) == page.read_text(encoding="utf-8")

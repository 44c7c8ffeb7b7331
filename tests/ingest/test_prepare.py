"""Foreign tables become ours: recognised, mapped, checked, compared with what is known; on two small communes."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from mssmap import ingest
from mssmap.crs import METRIC
from mssmap.errors import InputError
from mssmap.ingest import days, mapping, prepare, recognise
from mssmap.ingest.delimited import GDELT_COLUMNS
from mssmap.ingest.mapping import Mapping, Source
from mssmap.ingest.reading import Reading


def table(rows: list[dict[str, object]], first: int = 2) -> pd.DataFrame:
    """Return rows as the reader gives a CSV file: text, counted from the second row."""
    frame = pd.DataFrame(rows).fillna("").astype("str")
    return frame.set_axis(pd.Index(range(first, first + len(frame)), name="row"))


def made(data, rows, chosen=None, name="t") -> prepare.Imported:
    frame = rows if isinstance(rows, pd.DataFrame) else table(rows)
    return prepare.prepare(Reading("csv", {name: frame}), name, data, chosen, file="t.csv")


def only(imported: prepare.Imported) -> pd.Series:
    assert len(imported.frame) == 1
    return imported.frame.iloc[0]


ACLED = {
    **{"event_id_cnty": "HTI123", "event_date": "2025-01-18", "time_precision": "1", "event_type": "Battles"},
    **{"sub_event_type": "Armed clash", "actor1": "G-Pep", "actor2": "Police", "country": "Haiti", "admin1": "Ouest"},
    **{"admin2": "Port-au-Prince", "admin3": "Alpha-Goâve", "location": "Alpha", "latitude": "18.55"},
    **{"longitude": "-72.35", "geo_precision": "1", "source": "Daily", "notes": "Shots.", "fatalities": "3"},
    **{"timestamp": "1737590400"},
}
UCDP = {
    **{"id": "99", "type_of_violence": "2", "dyad_name": "G9 - GPep", "side_a": "G9", "side_b": "GPep"},
    **{"where_prec": "4", "where_coordinates": "Alpha town", "adm_1": "Ouest department", "date_prec": "4"},
    **{"latitude": "18.55", "longitude": "-72.35", "country": "Haiti", "date_start": "2024-03-01 00:00:00.000"},
    **{"date_end": "2024-03-31 00:00:00.000", "best": "4", "high": "9", "low": "2"},
}
HAPI = {
    **{"location_code": "HTI", "admin1_code": "HT01", "admin1_name": "Ouest", "admin2_code": "HT0111"},
    **{"admin2_name": "Alpha", "event_type": "civilian_targeting", "events": "7", "fatalities": "5"},
    **{"reference_period_start": "2024-03-01", "reference_period_end": "2024-03-31"},
}
DTM = {
    **{"operation": "Displacement", "admin0Pcode": "HTI", "admin1Name": "Ouest", "admin1Pcode": "HT01"},
    **{"admin2Name": "", "admin2Pcode": "", "numPresentIdpInd": "1200", "reportingDate": "2024-09-30"},
}
GDELT = dict.fromkeys(GDELT_COLUMNS, "") | {
    **{"GLOBALEVENTID": "1", "SQLDATE": "20250118", "EventRootCode": "14", "Actor1Name": "POLICE"},
    **{"ActionGeo_Type": "4", "ActionGeo_FullName": "Alpha, Haiti", "ActionGeo_CountryCode": "HA"},
    **{"ActionGeo_Lat": "18.55", "ActionGeo_Long": "-72.35", "SOURCEURL": "https://x.org"},
}
KNOWN = {"acled": ACLED, "ucdp": UCDP, "hapi": HAPI, "dtm": DTM, "gdelt": GDELT}


@pytest.mark.parametrize("kind", KNOWN)
def test_known_files_are_recognised_by_their_columns(kind):
    found = recognise.recognise(table([KNOWN[kind]]))
    assert found is not None
    assert found.id == kind
    assert found.mapping.source.licence
    assert found.mapping.source.attribution


@pytest.mark.parametrize("kind", KNOWN)
def test_capitals_do_not_matter(kind, small):
    rows = table([KNOWN[kind]])
    assert made(small, rows.rename(columns=str.upper)).recognised == kind


def test_acled(small):
    row = only(made(small, [ACLED]))
    assert row["event_id"] == "hti123"
    assert (row["category"], row["title_en"]) == ("battle", "Armed clash, Alpha")
    assert (row["commune_pcode"], row["department_pcode"]) == ("HT0111", "HT01")
    assert (row["lon"], row["lat"], row["location_precision"]) == (-72.35, 18.55, "neighbourhood")
    assert (row["figure_min"], row["figure_max"], row["figure_unit"]) == (3, 3, "killed")
    assert row["known_from"] == pd.Timestamp("2025-01-23")  # when ACLED published it
    assert row["known_precision"] == "day"
    assert row["actors"] == "G-Pep; Police"


def test_ucdp_keeps_the_range_and_says_how_coarse_it_is(small):
    row = only(made(small, [UCDP]))
    assert (row["figure_min"], row["figure_max"]) == (2, 9)
    assert (row["date_precision"], row["location_precision"]) == ("month", "department")
    assert (row["valid_from"], row["valid_to"]) == (pd.Timestamp("2024-03-01"), pd.Timestamp("2024-03-31"))


def test_numbers_by_area_are_no_points(small):
    row = only(made(small, [HAPI]))
    assert pd.isna(row["lon"])
    assert (row["location_precision"], row["commune_pcode"]) == ("commune", "HT0111")
    assert (row["figure_min"], row["figure_unit"], row["note"]) == (7, "events", "fatalities: 5")
    row = only(made(small, [DTM]))
    assert (row["location_precision"], row["department_pcode"]) == ("department", "HT01")
    assert (row["category"], row["figure_min"], row["figure_unit"]) == ("displacement", 1200, "IDPs")


def test_gdelt_is_read_without_its_header(small, tmp_path):
    path = tmp_path / "20250118.export.CSV"
    path.write_text("\t".join(GDELT.values()) + "\n" + "\t".join((GDELT | {"GLOBALEVENTID": "2"}).values()) + "\n")
    reading = ingest.read(path)
    (rows,) = reading.tables.values()
    assert rows.index.tolist() == [1, 2]
    assert made(small, rows).recognised == "gdelt"
    assert any("those of GDELT 2.0" in note for note in reading.notes)


def test_gdelt(small):
    row = only(made(small, [GDELT]))
    assert (row["category"], row["valid_from"]) == ("demonstration", pd.Timestamp("2025-01-18"))
    assert row["location_precision"] == "commune"


def test_other_countries_and_tags_are_left_out_and_said(small):
    tags = dict.fromkeys(ACLED, "#tag")
    found = made(small, [tags, ACLED, {**ACLED, "event_id_cnty": "DOM1", "country": "Dominican Republic"}])
    assert len(found.frame) == 1
    assert any(note.startswith("2 rows are empty, tags or about other countries") for note in found.notes)


def test_a_file_about_elsewhere_is_refused(small):
    with pytest.raises(InputError, match=r"^t: found no row about Haiti, required at least one\. Check country"):
        made(small, [{**ACLED, "country": "Cuba"}])


@pytest.mark.parametrize("write", [str.upper, str.lower])
def test_outlines_are_recognised_in_both_column_schemas(small, write):
    shape = shapely.box(-72.4, 18.5, -72.3, 18.62)
    rows = gpd.GeoDataFrame(
        {write("ADM2_PCODE"): ["HT0111"], write("ADM1_PCODE"): ["HT01"]}, geometry=[shape], crs=4326
    )
    found = made(small, rows.set_axis(pd.Index([1], name="row")))
    assert (found.kind, found.recognised) == ("boundaries", "cod_adm2")
    assert found.frame["pcode"].tolist() == ["HT0111"]
    assert "1 of our 2 communes get these outlines." in found.notes


def test_communal_sections_are_a_layer_like_any_other(small):
    shape = shapely.box(-72.4, 18.5, -72.3, 18.62)
    columns = {f"ADM{level}_PCODE": ["x"] for level in (1, 2, 3)}
    rows = gpd.GeoDataFrame(columns, geometry=[shape], crs=4326, index=pd.Index([1], name="row"))
    assert made(small, rows).kind == "layer"


EVENT = {"date": "2025-01-18", "title": "Something", "lon": "-72.35", "lat": "18.55"}


@pytest.mark.parametrize(
    ("change", "column", "found", "required"),
    [
        pytest.param({"lon": "400"}, "geometry", "400, 18.55", "longitude within -180 to 180", id="longitude 400"),
        pytest.param({"lon": "many"}, "lon", "'many'", "a longitude in degrees", id="no number"),
        pytest.param({"lat": "inf"}, "lat", "'inf'", "a latitude in degrees", id="infinity"),
        pytest.param({"lon": "72.35"}, "geometry", "72.35, 18.55", "within longitude -75 to -71", id="east"),
        pytest.param({"lon": "2.35", "lat": "48.85"}, "geometry", "2.35, 48.85", "latitude 17.5 to 20.6", id="Paris"),
        pytest.param({"lon": "0", "lat": "0"}, "geometry", "0, 0", "within longitude", id="null island"),
        pytest.param({"date": "18/01/2025"}, "date", "'18/01/2025'", "written like most here", id="mixed dates"),
        pytest.param({"date": "2025-02-30"}, "date", "'2025-02-30'", "a date", id="30 February"),
        pytest.param({"date": ""}, "date", "''", "a date", id="no date"),
        pytest.param({"title": ""}, "title", "''", "words", id="no title"),
    ],
)
def test_each_fault_has_row_column_found_required(small, change, column, found, required):
    imported = made(small, [EVENT, {**EVENT, "title": "Other"}, {**EVENT, **change}])
    assert imported.frame.index.tolist() == [2, 3]
    fault = next(fault for fault in imported.faults if fault.kind == "contract")
    assert (fault.row, fault.column) == (4, column)
    assert found in fault.found
    assert required in fault.required


def test_a_foreign_category_is_kept_and_told_once(small):
    rows = [{**EVENT, "category": word} for word in ("Road block", "Kidnapping", "Road block")]
    item = made(small, [{**row, "id": str(i)} for i, row in enumerate(rows)])
    assert item.frame["category"].tolist() == ["road_block", "kidnapping", "road_block"]
    (fault,) = [fault for fault in item.faults if fault.column == "category"]
    assert (fault.row, fault.found, fault.kind) == (2, "'road_block'", "rule")
    assert fault.required.startswith("one of gang_attack, kidnapping, ")


def test_swapped_coordinates_are_put_right_and_flagged(small):
    row = only(found := made(small, [{**EVENT, "lon": "18.55", "lat": "-72.35"}]))
    assert (row["lon"], row["lat"]) == (-72.35, 18.55)
    assert row["note"] == "Repaired on import: longitude and latitude were swapped."
    assert found.repairs == {2: "longitude and latitude were swapped"}


def test_a_place_abroad_but_near_is_kept_and_flagged(small):
    found = made(small, [{**EVENT, "lon": "-71.2"}])
    assert len(found.frame) == 1
    (fault,) = found.faults
    assert (fault.kind, fault.row) == ("rule", 2)
    assert "lies abroad or at sea" in fault.hint


def layer(*shapes, crs=4326) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": [f"n{i}" for i in range(len(shapes))]},
        geometry=list(shapes),
        crs=crs,
        index=pd.Index(range(1, len(shapes) + 1), name="row"),
    )


def test_a_bow_tie_is_repaired_and_said(small):
    bow = shapely.Polygon([(-72.4, 18.5), (-72.3, 18.6), (-72.3, 18.5), (-72.4, 18.6)])
    found = made(small, layer(bow))
    assert shapely.is_valid(found.frame.geometry.iloc[0])
    assert found.frame["import_note"].tolist() == ["a shape that crossed itself was repaired"]


def test_metres_are_turned_into_degrees(small):
    found = made(small, layer(shapely.Point(-72.35, 18.55)).to_crs(METRIC))
    assert found.frame.geometry.iloc[0].distance(shapely.Point(-72.35, 18.55)) < 1e-9


def test_metres_without_a_coordinate_system_are_refused(small):
    with pytest.raises(
        InputError, match=r"^t: found coordinates such as 780000, 2\.05e\+06 without a coordinate system"
    ):
        made(small, layer(shapely.Point(780_000, 2_050_000), crs=None))


def test_places_of_a_layer_get_their_commune(small):
    found = made(small, layer(shapely.Point(-72.35, 18.55), shapely.Point(-72.25, 18.55), None))
    assert found.frame["commune_pcode"].tolist() == ["HT0111", "HT0121", ""]


def test_an_event_that_is_known_is_offered_and_stays(small):
    found = made(small, [{**EVENT, "date": "2024-03-02", "title": "Prison stormed by gangs"}])
    pair = found.duplicates.iloc[0]
    assert (pair["row"], pair["event_id"], pair["distance_km"]) == (2, "break-a", 0)
    assert len(found.frame) == 1
    assert prepare.without(found, [2]).frame.empty


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"date": "2024-03-03"}, id="another day"),
        pytest.param({"lon": "-72.25"}, id="10 km away"),
        pytest.param({"title": "Elections"}, id="something else"),
    ],
)
def test_other_events_are_not_offered(small, change):
    rows = [{**EVENT, "date": "2024-03-02", "title": "Prison stormed", **change}]
    assert made(small, rows).duplicates.empty


def test_the_same_content_has_the_same_id(small):
    assert made(small, [EVENT]).import_id == made(small, [EVENT]).import_id
    assert made(small, [EVENT]).import_id != made(small, [{**EVENT, "title": "x"}]).import_id


def test_a_mapping_is_guessed_saved_and_used_again(small):
    rows = table([{"Fecha": "18/01/2025", "Titulo": "Algo", "X": "-72,35", "Y": "18,55", "Comuna": "Bêta"}])
    guessed = mapping.guess(rows)
    assert guessed.kind == "events"
    again = mapping.loads(mapping.dumps(dataclasses.replace(guessed, source=Source(title="S", licence="CC0-1.0"))))
    row = only(found := made(small, rows, again))
    assert (row["valid_from"], row["lon"], row["commune_pcode"]) == (pd.Timestamp("2025-01-18"), -72.35, "HT0121")
    assert found.source.licence == "CC0-1.0"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "found no object"),
        ("{", "found no JSON"),
        ('{"colour": 1}', "found 'colour', required one of categories"),
        ('{"kind": "magic"}', "mapping, kind: found 'magic', required one of events"),
        ('{"columns": {"title": "a"}}', "columns: found something else than lists"),
        ('{"columns": {"nonsense": ["a"]}}', "found 'nonsense'"),
        ('{"source": {"x": 1}}', "mapping, source: found 'x'"),
    ],
)
def test_a_bad_mapping_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        mapping.loads(text)


def test_a_mapping_of_missing_columns_is_refused(small):
    with pytest.raises(
        InputError, match=r"^t: found no column 'when', required by the mapping\. There are date, title"
    ):
        made(small, [EVENT], Mapping(kind="events", columns={"date_from": ["when"], "title": ["title"]}))


@pytest.mark.parametrize(
    ("cells", "expected", "format", "unsure"),
    [
        (["2025-01-18", "2025-1-9"], ["2025-01-18", "2025-01-09"], "ymd", False),
        (["18/01/2025"], ["2025-01-18"], "dmy", False),
        (["01/18/2025", "02/03/2025"], ["2025-01-18", "2025-02-03"], "mdy", False),
        (["02/03/2025"], ["2025-03-02"], "dmy", True),
        (["20250118"], ["2025-01-18"], "compact", False),
        (["18 January 2025"], ["2025-01-18"], "words", False),
        (["2025-01-18T23:59:00Z"], ["2025-01-18"], "ymd", False),
        (["18.01.2025"], ["2025-01-18"], "dmy", False),
    ],
)
def test_dates(cells, expected, format, unsure):
    found = days.read(pd.Series(cells, dtype="str"))
    assert found.values.dt.strftime("%F").tolist() == expected
    assert (found.format, found.unsure) == (format, unsure)
    assert not found.bad.any()
    assert not found.far.any()


def test_days_outside_the_years_of_records_are_told_whatever_the_column(small):
    cells = ["2025-01-18", "1025-01-18", "2101-01-01"]
    for column in (pd.Series(cells), pd.Series(pd.to_datetime(cells).as_unit("s"))):
        found = days.read(column)
        assert found.far.tolist() == [False, True, True]
        assert found.values.notna().tolist() == [True, False, False]


def test_an_empty_date_leaves_its_row_out(small):
    """Empty as text and as a date of a typed column; it must not take the day of another row."""
    when = ["2025-01-18", "", "2025-01-20"]
    for column in (pd.Series(when), pd.to_datetime(pd.Series(when))):
        rows = pd.DataFrame({"date": column, "title": ["a", "b", "c"], "lat": 18.55, "lon": -72.35})
        imported = made(small, rows.set_axis(pd.Index([2, 3, 4], name="row")))
        assert imported.frame["valid_from"].dt.strftime("%F").tolist() == ["2025-01-18", "2025-01-20"]
        assert [(fault.row, fault.column) for fault in imported.faults] == [(3, "date")]


def test_own_ids_become_ids_that_can_stand_in_a_link(small):
    rows = [{**ACLED, "event_id_cnty": name} for name in ("Row 7/a", "  b?c ", "é")]
    assert made(small, rows).frame["event_id"].tolist() == ["row-7-a", "b-c", "row"]


def test_of_outlines_the_wrong_codes_are_told_and_no_others(small):
    shapes = small["communes"].geometry
    rows = gpd.GeoDataFrame({"pcode": ["HT0111", "HT9999"]}, geometry=list(shapes), crs=4326)
    rows = rows.set_axis(pd.Index([1, 2], name="row"))
    chosen = Mapping(kind="boundaries", columns={"commune": ["pcode"]})
    imported = made(small, rows, chosen)
    assert [(fault.row, fault.found) for fault in imported.faults] == [(2, "'HT9999'")]
    assert imported.frame["pcode"].tolist() == ["HT0111"]

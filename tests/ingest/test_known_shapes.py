"""Files of the field by their columns: totals of areas apart, our own exports, tables of HDX, ACLED of every year."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from mssmap import ingest
from mssmap.ingest import mapping, prepare, recognise, returned
from mssmap.ingest.reading import Reading
from mssmap.records.catalog import Data

DTM = (
    "id,operation,admin0Name,admin0Pcode,admin1Name,admin1Pcode,admin2Name,admin2Pcode,adminLevel,numPresentIdpInd,"
    "reportingDate,roundNumber,displacementReason,assessmentType\n"
    "#id,#operation,#country,#country+code,#adm1,#adm1+code,#adm2,#adm2+code,#adm+level,#affected,#date,#round,#r,#a\n"
    "1,Monitoring,Haiti,HTI,,,,,0,60,2024-05-31T00:00:00,7,Conflict,BA\n"
    "2,Monitoring,Haiti,HTI,Ouest,HT01,,,1,60,2024-05-31T00:00:00,7,Conflict,BA\n"
    "3,Monitoring,Haiti,HTI,Ouest,HT01,Alpha,HT0111,2,40,2024-05-31T00:00:00,7,Conflict,BA\n"
    "4,Monitoring,Haiti,HTI,Ouest,HT01,Beta,HT0112,2,20,2024-05-31T00:00:00,7,Conflict,BA\n"
    "5,Monitoring,Chad,TCD,,,,,0,900,2024-05-31T00:00:00,7,Conflict,BA\n"
)


def taken(data: Data, tmp_path: Path, text: str, name: str = "t.csv") -> prepare.Imported:
    (tmp_path / name).write_text(text, encoding="utf-8")
    reading = ingest.read(tmp_path / name)
    return prepare.prepare(reading, next(iter(reading.tables)), data, file=name)


def test_totals_of_a_wider_area_are_never_added_to_those_of_communes(
    small: Data, tmp_path: Path, one_process: None
) -> None:
    made = taken(small, tmp_path, DTM)
    sums = made.frame.groupby("figure_unit")["figure_min"].sum().to_dict()
    assert sums == {"IDPs": 60, "IDPs (department totals)": 60, "IDPs (country totals)": 60}
    assert made.left_out == {"a row of HXL tags": 1, "about other countries": 1}
    assert any("2 of communes, 1 of departments, 1 of the country" in note for note in made.notes)
    assert made.frame["note"].iloc[0].startswith("roundNumber: 7; displacementReason: Conflict")


def test_the_finest_level_of_a_file_has_the_plain_unit(small: Data, tmp_path: Path, one_process: None) -> None:
    text = "".join(line + "\n" for line in DTM.splitlines() if ",2,40," not in line and ",2,20," not in line)
    made = taken(small, tmp_path, text)
    assert made.frame["figure_unit"].tolist() == ["IDPs (country totals)", "IDPs"]


def test_a_mapping_that_was_saved_keeps_levels_apart(small: Data) -> None:
    assert mapping.loads(mapping.dumps(recognise.DTM.mapping)).totals


def test_hapi_displaced_people_are_kept_by_level_and_round(small: Data, tmp_path: Path, one_process: None) -> None:
    made = taken(
        small,
        tmp_path,
        "location_code,has_hrp,in_gho,provider_admin1_name,provider_admin2_name,admin1_code,admin1_name,admin2_code,"
        "admin2_name,admin_level,operation,assessment_type,population,reporting_round,reference_period_start,"
        "reference_period_end,dataset_hdx_id,resource_hdx_id,warning,error\n"
        "#country+code,#meta,#meta,#adm1,#adm2,#adm1+code,#adm1,#adm2+code,#adm2,#adm+level,#op,#as,#idps,#round,#date,"
        "#date,#meta,#meta,#meta,#meta\n"
        "HTI,Y,Y,,,,,,,0,Monitoring,BA,50,7,2024-05-31 00:00:00+00:00,2024-05-31 00:00:00+00:00,a,b,,\n"
        "HTI,Y,Y,Ouest,,HT01,West,,,1,Monitoring,BA,50,7,2024-05-31 00:00:00+00:00,2024-05-31 00:00:00+00:00,a,b,,\n"
        "TCD,Y,Y,,,,,,,0,Monitoring,BA,9,7,2024-05-31 00:00:00+00:00,2024-05-31 00:00:00+00:00,a,b,,\n",
    )
    assert (made.recognised, made.kind, len(made.frame)) == ("hapi_idps", "events", 2)
    assert made.frame["figure_unit"].tolist() == ["IDPs (country totals)", "IDPs"]
    assert made.frame["valid_from"].tolist() == [pd.Timestamp("2024-05-31")] * 2
    assert made.frame["department_pcode"].tolist() == ["", "HT01"]


HAPI = "admin1_code,admin1_name,admin2_code,admin2_name,admin_level,reference_period_start"


@pytest.mark.parametrize(
    ("columns", "values", "expected"),
    [
        ("location_code,sector_code,sector_name,population_status,population", "{},SHL,Shelter,INN,9", "hapi_needs"),
        ("location_code,org_acronym,org_name,sector_code", "{},ABC,Abc,SHL", "hapi_presence"),
        ("location_code,ipc_phase,ipc_type,population_in_phase", "{},3,current,9", "hapi_food_security"),
        ("location_code,market_code,commodity_code,price,lat,lon", "{},1,52,9.5,18.55,-72.35", "hapi_food_prices"),
        ("location_code,gender,age_range,population", "{},f,0-4,9", "hapi_population"),
        ("location_code,mpi,headcount_ratio", "{},0.2,41", "hapi_poverty"),
        ("origin_location_code,asylum_location_code,population_group,population", "{},USA,REF,9", "hapi_refugees"),
    ],
)
def test_other_themes_of_hapi_keep_haiti_and_its_codes(
    columns: str, values: str, expected: str, small: Data, tmp_path: Path, one_process: None
) -> None:
    rows = "".join(f"{values.format(code)},HT01,Ouest,HT0111,Alpha,2,2024-01-01\n" for code in ("HTI", "TCD"))
    made = taken(small, tmp_path, f"{columns},{HAPI}\n{rows}")
    assert (made.recognised, made.kind, len(made.frame)) == (expected, "layer", 1)
    assert made.frame[["department_pcode", "commune_pcode"]].iloc[0].tolist() == ["HT01", "HT0111"]
    assert made.left_out == {"about other countries": 1}


def test_acled_by_commune_and_month(small: Data, tmp_path: Path, one_process: None) -> None:
    made = taken(
        small,
        tmp_path,
        "Country,Admin1,Admin2,ISO3,Admin2 Pcode,Admin1 Pcode,Month,Year,Events,Fatalities\n"
        "Haiti,Ouest,Alpha,HTI,HT0111,HT01,January,2024,12,33\n"
        "Haiti,Ouest,Alpha,HTI,HT0111,HT01,February,2024,8,11\n",
    )
    assert made.recognised == "acled_months"
    assert made.frame["valid_from"].dt.strftime("%F").tolist() == ["2024-01-01", "2024-02-01"]
    assert made.frame["date_precision"].tolist() == ["month", "month"]
    assert made.frame["figure_min"].tolist() == [12, 8]
    assert made.frame["commune_pcode"].tolist() == ["HT0111", "HT0111"]
    assert made.frame["note"].iloc[0] == "Fatalities: 33"


def test_acled_of_2018_has_one_level_of_types(small: Data) -> None:
    rows = pd.DataFrame(
        [["4HTI", "05-January-2017", "1", "Riots/Protests", "Haiti", "Ouest", "Alpha", "18.55", "-72.35", "1", "0"]],
        columns=[
            *("EVENT_ID_CNTY", "EVENT_DATE", "TIME_PRECISION", "EVENT_TYPE", "COUNTRY", "ADMIN1", "LOCATION"),
            *("LATITUDE", "LONGITUDE", "GEO_PRECISION", "FATALITIES"),
        ],
        index=pd.Index([2]),
    )
    made = prepare.prepare(Reading("csv", {"t": rows}), "t", small, file="t.csv")
    row = made.frame.iloc[0]
    assert (row["title_en"], row["category"]) == ("Riots/Protests, Alpha", "demonstration")


@pytest.mark.parametrize(
    ("columns", "expected", "licence"),
    [
        (["ADM2_FR", "ADM1_PCODE", "ADM2_PCODE", "F_TL", "M_TL", "T_TL"], "cod_ps2", "CC-BY-IGO"),
        (["ADM1_FR", "ADM1_PCODE", "F_TL", "M_TL", "T_TL"], "cod_ps1", "CC-BY-IGO"),
        (["name", "amenity", "osm_id", "osm_type"], "osm_hot", "ODbL-1.0"),
        (["osm_id", "code", "fclass", "name"], "osm_geofabrik", "ODbL-1.0"),
    ],
)
def test_tables_with_a_licence_of_their_own(columns: list[str], expected: str, licence: str) -> None:
    found = recognise.recognise(pd.DataFrame(columns=columns))
    assert found is not None
    assert (found.id, found.mapping.source.licence) == (expected, licence)


# --------------------------------------------------------------------------------------------------- Our own exports


def exported(data: Data) -> pd.DataFrame:
    rows = data["events"].astype({"valid_from": "str", "valid_to": "str", "known_from": "str"}).astype("object")
    return rows.where(rows.notna(), None).replace("NaT", None)


def test_our_own_rows_are_here_already(small: Data, tmp_path: Path, one_process: None) -> None:
    rows = exported(small)
    made = taken(small, tmp_path, rows.to_csv(index=False))
    assert (made.recognised, len(made.frame)) == ("own", 0)
    assert made.left_out == {returned.HERE: len(rows)}


def test_our_rows_from_abroad_and_without_a_place_are_kept(small: Data, tmp_path: Path, one_process: None) -> None:
    rows = exported(small).head(2)
    rows["event_id"] = ["nairobi", "nationwide"]
    rows[["lon", "lat", "country"]] = [[36.8172, -1.2864, "KEN"], [None, None, "HTI"]]
    made = taken(small, tmp_path, rows.to_csv(index=False))
    assert made.frame["event_id"].tolist() == ["nairobi", "nationwide"]
    assert made.frame["lon"].iloc[0] == 36.8172
    assert made.frame["country"].iloc[0] == "KEN"
    assert made.frame["lon"].isna().tolist() == [False, True]
    assert made.left_out == {}


def test_a_changed_row_of_ours_is_told_as_a_correction(small: Data, tmp_path: Path, one_process: None) -> None:
    rows = exported(small)
    rows.loc[rows.index[0], "title_en"] = "Another title"
    made = taken(small, tmp_path, rows.to_csv(index=False))
    assert made.frame["title_en"].tolist() == ["Another title"]
    assert made.frame["note"].iloc[0].startswith(f"Corrects our event {rows['event_id'].iloc[0]}.")
    assert made.left_out == {returned.HERE: len(rows) - 1}
    assert any(note.startswith("1 rows have the id of an event of ours") for note in made.notes)


def test_names_that_a_shapefile_cut_are_known(small: Data) -> None:
    rows = exported(small).rename(columns=lambda name: name[:10])
    made = prepare.prepare(Reading("shp", {"t": rows}), "t", small, file="t.zip")
    assert made.left_out == {returned.HERE: len(rows)}


def test_a_bad_cell_of_ours_leaves_its_row_out_and_says_so(small: Data, tmp_path: Path, one_process: None) -> None:
    rows = exported(small)
    rows.loc[rows.index[0], ["title_en", "lat"]] = ["Another title", 91]
    rows.loc[rows.index[1:], "note"] = "Changed."
    made = taken(small, tmp_path, rows.to_csv(index=False))
    assert made.left_out == {"lat: not degrees from -90 to 90": 1}
    assert len(made.frame) == len(rows) - 1

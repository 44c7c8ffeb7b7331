"""Files as people have them: every row accounted for, no wrong day, no wrong place, no untrue reason."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from mssmap import ingest
from mssmap.archive import stream
from mssmap.archive.shelf import Manifest, Shelf
from mssmap.errors import InputError
from mssmap.ingest import mapping, prepare
from mssmap.ingest.mapping import Mapping
from mssmap.ingest.prepare import Imported
from mssmap.records.catalog import Data

HEAD = "date,title,lon,lat\n"
Take = Callable[..., Imported]


@pytest.fixture
def take(small: Data, tmp_path: Path, one_process: None) -> Take:
    """Return what imports a file given by its content."""

    def made(content: str | bytes, name: str = "t.csv", chosen: Mapping | None = None) -> Imported:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        reading = ingest.read(path)
        return prepare.prepare(reading, next(iter(reading.tables)), small, chosen, file=name)

    return made


@pytest.fixture
def add(small: Data, tmp_path: Path) -> Callable[..., tuple[Manifest, stream.Told]]:
    """Return what makes an archive of a file given by its content."""

    def made(content: str | bytes, name: str = "t.csv") -> tuple[Manifest, stream.Told]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return stream.add_file(Shelf(tmp_path / "archives"), path, small)

    return made


def days(imported: Imported) -> list[str]:
    return imported.frame["valid_from"].dt.strftime("%F").tolist()


def dated(*cells: str) -> str:
    return HEAD + "".join(f'"{cell}",Event {n},-72.3{n},18.54\n' for n, cell in enumerate(cells))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        pytest.param(["05-Jan-2025", "18-Jan-2025"], ["2025-01-05", "2025-01-18"], id="short names"),
        pytest.param(["05-Jan-25"], ["2025-01-05"], id="short names, two digits"),
        pytest.param(["05-01-2025", "18-01-2025"], ["2025-01-05", "2025-01-18"], id="dashes"),
        pytest.param(["January 5, 2025"], ["2025-01-05"], id="month first"),
        pytest.param(["lundi 5 janvier 2025", "1er août 2025"], ["2025-01-05", "2025-08-01"], id="French"),
        pytest.param(["5 de enero de 2025"], ["2025-01-05"], id="Spanish"),
        pytest.param(["5 janvye 2025"], ["2025-01-05"], id="Creole"),
        pytest.param(["05/01/25", "18/01/25"], ["2025-01-05", "2025-01-18"], id="two digits"),
        pytest.param(["05-January-2019"], ["2019-01-05"], id="ACLED of 2019"),
        pytest.param(["1736985600000"], ["2025-01-16"], id="milliseconds"),
        pytest.param(["1736985600000000000"], ["2025-01-16"], id="nanoseconds"),
        pytest.param(["45673"], ["2025-01-16"], id="serial of Excel"),
        pytest.param(["1/16/2025 11:30 PM"], ["2025-01-16"], id="twelve hours"),
        pytest.param(["2025-01-06T03:10:00Z"], ["2025-01-05"], id="UTC is shown as Haiti's day"),
        pytest.param(["2025-01-06 03:10:00+00"], ["2025-01-05"], id="short offset"),
        pytest.param(["2025-01-06T03:10:00"], ["2025-01-06"], id="without a zone as written"),
        pytest.param(["2025"], ["2025-01-01"], id="year alone"),
        pytest.param(["Jan 2025"], ["2025-01-01"], id="month"),
    ],
)
def test_styles_of_dates(take, cells, expected):
    assert days(take(dated(*cells))) == expected


def test_year_and_month_alone_say_how_exact_they_are(take):
    assert take(dated("2025")).frame["date_precision"].tolist() == ["year"]
    assert take(dated("2025-03")).frame["date_precision"].tolist() == ["month"]


def test_year_month_and_day_in_columns(take):
    made = take("year,month,day,title,lon,lat\n2025,January,5,A,-72.33,18.54\n2025,2,17,B,-72.33,18.54\n")
    assert days(made) == ["2025-01-05", "2025-02-17"]


def test_the_window_of_two_digits_is_told(take):
    assert any("stand for 1950 to 2049" in note for note in take(dated("05/01/25", "18/01/25")).notes)


def test_no_end_is_no_day(take):
    made = take("date,end date,title,lon,lat\n2025-01-05,9999-12-31,A,-72.33,18.54\n2025-01-05,ongoing,B,-72.33,18.5\n")
    assert made.frame["valid_to"].isna().all()
    assert "2 rows have no end." in made.notes


def test_day_and_month_that_cannot_be_told_apart_are_asked_for(take):
    with pytest.raises(InputError, match=r'03/04/2025 is 2025-04-03 or 2025-03-04.*"dates" in the mapping'):
        take(dated("03/04/2025", "05/06/2025"))
    plain = mapping.guess(pd.DataFrame(columns=["date", "title", "lon", "lat"]))
    chosen = mapping.from_dict({**json.loads(mapping.dumps(plain)), "dates": "mdy"})
    assert days(take(dated("03/04/2025"), chosen=chosen)) == ["2025-03-04"]


def test_what_shows_the_order_is_told(take):
    assert any(
        "month/day/year, as '01/18/2025' shows" in note for note in take(dated("01/05/2025", "01/18/2025")).notes
    )


def test_a_value_that_fits_nothing_is_shown_with_what_would(take):
    (fault,) = [fault for fault in take(dated("2025-01-05", "soon")).faults if fault.kind == "contract"]
    assert (fault.found, "2025-01-16" in fault.required) == ("'soon'", True)


@pytest.mark.parametrize("kind", ["csv", "geojson", "gpkg", "fgb", "parquet"])
def test_an_instant_is_the_same_day_in_every_format(take, tmp_path, kind):
    texts = ["2025-01-05T23:30:00-05:00", "2025-01-06T03:10:00-05:00"]
    typed = pd.to_datetime(texts).tz_convert("UTC") if kind in ("gpkg", "fgb", "parquet") else texts
    rows = gpd.GeoDataFrame(
        {"date": typed, "title": ["a", "b"]}, geometry=shapely.points([[-72.33, 18.54]] * 2), crs=4326
    )
    path = tmp_path / f"x.{kind}"
    if kind == "csv":
        rows.assign(lon=-72.33, lat=18.54).drop(columns="geometry").to_csv(path, index=False)
    elif kind == "parquet":
        rows.to_parquet(path)
    else:
        rows.to_file(path)
    assert days(take(path.read_bytes(), path.name)) == ["2025-01-05", "2025-01-06"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        pytest.param(['"12,345"', "987", '"1,204"'], [12345, 987, 1204], id="comma between thousands"),
        pytest.param(["1 204", "1\u00a0204", "1'204"], [1204, 1204, 1204], id="blanks between thousands"),
        pytest.param(["NA", "", "n/a"], [None, None, None], id="words for nothing"),
        pytest.param(["45 %", "~50", "3"], [45, 50, 3], id="signs"),
    ],
)
def test_numbers(take, cells, expected):
    text = "date,title,lon,lat,killed\n" + "".join(
        f"2025-01-0{n + 1},E{n},-72.33,18.54,{c}\n" for n, c in enumerate(cells)
    )
    low = take(text).frame["figure_min"]
    assert [None if value != value else value for value in low] == expected


def test_ranges_keep_their_ends(take):
    made = take("date,title,lon,lat,killed\n2025-01-05,A,-72.33,18.54,<5\n2025-01-06,B,-72.33,18.54,10-20\n")
    assert made.frame[["figure_min", "figure_max"]].to_numpy().tolist() == [[0, 4], [10, 20]]
    assert made.frame["note"].tolist()[0] == "Repaired on import: killed is written '<5'."


def test_a_decimal_comma_is_found_in_layers_too(take):
    made = take("nom;longitude;latitude;n\nA;-72,3301;18,5402;12\nB;-72,2903;18,5604;8\n")
    assert made.frame.geometry.x.tolist() == [-72.3301, -72.2903]
    assert any("the comma is the decimal mark" in note for note in made.notes)


def test_nothing_in_lon_and_lat_keeps_the_row(take):
    made = take(HEAD + "2025-01-05,A,NA,NA\n2025-01-06,B,-72.33,18.54\n")
    assert made.frame["lon"].isna().tolist() == [True, False]
    assert "1 rows have no place." in made.notes


@pytest.mark.parametrize(
    "ids",
    [
        pytest.param([f"https://reports.example.org/{'x' * 90}/{n}" for n in range(5)], id="long"),
        pytest.param([f"事件{n}" for n in "一二三四五"], id="another script"),
        pytest.param(["a/b", "a-b", "a b", "a.b", "A/B"], id="alike once plain"),
        pytest.param([str(1234567890123451 + n) for n in range(5)], id="sixteen digits"),
    ],
)
def test_ids_tell_rows_apart_as_they_are(take, ids):
    made = take("id,date,title,lon,lat\n" + "".join(f"{own},2025-01-05,E,-72.33,18.54\n" for own in ids))
    assert (len(made.frame), made.frame["event_id"].nunique(), made.left_out) == (5, 5, {})
    assert made.frame["event_id"].str.fullmatch(r"[a-z0-9][a-z0-9._-]*").all()


def test_ids_as_numbers_of_parquet_keep_all_digits(take):
    table = pa.table(
        {
            "id": [1234567890123451.0, 1234567890123452.0],
            "date": ["2025-01-05"] * 2,
            "title": ["a", "b"],
            "lon": pa.array([-72, -72], pa.decimal128(6, 2)),
            "lat": pa.array([18, 18], pa.decimal128(6, 2)),
        }
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    made = take(buffer.getvalue(), "t.parquet")
    assert made.frame["event_id"].tolist() == ["1234567890123451", "1234567890123452"]
    assert made.frame["lon"].tolist() == [-72, -72]


CORRECTED = (
    "id,date,title,lon,lat\ne1,2025-01-05,First,-72.33,18.54\n"
    "e2,2025-01-06,Other,-72.33,18.54\ne3,2025-01-07,Third,-72.3,18.5\n"
)
LATER = "e1,2025-01-05,Second,-72.33,18.54\n"


def test_a_repeated_id_is_a_newer_revision(take):
    made = take(CORRECTED + LATER)
    assert made.frame[["event_id", "revision", "title_en"]].to_numpy().tolist()[3] == ["e1", 2, "Second"]
    assert any("1 rows have the id of an earlier row" in note for note in made.notes)


def test_a_repeated_id_in_a_later_part_is_a_newer_revision(add, monkeypatch):
    from mssmap.ingest import source

    monkeypatch.setattr(source, "PART_BYTES", 60)
    monkeypatch.setattr(source.cut, "__defaults__", (60,))
    made, told = add(CORRECTED + LATER)
    assert (made.rows, told.left_out, told.read) == (4, 0, 4)
    assert any("1 rows have the id of an earlier row" in note for note in made.notes)


def test_the_same_row_again_is_counted(take, add):
    made = take(CORRECTED + "e3,2025-01-07,Third,-72.3,18.5\n")
    assert (len(made.frame), made.read_rows, made.left_out) == (3, 4, {"the same row again": 1})
    kept, _told = add(CORRECTED + "e3,2025-01-07,Third,-72.3,18.5\n")
    assert (kept.rows, kept.read_rows, kept.left_out_by) == (3, 4, {"the same row again": 1})


def test_the_order_of_day_and_month_is_decided_by_all_parts(add, monkeypatch):
    from mssmap.ingest import source

    monkeypatch.setattr(source, "PART_BYTES", 200)
    monkeypatch.setattr(source.cut, "__defaults__", (200,))
    rows = "".join(f"01/{day:02d}/2025,Event {day},-72.33,18.54\n" for day in range(1, 29))
    made, told = add(HEAD + rows)
    assert (made.rows, told.left_out, made.first, made.last) == (28, 0, "2025-01-01", "2025-01-28")


def test_both_doors_account_for_every_row(take, add):
    text = HEAD + "2025-01-05,A,-72.33,18.54\n2025-01-06,B,-72.33\n2025-01-07,C,1,2\n2025-01-08,D, with comma,-72,18\n"
    made, (kept, told) = take(text), add(text)
    assert (made.read_rows, len(made.frame), sum(made.left_out.values())) == (4, 1, 3)
    assert (kept.read_rows, kept.rows, kept.left_out, kept.left_out_by) == (4, 1, 3, made.left_out)
    assert made.left_out["another number of cells than the header"] == 2
    assert [str(fault) for fault in told.faults] == [str(fault) for fault in made.faults]


@pytest.mark.parametrize("kind", ["xlsx", "gpkg", "fgb", "geojson", "kml", "parquet"])
def test_an_archive_takes_every_format(add, tmp_path, kind):
    rows = gpd.GeoDataFrame(
        {"date": ["2025-01-05", "2025-01-18"], "title": ["a", "b"]},
        geometry=shapely.points([[-72.33, 18.54]] * 2),
        crs=4326,
    )
    path = tmp_path / f"x.{kind}"
    if kind == "xlsx":
        rows.drop(columns="geometry").assign(lon=-72.33, lat=18.54).to_excel(path, index=False)
    elif kind == "parquet":
        rows.to_parquet(path)
    else:
        rows.to_file(path, driver={"kml": "KML"}.get(kind))
    made, _told = add(path.read_bytes(), path.name)
    assert (made.rows, made.placed, made.first) == (2, 2, "2025-01-05")


POINT = shapely.Point(-72.33, 18.54)
PLACES = [
    pytest.param("POINT (-72.33 18.54)", id="WKT"),
    pytest.param("SRID=4326;POINT(-72.33 18.54)", id="EWKT"),
    pytest.param(shapely.to_wkb(POINT, hex=True), id="hex"),
    pytest.param(shapely.to_wkb(shapely.set_srid(POINT, 4326), hex=True, include_srid=True), id="hex of PostGIS"),
    pytest.param('{"type": "Point", "coordinates": [-72.33, 18.54]}', id="GeoJSON"),
    pytest.param("18.54, -72.33", id="lat, lon"),
    pytest.param("-72.33, 18.54", id="lon, lat"),
    pytest.param("18.54 -72.33 12.5 4.0", id="Kobo"),
    pytest.param("[18.54, -72.33]", id="list"),
    pytest.param("18,54; -72,33", id="decimal commas"),
    pytest.param("18°32'24\"N, 72°19'48\"W", id="degrees and minutes"),
    pytest.param("18QYF8186252020", id="MGRS"),
    pytest.param("77C9GMQC+X2", id="plus code"),
]


@pytest.mark.parametrize("cell", PLACES)
def test_places_in_a_column(take, cell):
    quoted = '"' + str(cell).replace('"', '""') + '"'
    made = take(f"date,title,geometry\n2025-01-05,A,{quoted}\n2025-01-06,B,\n")
    assert made.frame["lon"].tolist()[0] == pytest.approx(-72.33, abs=2e-4)
    assert made.frame["lat"].tolist()[0] == pytest.approx(18.54, abs=2e-4)
    assert "1 rows have no place." in made.notes


def test_a_geometry_column_of_text_is_a_layer(take):
    made = take("name,geometry\nA,POINT (-72.33 18.54)\n")
    assert prepare.described(made)["places"]
    assert made.frame.geometry.iloc[0] == POINT


def test_wkb_in_parquet_without_metadata(take):
    buffer = io.BytesIO()
    pq.write_table(pa.table({"name": ["a"], "geom": [shapely.to_wkb(POINT)]}), buffer)
    assert take(buffer.getvalue(), "t.parquet").frame.geometry.iloc[0] == POINT


def test_geoarrow_encodings_of_geoparquet(take, tmp_path):
    rows = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.box(-72.3, 18.5, -72.2, 18.6)], crs=4326)
    rows.to_parquet(tmp_path / "x.parquet", geometry_encoding="geoarrow")
    made = take((tmp_path / "x.parquet").read_bytes(), "x.parquet")
    assert made.frame.geometry.iloc[0].equals(rows.geometry.iloc[0])


def test_columns_of_kobo_are_a_place(take):
    made = take(
        "start;end;Date of incident;Title;_gps_latitude;_gps_longitude;_uuid;_submission_time\n"
        "2025-01-01T10:00;2025-01-01T10:05;2025-01-05;A;18.54;-72.33;abc;2025-01-05T15:06\n"
    )
    assert (made.kind, days(made), made.frame["lon"].tolist()) == ("events", ["2025-01-05"], [-72.33])


def test_words_of_a_level_are_no_fault(take):
    made = take(
        "date,title,department,commune,lon,lat\n"
        "2025-01-05,A,Ouest department,Port-au-Prince arrondissement,-72.35,18.55\n"
    )
    assert not [fault for fault in made.faults if fault.column in ("department", "commune")]


@pytest.mark.parametrize(
    "above",
    [
        pytest.param("Haiti incidents,,,\nGenerated 2025-02-01,,,\n,,,\n", id="titles"),
        pytest.param("# source: field team\n# licence: CC BY\n", id="comments"),
    ],
)
def test_what_stands_above_the_header_is_told(take, above):
    made = take(above + HEAD + "2025-01-05,A,-72.33,18.54\n2025-01-06,B,-72.33,18.54\n")
    assert (days(made), made.left_out) == (["2025-01-05", "2025-01-06"], {})
    assert any("Above the header stands" in note for note in made.notes)
    assert made.frame.index.tolist() == [above.count("\n") + 2, above.count("\n") + 3]


def test_units_and_a_header_in_two_rows(take):
    made = take("date,title,lon,lat,killed\nyyyy-mm-dd,,degrees,degrees,people\n2025-01-05,A,-72.33,18.54,3\n")
    assert (len(made.frame), made.left_out) == (1, {})
    made = take("date,title,place,\n,,lon,lat\n2025-01-05,A,-72.33,18.54\n")
    assert made.frame[["lon", "lat"]].to_numpy().tolist() == [[-72.33, 18.54]]


def test_the_line_that_tells_excel_the_separator(take):
    assert days(take("sep=;\n" + HEAD.replace(",", ";") + "2025-01-05;A;-72.33;18.54\n")) == ["2025-01-05"]


def test_hashtags_in_words_are_no_tags(take):
    made = take(HEAD + "2025-01-05,#haiti : attaque,-72.33,18.54\n2025-01-06,#portauprince barricades,-72.33,18.54\n")
    assert len(made.frame) == 2


def test_a_row_of_tags_is_counted(take):
    made = take(HEAD + "#date,#event,#geo+lon,#geo+lat\n2025-01-05,A,-72.33,18.54\n")
    assert (len(made.frame), made.read_rows, made.left_out) == (1, 2, {"a row of HXL tags": 1})


def test_merged_cells_have_the_value_that_they_show(take):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["place", "date", "title", "killed"], ["Alpha", "2025-01-05", "A", 3], [None, "2025-01-06", "B", None]):
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    sheet.merge_cells("D2:D3")
    buffer = io.BytesIO()
    book.save(buffer)
    made = take(buffer.getvalue(), "t.xlsx")
    assert made.frame["place"].tolist() == ["Alpha", "Alpha"]
    assert made.frame["figure_min"].tolist()[0] == 3
    assert made.frame["figure_min"].isna().tolist() == [False, True]


def test_gdelt_1_is_known_without_its_header(take):
    from mssmap.ingest.delimited import BARE

    values = dict.fromkeys(BARE[58], "") | {
        **{"GLOBALEVENTID": "1", "SQLDATE": "20250118", "EventRootCode": "14", "Actor1Name": "POLICE"},
        **{
            "ActionGeo_CountryCode": "HA",
            "ActionGeo_Lat": "18.55",
            "ActionGeo_Long": "-72.35",
            "SOURCEURL": "https://x",
        },
    }
    made = take("\t".join(values[name] for name in BARE[58]) + "\n", "export.csv")
    assert (made.recognised, days(made)) == ("gdelt", ["2025-01-18"])


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def shapefile(folder: Path, **options: Any) -> dict[str, bytes]:
    rows = gpd.GeoDataFrame(
        {"nom": ["Pétion-Ville", "Gonaïves"]}, geometry=shapely.points([[-72.33, 18.54]] * 2), crs=4326
    )
    rows.to_file(folder / "x.shp", **options)
    return {path.name: path.read_bytes() for path in folder.glob("x.*")}


def test_a_zip_of_the_finder_with_files_beside(take, tmp_path):
    members = shapefile(tmp_path) | {"__MACOSX/._x.shp": b"\0\5\26\7", "notes.pdf": b"%PDF", "style.json": b'{"a": 1}'}
    made = take(zipped(members), "t.zip")
    assert len(made.frame) == 2
    assert any("style.json in the zip is not read" in note for note in made.notes)


@pytest.mark.parametrize(("mark", "encoding", "cpg"), [(2, "cp850", ""), (0, "mac_roman", ""), (0, "cp437", "437")])
def test_letters_of_a_dbf(take, tmp_path, mark, encoding, cpg):
    members = {name: content for name, content in shapefile(tmp_path, encoding="utf-8").items() if name[-3:] != "cpg"}
    body = members["x.dbf"]
    for word in ("Pétion-Ville", "Gonaïves"):
        old, new = word.encode(), word.encode(encoding)
        body = body.replace(old + b" " * (len(new) - len(old)), new.ljust(len(old)))
    members["x.dbf"] = body[:29] + bytes([mark]) + body[30:]
    if cpg:
        members["x.cpg"] = cpg.encode()
    assert take(zipped(members), "t.zip").frame["nom"].tolist() == ["Pétion-Ville", "Gonaïves"]


def test_letters_of_an_old_mac_and_wide_ones_without_a_mark(take):
    text = "nom,note\nPétion-Ville,« été »\nGonaïves,à côté\n"
    for encoding in ("mac_roman", "utf-16-le", "utf-16-be", "cp850"):
        assert take(text.encode(encoding)).frame["nom"].tolist() == ["Pétion-Ville", "Gonaïves"], encoding


def test_a_geopackage_that_qgis_holds_open(take, tmp_path):
    rows = gpd.GeoDataFrame({"n": [1]}, geometry=[POINT], crs=4326)
    rows.to_file(tmp_path / "x.gpkg")
    with sqlite3.connect(tmp_path / "x.gpkg") as database:
        database.execute("PRAGMA journal_mode=WAL")
    database.close()
    assert len(take((tmp_path / "x.gpkg").read_bytes(), "x.gpkg").frame) == 1


def test_what_a_geopackage_has_in_the_journal_of_who_holds_it_open(small, one_process, tmp_path):
    path = tmp_path / "x.gpkg"
    points = gpd.GeoDataFrame({"date": ["2025-01-05"], "title": ["A"]}, geometry=[POINT], crs=4326)
    points.to_file(path, spatial_index=False)
    held = sqlite3.connect(path)
    held.execute("PRAGMA journal_mode=WAL")
    held.execute("INSERT INTO x (geom, date, title) SELECT geom, '2025-01-06', 'B' FROM x")
    held.commit()
    held.execute("INSERT INTO x (geom, date, title) SELECT geom, '2025-01-07', 'not ended' FROM x")
    try:
        assert Path(f"{path}-wal").stat().st_size
        assert sorted(ingest.read(path).tables["x"]["title"]) == ["A", "B"]
        assert stream.add_file(Shelf(tmp_path / "archives"), path, small)[0].rows == 2
    finally:
        held.close()


def test_an_area_without_a_surface_is_told_as_that(take):
    flat = [[-72.3, 18.5], [-72.3, 18.52], [-72.3, 18.5], [-72.3, 18.5]]
    feature = {"type": "Feature", "properties": {"n": 1}, "geometry": {"type": "Polygon", "coordinates": [flat]}}
    made = take(json.dumps({"type": "FeatureCollection", "features": [feature]}), "t.geojson")
    assert made.notes == ("1 row: an area without any surface is a line or a point.",)
    assert made.repairs == {1: "an area without any surface is a line or a point"}


def test_curves_are_made_straight(take, tmp_path):
    arc = bytes.fromhex("0108000000") + (3).to_bytes(4, "little")
    arc += b"".join(
        shapely.to_wkb(shapely.Point(x, y))[5:] for x, y in ((-72.34, 18.54), (-72.33, 18.55), (-72.32, 18.54))
    )
    buffer = io.BytesIO()
    pq.write_table(pa.table({"name": ["a"], "geom": [arc]}), buffer)
    made = take(buffer.getvalue(), "t.parquet")
    assert made.frame.geometry.iloc[0].length == pytest.approx(0.01 * 3.1416, rel=1e-3)
    assert any("curves or surfaces were made of straight lines" in note for note in made.notes)


def test_two_columns_of_one_name_in_parquet(take):
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["n", "n"]), buffer)
    made = take(buffer.getvalue(), "t.parquet")
    assert made.frame[["n", "n_2"]].to_numpy().tolist() == [["a", "b"]]


def test_lines_of_json_pages_of_interfaces_and_tracks(take):
    feature = (
        '{"type": "Feature", "properties": {"n": %d}, "geometry": {"type": "Point", "coordinates": [-72.3, 18.5]}}\n'
    )
    assert len(take(feature % 1 + feature % 2, "a.geojsonl").frame) == 2
    made = take(
        '{"count": 9, "results": [{"date": "2025-01-05", "title": "A", "_geolocation": [18.54, -72.33]}]}', "a.json"
    )
    assert (days(made), made.frame["lon"].tolist()) == (["2025-01-05"], [-72.33])
    assert any("1 of the 9 rows" in note for note in made.notes)
    track = "<gx:Track><gx:coord>-72.33 18.54 20</gx:coord><gx:coord>-72.32 18.55 21</gx:coord></gx:Track>"
    head = '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>'
    made = take(f"{head}<Placemark><name>P</name>{track}</Placemark></Document></kml>", "a.kml")
    assert made.frame.geometry.geom_type.tolist() == ["LineString"]
    made = take(
        f"{head}<Placemark><Point><coordinates>-72.33, 18.54, 0</coordinates></Point></Placemark></Document></kml>",
        "a.kml",
    )
    assert made.frame.geometry.iloc[0].x == -72.33


def test_a_view_alone_is_told(take, tmp_path):
    rows = gpd.GeoDataFrame({"n": [1]}, geometry=[POINT], crs=4326)
    rows.to_file(tmp_path / "x.gpkg", layer="x")
    with sqlite3.connect(tmp_path / "x.gpkg") as database:
        database.execute("CREATE VIEW v AS SELECT * FROM x")
        database.execute("UPDATE gpkg_contents SET table_name = 'v'")
    database.close()
    with pytest.raises(InputError, match="v: a view, left out"):
        take((tmp_path / "x.gpkg").read_bytes(), "x.gpkg")


@pytest.mark.parametrize("zone", ["Z", "+00:00", " UTC"])
def test_a_column_of_midnights_in_utc_holds_days(zone: str, take: Take) -> None:
    made = take(dated(f"2024-03-01T00:00:00{zone}", f"2024-03-31 00:00:00{zone}"))
    assert days(made) == ["2024-03-01", "2024-03-31"]
    assert any("midnight UTC" in note for note in made.notes)


def test_one_other_time_makes_a_column_of_instants(take: Take) -> None:
    made = take(dated("2024-03-01T00:00:00Z", "2024-03-31T04:30:00Z"))
    assert days(made) == ["2024-02-29", "2024-03-31"]


def test_midnights_in_utc_are_days_in_parquet_too(take: Take) -> None:
    buffer = io.BytesIO()
    times = pd.to_datetime(["2024-03-01T00:00:00Z", "2024-03-31T00:00:00Z"])
    pd.DataFrame({"date": times, "title": ["a", "b"], "lon": -72.33, "lat": 18.54}).to_parquet(buffer)
    assert days(take(buffer.getvalue(), "t.parquet")) == ["2024-03-01", "2024-03-31"]


def test_a_column_without_any_date_is_told_what_would_fit(take: Take) -> None:
    with pytest.raises(InputError, match=r"found 'soon', required a date, such as 2025-01-16, 16/01/2025, 16 January"):
        take(dated("soon"))

"""
Files as people write them: a table of events, a writer, a dialect, an encoding, ways to write days, numbers and places.

Each is made from a number; what must come out of it again is known. `python -m tests.ingest.people 50000` tries as many
as it says, in this process.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
import sys
import uuid
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely

ENGLISH = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
FRENCH = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
SPANISH = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)

HAITI = ZoneInfo("America/Port-au-Prince")

TITLES = (
    *("Attaque à Pétion-Ville", "Road blocked", "Enlèvement, deux personnes", "Fusillade; trois blessés"),
    *(
        "Deux lignes\ndans une cellule",
        "  blancs autour  ",
        "'apostrophe",
        "-",
        "12 morts",
        "NA",
        "=SUM(1,2)",
        "Arabe عربي",
    ),
    *('Un "convoi" arrêté', "Ataque en Gonaïves", "Manifestation", "#haiti : barricade", "Tirs au Bel-Air, suite"),
)
PLACES = ("Delmas 33", "Cité Soleil", "Croix-des-Bouquets", "Gonaïves", "Pétion-Ville")

DAYS: dict[str, Callable[[dt.date], Any]] = {
    "iso": lambda day: day.isoformat(),
    "iso time": lambda day: f"{day.isoformat()} 14:30:00",
    "iso t": lambda day: f"{day.isoformat()}T23:15:00",
    "iso midnight": lambda day: f"{day.isoformat()}T00:00:00",
    "iso haiti": lambda day: dt.datetime(day.year, day.month, day.day, 23, 30, tzinfo=HAITI).isoformat(),
    "iso utc": lambda day: f"{day.isoformat()}T15:00:00Z",
    "iso days in utc": lambda day: f"{day.isoformat()}T00:00:00Z",
    "slashes": lambda day: f"{day:%Y/%m/%d}",
    "dmy": lambda day: f"{day:%d/%m/%Y}",
    "dmy plain": lambda day: f"{day.day}/{day.month}/{day.year}",
    "mdy": lambda day: f"{day:%m/%d/%Y}",
    "mdy time": lambda day: f"{day.month}/{day.day}/{day.year} 2:30 PM",
    "dmy dots": lambda day: f"{day:%d.%m.%Y}",
    "dmy dashes": lambda day: f"{day:%d-%m-%Y}",
    "dmy short": lambda day: f"{day:%d/%m/%y}",
    "compact": lambda day: f"{day:%Y%m%d}",
    "d mon y": lambda day: f"{day.day:02}-{ENGLISH[day.month - 1][:3]}-{day.year}",
    "d mon yy": lambda day: f"{day.day:02}-{ENGLISH[day.month - 1][:3]}-{day:%y}",
    "english": lambda day: f"{ENGLISH[day.month - 1]} {day.day}, {day.year}",
    "french": lambda day: f"{'1er' if day.day == 1 else day.day} {FRENCH[day.month - 1]} {day.year}",
    "spanish": lambda day: f"{day.day} de {SPANISH[day.month - 1]} de {day.year}",
    "epoch": lambda day: str(_epoch(day)),
    "epoch ms": lambda day: str(_epoch(day) * 1000),
    "serial": lambda day: str((day - dt.date(1899, 12, 30)).days),
}
UNSURE = ("dmy", "dmy plain", "mdy", "mdy time", "dmy dots", "dmy dashes", "dmy short")

NUMBERS: dict[str, Callable[[int], str]] = {
    "plain": str,
    "float": lambda n: f"{n}.0",
    "comma": lambda n: f"{n:,}",
    "space": lambda n: f"{n:,}".replace(",", " "),
    "narrow": lambda n: f"{n:,}".replace(",", "\u202f"),
    "quote": lambda n: f"{n:,}".replace(",", "'"),
    "european": lambda n: f"{n:,}".replace(",", "."),
    "about": lambda n: f"~{n}",
    "plus": lambda n: f"{n}+",
}
NOTHING = ("", "NA", "N/A", "null", "-", "NaN")

PLACED: dict[str, Callable[[float, float], str]] = {
    "wkt": lambda lon, lat: f"POINT ({lon} {lat})",
    "ewkt": lambda lon, lat: f"SRID=4326;POINT({lon} {lat})",
    "wkb": lambda lon, lat: shapely.to_wkb(shapely.Point(lon, lat), hex=True),
    "ewkb": lambda lon, lat: shapely.to_wkb(shapely.set_srid(shapely.Point(lon, lat), 4326), hex=True,
                                            include_srid=True),
    "geojson": lambda lon, lat: json.dumps({"type": "Point", "coordinates": [lon, lat]}),
    "lat, lon": lambda lon, lat: f"{lat}, {lon}",
    "lon lat": lambda lon, lat: f"{lon} {lat}",
    "kobo": lambda lon, lat: f"{lat} {lon} 12.5 4.2",
}  # fmt: skip
NAMES = {
    "lat, lon": ("coordinates", "gps", "location_gps"),
    "lon lat": ("coordinates", "lonlat"),
    "kobo": ("_geolocation", "gps"),
}
HEADS = (
    {"day": "date", "title": "title", "lon": "lon", "lat": "lat", "killed": "killed", "id": "id"},
    {"day": "Date", "title": "Titre", "lon": "Longitude", "lat": "Latitude", "killed": "Killed", "id": "ID"},
    {"day": "event_date", "title": "description", "lon": "x", "lat": "y", "killed": "fatalities", "id": "event_id"},
    {"day": "fecha", "title": "titulo", "lon": "longitud", "lat": "latitud", "killed": "total", "id": "uuid"},
    {"day": "DATE", "title": "NAME", "lon": "LNG", "lat": "LAT", "killed": "COUNT", "id": "OBJECTID"},
    {"day": "incident date", "title": "incident", "lon": "gps_longitude", "lat": "gps_latitude", "killed": "deaths",
     "id": "reference"},
)  # fmt: skip


def _epoch(day: dt.date) -> int:
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp())


@dataclass
class Made:
    """A file, how it was made, and what must come out of it."""

    name: str
    content: bytes
    how: dict[str, str]
    days: list[dt.date]
    titles: list[str]
    points: list[tuple[float, float] | None]
    killed: list[int | None]
    ids: list[str]
    may_be_unsure: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


class Maker:
    """Makes one file from a number."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.how: dict[str, str] = {}

    def pick(self, what: str, choices: Any) -> Any:
        """Choose, and remember what was chosen."""
        found = self.dice.choice(list(choices))
        self.how[what] = str(found)
        return found

    def truth(self) -> dict[str, list[Any]]:
        """Return what the table says."""
        dice, rows = self.dice, self.dice.choice((1, 2, 3, 7, 30))
        first = dt.date(2021, 1, 1)
        return {
            "day": [first + dt.timedelta(days=dice.randrange(1800)) for _ in range(rows)],
            "title": [f"{dice.choice(TITLES)}{f' {n}' if dice.random() < 0.5 else ''}" for n in range(rows)],
            "point": [self._point() for _ in range(rows)],
            "killed": [dice.choice((None, 0, 3, 12, 1234, 20500)) for _ in range(rows)],
            "id": self._ids(rows),
        }

    def _point(self) -> tuple[float, float] | None:
        if self.dice.random() < 0.1:
            return None
        return round(self.dice.uniform(-72.4, -72.2), 5), round(self.dice.uniform(18.5, 18.65), 5)

    def _ids(self, rows: int) -> list[str]:
        kind = self.pick("ids", ("number", "long", "zeros", "uuid", "url", "text", "case"))
        make = {
            "number": lambda n: str(n + 1),
            "long": lambda n: str(9007199254740993 + n),
            "zeros": lambda n: f"{n + 1:06}",
            "uuid": lambda n: str(uuid.UUID(int=self.dice.getrandbits(128))),
            "url": lambda n: f"https://reports.example.org/ht/{'incident-' * 9}{n}",
            "text": lambda n: f"HTI/{n} Évén.",
            "case": lambda n: f"{'abc' if n % 2 else 'ABC'}{n // 2}",
        }[kind]
        return [make(n) for n in range(rows)]

    def cells(self, truth: dict[str, list[Any]], *, native: bool, comma: bool = False) -> tuple[list[str], list[Any]]:
        """Return header and columns as a person writes them; days as dates if `native`."""
        head = self.pick("head", range(len(HEADS)))
        names = HEADS[head]
        style = "native" if native else self.pick("days", DAYS)
        columns: dict[str, list[Any]] = {}
        columns[names["id"]] = truth["id"]
        columns[names["day"]] = truth["day"] if native else [DAYS[style](day) for day in truth["day"]]
        columns[names["title"]] = truth["title"]
        choices = ("plain", "european", "space") if comma else [name for name in NUMBERS if name != "european"]
        number = "native" if native else self.pick("numbers", choices)
        nothing = None if native else self.pick("nothing", NOTHING)
        columns[names["killed"]] = [
            nothing if n is None else n if native else NUMBERS[number](n) for n in truth["killed"]
        ]
        self._place(columns, names, truth["point"], native=native, comma=comma)
        order = list(columns)
        self.dice.shuffle(order)
        return order, [columns[name] for name in order]

    def _place(
        self, columns: dict[str, list[Any]], names: dict[str, str], points: list[Any], *, native: bool, comma: bool
    ) -> None:
        style = "columns" if comma else self.pick("places", ("columns", "columns", *PLACED))
        if style == "columns":
            for i, ours in enumerate(("lon", "lat")):
                found = [None if point is None else point[i] for point in points]
                if not native:
                    text = [("" if n is None else str(n)) for n in found]
                    found = [one.replace(".", ",") for one in text] if comma else text
                columns[names[ours]] = found
            return
        name = self.pick("place column", NAMES.get(style, ("geometry", "wkt", "geom", "the_geom")))
        columns[name] = [None if point is None else PLACED[style](*point) for point in points]


def make(seed: int, writer: str = "") -> Made:
    """Make the file of a number, by any writer or by one."""
    maker = Maker(seed)
    truth = maker.truth()
    writer = maker.pick("writer", [writer] if writer else (*WRITERS, "csv", "csv"))
    if writer in ("openpyxl", "xlsxwriter"):
        truth["title"] = [title.replace("=", "") for title in truth["title"]]
    name, content = WRITERS[writer](maker, truth)
    style = maker.how.get("days", "")
    unsure = style in UNSURE and all(day.day <= 12 for day in truth["day"])
    return Made(
        name, content, maker.how, truth["day"], truth["title"], truth["point"], truth["killed"], truth["id"], unsure
    )


# ------------------------------------------------------------------------------------------------------------- Writers


def _csv(maker: Maker, truth: dict[str, list[Any]]) -> tuple[str, bytes]:
    mark = maker.pick("mark", (",", ";", "\t", "|"))
    comma = mark == ";" and maker.dice.random() < 0.6
    maker.how["decimal"] = "comma" if comma else "point"
    head, columns = maker.cells(truth, native=False, comma=comma)
    quoting = maker.pick("quoting", (csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    end = maker.pick("end", ("\n", "\r\n"))
    out = io.StringIO()
    above = maker.pick("above", ("", "", "", "title", "comment", "sep"))
    lines = {"title": f"Incidents en Haïti{end}Janvier 2025{end}", "comment": f"# source: field team{end}",
             "sep": f"sep={mark}{end}"}  # fmt: skip
    out.write(lines.get(above, ""))
    write = csv.writer(out, delimiter=mark, quoting=quoting, lineterminator=end)
    write.writerow(head)
    if maker.dice.random() < 0.15:
        maker.how["tags"] = "yes"
        write.writerow([f"#x{n}" for n, _ in enumerate(head)])
    write.writerows(zip(*columns, strict=True))
    if maker.dice.random() < 0.15:
        maker.how["blank rows"] = "yes"
        out.write(end + mark * (len(head) - 1) + end)
    encoding = maker.pick("encoding", ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "mac_roman"))
    text = out.getvalue()
    if encoding in ("cp1252", "mac_roman"):
        text = text.replace("\u202f", "\u00a0")
    try:
        return "t.csv", text.encode(encoding)
    except UnicodeEncodeError:
        return "t.csv", text.encode()


def _frame(maker: Maker, truth: dict[str, list[Any]], *, native: bool = True) -> pd.DataFrame:
    head, columns = maker.cells(truth, native=native)
    return pd.DataFrame(dict(zip(head, columns, strict=True)))


def _openpyxl(maker: Maker, truth: dict[str, list[Any]]) -> tuple[str, bytes]:
    native = maker.pick("native", (True, False))
    head, columns = maker.cells(truth, native=native)
    book = openpyxl.Workbook()
    sheet = book.active
    if maker.pick("above", ("", "", "title")):
        sheet.append(["Incidents en Haïti"])
        sheet.append([])
    sheet.append(head)
    for row in zip(*columns, strict=True):
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return "t.xlsx", out.getvalue()


def _xlsxwriter(maker: Maker, truth: dict[str, list[Any]]) -> tuple[str, bytes]:
    frame = _frame(maker, truth, native=maker.pick("native", (True, False)))
    out = io.BytesIO()
    frame.to_excel(out, engine="xlsxwriter", index=False)
    return "t.xlsx", out.getvalue()


def _pandas_parquet(maker: Maker, truth: dict[str, list[Any]]) -> tuple[str, bytes]:
    frame = _frame(maker, truth, native=maker.pick("native", (True, False)))
    day = next((name for name in frame if isinstance(frame[name].iloc[0], dt.date)), None)
    if day is not None and maker.pick("stamps", ("date", "stamp", "zone")) != "date":
        frame[day] = pd.to_datetime(frame[day]) + pd.Timedelta(hours=15)
        if maker.how["stamps"] == "zone":
            frame[day] = frame[day].dt.tz_localize("UTC")
    out = io.BytesIO()
    frame.to_parquet(out, index=maker.dice.random() < 0.2, compression=maker.pick("codec", ("snappy", "zstd", "gzip")))
    return "t.parquet", out.getvalue()


def _pyarrow(maker: Maker, truth: dict[str, list[Any]]) -> tuple[str, bytes]:
    table = pa.Table.from_pandas(_frame(maker, truth), preserve_index=False)
    changed = []
    for name in table.column_names:
        column = table[name]
        if pa.types.is_string(column.type) and maker.dice.random() < 0.3:
            column = column.dictionary_encode()
        elif pa.types.is_string(column.type) and maker.dice.random() < 0.3:
            column = column.cast(pa.large_string())
        elif pa.types.is_floating(column.type) and maker.dice.random() < 0.4:
            values = [None if value is None else Decimal(str(value)) for value in column.to_pylist()]
            column = pa.chunked_array([pa.array(values, pa.decimal128(18, 6))])
        changed.append(column)
    table = pa.table(dict(zip(table.column_names, changed, strict=True)))
    out = io.BytesIO()
    pq.write_table(table, out, version=maker.pick("version", ("1.0", "2.6")), row_group_size=5)
    return "t.parquet", out.getvalue()


def _duckdb(maker: Maker, truth: dict[str, list[Any]]) -> tuple[str, bytes]:
    kind = maker.pick("kind", ("csv", "parquet"))
    frame = _frame(maker, truth, native=True)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"t.{kind}"
        found = duckdb.connect()
        found.register("frame", frame)
        options = {"csv": "(FORMAT csv, HEADER)", "parquet": "(FORMAT parquet)"}[kind]
        found.execute(f"COPY (SELECT * FROM frame) TO '{path}' {options}")
        return path.name, path.read_bytes()


def _gdal(driver: str, ending: str, **options: Any) -> Callable[[Maker, dict[str, list[Any]]], tuple[str, bytes]]:
    def write(maker: Maker, truth: dict[str, list[Any]]) -> tuple[str, bytes]:
        names = HEADS[maker.pick("head", range(len(HEADS)))]
        shapes = [None if point is None else shapely.Point(*point) for point in truth["point"]]
        style = maker.pick("days", ("native", "stamp", "iso", "iso haiti", "dmy"))
        given = truth["day"]
        values: Any = [DAYS[style](day) for day in given] if style in DAYS else given
        if style == "stamp":
            values = pd.to_datetime(given) + pd.Timedelta(hours=9)
        elif style == "native":
            values = pd.to_datetime(given)
        columns = {names["id"]: truth["id"], names["day"]: values, names["title"]: truth["title"]}
        columns[names["killed"]] = pd.array(truth["killed"], dtype="Int64")
        frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)
        if driver in ("GPKG", "ESRI Shapefile") and maker.pick("crs", (4326, 32618)) == 32618:
            frame = frame.to_crs(32618)
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"t.{ending}"
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pyogrio.write_dataframe(frame, path, driver=driver, **options)
            if driver != "ESRI Shapefile":
                return path.name, path.read_bytes()
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as packed:
                for part in sorted(Path(folder).iterdir()):
                    packed.writestr(part.name, part.read_bytes())
            return "t.zip", out.getvalue()

    return write


def _geoparquet(maker: Maker, truth: dict[str, list[Any]]) -> tuple[str, bytes]:
    names = HEADS[maker.pick("head", range(len(HEADS)))]
    shapes = [None if point is None else shapely.Point(*point) for point in truth["point"]]
    columns = {names["id"]: truth["id"], names["day"]: pd.to_datetime(truth["day"]), names["title"]: truth["title"]}
    columns[names["killed"]] = pd.array(truth["killed"], dtype="Int64")
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=maker.pick("crs", (4326, 32618)))
    if frame.crs.to_epsg() == 32618:
        frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_crs(32618)
    out = io.BytesIO()
    covering = maker.pick("covering", (True, False)) and frame.geometry.notna().any()
    frame.to_parquet(out, write_covering_bbox=covering, index=maker.dice.random() < 0.2)
    return "t.parquet", out.getvalue()


WRITERS: dict[str, Callable[[Maker, dict[str, list[Any]]], tuple[str, bytes]]] = {
    "csv": _csv,
    "openpyxl": _openpyxl,
    "xlsxwriter": _xlsxwriter,
    "pandas parquet": _pandas_parquet,
    "pyarrow": _pyarrow,
    "duckdb": _duckdb,
    "geopackage": _gdal("GPKG", "gpkg"),
    "geojson": _gdal("GeoJSON", "geojson"),
    "geojson lines": _gdal("GeoJSONSeq", "geojsonl"),
    "flatgeobuf": _gdal("FlatGeobuf", "fgb", SPATIAL_INDEX="NO"),
    "shapefile": _gdal("ESRI Shapefile", "shp", encoding="UTF-8"),
    "geoparquet": _geoparquet,
}


# ---------------------------------------------------------------------------------------------------------- Comparison


def wrong(made: Made, data: Any, folder: Path) -> str:
    """Return what came out of a file that did not go in, or a refusal that is not true; empty if all is well."""
    from mssmap import ingest
    from mssmap.errors import MssmapError
    from mssmap.ingest import days, prepare

    path = folder / made.name
    path.write_bytes(made.content)
    try:
        reading = ingest.read(path)
        table = next(iter(reading.tables))
        found = prepare.prepare(reading, table, data, file=made.name)
    except days.UnsureDaysError as error:
        return "" if made.may_be_unsure else f"unsure: {error}"
    except MssmapError as error:
        return f"refused: {error}"
    except Exception as error:  # noqa: BLE001 -- told with its number
        return f"bug: {error!r}"
    if found.kind != "events":
        return f"a {found.kind}: {list(reading.tables[table].columns)}"
    if found.read_rows - sum(found.left_out.values()) != len(found.frame):
        return f"unaccounted: {found.read_rows} {found.left_out} {len(found.frame)}"
    if len(found.frame) != len(made.days):
        return f"rows: {len(found.frame)} of {len(made.days)}: {found.left_out} {[str(f) for f in found.faults][:2]}"
    return _cells(made, found.frame)


def _cells(made: Made, frame: pd.DataFrame) -> str:
    days = [value.date() for value in frame["valid_from"]]
    if days != made.days and not made.may_be_unsure:
        return f"days: {[(str(a), str(b)) for a, b in zip(days, made.days, strict=True) if a != b][:3]}"
    titles = [" ".join(str(title).split()) for title in frame["title_en"]]
    wanted = [" ".join(title.split()) for title in made.titles]
    if titles != wanted:
        return f"titles: {[(a, b) for a, b in zip(titles, wanted, strict=True) if a != b][:2]}"
    for (lon, lat), point in zip(frame[["lon", "lat"]].to_numpy(), made.points, strict=True):
        if (point is None) != (lon != lon):
            return f"place: {(lon, lat)} for {point}"
        if point is not None and max(abs(lon - point[0]), abs(lat - point[1])) > 2e-6:
            return f"place: {(lon, lat)} for {point}"
    for value, wanted in zip(frame["figure_min"], made.killed, strict=True):
        if (None if value != value else value) != wanted:
            return f"number: {value} for {wanted}"
    if frame["event_id"].nunique() != len(set(made.ids)):
        return f"ids: {frame['event_id'].tolist()[:3]} for {made.ids[:3]}"
    return ""


def tried(first: int, count: int, data: Any, folder: Path) -> list[tuple[int, dict[str, str], str]]:
    """Try the files of `count` numbers; return those that went wrong, how they were made, and what was wrong."""
    bad = []
    for seed in range(first, first + count):
        made = make(seed)
        if found := wrong(made, data, folder):
            bad.append((seed, made.how, found))
    return bad


def main() -> None:
    """Try many files, in this process and with small data."""
    from mssmap.jail import box
    from mssmap.records import catalog
    from tests.ingest.conftest import worked_on_here
    from tests.small_data import write_folder

    box.run = worked_on_here  # type: ignore[assignment]
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    kinds: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        data = catalog.open_data(write_folder(Path(folder) / "data"))
        for seed in range(first, first + count):
            for _seed, how, found in tried(seed, 1, data, Path(folder)):
                kinds[found.split(":")[0]] += 1
                print(seed, found[:260], how, sep="\n   ", flush=True)
    print(f"{count} files, {sum(kinds.values())} wrong: {dict(kinds)}")


if __name__ == "__main__":
    main()

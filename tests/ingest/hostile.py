"""
Files that somebody might send to do harm, made here so that none has to be kept.

Each case has bytes, a file name that may lie, and what must happen: a refusal whose reason holds some words, or that
the file is read and its text is nothing but text.
"""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

READ = "read"


@dataclass(frozen=True)
class Case:
    """
    One file.

    Attributes
    ----------
    make
        Its content, or what makes it if that takes long.
    reason
        A pattern of the refusal, or `READ`; with both joined by |, either may happen.
    holds, lacks
        Texts that must come through as they are, and that must not.
    """

    id: str
    name: str
    make: bytes | Callable[[], bytes]
    reason: str
    holds: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.make if isinstance(self.make, bytes) else self.make()


def collection(*features: Any, **more: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more}).encode()


def point(properties: dict[str, Any], at: Any = (-72.3, 18.5)) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": list(at)}}


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def gpx(name: str, head: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1">'
        f'<wpt lat="18.5" lon="-72.3"><name>{name}</name></wpt></gpx>'
    ).encode()


def kml(inside: str, head: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"{inside}</Document></kml>"
    ).encode()


MARK = "<Placemark><name>{0}</name><Point><coordinates>-72.3,18.5</coordinates></Point></Placemark>"


def workbook(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def swapped_member(content: bytes, name: str, change: Any) -> bytes:
    """Return a zip with one member changed by a function, or added if it is not there."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    members[name] = change(members.get(name, b""))
    return zipped(members)


def with_rows(content: bytes, rows: bytes) -> bytes:
    """Return a workbook with other rows in its sheet."""

    def sheet(xml: bytes) -> bytes:
        return xml.split(b"<sheetData>")[0] + b"<sheetData>" + rows + b"</sheetData></worksheet>"

    return swapped_member(content, "xl/worksheets/sheet1.xml", sheet)


def gpkg(*statements: str, rows: int = 1) -> bytes:
    """Return a GeoPackage of one layer of points, `places`, with further statements run on it."""
    database = sqlite3.connect(":memory:")
    database.executescript(
        """
        PRAGMA application_id=0x47504B47;
        CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
            organization_coordsys_id INTEGER, definition TEXT, description TEXT);
        INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84', 4326, 'EPSG', 4326, 'undefined', '');
        CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, identifier TEXT, description TEXT,
            last_change TEXT, min_x REAL, min_y REAL, max_x REAL, max_y REAL, srs_id INTEGER);
        CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT,
            srs_id INTEGER, z INTEGER, m INTEGER);
        CREATE TABLE places (fid INTEGER PRIMARY KEY, geom BLOB, name TEXT);
        INSERT INTO gpkg_contents VALUES ('places', 'features', 'places', '', '', 0, 0, 0, 0, 4326);
        INSERT INTO gpkg_geometry_columns VALUES ('places', 'geom', 'POINT', 4326, 0, 0);
        """
    )
    blob = b"GP\x00\x01" + struct.pack("<i", 4326) + shapely.Point(-72.3, 18.5).wkb
    database.executemany("INSERT INTO places (geom, name) VALUES (?, ?)", [(blob, f"place {i}") for i in range(rows)])
    for statement in statements:
        database.executescript(statement)
    database.commit()
    return database.serialize()


def listed(table: str) -> str:
    return f"INSERT INTO gpkg_contents VALUES ('{table}', 'attributes', '', '', '', 0, 0, 0, 0, 0);"


def parquet(table: pa.Table, **metadata: Any) -> bytes:
    buffer = io.BytesIO()
    texts = {key: json.dumps(value) for key, value in metadata.items()}
    pq.write_table(table.replace_schema_metadata(texts), buffer, compression="zstd")
    return buffer.getvalue()


def drivers(secret: Path, port: int) -> Iterator[Case]:
    """Content that another driver than that of the name would follow to a file or a server."""
    vrt = '<OGRVRTDataSource><OGRVRTLayer name="s"><SrcDataSource>{0}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    wfs = f"<OGRWFSDataSource><URL>http://127.0.0.1:{port}/wfs</URL></OGRWFSDataSource>"
    gdalg = {"type": "gdal_streamed_alg", "command_line": f"gdal vector read {secret}"}
    esri = {"geometryType": "esriGeometryPoint", "features": [], "exceededTransferLimit": True}
    for ending in ("geojson", "gpkg", "csv", "kml"):
        yield Case(f"vrt as {ending}", f"x.{ending}", vrt.format(secret).encode(), "XML that begins with <OGRVRT")
    yield Case(
        "vrt over http", "x.kml", vrt.format(f"/vsicurl/http://127.0.0.1:{port}/a").encode(), "begins with <OGRVRT"
    )
    yield Case("wfs xml", "x.geojson", wfs.encode(), "begins with <OGRWFS")
    yield Case(
        "gml with a schema elsewhere",
        "x.gml",
        f'<FeatureCollection xmlns:xsi="x" xsi:schemaLocation="a http://127.0.0.1:{port}/x.xsd"/>'.encode(),
        "begins with <FeatureCollection",
    )
    yield Case("gdalg", "x.geojson", json.dumps(gdalg).encode(), "of type 'gdal_streamed_alg'")
    yield Case("esri json that pages", "x.geojson", json.dumps(esri).encode(), "Esri JSON")
    yield Case("topojson", "x.geojson", b'{"type": "Topology", "objects": {}}', "TopoJSON")
    yield Case(
        "a url",
        "x.geojson",
        json.dumps(f"http://127.0.0.1:{port}/a.geojson").encode(),
        "not text|rows|JSON|header|CSV|found",
    )
    yield Case(
        "oapif", "OAPIF:x.json", json.dumps({"links": [{"href": f"http://127.0.0.1:{port}/"}]}).encode(), "of type None"
    )
    yield Case(
        "crs from a url",
        "x.geojson",
        collection(point({}), crs={"type": "link", "properties": {"href": f"http://127.0.0.1:{port}/crs"}}),
        "crs without a name",
    )
    yield Case("vsizip path as a name", f"/vsizip/{secret}", collection(point({"a": "b"})), READ, ("b",))
    yield Case("vsicurl path as a name", f"/vsicurl/http://127.0.0.1:{port}/x", collection(point({"a": "b"})), READ)
    yield Case("csv of paths", "x.csv", f'WKT,path\n"POINT (1 2)",{secret}\n'.encode(), READ, (str(secret),))
    yield Case(
        "csvt and vrt beside", "x.zip", zipped({"a.csv": b"a\n1\n", "a.vrt": vrt.format(secret).encode()}), READ, ("1",)
    )
    yield Case("png", "x.geojson", b"\x89PNG\r\n\x1a\n" + bytes(50), "a picture")
    yield Case("pdf", "x.kml", b"%PDF-1.7 /URI", "a PDF")
    yield Case("elf", "x.csv", b"\x7fELF" + bytes(60), "a program")
    yield Case("old excel", "x.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "old Excel")
    yield Case("gzip", "x.csv", gzip.compress(b"a,b\n1,2\n"), "a gzip file")
    yield Case("bare shp", "x.shp", struct.pack(">i", 9994) + bytes(96), r"a \.shp file alone")
    yield Case("nothing", "x.csv", b"", "an empty file")
    yield Case("blanks", "x.csv", b" \n \n", "an empty file")


def archives(secret: Path) -> Iterator[Case]:
    """Zips that are larger than they look, or lead out of themselves."""
    yield Case("zip bomb", "x.zip", lambda: zipped({"a.csv": b"a\n" + b"0" * 60_000_000}), "bomb")
    yield Case(
        "many small bombs",
        "x.zip",
        lambda: zipped({f"{i}.csv": b"a\n" + b"0\n" * 490_000 for i in range(400)}),
        "unpacked|rows",
    )
    lying = bytearray(zipped({"a.csv": b"a\n" + b"0" * 5_000_000}))
    at = lying.rindex(b"PK\x01\x02")
    lying[at + 24 : at + 28] = struct.pack("<I", 10)
    yield Case("a zip that lies about sizes", "x.zip", bytes(lying), "cannot be unpacked|found")
    yield Case("zip slip", "x.zip", zipped({"../../../../tmp/mssmap-slip.csv": b"a\n1\n"}), "leaves the archive")
    yield Case("zip slip by backslash", "x.zip", zipped({"..\\..\\a.csv": b"a\n1\n"}), "leaves the archive")
    yield Case("absolute path", "x.zip", zipped({"/tmp/mssmap-slip.csv": b"a\n1\n"}), "leaves the archive")
    yield Case("drive letter", "x.zip", zipped({"C:/a.csv": b"a\n1\n"}), "leaves the archive")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("a.csv")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, str(secret))
    yield Case("symlink", "x.zip", buffer.getvalue(), "a link or special file")
    crypt = bytearray(zipped({"a.csv": b"a\n1\n"}, zipfile.ZIP_STORED))
    crypt[6] |= 1
    crypt[crypt.rindex(b"PK\x01\x02") + 8] |= 1
    yield Case("password", "x.zip", bytes(crypt), "encrypted")
    yield Case("cut off", "x.zip", zipped({"a.csv": b"a\n1\n" * 1000})[:-30], "cannot be opened")
    yield Case("no data", "x.zip", zipped({"readme.txt": b"x"}), r"a zip with readme\.txt")
    yield Case("10,000 members", "x.zip", lambda: zipped({f"{i}.csv": b"" for i in range(10_000)}), "members")
    inner = zipped({"a.csv": b"a\n1\n"})
    yield Case(
        "zip in zip in zip", "x.zip", zipped({"a.zip": zipped({"b.zip": zipped({"c.zip": inner})})}), "a zip in a zip"
    )
    shp = {"a.shp": struct.pack(">i", 9994) + bytes(96), "a.dbf": b"\x03" + bytes(64)}
    yield Case("shapefile without shx", "x.zip", zipped(shp), r"without \.shx")
    yield Case("shapefile of noise", "x.zip", zipped({**shp, "a.shx": bytes(100)}), "GDAL cannot read|found")
    dbf = b"\x03" + bytes(3) + struct.pack("<IHH", 2**32 - 1, 33, 65_000) + bytes(40)
    yield Case("dbf of 4 billion rows", "x.zip", zipped({**shp, "a.dbf": dbf, "a.shx": shp["a.shp"]}), "found")
    yield Case("names of 10,000 letters", "x.zip", zipped({"a" * 10_000 + ".csv": b"a\n1\n"}), "too long")


def workbooks(secret: Path, port: int) -> Iterator[Case]:
    """XLSX: entities, bombs, formulas, links, a cell at the far end."""
    plain = workbook([["name", "n"], ["a", 1]])
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>'.encode()
    yield Case(
        "xlsx xxe",
        "x.xlsx",
        swapped_member(plain, "xl/worksheets/sheet1.xml", lambda xml: entity + xml),
        "document type",
    )
    laughs = b'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]>'
    yield Case(
        "xlsx laughs",
        "x.xlsx",
        swapped_member(plain, "xl/sharedStrings.xml", lambda xml: laughs + xml),
        "document type",
    )
    yield Case(
        "xlsx in utf-16",
        "x.xlsx",
        swapped_member(plain, "xl/workbook.xml", lambda xml: xml.decode().encode("utf-16")),
        "odd encoding",
    )
    yield Case(
        "xlsx bomb",
        "x.xlsx",
        lambda: with_rows(
            plain, b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (i, i) for i in range(1, 1_100_000))
        ),
        "rows|bomb|seconds|long",
    )
    far = b'<row r="1"><c r="XFD1"><v>1</v></c></row>'
    yield Case(
        "xlsx far cell",
        "x.xlsx",
        swapped_member(
            plain,
            "xl/worksheets/sheet1.xml",
            lambda xml: xml.split(b"<sheetData>")[0] + b"<sheetData>" + far + b"</sheetData></worksheet>",
        ),
        "columns",
    )
    deep = b'<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    yield Case(
        "xlsx last row",
        "x.xlsx",
        swapped_member(
            plain,
            "xl/worksheets/sheet1.xml",
            lambda xml: xml.split(b"<sheetData>")[0] + b"<sheetData>" + deep + b"</sheetData></worksheet>",
        ),
        "rows|READ|found",
    )
    formula = workbook([["name"], [f'=WEBSERVICE("http://127.0.0.1:{port}/x")'], ["=cmd|'/c calc'!A0"], ["kept"]])
    yield Case("xlsx formulas", "x.xlsx", formula, READ, ("kept",))
    link = workbook([["name"], [f'=HYPERLINK("http://127.0.0.1:{port}", "x")'], ["kept"]])
    yield Case("xlsx hyperlink", "x.xlsx", link, READ, ("kept",))
    yield Case(
        "xlsx without parts", "x.xlsx", zipped({"xl/workbook.xml": b"<workbook/>"}), "workbook that cannot be read"
    )
    yield Case("xlsx empty", "x.xlsx", workbook([]), "no sheet")


def documents(secret: Path, port: int) -> Iterator[Case]:
    """KML."""
    entity = f'<!DOCTYPE k [<!ENTITY e SYSTEM "file://{secret}">]>'
    laughs = (
        "<!DOCTYPE k ["
        + '<!ENTITY a0 "lol">'
        + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
        + "]>"
    )
    yield Case("kml xxe", "x.kml", kml(MARK.format("&e;"), entity), "document type")
    yield Case(
        "kml over http",
        "x.kml",
        kml(MARK.format("x"), f'<!DOCTYPE k SYSTEM "http://127.0.0.1:{port}/k.dtd">'),
        "document type",
    )
    yield Case("gpx xxe", "x.gpx", gpx("&e;", entity), "document type")
    yield Case(
        "gpx deep", "x.gpx", gpx("</name><extensions>" + "<a>" * 3000 + "</a>" * 3000 + "</extensions><name>"), READ
    )
    yield Case("kml laughs", "x.kml", kml(MARK.format("&a9;"), laughs), "document type")
    network = f"<NetworkLink><Link><href>http://127.0.0.1:{port}/x.kml</href></Link></NetworkLink>"
    yield Case("kml network link", "x.kml", kml(network), "no placemarks")
    yield Case("kml network link beside", "x.kml", kml(network + MARK.format("kept")), READ, ("kept",))
    yield Case(
        "kml icon",
        "x.kml",
        kml(
            f"<Style><IconStyle><Icon><href>http://127.0.0.1:{port}/i.png</href></Icon>"
            "</IconStyle></Style>" + MARK.format("kept")
        ),
        READ,
        ("kept",),
    )
    yield Case("kml deep", "x.kml", kml("<Folder>" * 3000 + MARK.format("x") + "</Folder>" * 3000), "deep")
    yield Case(
        "kml deeper",
        "x.kml",
        b"<kml>" + b"<a>" * 200_000 + b"</a>" * 200_000 + b"</kml>",
        "deep|placemarks|broke|stopped|memory",
    )
    yield Case(
        "kml html",
        "x.kml",
        kml(MARK.format("&lt;img src=x onerror=alert(1)&gt;")),
        READ,
        ("<img src=x onerror=alert(1)>",),
    )
    yield Case(
        "kml coordinates", "x.kml", kml("<Placemark><Point><coordinates>a,b</coordinates></Point></Placemark>"), READ
    )
    yield Case("html page", "x.kml", b"<!doctype html><html><script>1</script></html>", "a web page")
    page = b'<!doctype html><script type="application/geo+json">%s</script>'
    yield Case("html map, deep", "x.html", page % (b"[" * 100_000), "nested|JSON")
    yield Case("html map, no layer", "x.html", page % b'{"type": "Topology"}', "found")
    markup = b'{"type":"FeatureCollection","features":[],"x":"</script><script>alert(1)"}'
    yield Case("html map, markup", "x.html", page % markup, "JSON|found")
    yield Case("svg", "x.kml", b"<svg onload='alert(1)'/>", "begins with <svg>")


def packages(secret: Path) -> Iterator[Case]:
    """GeoPackage: everything in SQL that runs by itself."""
    forever = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"
    yield Case("gpkg recursive view", "x.gpkg", gpkg(f"CREATE VIEW v AS {forever};", listed("v")), READ, ("place 0",))
    yield Case(
        "gpkg contents as a view",
        "x.gpkg",
        gpkg(
            "ALTER TABLE gpkg_contents RENAME TO c;",
            "CREATE VIEW gpkg_contents AS SELECT 'places' AS table_name, 'features' AS data_type FROM c;",
        ),
        "gpkg_contents as a view",
    )
    yield Case(
        "gpkg trigger",
        "x.gpkg",
        gpkg("CREATE TRIGGER t BEFORE INSERT ON places BEGIN DELETE FROM places; END;"),
        READ,
        ("place 0",),
    )
    yield Case(
        "gpkg virtual table",
        "x.gpkg",
        gpkg(
            "PRAGMA writable_schema=ON;",
            f"INSERT INTO sqlite_master VALUES ('table', 'vt', 'vt', 0, "
            f"'CREATE VIRTUAL TABLE vt USING VirtualOGR(''{secret}'')');",
            listed("vt"),
        ),
        READ,
        ("place 0",),
    )
    yield Case(
        "gpkg generated column",
        "x.gpkg",
        lambda: gpkg(
            "CREATE TABLE g (a TEXT, b TEXT GENERATED ALWAYS AS (hex(zeroblob(60000000))) VIRTUAL);",
            "INSERT INTO g (a) VALUES ('x');",
            listed("g"),
        ),
        "database that cannot be read|READ",
    )
    yield Case(
        "gpkg extension",
        "x.gpkg",
        gpkg("CREATE TABLE g (a TEXT);", "INSERT INTO g VALUES ('load_extension(''x'')');", listed("g")),
        READ,
        ("load_extension('x')",),
    )
    yield Case(
        "gpkg sql in a name",
        "x.gpkg",
        gpkg('CREATE TABLE "a""; DROP TABLE places; --" (a TEXT);', listed('a"; DROP TABLE places; --')),
        READ,
        ("place 0",),
    )
    yield Case("gpkg of an other kind", "x.gpkg", sqlite3_of("CREATE TABLE a (b);"), "without gpkg_contents")
    noise = bytearray(gpkg(rows=2000))
    noise[5000:40_000] = bytes(range(256)) * 137 if len(noise) > 40_000 else b""
    yield Case("gpkg of noise", "x.gpkg", bytes(noise), "found|READ")
    yield Case("gpkg of no geometry", "x.gpkg", gpkg("UPDATE places SET geom = x'4750000100000000ff';"), READ)
    yield Case("gpkg cut off", "x.gpkg", gpkg(rows=500)[:9000], "database that cannot be read")


def sqlite3_of(statement: str) -> bytes:
    database = sqlite3.connect(":memory:")
    database.execute(statement)
    database.commit()
    return database.serialize()


def zeros() -> bytes:
    """120 columns of 450,000 zeros."""
    return parquet(pa.table({f"c{i}": pa.array(np.zeros(450_000)) for i in range(120)}))


def one_word() -> bytes:
    """400,000 times the same text of 50,000 letters, written once."""
    words = pa.DictionaryArray.from_arrays(pa.array(np.zeros(400_000, dtype="int32")), pa.array(["x" * 50_000]))
    return parquet(pa.table({"a": words}))


def columns(secret: Path, port: int) -> Iterator[Case]:
    """Parquet and FlatGeobuf."""
    yield Case("parquet bomb", "x.parquet", zeros, "bytes unpacked|cells|columns")
    yield Case("parquet dictionary bomb", "x.parquet", one_word, "memory|unpacked|stopped|broke|cannot be read")
    plain = pa.table({"a": ["b"]})
    yield Case("parquet geo that is no object", "x.parquet", parquet(plain, geo=[1]), READ, ("b",))
    yield Case(
        "parquet geo without a column",
        "x.parquet",
        parquet(plain, geo={"primary_column": "g", "columns": {}}),
        "names no column",
    )
    yield Case(
        "parquet crs from a url",
        "x.parquet",
        parquet(
            pa.table({"g": [shapely.Point(-72, 19).wkb]}),
            geo={"primary_column": "g", "columns": {"g": {"encoding": "WKB", "crs": f"http://127.0.0.1:{port}/"}}},
        ),
        "CRS that cannot",
    )
    yield Case(
        "parquet wkb of noise",
        "x.parquet",
        parquet(
            pa.table({"g": [b"\x01\x06\x00\x00\x00\xff\xff\xff\xff"]}),
            geo={"primary_column": "g", "columns": {"g": {"encoding": "WKB"}}},
        ),
        READ,
    )
    yield Case("parquet cut off", "x.parquet", b"PAR1" + bytes(100), "cannot be read")
    yield Case("fgb of noise", "x.fgb", b"fgb\x03fgb\x00" + b"\xff" * 300, "found")
    yield Case("fgb head", "x.fgb", b"fgb\x03fgb\x00" + struct.pack("<I", 2**31) + bytes(20), "found")


def texts() -> Iterator[Case]:
    """Text that becomes code elsewhere, and text that is none."""
    evil = (
        "{{7*191}}",
        "${7*191}",
        "<img src=x onerror=alert(1)>",
        '=HYPERLINK("http://x")',
        "{% x %}",
        "'; DROP TABLE a; --",
        "</script><script>alert(1)</script>",
        "javascript:alert(1)",
        "`${alert(1)}`",
        "\\`",
        "@SUM(1)",
        "+1-1",
        "[a](javascript:1)",
    )
    yield Case(
        "csv of code",
        "x.csv",
        ("name,n\n" + "".join('"' + text.replace('"', '""') + '",1\n' for text in evil)).encode(),
        READ,
        evil,
    )
    yield Case("geojson of code", "x.geojson", collection(*(point({"name": text}) for text in evil)), READ, evil)
    yield Case("code as column names", "x.geojson", collection(point(dict.fromkeys(evil, 1))), READ)
    yield Case("prototype", "x.geojson", collection(point({"__proto__": {"a": 1}, "constructor": "x"})), READ, ("x",))
    yield Case("bidi", "x.csv", "name\n\u202egnp.exe\u2066\n".encode(), READ, ("gnp.exe",), ("\u202e", "\u2066"))
    yield Case("NUL in csv", "x.csv", b"name,n\na\x00b,1\n", READ, ("ab",), ("\x00",))
    yield Case("NUL in geojson", "x.geojson", collection(point({"name": "a\x00b"})), READ, ("ab",), ("\x00",))
    yield Case("lone surrogate", "x.geojson", b'{"type":"Feature","properties":{"a":"\\ud800x"},"geometry":null}', READ)
    yield Case("latin-1", "x.csv", "name\nPétion-Ville\n".encode("latin-1"), READ, ("Pétion-Ville",))
    yield Case("scrambled", "x.csv", "name\nP\u00c3\u00a9tion\n".encode(), READ, ("Pétion",))
    yield Case("utf-16", "x.csv", "name,n\nGoâve,1\n".encode("utf-16"), READ, ("Goâve",))
    yield Case("bytes of no encoding", "x.csv", b"name\n\x81\x8d\x8f\n", f"line 2|{READ}")
    yield Case("geojson not utf-8", "x.geojson", '{"type":"Feature","properties":{"a":"é"}}'.encode("latin-1"), "UTF-8")
    yield Case("a long text", "x.csv", b"name\n" + b"x" * 200_000 + b"\n", "a text of 200,000 characters")
    yield Case("a long name", "x.csv", b"n" * 5_000 + b"\n1\n", "column name|header")
    yield Case("5,000 columns", "x.csv", b",".join(b"c%d" % i for i in range(5_000)) + b"\n", "columns")
    yield Case("an open quote", "x.csv", b'name,n\n"a,1\nb,2\n', "never closed")
    yield Case("ragged rows", "x.csv", b"a,b\n1,2\n3\n4,5,6\n7,8\n", READ, ("7",))
    yield Case("600,000 rows", "x.csv", lambda: b"a,b\n" + b"1,2\n" * 600_000, "rows")


def numbers() -> Iterator[Case]:
    """JSON that hurts parsers."""
    yield Case("deep list", "x.geojson", b"[" * 200_000, "deep|JSON")
    yield Case("deep object", "x.geojson", b'{"a":' * 100_000, "deep|JSON")
    yield Case("deep properties", "x.geojson", collection(point({"a": json.loads("[" * 300 + "]" * 300)})), "deep")
    nested = {"type": "GeometryCollection", "geometries": []}
    for _ in range(200):
        nested = {"type": "GeometryCollection", "geometries": [nested]}
    yield Case("deep geometry", "x.geojson", json.dumps(nested).encode(), "deep")
    yield Case(
        "NaN",
        "x.geojson",
        b'{"type":"Feature","properties":{"a":NaN},"geometry":{"type":"Point","coordinates":[NaN,1]}}',
        READ,
    )
    yield Case("1e999", "x.geojson", b'{"type":"Point","coordinates":[1e999,1]}', READ)
    yield Case(
        "a number of a million digits",
        "x.geojson",
        b'{"type":"Feature","properties":{"a":' + b"9" * 1_000_000 + b'},"geometry":null}',
        "not JSON|digits|READ",
    )
    yield Case("coordinates of text", "x.geojson", b'{"type":"Point","coordinates":["a","b"]}', READ)
    yield Case("a ring of one", "x.geojson", b'{"type":"Polygon","coordinates":[[[1,1]]]}', READ)
    yield Case("no features", "x.geojson", b'{"type":"FeatureCollection"}', "list of features")
    yield Case(
        "features of text",
        "x.geojson",
        b'{"type":"FeatureCollection","features":["a"]}',
        "something else than a Feature",
    )
    yield Case("keys twice", "x.geojson", b'{"type":"Feature","type":"Point","coordinates":[1,2]}', READ)


def cases(secret: Path, port: int) -> list[Case]:
    """Return the whole corpus for a secret file and a listening port."""
    return [
        *drivers(secret, port),
        *archives(secret),
        *workbooks(secret, port),
        *documents(secret, port),
        *packages(secret),
        *columns(secret, port),
        *texts(),
        *numbers(),
    ]

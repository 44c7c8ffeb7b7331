"""Writing archives: what comes out, what is refused in one line, and that nothing is left behind."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import resource
import threading
import time
from decimal import Decimal
from pathlib import Path

import geopandas as gpd
import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pytest
from hypothesis import given

from archive.samples import FAR, PRESS, TEN, rows, write
from mssmap import store
from mssmap.archive import columns, engine, shelf, stream, writer
from mssmap.archive.queries import Query
from mssmap.archive.question import Question
from mssmap.archive.shelf import ChangedError, Shelf
from mssmap.archive.writer import StoppedError
from mssmap.cli import run
from mssmap.errors import DataError, InputError, NotFoundError
from mssmap.ingest import source


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_an_archive_is_sound_geoparquet_that_others_read(own):
    archives, made = own()
    path = archives.shelf.parquet(made.name)
    found = gpd.read_parquet(path)
    assert found.crs.equals("OGC:CRS84")
    assert len(found) == 10
    assert found.geometry.isna().sum() == 1
    first = found.dropna(subset="geometry").iloc[0]
    assert (first.geometry.x, first.geometry.y) == (first["lon"], first["lat"])
    assert set(gpd.read_parquet(path, bbox=(FAR[0], FAR[1], FAR[0], FAR[1]))["event_id"]) == {"c1", "d1"}
    geo = json.loads(pq.read_metadata(path).metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    # near each other what lies near: cells ascend, rows without a place come last
    cells = pq.read_table(path, columns=["h3", "row"]).to_pydict()
    assert cells["h3"][:9] == sorted(cells["h3"][:9])
    assert (cells["h3"][9], cells["row"]) == (None, list(range(10)))


def test_a_later_revision_ends_the_one_before(own):
    archives, made = own()
    table = pq.read_table(archives.shelf.parquet(made.name)).to_pylist()
    told = {(r["event_id"], r["revision"]): str(r["known_until"]) for r in table if r["event_id"] in ("c1", "d1", "a1")}
    assert told == {
        **{("a1", 1): "None", ("c1", 1): "2024-04-01", ("c1", 2): "None"},
        **{("d1", 1): "2024-05-01", ("d1", 2): "None"},
    }


def test_the_manifest_says_what_it_is(own):
    archives, made = own()
    assert archives.shelf.find(made.name) == made
    assert (made.rows, made.placed, made.licence, made.attribution) == (10, 9, "CC-BY-4.0", "A paper, CC BY")
    assert made.sha256 == shelf.digest(archives.shelf.parquet(made.name))
    assert made.columns == columns.STORED.names
    with pytest.raises(InputError, match="the same content is there already"):
        write(archives.shelf.folder, rows(TEN))
    assert left(archives.shelf.folder) == [f"{made.name}.json", f"{made.name}.parquet"]


def test_stopping_leaves_nothing(tmp_path):
    def stop(rows: int, what: str) -> None:
        if what == "rows written":
            raise StoppedError("Stopped.")

    with pytest.raises(StoppedError), writer.writing(Shelf(tmp_path), PRESS, progress=stop) as out:  # noqa: PT012
        out.add(rows(TEN))
        assert [path.name[:9] for path in tmp_path.iterdir()] == [".writing-"]
        out.finish("Ten")
    assert left(tmp_path) == []


def test_what_a_killed_process_left_is_swept_away(tmp_path):
    (tmp_path / ".writing-old").mkdir()
    os.utime(tmp_path / ".writing-old", (0, 0))
    write(tmp_path, rows(TEN))
    assert ".writing-old" not in left(tmp_path)


# --------------------------------------------------------------------------------------------------- while reading


def test_a_file_that_changes_is_told_and_then_opened_anew(own):
    archives, made = own()
    archives.opened(made.name)
    path = archives.shelf.parquet(made.name)
    os.utime(path, ns=(1, 1))
    with pytest.raises(ChangedError, match=r"changed on disk while it was open\. Ask again"):
        archives.ask(made.name, "count", Query())
    assert archives.ask(made.name, "count", Query()).num_rows == 1  # the same content: it only looked new
    path.write_bytes(path.read_bytes()[:-100] + b"x" * 100)
    with pytest.raises(ChangedError):
        archives.ask(made.name, "count", Query())
    with pytest.raises(DataError, match="found another content, required the file that was written"):
        archives.ask(made.name, "count", Query())
    path.unlink()
    with pytest.raises(DataError, match="found no file"):
        archives.ask(made.name, "count", Query())
    assert archives.shelf.faults() == [
        f"archive {made.name}: found no file, required {made.bytes:,} bytes. Add it again."
    ]


@pytest.mark.parametrize("name", ["nope", "../etc", "", "a" * 100])
def test_a_name_that_is_none(own, name):
    with pytest.raises(NotFoundError, match="required one of: ten-events-"):
        own()[0].opened(name)


def test_the_engine_reads_nothing_but_its_folder(own, tmp_path):
    archives = own()[0]
    (tmp_path / "secret.csv").write_text("a\n1\n")
    for text in (f"FROM read_csv('{tmp_path / 'secret.csv'}')", "FROM read_text('/etc/passwd')", "INSTALL spatial"):
        with pytest.raises(Exception, match=r"(?i)permission|disabled|not allowed"):
            archives.engine.run(text, Question())


def test_a_question_can_be_stopped_before_and_while_it_runs(own):
    archives, made = own()
    question = Question()
    question.cancel()
    with pytest.raises(StoppedError):
        archives.ask(made.name, "count", Query(), question=question)
    running = Question()
    threading.Timer(0.3, running.cancel).start()
    with pytest.raises(StoppedError, match="stopped"):
        archives.engine.run("SELECT sum(a.range * b.range) FROM range(10_000_000) a, range(10_000_000) b", running)


# ------------------------------------------------------------------------------------------------------- bad files


def parquet(path: Path, frame: pd.DataFrame, geo: dict[str, object] | None = None, **more: object) -> Path:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    if geo:
        table = table.append_column("geometry", pa.array([b"x"] * len(frame), pa.binary()))
        table = table.replace_schema_metadata({"geo": json.dumps(geo)})
    pq.write_table(table, path, **more)
    return path


def utm() -> dict[str, object]:
    crs = pyproj.CRS("EPSG:32618").to_json_dict()
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB", "crs": crs}}}


def unitless() -> dict[str, object]:
    """An axis without a unit: PROJ reads it from JSON, writes it as WKT, and cannot read that."""
    described = utm()
    crs = pyproj.CRS("EPSG:4326").to_json_dict()
    del crs["coordinate_system"]["axis"][1]["unit"]
    return {**described, "columns": {"geometry": {"encoding": "WKB", "crs": crs}}}


SOUND = rows(TEN[:3])
AHEAD, LONG_AGO = (
    np.array([20_000, days, 20_000], "datetime64[D]").astype("datetime64[s]") for days in (4 * 10**6, -4 * 10**6)
)
TOO_WIDE = pd.concat([SOUND, pd.DataFrame(1, SOUND.index, [f"c{i}" for i in range(401)])], axis=1)


@pytest.mark.parametrize(
    ("frame", "geo", "message"),
    [
        pytest.param(SOUND.drop(columns=["lon", "lat"]), None, "found no column lon, lat", id="missing columns"),
        pytest.param(SOUND.drop(columns=["valid_from", "title_en"]), None, "no column for", id="no date"),
        pytest.param(TOO_WIDE, None, "found 4[0-9]+ columns, required at most 400", id="too many columns"),
        pytest.param(SOUND.assign(lon=float("inf")), None, r"3 rows whose lon and lat are no numbers", id="infinite"),
        pytest.param(SOUND.assign(lat=[18.5, None, 18.5]), None, "1 rows whose lon .* row 2", id="half a place"),
        pytest.param(SOUND.assign(lon=796_000.0), None, "no numbers of degrees", id="metres"),
        pytest.param(SOUND, unitless(), "a coordinate system that PROJ cannot use", id="CRS without a unit"),
        pytest.param(SOUND, utm(), "UTM zone 18N, required longitude and latitude in WGS 84", id="wrong CRS"),
        pytest.param(
            SOUND.assign(valid_from=["2024-01-01T00:00:00Z", "2024-01-01T23:00:00-05:00", "2024-01-02T00:00:00Z"]),
            None,
            r"times in 2 zones \(\+00:00, -05:00\) in valid_from, required one zone",
            id="mixed time zones",
        ),
        pytest.param(
            SOUND.assign(
                valid_from=SOUND["valid_from"].dt.tz_localize("UTC"),
                valid_to=SOUND["valid_to"].dt.tz_localize("America/Port-au-Prince"),
            ),
            None,
            "times in 2 zones",
            id="columns of two zones",
        ),
        pytest.param(SOUND.assign(revision="first"), None, "'first' in revision in row 1", id="words"),
        pytest.param(
            SOUND.assign(revision=2**40), None, "a revision that is no small whole number", id="large revision"
        ),
        pytest.param(
            SOUND.assign(revision=1.5), None, "a revision that is no small whole number", id="half a revision"
        ),
        pytest.param(SOUND.assign(figure_min="many"), None, "'many' in figure_min in row 1", id="figure"),
        pytest.param(SOUND.assign(valid_from=None), None, "3 rows without a day in valid_from", id="no days"),
        pytest.param(SOUND.assign(valid_from="soon"), None, "'soon' in valid_from in row 1, required a day", id="word"),
        pytest.param(SOUND.assign(valid_to=AHEAD), None, "'12921-08-18' in valid_to in row 2", id="a day far away"),
        pytest.param(
            SOUND.assign(known_from=LONG_AGO), None, "'-8982-05-17' in known_from in row 2", id="a day long ago"
        ),
        pytest.param(SOUND.iloc[:0], None, "found no rows", id="empty"),
    ],
)
def test_a_bad_parquet_file_is_one_clear_line(tmp_path, small, frame, geo, message):
    path = parquet(tmp_path / "bad.parquet", frame, geo)
    with pytest.raises(InputError, match=message) as caught:
        stream.add_file(Shelf(tmp_path / "archives"), path, small)
    assert str(caught.value).startswith("bad.parquet: ")
    assert "\n" not in str(caught.value)
    assert left(tmp_path / "archives") == [] if (tmp_path / "archives").exists() else True


@pytest.mark.parametrize("kind", [pa.date32(), pa.timestamp("us")], ids=str)
def test_a_day_out_of_reach_leaves_its_row_out(tmp_path, small, kind):
    """Days that pandas can hold and Python cannot."""
    when = pa.array([20_000, 4_000_000, -4_000_000], pa.int32()).cast(pa.date32()).cast(kind)
    pq.write_table(pa.table({"title": ["a", "b", "c"], "date": when}), tmp_path / "far.parquet")
    manifest, told = stream.add_file(Shelf(tmp_path / "archives"), tmp_path / "far.parquet", small)
    assert manifest.rows == 1
    assert [(one.row, one.found, one.required) for one in told.faults if one.kind != "rule"] == [
        (2, "'12921-08-18'", "a day from 1900 to 2100"),
        (3, "'-8982-05-17'", "a day from 1900 to 2100"),
    ]


def test_nan_is_not_the_same_as_no_place(tmp_path, small):
    table = pa.Table.from_pandas(SOUND, preserve_index=False)
    table = table.set_column(table.schema.get_field_index("lon"), "lon", pa.array([-72.35, float("nan"), -72.35]))
    pq.write_table(table, tmp_path / "nan.parquet")
    with pytest.raises(InputError, match=r"1 rows .* \(NaN\?\), the first is row 2"):
        stream.add_file(Shelf(tmp_path / "archives"), tmp_path / "nan.parquet", small)


def test_a_truncated_footer_and_a_huge_row_group(tmp_path, small, monkeypatch):
    path = parquet(tmp_path / "cut.parquet", SOUND)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with pytest.raises(InputError, match=r"cut\.parquet: found a Parquet file that cannot be read"):
        stream.add_file(Shelf(tmp_path), path, small)
    path.write_bytes(whole)
    monkeypatch.setattr(source, "BOUNDS", dataclasses.replace(source.BOUNDS, unpacked_bytes=100))
    with pytest.raises(InputError, match=r"a row group of .* Write it with row groups"):
        stream.add_file(Shelf(tmp_path), path, small)


EVENT = {"event_id": ["e"], "category": ["other"], "valid_from": ["2025-01-01"], "lon": [-72.3], "lat": [18.5]}


def of_one_word(count: int, letters: int, *, kept: bool) -> pa.Table:
    """A word that the file holds once and every row repeats; `kept` as a dictionary also once it is read."""
    word = pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, dtype="int32")), pa.array(["x" * letters]))
    ids = {"event_id": [f"e{i}" for i in range(count)]}
    return pa.table({name: cells * count for name, cells in EVENT.items()} | ids | {
        "title_en": word if kept else word.cast(pa.string())
    })  # fmt: skip


@pytest.mark.parametrize(
    ("table", "message"),
    [
        pytest.param(of_one_word(20_000, 100_000, kept=True), "bytes in 2,000 rows, required at most", id="dictionary"),
        pytest.param(of_one_word(10_000, 90_000, kept=False), "bytes in 2,000 rows, required at most", id="dense"),
        pytest.param(pa.table(EVENT | {"note": ["x" * 100_001]}), "a text of 100,001 characters in note", id="long"),
        pytest.param(pa.table(EVENT | {"note": [" 1:11" * 40_000]}), "a text of 200,000 characters", id="pattern"),
        pytest.param(pa.table(EVENT).replace_schema_metadata({"geo": '{"columns": {"a": 7}}'}), "in no CRS", id="geo"),
    ],
)
def test_a_parquet_file_that_is_dear_to_read_is_one_clear_line(tmp_path, small, table, message):
    pq.write_table(table, tmp_path / "dear.parquet", compression="zstd")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match=rf"^dear\.parquet: found .*{message}") as caught:
        stream.add_file(Shelf(tmp_path / "archives"), tmp_path / "dear.parquet", small)
    assert "\n" not in str(caught.value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes


def test_a_text_full_of_times_takes_no_longer_than_another(tmp_path, small):
    pq.write_table(pa.table(EVENT | {"note": [" 1:11" * 19_000]}), tmp_path / "times.parquet")
    began = time.thread_time()
    made, _told = stream.add_file(Shelf(tmp_path / "archives"), tmp_path / "times.parquet", small)
    assert made.rows == 1
    assert time.thread_time() - began < 10


@pytest.mark.parametrize("geo", ['{"columns": ["a"]}', '{"columns": 7}', "[]", "{"])
def test_metadata_of_another_form_are_not_geoparquet(tmp_path, small, geo):
    pq.write_table(pa.table(EVENT).replace_schema_metadata({"geo": geo}), tmp_path / "list.parquet")
    assert stream.add_file(Shelf(tmp_path / "archives"), tmp_path / "list.parquet", small)[0].rows == 1


def test_decimals_are_numbers(tmp_path, small):
    decimals = {
        name: pa.array([Decimal(text)], pa.decimal128(12, 4))
        for name, text in {"lon": "-72.3", "lat": "18.5", "figure_min": "3"}.items()
    }
    pq.write_table(pa.table(EVENT | decimals), tmp_path / "decimals.parquet")
    made, _told = stream.add_file(Shelf(tmp_path / "archives"), tmp_path / "decimals.parquet", small)
    assert (made.rows, made.placed, made.box) == (1, 1, [-72.3, 18.5, -72.3, 18.5])


def test_two_hundred_columns_are_no_obstacle(tmp_path, small):
    path = parquet(tmp_path / "wide.parquet", SOUND.assign(**{f"c{i}": "x" for i in range(180)}))
    made, _told = stream.add_file(Shelf(tmp_path / "archives"), path, small)
    assert (made.rows, made.columns) == (3, columns.STORED.names)


def test_our_own_archive_can_be_added_again_elsewhere(own, tmp_path, small):
    archives, made = own()
    path = archives.shelf.parquet(made.name)
    again, _told = stream.add_file(Shelf(tmp_path / "other"), path, small)
    mine, theirs = (engine.connect(s).ask(m.name, "count", Query()) for s, m in
                    ((archives.shelf, made), (Shelf(tmp_path / "other"), again)))  # fmt: skip
    assert mine.equals(theirs)
    assert (mine.to_pylist()[0]["total"], again.rows) == (6, len(TEN))  # a1 to c1, as they are known


# --------------------------------------------------------------------------------------------------- CSV, in parts


def test_a_csv_is_cut_only_between_records():
    text = b'a,b\n1,"x\ny"\n2,"say ""hi""\n"\n3,z'
    for size in range(1, len(text) + 1):
        found = list(source.cut(io.BytesIO(text), size))
        assert b"".join(found) == text
        cuts = set(np.cumsum([len(part) for part in found]).tolist())
        assert cuts <= {len(b"a,b\n"), len(b'a,b\n1,"x\ny"\n'), len(text) - len(b"3,z"), len(text)}


@given(cells=st.lists(st.text(alphabet='a,"\n\r é', max_size=6), min_size=1, max_size=8), size=st.integers(1, 40))
def test_any_csv_survives_the_cutting(cells, size):
    text = pd.DataFrame({"x": cells, "y": 1}).to_csv(index=False).encode()
    found = list(source.cut(io.BytesIO(text), size))
    assert b"".join(found) == text
    assert all(part.count(b'"') % 2 == 0 for part in found)


def acled(path: Path, count: int) -> Path:
    lines = ["event_id_cnty,event_date,event_type,sub_event_type,actor1,actor2,country,admin1,admin2,location,"
             "latitude,longitude,geo_precision,time_precision,source,notes,fatalities"]  # fmt: skip
    for i in range(count):
        country = "Haiti" if i % 10 else "Cuba"
        lines.append(f'HTI{i},{i % 28 + 1:02} May 2024,Riots,Mob violence,Rioters,,{country},Ouest,,Alpha,'
                     f'18.55,-72.35,1,1,Paper,"A note, with\na line",{i % 3}')  # fmt: skip
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_csv_in_parts_gives_every_row_once(tmp_path, small, monkeypatch):
    monkeypatch.setattr(source, "PART_BYTES", 4_000)
    monkeypatch.setattr(source.cut, "__defaults__", (4_000,))
    told_rows = []
    path = acled(tmp_path / "acled.csv", 100)
    made, told = stream.add_file(
        Shelf(tmp_path / "archives"), path, small, progress=lambda n, what: told_rows.append((n, what))
    )
    assert len([n for n, what in told_rows if what == "rows read"]) > 2
    assert told_rows[-1] == (90, "rows written")
    assert (told.read, told.left_out, made.rows, made.kept) == (100, 10, 90, {"country": ["Haiti"]})
    archives = engine.connect(Shelf(tmp_path / "archives"))
    ids = archives.ask(made.name, "record", 0).to_pylist()[0]
    assert (ids["event_id"][:3], ids["title_en"], ids["grade"]) == ("hti", "Mob violence, Alpha", "B3")
    found = pq.read_table(archives.shelf.parquet(made.name), columns=["event_id"])["event_id"].to_pylist()
    assert sorted(found) == sorted(f"hti{i}" for i in range(100) if i % 10)


@pytest.mark.parametrize("found", [True, False])
def test_a_part_without_haiti_is_no_obstacle_but_a_file_is(tmp_path, small, monkeypatch, found):
    monkeypatch.setattr(source.cut, "__defaults__", (4_000,))
    path = acled(tmp_path / "acled.csv", 60)
    text = path.read_text().replace(",Haiti,", ",Cuba,")
    path.write_text(text if not found else text[::-1].replace("Cuba"[::-1], "Haiti"[::-1], 1)[::-1])
    if found:
        assert stream.add_file(Shelf(tmp_path / "archives"), path, small)[0].rows == 1
    else:
        with pytest.raises(InputError, match="found no row about Haiti, required at least one"):
            stream.add_file(Shelf(tmp_path / "archives"), path, small)


def test_an_open_quote_is_told(tmp_path, small, monkeypatch):
    monkeypatch.setattr(source, "RECORD_BYTES", 1_000)
    path = tmp_path / "open.csv"
    path.write_text('date,title\n2024-01-01,"never\n' + "x\n" * 20_000_000)
    with pytest.raises(InputError, match="a quote that is never closed"):
        stream.add_file(Shelf(tmp_path), path, small)


def test_the_command_line_adds_lists_shows_and_removes(tmp_path, monkeypatch, capsys, small_folder):
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    monkeypatch.setenv("MSSMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    file = str(acled(tmp_path / "acled.csv", 20))
    assert run(["archive", "add", file, "--title", "Mine", "--json", "--make-store"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["title"], made["rows"]) == ("Mine", 18)
    assert left(tmp_path / "archives") == [f"{made['name']}.json", f"{made['name']}.parquet"]
    assert run(["archive", "list"]) == 0
    assert "18 rows  2024-05-02 to 2024-05-20  ACLED terms of use" in capsys.readouterr().out
    assert run(["archive", "show", made["name"]]) == 0
    assert json.loads(capsys.readouterr().out) == made
    assert run(["archive", "remove", made["name"]]) == 0
    trail = store.open_store(f"sqlite:///{tmp_path / 'store.db'}").trail(made["name"])
    assert [(e.action, e.entity, e.version, (e.body or {}).get("sha256")) for e in trail] == [
        ("edit", "archive", 1, made["sha256"]),
        ("delete", "archive", 2, None),
    ]
    assert "for 30 days mssmap archive restore" in capsys.readouterr().err
    assert run(["log", "--verify"]) == 0
    assert run(["archive", "show", made["name"]]) == 2
    assert "required one of: none yet" in capsys.readouterr().err
    assert run(["archive", "add", str(tmp_path / "nothing.csv")]) == 2
    assert "nothing.csv: found no readable file (No such file" in capsys.readouterr().err


def test_a_folder_or_an_engine_can_be_the_address():
    assert shelf.folder_of("file:///srv/a", "/b") == Path("/srv/a")
    assert shelf.folder_of("", "/b") == Path("/b")
    with pytest.raises(InputError, match="MSSMAP_ARCHIVE_URL: found https, required a folder"):
        shelf.folder_of("https://example.org/a", "/b")


@pytest.mark.parametrize(
    "field",
    [
        {"first": "nonsense"},
        {"created_at": "nonsense"},
        {"rows": -1},
        {"bytes": 10**30},
        {"box": [1.0]},
        {"box": [float("nan")] * 4},
        {"title": "\ud800"},
        {"notes": "nonsense"},
        {"categories": {"riot": -1}},
        "[" * 100_000,
    ],
    ids=lambda field: str(field)[:20],
)
def test_a_manifest_that_makes_no_sense_is_a_fault(own, field):
    archives, made = own()
    changed = field if isinstance(field, str) else json.dumps({**dataclasses.asdict(made), **field})
    archives.shelf.manifest(made.name).write_text(changed)
    assert archives.shelf.listed() == []
    assert f"archive {made.name}: found a manifest that cannot be read" in archives.shelf.faults()[0]


def test_a_manifest_of_another_format_is_a_fault(own):
    archives, made = own()
    path = archives.shelf.manifest(made.name)
    path.write_text(json.dumps({**dataclasses.asdict(made), "format": "mssmap-archive/9"}))
    assert archives.shelf.listed() == []
    assert "found a manifest that cannot be read" in archives.shelf.faults()[0]
    with pytest.raises(DataError, match="mssmap-archive/9"):
        archives.shelf.find(made.name)

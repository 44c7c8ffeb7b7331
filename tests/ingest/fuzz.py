"""
Thousands of odd files against the jobs of the reading process, inside one that has given everything up as it does.

A file is odd in the way of its format: a sound GeoParquet file with another column or other metadata, a GeoPackage with
another cell, JSON in which one thing is another, or any with bytes changed. Run as a program: base files come in on
stdin, what happened goes out on stdout as JSON.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import random
import re
import sqlite3
import struct
import sys
import time
import zipfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

ODD: list[Any] = [
    *(None, True, 0, -1, 1e308, 1e999, float("nan"), 2**70, -72.3, 18.5, 400, "", "x", "é" * 50, "{{7*191}}", "=1+1"),
    *(
        "2025-01-18",
        "31/12/2024",
        "\x00",
        "\ud800",
        "\u202e",
        [],
        {},
        [[]],
        [1, 2],
        [[1, 2], [3, 4]],
        {"type": "Point"},
    ),
    *("Point", "Polygon", "Feature", "FeatureCollection", "EPSG:32618", "a" * 3000),
]
TOKENS = [
    *(
        b"",
        b"\x00",
        b"\xff",
        b'"',
        b",",
        b";",
        b"\n",
        b"\r\n",
        b"NaN",
        b"1e999",
        b"-72.3,18.5",
        b"<",
        b"</",
        b"&a;",
        b"<Folder>",
    ),
    *(b"</Placemark>", b"\xef\xbb\xbf", b"\xc3\xa9", b"9" * 400, b"<![CDATA[", b"coordinates", b"name", b"\x80" * 4),
]


def damaged(kind: str, content: bytes, chance: random.Random) -> bytes:
    """Return a file of a format with a few things in it changed, each in the way of that format."""
    if kind in STRUCTURED and chance.random() < 0.7:
        return STRUCTURED[kind](content, chance)
    if kind in ("geojson", "plan", "mapping") and chance.random() < 0.8:
        return json.dumps(shaken(json.loads(content), chance)).encode("utf-8", "surrogatepass")
    if kind in ("zip", "xlsx", "bundle", "export") and chance.random() < 0.8:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist()}
        name = chance.choice(sorted(members))
        members[name] = _member(name, members[name], chance)
        if chance.random() < 0.1:
            del members[chance.choice(sorted(members))]
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for path, part in members.items():
                archive.writestr(path, part)
        return buffer.getvalue()
    return (
        cut_up(content, chance)
        if kind in ("csv", "kml", "gpx", "geojson", "plan", "mapping")
        else blurred(content, chance)
    )


def _member(name: str, content: bytes, chance: random.Random) -> bytes:
    if name.endswith((".dbf", ".shp", ".shx")):
        return blurred(content, chance)
    if name.endswith("json") and chance.random() < 0.8:
        return json.dumps(shaken(json.loads(content), chance)).encode("utf-8", "surrogatepass")
    return cut_up(content, chance)


def odd_columns(rows: int, chance: random.Random) -> Any:
    """Return a column of a type that a reader may not think of."""
    import pyarrow as pa

    text = chance.choice(["", "x", "2025-01-18", "31/12/2024", " 1:11" * 50, "18:00+05:00", "{{7*191}}", "\x00\u202e"])
    makers = [
        lambda: pa.nulls(rows),
        lambda: pa.array([Decimal("1.5")] * rows, pa.decimal128(20, 3)),
        lambda: pa.array([chance.choice([0, -1, 2**62])] * rows),
        lambda: pa.array([chance.choice([1.5, float("nan"), float("inf"), 1e308])] * rows),
        lambda: pa.array([[1, 2]] * rows),
        lambda: pa.array([{"a": 1}] * rows),
        lambda: pa.array([text] * rows),
        lambda: pa.array([text] * rows).dictionary_encode(),
        lambda: pa.array([text] * rows, pa.large_string()),
        lambda: pa.array([b"\x00\xff"] * rows),
        lambda: pa.array([chance.choice([0, 2**40, -(2**40)])] * rows, pa.timestamp("s")),
        lambda: pa.array([0] * rows, pa.timestamp("us", chance.choice(["UTC", "+05:00"]))),
        lambda: pa.array([7] * rows, pa.time64("us")),
        lambda: pa.array([7] * rows, pa.duration("s")),
        lambda: pa.array([True] * rows),
        lambda: pa.array([12] * rows, pa.date32()),
        lambda: pa.array([shape(chance) for _ in range(rows)]),
    ]
    return chance.choice(makers)()


def shape(chance: random.Random) -> bytes:
    """Return well-known binary, or nearly."""
    point = b"\x01" + struct.pack("<Idd", 1, -72.3, 18.5)
    depth = chance.choice([1, 3, 9, 60])
    endless = b"\x01" + struct.pack("<II", chance.choice([2, 3, 4, 7, 9]), 0xFFFFFFFF)
    bow = struct.pack("<II8d", 1, 4, *(-72.4, 18.5, -72.3, 18.6, -72.3, 18.5, -72.4, 18.5))
    return chance.choice(
        [
            point,
            (b"\x01" + struct.pack("<II", 7, 1)) * depth + point,
            (b"\x01" + struct.pack("<II", 7, 2) + point) * depth + point,
            endless,
            b"\x01" + struct.pack("<I", 3) + bow,
            b"\x01" + struct.pack("<Idd", 1, chance.choice([400.0, float("nan"), float("inf"), 18.5]), -72.3),
            b"",
            b"POINT (1 2)",
            blurred(point, chance),
        ]
    )


def other_parquet(content: bytes, chance: random.Random) -> bytes:
    """Return a sound Parquet file in which a column or what is said of it is another."""
    import pyarrow.parquet as pq

    table = pq.ParquetFile(io.BytesIO(content)).read()
    said = dict(table.schema.metadata or {})
    for _ in range(chance.choice((1, 1, 2))):
        name = chance.choice(table.column_names)
        if b"geo" in said and chance.random() < 0.3:
            said[b"geo"] = json.dumps(shaken(json.loads(said[b"geo"]), chance)).encode("utf-8", "surrogatepass")
        elif chance.random() < 0.2:
            new = chance.choice(["", "lon", "geometry", "x" * 300, "\x00", "event_id"])
            table = table.rename_columns([new if column == name else column for column in table.column_names])
            break
        else:
            at = table.column_names.index(name)
            table = table.set_column(at, name, odd_columns(table.num_rows, chance))
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(said), out)
    return out.getvalue()


def other_geopackage(content: bytes, chance: random.Random) -> bytes:
    """Return a GeoPackage in which one cell is another."""
    db = sqlite3.connect(":memory:")
    try:
        db.deserialize(content)
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        table = chance.choice([name for name in tables if name.startswith("gpkg_") or name == "a"])
        column = chance.choice([row[1] for row in db.execute(f"PRAGMA table_info('{table}')")])
        plain = [value for value in ODD if isinstance(value, int | float | str) and "\ud800" not in str(value)]
        small = [value for value in plain if not isinstance(value, int) or abs(value) < 2**63]
        odd = b"GP\x00\x01" + struct.pack("<i", 4326) + shape(chance) if column == "geom" else chance.choice(small)
        with contextlib.suppress(sqlite3.Error):
            db.execute(f'UPDATE "{table}" SET "{column}" = ?', (odd,))
        db.commit()
        return bytes(db.serialize())
    finally:
        db.close()


STRUCTURED = {"parquet": other_parquet, "archive": other_parquet, "gpkg": other_geopackage}


def shaken(value: Any, chance: random.Random) -> Any:
    """Return a JSON document in which one thing is another."""
    places: list[tuple[Any, Any]] = []
    level = [value]
    while level:
        item = level.pop()
        for key in list(item) if isinstance(item, dict) else range(len(item)):
            places.append((item, key))
            if isinstance(item[key], dict | list):
                level.append(item[key])
    for _ in range(chance.choice((1, 1, 2))):
        holder, key = chance.choice(places)
        if isinstance(holder, dict) and chance.random() < 0.3:
            holder[str(chance.choice(ODD))] = holder.get(key)
        elif isinstance(holder, dict) and chance.random() < 0.2:
            holder.pop(key, None)
        else:
            try:
                holder[key] = chance.choice(ODD)
            except IndexError:
                continue
    return value


def cut_up(content: bytes, chance: random.Random) -> bytes:
    """Return text with pieces put in, taken out or doubled."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(content) + 1)
        end = min(len(content), at + chance.choice((0, 0, 1, 3, 40)))
        piece = chance.choice(TOKENS) if chance.random() < 0.7 else content[at:end] * 2
        content = content[:at] + piece + content[end:]
    return content


def blurred(content: bytes, chance: random.Random) -> bytes:
    """Return bytes with some changed, or the end missing."""
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        changed[chance.randrange(len(changed))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    if chance.random() < 0.1:
        del changed[chance.randrange(len(changed)) :]
    return bytes(changed)


JOB_OF = {"archive": "archive", "export": "proof", "plan": "document", "mapping": "document"}
"""The job of a kind of file, `tables` for all others."""


class Sink:
    """Takes an answer and keeps nothing."""

    def write(self, content: bytes) -> int:
        return len(content)

    def flush(self) -> None:
        pass


def peak_bytes(status: TextIO) -> int:
    """Most memory of this process since it began; `ru_maxrss` would count what its parent held, too."""
    status.seek(0)
    return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) * 1_024


def main() -> None:
    """Read base files as JSON, make each odd and work on it many times, tell what happened."""
    from mssmap.jail import lean

    lean.install()
    import importlib

    import pyarrow as pa

    from mssmap.jail import child
    from mssmap.jail.jobs import JOBS, Task
    from mssmap.jail.limits import Limits, RefusedError

    given = json.load(sys.stdin)
    files = [(kind, base64.b64decode(text)) for kind, text in given["files"]]
    jobs = {name: importlib.import_module(module) for name, module in JOBS.items()}
    hours = 3_600 * 4
    limits = Limits(cpu_s=hours, wall_s=hours, rows=5_000, unpacked_bytes=5_000_000, file_bytes=5_000_000)

    def work(kind: str, content: bytes) -> None:
        task = Task(io.BytesIO(content), f"x.{kind}", limits, None, Sink())
        jobs[JOB_OF.get(kind, "tables")].work(task)

    child.load()
    [repr(odd_columns(2, random.Random(seed))) for seed in range(60)]
    for kind, content in files:  # libraries load the last of what they need
        work(kind, content)
        for seed in range(20):
            damaged(kind, content, random.Random(seed))
    status = Path("/proc/self/status").open(encoding="ascii")  # noqa: SIM115 -- nothing can be opened afterwards
    child.give_up(limits)
    told: dict[str, Any] = {"accepted": 0, "refused": 0, "wrong": [], "slowest": 0.0, "reasons": []}
    kinds: Counter[str] = Counter()
    for case in range(given["cases"]):
        kind, content = files[case % len(files)]
        chance = random.Random(case)
        try:
            changed = damaged(kind, content, chance)
        except (pa.ArrowException, UnicodeError, ValueError, OverflowError):  # not even this can be written
            changed = blurred(content, chance)
        started = time.perf_counter()
        try:
            work(kind, changed)
            told["accepted"] += 1
            kinds[kind] += 1
        except RefusedError as error:
            told["refused"] += 1
            if not str(error).count("found") or "\n" in str(error):
                told["wrong"].append([case, kind, f"unclear: {error}"])
        except (MemoryError, RecursionError) as error:  # `child.main` says so in a sentence
            told["refused"] += 1
            told["reasons"].append([case, kind, type(error).__name__])
        except BaseException as error:  # noqa: BLE001 -- this is what is being looked for
            told["wrong"].append([case, kind, f"{type(error).__name__}: {error}"])
        told["slowest"] = max(told["slowest"], time.perf_counter() - started)
    told["peak_bytes"] = peak_bytes(status)
    json.dump({**told, "kinds": kinds}, sys.stdout)


if __name__ == "__main__":
    main()

"""
Thousands of damaged files against the parsers, inside one process that has given everything up as the real one does.

Run as a program: base files come in on stdin, what happened goes out on stdout as JSON.
"""

from __future__ import annotations

import base64
import io
import json
import random
import sys
import time
import zipfile
from collections import Counter
from typing import Any

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
    if kind == "geojson" and chance.random() < 0.8:
        return json.dumps(shaken(json.loads(content), chance)).encode("utf-8", "surrogatepass")
    if kind in ("zip", "xlsx", "bundle") and chance.random() < 0.8:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist()}
        name = chance.choice(sorted(members))
        changed = blurred if name.endswith((".dbf", ".shp", ".shx")) else cut_up
        members[name] = changed(members[name], chance)
        if chance.random() < 0.1:
            del members[chance.choice(sorted(members))]
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for path, part in members.items():
                archive.writestr(path, part)
        return buffer.getvalue()
    return cut_up(content, chance) if kind in ("csv", "kml", "geojson") else blurred(content, chance)


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


def main() -> None:
    """Read base files as JSON, damage and parse each many times, tell what happened."""
    from mssmap.jail import lean

    lean.install()
    from mssmap.ingest import parse
    from mssmap.jail import child
    from mssmap.jail.limits import Limits, RefusedError

    given = json.load(sys.stdin)
    files = [(kind, base64.b64decode(text)) for kind, text in given["files"]]
    limits = Limits(cpu_s=300, wall_s=300, rows=5_000, unpacked_bytes=5_000_000, file_bytes=5_000_000)
    child.load()
    for kind, content in files:  # libraries load the last of what they need
        parse.parse(content, f"x.{kind}", limits)
    child.give_up(limits)
    told: dict[str, Any] = {"accepted": 0, "refused": 0, "wrong": [], "slowest": 0.0, "reasons": []}
    kinds: Counter[str] = Counter()
    for case in range(given["cases"]):
        kind, content = files[case % len(files)]
        chance = random.Random(case)
        changed = damaged(kind, content, chance)
        started = time.perf_counter()
        try:
            parse.parse(changed, f"x.{kind}", limits)
            told["accepted"] += 1
            kinds[kind] += 1
        except RefusedError as error:
            told["refused"] += 1
            if not str(error).count("found") or "\n" in str(error):
                told["wrong"].append([case, kind, f"unclear: {error}"])
        except BaseException as error:  # noqa: BLE001 -- this is what is being looked for
            told["wrong"].append([case, kind, f"{type(error).__name__}: {error}"])
        told["slowest"] = max(told["slowest"], time.perf_counter() - started)
    json.dump({**told, "kinds": kinds}, sys.stdout)


if __name__ == "__main__":
    main()

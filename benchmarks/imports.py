"""
How long an import of 100,000 rows takes and what it needs, from the file to the store.

Usage: python benchmarks/imports.py [ROWS]
"""

from __future__ import annotations

import csv
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from mssmap import ingest, settings, store
from mssmap.ingest import attach, prepare
from mssmap.records import catalog

HEADER = [
    "event_id_cnty",
    "event_date",
    "year",
    "time_precision",
    "disorder_type",
    "event_type",
    "sub_event_type",
    "actor1",
    "assoc_actor_1",
    "inter1",
    "actor2",
    "assoc_actor_2",
    "inter2",
    "interaction",
    "civilian_targeting",
    "iso",
    "region",
    "country",
    "admin1",
    "admin2",
    "admin3",
    "location",
    "latitude",
    "longitude",
    "geo_precision",
    "source",
    "source_scale",
    "notes",
    "fatalities",
    "tags",
    "timestamp",
]
PLACES = (
    ("Ouest", "Port-au-Prince", "Port-au-Prince", -72.335, 18.54),
    ("Ouest", "Port-au-Prince", "Delmas", -72.30, 18.55),
    ("Artibonite", "Saint-Marc", "Saint-Marc", -72.70, 19.11),
    ("Nord", "Cap-Haïtien", "Cap-Haïtien", -72.20, 19.75),
)
KINDS = (("Battles", "Armed clash"), ("Violence against civilians", "Attack"), ("Protests", "Peaceful protest"))
NOTE = "On that day members of a gang clashed with the police in the area and several people fled their homes. " * 3


def rows(count: int) -> Iterator[list[object]]:
    """Yield rows in the shape of ACLED, 31 columns, with remarks of 300 letters."""
    chance = random.Random(1)
    for i in range(count):
        admin1, admin2, admin3, lon, lat = chance.choice(PLACES)
        kind, sub = chance.choice(KINDS)
        day = date(2022, 1, 1) + timedelta(days=chance.randrange(1400))
        known = int(datetime(day.year, day.month, day.day).timestamp()) + 5 * 86_400
        yield [
            *(f"HTI{i}", day, day.year, 1, "Political violence", kind, sub, "G-Pep", "", "Political militia"),
            *("Police Forces of Haiti", "", "State forces", "", "", 332, "Caribbean", "Haiti", admin1, admin2, admin3),
            *(admin3, round(lat + chance.uniform(-0.02, 0.02), 4), round(lon + chance.uniform(-0.02, 0.02), 4)),
            *(chance.choice((1, 1, 2)), "Le Nouvelliste", "National", NOTE, chance.randrange(5), "", known),
        ]


def main(count: int) -> None:
    """Print the seconds of each step and the largest memory of both processes."""
    data = catalog.open_data(settings.load().data_dir)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "acled.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows(rows(count))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        told: list[float] = []
        started = time.perf_counter()
        reading = ingest.read(path, progress=lambda share, _what: told.append(share))
        read = time.perf_counter()
        made = prepare.prepare(reading, "acled", data, file=path.name)
        prepared = time.perf_counter()
        attach.store_import(store.open_store(f"sqlite:///{folder}/store.db"), made)
        stored = time.perf_counter()
        size = path.stat().st_size / 1e6
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"{count:,} rows, {size:.0f} MB, {len(made.frame):,} stored, progress told {len(told)} times")
    print(f"read {read - started:.1f} s, checked {prepared - read:.1f} s, stored {stored - prepared:.1f} s, ", end="")
    print(f"together {stored - started:.1f} s (allowed 10 s)")
    print(f"memory: reading process {child:.0f} MB, own process {own:.0f} MB, {before / 1000:.0f} of it before", end="")
    print(" (allowed 600 MB each)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

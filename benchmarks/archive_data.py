"""Made-up events of Haiti in any number, the same in every run: as a CSV in the columns of ACLED, or as our events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from mssmap.archive import columns

SEED: Final = 20_251_118
FIRST_DAY: Final = np.datetime64("2006-01-01")
DAYS: Final = 7_600
TOWNS: Final = (
    *((-72.335, 18.545, 40), (-72.29, 18.51, 15), (-72.2, 19.75, 10), (-72.68, 19.45, 8), (-73.75, 18.2, 6)),
    *((-72.53, 18.23, 6), (-72.01, 19.14, 5), (-74.11, 18.64, 4), (-72.7, 19.1, 4), (-72.1, 18.84, 2)),
)
"""Longitude, latitude and weight of places around which events gather."""

TYPES: Final = ("Battles", "Violence against civilians", "Protests", "Riots", "Strategic developments")
CATEGORIES: Final = ("battle", "violence_against_civilians", "demonstration", "riot", "strategic_development")


def batches(rows: int, size: int = 50_000) -> Iterator[pd.DataFrame]:
    """Give events with the columns of our table, some thousand at a time."""
    for start in range(0, rows, size):
        yield _batch(start, min(size, rows - start))


def _batch(start: int, rows: int) -> pd.DataFrame:
    rng = np.random.default_rng([SEED, start])
    lon, lat, weight = np.array(TOWNS).T
    town = rng.choice(len(TOWNS), rows, p=weight / weight.sum())
    day = FIRST_DAY + rng.integers(0, DAYS, rows).astype("timedelta64[D]")
    number = np.arange(start, start + rows).astype("str")
    kind = rng.choice(len(CATEGORIES), rows, p=[0.3, 0.3, 0.2, 0.1, 0.1])
    killed = rng.poisson(0.7, rows).astype("float64")
    given = {
        "event_id": np.char.add("hti", number),
        "category": np.array(CATEGORIES)[kind],
        "title_en": np.char.add("Event reported near place ", number),
        "valid_from": day,
        "valid_to": day,
        "known_from": day + rng.integers(0, 9, rows).astype("timedelta64[D]"),
        "lon": np.round(lon[town] + rng.normal(0, 0.06, rows), 5),
        "lat": np.round(lat[town] + rng.normal(0, 0.04, rows), 5),
        "actors": np.array(["Unidentified gang", "Police forces", "Protesters"])[rng.integers(0, 3, rows)],
        "figure_min": killed,
        "figure_max": killed,
        "revision": 1,
    }
    fixed = {"claim": "reported", "confidence": "medium", "date_precision": "day", "figure_unit": "killed"}
    fixed |= {"country": "HTI", "department_pcode": "HT01", "location_precision": "neighbourhood"}
    return pd.DataFrame(
        {**dict.fromkeys(columns.TEXTS, ""), **fixed, **given}, index=range(start + 1, start + rows + 1)
    )


def acled(rows: int, path: Path) -> Path:
    """Write a CSV in the columns of ACLED."""
    for number, frame in enumerate(batches(rows)):
        pd.DataFrame(
            {
                "event_id_cnty": frame["event_id"].str.upper(),
                "event_date": frame["valid_from"].dt.strftime("%d %B %Y"),
                "year": frame["valid_from"].dt.year,
                "event_type": frame["category"].map(dict(zip(CATEGORIES, TYPES, strict=True))),
                "sub_event_type": frame["title_en"],
                "actor1": frame["actors"],
                "actor2": "",
                "country": "Haiti",
                "admin1": "Ouest",
                "admin2": "",
                "location": "Port-au-Prince",
                "latitude": frame["lat"],
                "longitude": frame["lon"],
                "geo_precision": 1,
                "time_precision": 1,
                "source": "Made up",
                "notes": frame["title_en"] + ', with a "quoted word" and, a comma.',
                "fatalities": frame["figure_min"].astype("int64"),
            }
        ).to_csv(path, mode="a" if number else "w", header=not number, index=False)
    return path

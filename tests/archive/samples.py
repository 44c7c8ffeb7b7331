"""Ten events that can be counted by hand, and an archive of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from mssmap.archive import columns, writer
from mssmap.archive.queries import Box, Query
from mssmap.archive.shelf import Manifest, Shelf
from mssmap.ingest.mapping import Source
from mssmap.records.shown import Filters
from mssmap.records.timeline import FOREVER, Clocks

PRESS = Source(title="A paper", publisher_kind="press", licence="CC-BY-4.0", attribution="A paper, CC BY")

ALPHA, BETA, FAR = (-72.35, 18.55), (-72.25, 18.55), (-72.0, 19.5)
"""Two places in the squares of small_data.py, and one far north."""


def event(event_id: str, day: str, at: tuple[float, float] | None = ALPHA, **more: object) -> dict[str, object]:
    """Return an event of one day, known the same day."""
    lon, lat = at or (None, None)
    given = {"event_id": event_id, "category": "riot", "title_en": f"Event {event_id}", "claim": "reported"}
    given |= {"valid_from": day, "valid_to": day, "known_from": day, "lon": lon, "lat": lat, "revision": 1}
    given |= {"figure_min": 1.0, "figure_max": 2.0, "figure_unit": "killed", "date_precision": "day"}
    return {**dict.fromkeys(columns.TEXTS, ""), **given, **more}


TEN = [
    event("a1", "2024-01-01", actors="Gang Alpha", commune_pcode="HT0111", department_pcode="HT01"),
    event("a2", "2024-01-15", category="kidnapping", commune_pcode="HT0111", department_pcode="HT01"),
    event("a3", "2024-01-31", known_from="2024-03-10", commune_pcode="HT0111", department_pcode="HT01"),
    event("b1", "2024-02-01", BETA, commune_pcode="HT0121", department_pcode="HT01"),
    event("b2", "2024-02-10", BETA, valid_to="2024-02-20", grade_at="", department_pcode="HT01"),
    event("c1", "2024-03-01", FAR, note="<b>not bold</b>"),
    event("c1", "2024-03-02", FAR, revision=2, known_from="2024-04-01", title_en="Corrected"),
    event("d1", "2024-03-05", FAR),
    event("d1", "2024-03-05", FAR, revision=2, known_from="2024-05-01", status="retracted"),
    event("e1", "2024-06-01", None, claim="planned", known_from="2024-03-01"),
]
"""
Known at the end of 2024: a1, a2, a3, b1, b2, c1 (corrected), e1: seven, six of them with a place. d1 was withdrawn.
"""


def asking(
    *, as_of: date | None = None, known_on: date | None = None, box: Box | None = None, actor: str = "", **narrow: Any
) -> Query:
    """Return a question with what narrows it; a clock that is not given is open."""
    return Query(Filters(Clocks(as_of or FOREVER, known_on or FOREVER), **narrow), box=box, actor=actor)


def rows(events: list[dict[str, object]]) -> pd.DataFrame:
    """Return events with the types of our table."""
    frame = pd.DataFrame(events).drop(columns="grade_at", errors="ignore")
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in columns.DAYS})


def write(folder: Path, frame: pd.DataFrame, batch: int = 1000) -> Manifest:
    """Write an archive."""
    with writer.writing(Shelf(folder), PRESS) as out:
        for start in range(0, len(frame), batch):
            out.add(frame.iloc[start : start + batch])
        return out.finish("Ten events", file="ten.csv")

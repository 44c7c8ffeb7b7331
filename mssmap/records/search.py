"""Find records by any word in them: titles, notes, places, actors, figures, sources."""

from __future__ import annotations

from typing import Final

import pandas as pd

from mssmap.records import kinds, timeline
from mssmap.records.catalog import Data
from mssmap.records.regions import normalise
from mssmap.records.timeline import Clocks

RECORDS: Final = (kinds.EVENTS.name, *kinds.LAYERS, "strength", "indicators")
"""Layers and tables whose rows can be found."""

TITLES: Final = (
    *("title_en", "title_fr", "title_ht", "title_es", "name_en", "name_fr"),
    *("country", "indicator", "place"),
)
"""Columns that may name a row, the best first."""

COLUMNS: Final = ("record_id", "layer", "title", "date", "text")


def find(data: Data, clocks: Clocks, words: str) -> pd.DataFrame:
    """
    Return the records, as known on `known_on`, that hold all the words.

    Case, accents and punctuation do not count; a word may be part of a longer one.

    Returns
    -------
    found
        `record_id`, `layer`, `title`, `date` (missing for places), `text` (all words of the record). The newest
        first, then places. Empty if `words` holds none.
    """
    needles = normalise(words).split()
    if not needles:
        return pd.DataFrame(columns=list(COLUMNS))
    rows = _corpus(data, clocks)
    plain = rows["text"].map(normalise)
    for needle in needles:
        keep = plain.str.contains(needle, regex=False)
        rows, plain = rows[keep], plain[keep]
    return rows.sort_values("date", ascending=False, kind="stable").reset_index(drop=True)


def _corpus(data: Data, clocks: Clocks) -> pd.DataFrame:
    extra = _notes(data, clocks, "status", "status_id") + _notes(data, clocks, "figures", "figure_id")
    by_record = pd.DataFrame(extra, columns=["record_id", "text"]).groupby("record_id")["text"].agg(" ".join)
    sources = _joined(data["sources"]).set_axis(data["sources"]["source_id"])
    parts = []
    for name in RECORDS:
        if name not in data.datasets:
            continue
        rows, key = data[name], data.dataset(name).id_column
        if "known_from" in rows:
            rows = timeline.known(rows, clocks.known_on, key)
        cited = [
            " ".join(sources.get(i, "") for i in ids.split(";"))
            for ids in rows.get("source_ids", pd.Series("", rows.index))
        ]
        title = pd.Series("", index=rows.index, dtype="str")
        for column in reversed([c for c in TITLES if c in rows]):
            title = rows[column].where(rows[column] != "", title)
        day = next((rows[c] for c in ("valid_from", "date", "period_end") if c in rows), pd.Series(pd.NaT, rows.index))
        words = _joined(rows) + " " + rows[key].map(by_record).fillna("") + " " + pd.Series(cited, index=rows.index)
        parts.append(
            pd.DataFrame(
                {
                    "record_id": rows[key],
                    "layer": name,
                    "title": title,
                    "date": day,
                    "precision": rows.get("date_precision", "day"),
                    "text": words,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _notes(data: Data, clocks: Clocks, table: str, key: str) -> list[tuple[str, str]]:
    rows = timeline.known(data[table], clocks.known_on, key)
    return list(zip(rows["record_id"].tolist(), _joined(rows.drop(columns="record_id")).tolist(), strict=True))


def _joined(rows: pd.DataFrame) -> pd.Series:
    """All cells of a row as one text, numbers with and without group marks, dates in words too."""
    texts = pd.Series("", index=rows.index, dtype="str")
    for name, column in rows.items():
        if name == "geometry":
            continue
        if pd.api.types.is_datetime64_any_dtype(column):
            texts += " " + column.dt.strftime("%Y-%m-%d %-d %b %Y").fillna("")
        elif pd.api.types.is_numeric_dtype(column):
            texts += " " + column.map(lambda n: "" if pd.isna(n) else f"{n:g} {n:,.0f}").astype("str")
        else:
            texts += " " + column.astype("str")
    return texts

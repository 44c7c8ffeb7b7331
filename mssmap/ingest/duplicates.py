"""Events of a file that we may have already: offered to a person, never merged."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from mssmap.crs import METRIC, WGS84
from mssmap.i18n import LANGUAGES, written
from mssmap.i18n import gettext as _
from mssmap.records import regions

NEAR_KM: Final = 5.0
MOST_COMPARED: Final = 40
"""With so many known events of its day and place a row is compared: the nearest."""
MOST_PAIRS: Final = 20_000
ROWS_AT_ONCE: Final = 2_000

FAMILIES: Final = {
    "violence": (
        *("gang_attack", "kidnapping", "gang_movement", "vigilante", "hospital_attack", "school_attack"),
        *("court_attack", "port_attack", "hnp_casualty", "mss_casualty", "prison_break", "operation", "battle"),
        *("explosion", "violence_against_civilians", "political_violence", "riot"),
    ),
    "unrest": ("demonstration", "riot", "political", "election"),
    "displacement": ("displacement", "humanitarian", "disaster"),
}
"""Categories that different people may give to the same event."""

COLUMNS: Final = ("row", "title", "date", "event_id", "our_title", "distance_km", "alike")


def find(rows: pd.DataFrame, events: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """
    Return pairs of a new and a known event that may be the same one.

    Same day, within `NEAR_KM` (or in the same commune, if one has no point), and of a similar category or with at
    least a third of the words of the titles in common.

    Returns
    -------
    pairs
        `COLUMNS`: the row of the file, its title, the day, the id and title of ours, kilometres (missing without
        points), the share of common words. At most `MOST_PAIRS`.
    notes
        What was not compared, in sentences.
    """
    ours = events[events["status"] != "retracted"].drop_duplicates("event_id", keep="last")
    ours = ours[ours["date_precision"] == "day"].reset_index(drop=True)
    left = rows[rows["date_precision"] == "day"].assign(row=lambda frame: frame.index)
    left = left[left["valid_from"].isin(ours["valid_from"])].reset_index(drop=True)
    ours = ours[ours["valid_from"].isin(left["valid_from"])].reset_index(drop=True)
    known, parts, capped, done = _Known(ours), [pd.DataFrame(columns=list(COLUMNS))], 0, 0
    while done < len(left) and sum(map(len, parts)) <= MOST_PAIRS:
        some = left.iloc[done : done + ROWS_AT_ONCE].reset_index(drop=True)
        new, old, more = known.near(some)
        capped, done = capped + more, done + len(some)
        if len(found := _similar(some.iloc[new], ours.iloc[old])):
            parts = [*(part for part in parts if len(part)), found]
    pairs = pd.concat(parts, ignore_index=True).sort_values(["row", "distance_km"], kind="stable")
    notes = _notes(capped, len(left) - done, len(pairs))
    return pairs.head(MOST_PAIRS).reset_index(drop=True), notes


def _notes(capped: int, left: int, pairs: int) -> list[str]:
    notes = []
    if capped:
        notes.append(
            _(
                "Rows with more than {most} known events of their day near them: {n}. Each was compared with the "
                "nearest {most}."
            ).format(n=f"{capped:,}", most=MOST_COMPARED)
        )
    if pairs > MOST_PAIRS:
        notes.append(
            _(
                "More than {most} pairs may be the same event. The first {most} are listed, and the last {n} rows were "
                "not compared. Split the file to see the others."
            ).format(most=f"{MOST_PAIRS:,}", n=f"{left:,}")
        )
    return notes


class _Known:
    """The known events by day and place."""

    def __init__(self, ours: pd.DataFrame) -> None:
        self._at = _metres(ours)
        there = np.isfinite(self._at).all(axis=1)
        self._trees = {}
        for day, where in ours.groupby("valid_from", sort=False).indices.items():
            placed = where[there[where]]
            if len(placed):
                self._trees[day] = cKDTree(self._at[placed]), placed
        self._in_commune = ours.groupby(["valid_from", "commune_pcode"], sort=False).indices
        placeless = ours[~there]
        found = placeless.groupby(["valid_from", "commune_pcode"], sort=False).indices
        self._placeless = {key: placeless.index.to_numpy()[where] for key, where in found.items()}

    def near(self, rows: pd.DataFrame) -> tuple[Any, Any, int]:
        """Return pairs of positions, new and known, of one day and place, and how many rows have more than those."""
        at = _metres(rows)
        days, communes = rows["valid_from"].tolist(), rows["commune_pcode"].tolist()
        new: list[int] = []
        old: list[int] = []
        capped = 0
        for n, (day, commune) in enumerate(zip(days, communes, strict=True)):
            if np.isfinite(at[n]).all():
                found = [*self._around(day, at[n]), *self._of(self._placeless, day, commune)]
            else:
                found = list(self._of(self._in_commune, day, commune))
            capped += len(found) > MOST_COMPARED
            old += found[:MOST_COMPARED]
            new += [n] * min(len(found), MOST_COMPARED)
        return new, old, capped

    def _around(self, day: Any, at: Any) -> Iterator[int]:
        if day not in self._trees:
            return
        tree, where = self._trees[day]
        apart, found = tree.query(at, k=min(MOST_COMPARED + 1, len(where)), distance_upper_bound=NEAR_KM * 1000 + 0.001)
        apart, found = np.atleast_1d(apart), np.atleast_1d(found)
        yield from where[found[apart <= NEAR_KM * 1000]].tolist()

    @staticmethod
    def _of(places: Any, day: Any, commune: str) -> list[int]:
        return places[day, commune][: MOST_COMPARED + 1].tolist() if commune and (day, commune) in places else []


def _metres(rows: pd.DataFrame) -> Any:
    """Easting and northing, not a number where there is no point."""
    points = gpd.GeoSeries(gpd.points_from_xy(rows["lon"], rows["lat"], crs=WGS84)).to_crs(METRIC)
    missing = (rows["lon"].isna() | rows["lat"].isna()).to_numpy()
    return np.where(missing[:, None], np.nan, np.column_stack([points.x, points.y]))


def _similar(new: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """Keep of pairs those of a similar category or title."""
    apart = np.hypot(*(_metres(new) - _metres(old)).T) / 1000
    titles = [_titles(rows) for rows in (new, old)]
    alike = [_alike(*pair) for pair in zip(*titles, strict=True)]
    related = [_related(*pair) for pair in zip(new["category"], old["category"], strict=True)]
    kept = np.array(related, dtype=bool) | (np.array(alike) >= 1 / 3)
    values = (
        *(new["row"], titles[0], new["valid_from"], old["event_id"], titles[1]),
        *(np.round(apart, 1), np.round(alike, 2)),
    )
    found = {name: pd.Series(column).reset_index(drop=True) for name, column in zip(COLUMNS, values, strict=True)}
    return pd.DataFrame(found)[kept]


def _titles(rows: pd.DataFrame) -> pd.Series:
    """Return what events are called: in English, else in the first language in which they are."""
    there = [name for code in LANGUAGES if (name := f"title_{code}") in rows]
    found = [written(row.get, "title", "en")[0] for row in rows[there].to_dict("records")]
    return pd.Series(found, index=rows.index, dtype="str")


def _alike(title: str, other: str) -> float:
    """
    Share of the words of two titles that both have, those of four letters and more.

    >>> _alike("Attack on Pont-Sondé", "Massacre in Pont-Sondé")
    0.5
    """
    one, two = _words(title), _words(other)
    return len(one & two) / len(one | two) if one and two else 0.0


@lru_cache(maxsize=20_000)
def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in regions.normalise(text).split() if len(word) > 3)


def _related(category: str, other: str) -> bool:
    return category == other or any(category in members and other in members for members in FAMILIES.values())

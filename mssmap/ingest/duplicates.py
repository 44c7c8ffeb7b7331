"""Events of a file that we may have already: offered to a person, never merged."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from mssmap import regions
from mssmap.crs import METRIC, WGS84

NEAR_KM: Final = 5.0

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


def find(rows: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """
    Return pairs of a new and a known event that may be the same one.

    Same day, within `NEAR_KM` (or in the same commune, if one has no point), and of a similar category or with at
    least a third of the words of the titles in common.

    Returns
    -------
    pairs
        `COLUMNS`: the row of the file, its title, the day, the id and title of ours, kilometres (missing without
        points), the share of common words.
    """
    ours = events[events["status"] != "retracted"].drop_duplicates("event_id", keep="last")
    left = rows[rows["date_precision"] == "day"].assign(row=lambda frame: frame.index)
    pairs = left.merge(ours[ours["date_precision"] == "day"], on="valid_from", suffixes=("", "_ours"))
    if pairs.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    apart = _points(pairs, "").distance(_points(pairs, "_ours")).to_numpy() / 1000
    same_commune = (pairs["commune_pcode"] != "") & (pairs["commune_pcode"] == pairs["commune_pcode_ours"])
    near = np.where(np.isnan(apart), same_commune, apart <= NEAR_KM)
    pairs = pairs.assign(distance_km=np.round(apart, 1))[near.astype(bool)]
    alike = [_alike(*titles) for titles in zip(pairs["title_en"], pairs["title_en_ours"], strict=True)]
    related = [_related(*pair) for pair in zip(pairs["category"], pairs["category_ours"], strict=True)]
    pairs = pairs.assign(alike=np.round(alike, 2))[np.array(related, dtype=bool) | (np.array(alike) >= 1 / 3)]
    found = pairs.rename(
        columns={"title_en": "title", "valid_from": "date", "event_id": "_own", "event_id_ours": "event_id"}
    ).rename(columns={"title_en_ours": "our_title"})
    return found[list(COLUMNS)].sort_values(["row", "distance_km"], kind="stable").reset_index(drop=True)


def _points(pairs: pd.DataFrame, suffix: str) -> gpd.GeoSeries:
    points = gpd.points_from_xy(pairs[f"lon{suffix}"], pairs[f"lat{suffix}"], crs=WGS84)
    missing = (pairs[f"lon{suffix}"].isna() | pairs[f"lat{suffix}"].isna()).to_numpy()
    return gpd.GeoSeries(points, index=pairs.index).where(~missing, None).to_crs(METRIC)


def _alike(title: str, other: str) -> float:
    """
    Share of the words of two titles that both have, those of four letters and more.

    >>> _alike("Attack on Pont-Sondé", "Massacre in Pont-Sondé")
    0.5
    """
    one, two = ({word for word in regions.normalise(text).split() if len(word) > 3} for text in (title, other))
    return len(one & two) / len(one | two) if one and two else 0.0


def _related(category: str, other: str) -> bool:
    return category == other or any(category in members and other in members for members in FAMILIES.values())

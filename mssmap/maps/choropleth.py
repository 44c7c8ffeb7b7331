"""Numbers per department or commune, and the classes they are painted in."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from mssmap.i18n import gettext as _
from mssmap.legend.layers import PLANS, event_groups
from mssmap.maps.view import Choropleth
from mssmap.measures import silence
from mssmap.records import units
from mssmap.records.catalog import Data
from mssmap.records.shown import Shown

LEVELS: Final = {"departments": "department_pcode", "communes": "commune_pcode"}
INDICATORS: Final = ("population", "density", "events", "violence", "zones", "silence")
CLASSES: Final = 5


def titles() -> dict[str, str]:
    """Names of the indicators."""
    return {
        "population": _("Population 2015 (IHSI)"),
        "density": _("People per km² (2015)"),
        "events": _("Events on the map"),
        "violence": _("Attacks and abuses on the map"),
        "zones": _("Gang-affected zones"),
        "silence": _("Silence: days since the last report"),
    }


def build(data: Data, shown: Shown, indicator: str, level: str) -> Choropleth:
    """
    Count or look up one indicator for every region of a level.

    Events and zones known only to a coarser level than `level` are not counted; regions without any have no colour.
    """
    if indicator == "silence":
        return _silence(data, shown)
    regions = data[level].set_index("pcode")
    if indicator == "population":
        values = regions["population"].astype("float64")
    elif indicator == "density":
        values = (regions["population"] / regions["area_km2"]).astype("float64").round(0)
    else:
        groups = event_groups(shown["events"])
        wanted = groups == "events.violence" if indicator == "violence" else groups != PLANS
        codes = _zone_codes(shown, level) if indicator == "zones" else shown["events"][wanted][LEVELS[level]]
        values = codes[codes.isin(regions.index)].value_counts().astype("float64")
    return Choropleth(
        level=level,
        title=titles()[indicator],
        unit="",
        values={str(code): float(value) for code, value in values.items()},
        breaks=breaks(values),
    )


def _zone_codes(shown: Shown, level: str) -> pd.Series:
    """Return the region of each zone; one of several communes counts in each, a share or count in none."""
    rows = shown[units.ZONES]
    if level == "departments":
        return rows["department_pcode"]
    named = [
        units.communes_named(row.unit, units.codes(row.unit_pcodes), row.commune_pcode)
        for row in rows.itertuples(index=False)
        if row.extent != units.SHARE
    ]
    return pd.Series([pcode for pcodes in named for pcode in pcodes], dtype="str")


def _silence(data: Data, shown: Shown) -> Choropleth:
    """Days since the last report; departments silent for long, or from the start, are hatched. By department only."""
    now = silence.now(data, shown.clocks)
    values = now.set_index("department_pcode")["days"].dropna().astype("float64")
    return Choropleth(
        level="departments",
        title=titles()["silence"],
        unit="",
        values={str(code): float(value) for code, value in values.items()},
        breaks=(14.0, 30.0, 60.0, 180.0),
        hatched=tuple(now.loc[now["silent"], "department_pcode"]),
    )


def breaks(values: pd.Series, classes: int = CLASSES) -> tuple[float, ...]:
    """
    Upper ends of all classes but the last: quantiles, rounded to two digits; fewer when values are few.

    >>> breaks(pd.Series([1.0, 2, 3, 4, 100]))
    (1.0, 2.0, 3.0, 4.0)
    >>> breaks(pd.Series([2.0, 2, 2]))
    (2.0,)
    """
    if values.empty:
        return (0.0,)
    cuts = np.quantile(values, np.linspace(0, 1, classes + 1)[1:-1], method="lower")
    rounded = sorted({float(f"{cut:.2g}") for cut in cuts})
    below_top = [cut for cut in rounded if cut < values.max()]
    return tuple(below_top) or (rounded[0],)

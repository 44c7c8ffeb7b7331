"""
mssmap: the open operations map of the UN-authorised security mission in Haiti.

The functions here are what scripts use. Importing the package does no work; the first call reads the data folder.

>>> import mssmap
>>> bases = mssmap.layer("fobs", as_of="2025-01-18", known_on="2025-01-18")  # doctest: +SKIP
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from mssmap import settings
from mssmap.errors import CrsError, DataError, Fault, InputError, MssmapError, NotFoundError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from mssmap.catalog import Data
    from mssmap.differences import Change
    from mssmap.timeline import Clocks

__version__ = "0.1.0"

__all__ = [
    "CrsError",
    "DataError",
    "Fault",
    "InputError",
    "MssmapError",
    "NotFoundError",
    "changes",
    "clocks",
    "events",
    "layer",
    "load",
    "table",
]


def load() -> Data:
    """
    Read and check the data folder of the settings; later calls return the same data.

    Raises
    ------
    DataError
        If there is no readable catalog in the folder. Faults in single files do not raise: see `Data.faults`.
    """
    return _load(str(settings.load().data_dir))


@lru_cache(maxsize=2)
def _load(folder: str) -> Data:
    from mssmap import catalog

    return catalog.open_data(folder)


def clocks(as_of: str | date | None = None, known_on: str | date | None = None) -> Clocks:
    """
    Return the two dials, filled in where not given.

    Parameters
    ----------
    as_of
        Day that is shown; by default the latest with a report in the data.
    known_on
        Day whose knowledge counts; by default today.

    Raises
    ------
    InputError
        If one is not a date.
    """
    from mssmap import timeline, views

    known = settings.parse_date(known_on, "known_on") if known_on else settings.today()
    shown = settings.parse_date(as_of, "as_of") if as_of else views.last_reported(load(), settings.today())
    return timeline.Clocks(as_of=shown, known_on=known)


def layer(
    name: str,
    *,
    as_of: str | date | None = None,
    known_on: str | date | None = None,
    grade: str = "F6",
    region: str | None = None,
) -> gpd.GeoDataFrame:
    """
    Return a layer with the status each record had on `as_of`, as known on `known_on`.

    See `mssmap.views.layer` for the columns and `clocks` for the defaults.
    """
    from mssmap import views

    return views.layer(load(), name, clocks(as_of, known_on), grade, region)


def table(
    name: str,
    *,
    as_of: str | date | None = None,
    known_on: str | date | None = None,
    grade: str = "F6",
    region: str | None = None,
) -> pd.DataFrame:
    """Return a table as known on `known_on`, without rows dated after `as_of`. See `mssmap.views.table`."""
    from mssmap import views

    return views.table(load(), name, clocks(as_of, known_on), grade, region)


def events(
    *,
    as_of: str | date | None = None,
    known_on: str | date | None = None,
    start: str | date | None = None,
    end: str | date | None = None,
    category: str | list[str] | None = None,
    grade: str = "F6",
    region: str | None = None,
) -> gpd.GeoDataFrame:
    """Return events with all their figures side by side. See `mssmap.views.events`."""
    from mssmap import views

    return views.events(
        load(),
        clocks(as_of, known_on),
        start=settings.parse_date(start, "start") if start else None,
        end=settings.parse_date(end, "end") if end else None,
        category=category,
        grade=grade,
        region=region,
    )


def changes(since: str | date, until: str | date | None = None, as_of: str | date | None = None) -> list[Change]:
    """Return what was learnt after `since` and up to `until` (today if None). See `mssmap.differences.changes`."""
    from mssmap import differences

    return differences.changes(
        load(),
        settings.parse_date(since, "since"),
        settings.parse_date(until, "until") if until else settings.today(),
        settings.parse_date(as_of, "as_of") if as_of else None,
    )

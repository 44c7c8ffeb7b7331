"""
mssmap: the open operations map of the UN-authorised security mission in Haiti.

The functions here are what scripts use. Importing the package does no work; the first call reads the data folder.

>>> import mssmap
>>> bases = mssmap.layer("fobs", as_of="2025-01-18", known_on="2025-01-18")  # doctest: +SKIP
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from mssmap import settings
from mssmap.errors import CrsError, DataError, Fault, InputError, MssmapError, NotFoundError
from mssmap.i18n import gettext as _
from mssmap.version import __version__ as __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from mssmap.exports.extract import Extract
    from mssmap.exports.verify import Verdict
    from mssmap.planning.access import MatrixTravel, Standard
    from mssmap.planning.covering import Coverage
    from mssmap.planning.scenario import Plan
    from mssmap.planning.siting.solver import Solution
    from mssmap.records.catalog import Data
    from mssmap.records.differences import Change
    from mssmap.records.timeline import Clocks

__all__ = [
    "CrsError",
    "DataError",
    "Fault",
    "InputError",
    "MssmapError",
    "NotFoundError",
    "changes",
    "clocks",
    "coverage",
    "events",
    "export",
    "known_releases",
    "layer",
    "load",
    "plan",
    "site",
    "table",
    "verify",
]


def load(release: str | None = None) -> Data:
    """
    Read and check the data folder of the settings, and what the store has imported and accepted.

    Later calls return the same data until something is imported, accepted, published or removed.

    Parameters
    ----------
    release
        Version of a release, such as `2026.11.1`: the data are those that were published then and nothing else.

    Raises
    ------
    DataError
        If there is no readable catalog in the folder. Faults in single files do not raise: see `Data.faults`.
    NotFoundError
        If the release is not here.
    """
    from mssmap.ingest import attach, pinned

    found = settings.load()
    if release:
        return pinned.data(found.data_dir, found.database_url, release)
    return attach.loaded(found.data_dir, found.database_url, attach.mark(found.database_url))


def clocks(as_of: str | date | None = None, known_on: str | date | None = None, release: str | None = None) -> Clocks:
    """
    Return the two dials, filled in where not given.

    Parameters
    ----------
    as_of
        Day that is shown; by default the latest with a report in the data.
    known_on
        Day whose knowledge counts; by default today.
    release
        Release whose latest report counts, as in `load`.

    Raises
    ------
    InputError
        If one is not a date.
    """
    from mssmap.records import timeline, views

    known = settings.parse_date(known_on, "known_on") if known_on else settings.today()
    shown = settings.parse_date(as_of, "as_of") if as_of else views.last_reported(load(release), settings.today())
    return timeline.Clocks(as_of=shown, known_on=known)


def layer(
    name: str,
    *,
    as_of: str | date | None = None,
    known_on: str | date | None = None,
    grade: str = "F6",
    region: str | None = None,
    release: str | None = None,
) -> gpd.GeoDataFrame:
    """
    Return a layer with the status each record had on `as_of`, as known on `known_on`.

    See `mssmap.records.views.layer` for the columns, `clocks` for the defaults and `load` for `release`.
    """
    from mssmap.records import views

    return views.layer(load(release), name, clocks(as_of, known_on, release), grade, region)


def table(
    name: str,
    *,
    as_of: str | date | None = None,
    known_on: str | date | None = None,
    grade: str = "F6",
    region: str | None = None,
    plans: bool = False,
    release: str | None = None,
) -> pd.DataFrame:
    """Return a table as known on `known_on`, without rows dated after `as_of`. See `mssmap.records.views.table`."""
    from mssmap.records import views

    return views.table(load(release), name, clocks(as_of, known_on, release), grade, region, plans=plans)


def events(
    *,
    as_of: str | date | None = None,
    known_on: str | date | None = None,
    start: str | date | None = None,
    end: str | date | None = None,
    category: str | list[str] | None = None,
    grade: str = "F6",
    region: str | None = None,
    plans: bool = False,
    release: str | None = None,
) -> gpd.GeoDataFrame:
    """
    Return events with all their figures side by side; `plans` adds what was only announced; `records.views.events`.
    """
    from mssmap.records import views

    return views.events(
        load(release),
        clocks(as_of, known_on, release),
        start=settings.parse_date(start, "start") if start else None,
        end=settings.parse_date(end, "end") if end else None,
        category=category,
        grade=grade,
        region=region,
        plans=plans,
    )


def changes(
    since: str | date,
    until: str | date | None = None,
    as_of: str | date | None = None,
    *,
    plans: bool = False,
    release: str | None = None,
) -> list[Change]:
    """
    Return what was learnt after `since` and up to `until` (today if None); `plans` adds what was only announced.

    See `mssmap.records.differences.changes`.
    """
    from mssmap.records import differences

    return differences.changes(
        load(release),
        settings.parse_date(since, "since"),
        settings.parse_date(until, "until") if until else settings.today(),
        settings.parse_date(as_of, "as_of") if as_of else None,
        plans=plans,
    )


def plan(
    scenario: str | Plan = "baseline",
    *,
    standard: Standard | None = None,
    as_of: str | date | None = None,
    known_on: str | date | None = None,
    grade: str = "F6",
) -> Plan:
    """
    Return a plan by what a person calls it.

    Parameters
    ----------
    scenario
        `baseline`, the id or the name of a plan in the store, a file of a plan, or a `Plan`.
    standard
        Service standard instead of that of the plan.

    Raises
    ------
    InputError
        If there is no such plan or file, or the name is that of several plans.
    """
    import dataclasses

    from mssmap.planning import on_data
    from mssmap.planning.scenario import Plan

    if isinstance(scenario, Plan):
        found = scenario
    else:
        found = _stored(scenario) or on_data.find(load(), scenario, clocks(as_of, known_on), grade)
    return dataclasses.replace(found, standard=standard) if standard else found


def _stored(name: str) -> Plan | None:
    from pathlib import Path

    from mssmap import store
    from mssmap.planning import plan_file
    from mssmap.store import plans

    if name == "baseline" or Path(name).exists():
        return None
    try:
        stored = plans.listed(store.open_store(settings.load().database_url, make=False))
    except store.NoStoreError:
        return None
    named = [plan for plan in stored if name in (plan.plan_id, plan.name)]
    if len(named) > 1:
        ids = ", ".join(plan.plan_id for plan in named)
        raise InputError(
            _("scenario: found {count} plans called {name!r}, required one. Use an id: {ids}.").format(
                count=len(named), name=name, ids=ids
            )
        )
    return plan_file.from_dict(named[0].body) if named else None


def _matrix(plan: Plan) -> MatrixTravel | None:
    """Return the matrix that a plan of the store travels on."""
    if plan.travel != "matrix" or not plan.matrix:
        return None
    from mssmap import store
    from mssmap.planning import on_data
    from mssmap.store import matrices

    opened = store.open_store(settings.load().database_url, make=False)
    return matrices.find(opened, plan.matrix, on_data.cells_of(load()))


def coverage(
    scenario: str | Plan = "baseline",
    *,
    standard: Standard | None = None,
    as_of: str | date | None = None,
    known_on: str | date | None = None,
    grade: str = "F6",
) -> Coverage:
    """
    Return who is covered by a plan, with the band over all that is not known; see `plan` for the parameters.

    Raises
    ------
    InputError
        If there is no such plan or file.
    """
    from mssmap.planning import on_data

    chosen = plan(scenario, standard=standard, as_of=as_of, known_on=known_on, grade=grade)
    return on_data.evaluate_sure(load(), chosen, _matrix(chosen))


def site(
    k: int | None = None,
    *,
    model: str = "mclp",
    scenario: str | Plan = "baseline",
    standard: Standard | None = None,
    keep_active: bool = True,
    as_of: str | date | None = None,
    known_on: str | date | None = None,
    grade: str = "F6",
) -> Solution:
    """
    Return the best sites to add to a plan.

    Parameters
    ----------
    k
        Sites to add, 1 to 15; not used by lscp.
    model
        One of `planning.siting.model.MODELS`: mclp, lscp, pmedian, pcenter or backup.
    keep_active
        False starts from a clean sheet.

    Raises
    ------
    InputError
        If there is no such plan, or k is out of range.
    """
    from mssmap.planning import on_data

    chosen = plan(scenario, standard=standard, as_of=as_of, known_on=known_on, grade=grade)
    return on_data.site(load(), chosen, k, model, keep_active=keep_active, matrix=_matrix(chosen))


def export(
    names: str | Sequence[str],
    out: str | Path,
    *,
    format: str,
    as_of: str | date | None = None,
    known_on: str | date | None = None,
    grade: str = "F6",
    region: str | None = None,
    start: str | date | None = None,
    end: str | date | None = None,
    category: str | Sequence[str] = (),
    plans: bool = False,
    crs: str = "EPSG:4326",
    columns: str = "mssmap",
    sidecar: bool = True,
    release: str | None = None,
) -> Extract:
    """
    Write layers and tables to a file that carries its proof.

    Parameters
    ----------
    names
        One or several layers and tables of the catalog.
    out
        Name of the file; it must end as the export does, see `mssmap.exports.bundle.suffix`.
    format
        A key of `exports.formats.FORMATS`: geojson, gpkg, ...
    start, end, category
        Narrow the events, as in `events`.
    plans
        True adds events that were announced, not reported as done, and their figures.
    crs
        EPSG:4326, or EPSG:32618 where the format allows it.
    columns
        Names of columns: mssmap, cod-ab or hxl.
    sidecar
        False leaves the proof out where the format cannot hold it.
    release
        Version of a release, as in `load`; the proof names it.

    Returns
    -------
    extract
        What was written; `losses` says what the format could not keep.

    Raises
    ------
    InputError
        If the arguments do not go together, or the file cannot be written.
    NotFoundError
        If there is no such layer, table, region, category or release.
    """
    from pathlib import Path

    from mssmap.exports import bundle, extract, selection
    from mssmap.records.shown import Filters

    chosen = selection.Selection(
        names=(names,) if isinstance(names, str) else tuple(names),
        filters=Filters(
            clocks=clocks(as_of, known_on, release),
            grade=grade,
            region=region,
            start=settings.parse_date(start, "start") if start else None,
            end=settings.parse_date(end, "end") if end else None,
            categories=(category,) if isinstance(category, str) else tuple(category),
            plans=plans,
        ),
    )
    built = extract.build(load(release), chosen, selection.Form(format, crs, columns, sidecar))
    bundle.save(built, Path(out))
    return built


def verify(file: str | Path) -> Verdict:
    """
    Open an exported file and say whether it is unchanged, edited, or overtaken by a revision of the data, and by which
    release.

    Raises
    ------
    InputError
        If it cannot be read, or carries no proof.
    """
    from pathlib import Path

    from mssmap.exports import verify

    return verify.file(load(), Path(file), releases=verify.Releases(known_releases(), load))


def known_releases() -> tuple[str, ...]:
    """
    Return the versions of the releases of the data that are here, oldest first, for `release`.

    Raises
    ------
    DataError
        If what names one of them was changed.
    """
    from mssmap.ingest import pinned

    found = settings.load()
    return tuple(release.version for release in pinned.listed(found.data_dir, found.database_url))

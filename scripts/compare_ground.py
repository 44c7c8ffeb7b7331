"""
Write docs/boundaries.md: what other boundaries change in figures.

    python scripts/compare_ground.py REVISION            `data/` of a revision against the `data/` that ships
    python scripts/compare_ground.py REVISION --out FILE

Both are read by the code that runs, so that only the data differ. The page that is committed was written by the code of
the change itself (revision fab80bc and its data), before zones were drawn as units.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mssmap import settings
from mssmap.crs import METRIC
from mssmap.planning import covering, on_data, scenario
from mssmap.planning.ground.grid import Grid
from mssmap.records import catalog
from mssmap.records.catalog import Data
from mssmap.records.timeline import Clocks

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "boundaries.md"
CLOCKS = Clocks(date(2026, 4, 1), date(2026, 11, 22))
MOVED_PCT, MOVED_PEOPLE = 5.0, 3_000
"""Communes whose area or whose people in reach differ by more are listed."""

PAGE = """# What the official boundaries change

Written by `scripts/compare_ground.py {revision}`: the data of that revision (boundaries of FEWS NET 2018, coast of
GSHHG) against those that ship (CNIGS / OCHA, COD-AB Haiti 2018, CC BY 3.0 IGO), by the same code. P-codes, names and
populations are the same. How the layers are made stands in `data/README.md`, points that were put right in
`docs/data-changes.md`.

Before on the left, now on the right, each by the code and from the data of its day (`scripts/picture_ground.py`):

![The country](boundaries-country.png)
![The capital](boundaries-capital.png)
![The lower Artibonite](boundaries-artibonite.png)

The page of the map in print, with each side's zones:

![The country in print](boundaries-country-print.png)
![The capital in print](boundaries-capital-print.png)
![The Artibonite in print](boundaries-artibonite-print.png)

## Areas

| | before | now |
|---|---|---|
{totals}

Communes whose area changed by more than {moved_pct:g} %, or of which less than 85 % of the ground is shared:

| commune | km² before | km² now | change | shared |
|---|---|---|---|---|
{areas}

*Shared* is the area of the intersection over that of the union. In the middle a commune shares {median_pct:.0f} %.

Bytes of boundaries that a browser gets where the whole country is seen (brotli, as served), for lines that areas share
are now sent once: {ground_before:,} before, {ground_now:,} now; with the communes switched on {communes_before:,} more
before, {communes_now:,} now. The finer outlines with the sections ({close:,}) come from zoom 10 on.

## Cells of the planner

| | before | now |
|---|---|---|
{cells}

{gone} cells are no more: the centre of {gone_outside} lies on an islet that the official boundaries leave out, or
beyond the official coast or border. {new} are new. {other} cells belong to another commune than before. As each commune
keeps its population, {people:,} people ({people_pct:.1f} % of all) live in another cell (central case). A matrix of
travel times that was stored before is fitted to the new cells, and the method says so.

## The baseline of {day}, 60 minutes

| figure | before | now |
|---|---|---|
{figures}

| department | people in reach before | now | difference |
|---|---|---|---|
{departments}

Communes in which more than {moved_people:,} people more or fewer are in reach:

| commune | in reach before | now | cells before | now |
|---|---|---|---|---|
{communes}

Why: bases, links between towns, speeds and populations are the same; what changed is which cells there are, and whose.

* Cité Soleil gains one cell of 45,000 people (876725c1affffff). By the coarse coast of before it was nearest to an
  islet of its own, and had no way to any base; on the official coast it is part of the main island, 17 minutes from
  the nearest one. That is also why 1.4 instead of 1.8 % of the people cannot be reached at all, and most of the
  increase among the covered in zones.
* Carrefour gains a cell in reach that was one of Port-au-Prince (876725cd5ffffff). The people of Port-au-Prince now
  live in its other cells, which are in reach as well.
* Gonaïves, Saint-Marc and Petite-Rivière de l'Artibonite gave cells away or got some at their borders, so that the same
  people are spread over cells nearer to a base or further from one.
* The lower end of the range is that of the slowest case, in which a base reaches little more than the cells around it:
  single cells of the capital that changed hands weigh there. The main base has 632,077 people in reach in its slowest
  case, 726,405 before.

Zones are circles on both sides of these tables, so that only the boundaries differ. Since then zones are the units that
their sources name, or places with an uncertainty (`docs/data-changes.md`): 2,804,497 people are in reach on that day,
as more of the roads runs through a named unit, which makes them slower, and 1,130,406 of them live in zones. The range
of all cases is the same, 315,101 to 4,823,589.
"""


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two data folders, and what the planner makes of it."""

    data: Data
    grid: Grid
    coverage: covering.Coverage

    @property
    def communes(self) -> gpd.GeoDataFrame:
        """Communes in metres by P-code."""
        return self.data["communes"].to_crs(METRIC).set_index("pcode")


def side(folder: Path) -> Side:
    """Read a data folder and evaluate its baseline."""
    data = catalog.open_data(folder)
    plan = scenario.baseline(data, CLOCKS)
    return Side(data, on_data.cells_of(data), on_data.evaluate_sure(data, plan))


def data_of(revision: str, folder: Path) -> Path:
    """Unpack `data/` of a revision of this repository into a folder."""
    packed = subprocess.run(["git", "archive", revision, "data"], cwd=ROOT, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "data"


def table(rows: list[tuple[object, ...]]) -> str:
    """Return rows of a Markdown table."""
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def shared(before: Side, now: Side) -> pd.Series:
    """Intersection over union of each commune, by P-code."""
    old, new = before.communes.geometry, now.communes.geometry
    old = shapely.make_valid(old.reindex(new.index).to_numpy())
    both = shapely.area(shapely.intersection(old, new.to_numpy()))
    return pd.Series(both / shapely.area(shapely.union(old, new.to_numpy())), index=new.index)


def areas(before: Side, now: Side) -> str:
    """Communes whose area or ground changed much."""
    rows = now.communes[["name_fr", "area_km2"]].assign(before=before.communes["area_km2"], shared=shared(before, now))
    rows["change"] = 100 * (rows["area_km2"] / rows["before"] - 1)
    rows = rows[(rows["change"].abs() > MOVED_PCT) | (rows["shared"] < 0.85)].sort_values("shared")
    cells = (("before", "{:.1f}"), ("area_km2", "{:.1f}"), ("change", "{:+.0f} %"), ("shared", "{:.2f}"))
    return table([
        (f"{row.name_fr} ({row.Index})", *(style.format(getattr(row, column)) for column, style in cells))
        for row in rows.itertuples()
    ])  # fmt: skip


def totals(before: Side, now: Side) -> str:
    """Area, corners and pieces of the land."""

    def of(one: Side) -> tuple[str, str, str]:
        land = one.data["land"]
        bay = shapely.intersection(land.geometry.union_all().boundary, shapely.box(-72.40, 18.52, -72.28, 18.62))
        return (
            f"{one.communes['area_km2'].sum():,.0f}",
            str(len(shapely.get_parts(land.geometry.to_numpy()))),
            str(shapely.get_num_coordinates(bay)),
        )

    heads = ("area of the communes, km²", "pieces of land", "points of the coast in the bay of Port-au-Prince")
    return table(list(zip(heads, of(before), of(now), strict=True)))


def figures(before: Side, now: Side) -> str:
    """Every figure of the baseline with its range."""

    def told(row: dict[str, float]) -> str:
        digits = 0 if abs(row["value"]) >= 1_000 else 1
        return " ".join([f"{row['value']:,.{digits}f}", f"({row['low']:,.{digits}f} to {row['high']:,.{digits}f})"])

    old, new = (one.coverage.figures.set_index("name") for one in (before, now))
    return table([
        (name, told(old.loc[name].to_dict()), told(new.loc[name].to_dict()))
        for name in new.index
        if not old.loc[name, ["value", "low", "high"]].equals(new.loc[name, ["value", "low", "high"]])
    ])  # fmt: skip


def regions(before: pd.DataFrame, now: pd.DataFrame, at_least: int) -> list[tuple[str, int, int]]:
    """Regions with another number of people in reach, P-code and name first, by P-code."""
    rows = now.set_index("pcode")[["name", "covered_people"]].assign(before=before.set_index("pcode")["covered_people"])
    rows = rows[(rows["covered_people"] - rows["before"]).abs() > at_least].sort_index()
    return [(f"{row.name} ({row.Index})", int(row.before), int(row.covered_people)) for row in rows.itertuples()]


def page(revision: str, before: Side, now: Side, served: dict[str, int]) -> str:
    """Write the page."""
    old, new = (dict(zip(one.grid.ids, range(len(one.grid)), strict=True)) for one in (before, now))
    gone, fresh = [cell for cell in old if cell not in new], [cell for cell in new if cell not in old]
    both = [(old[cell], new[cell]) for cell in old if cell in new]
    people = [one.grid.people["central"] for one in (before, now)]
    moved = sum(abs(int(people[0][i]) - int(people[1][j])) for i, j in both)
    moved += sum(int(people[0][old[cell]]) for cell in gone) + sum(int(people[1][new[cell]]) for cell in fresh)
    land = shapely.union_all(now.data["communes"].geometry.to_numpy())
    at = [old[cell] for cell in gone]
    outside = ~shapely.contains_xy(land, before.grid.lon[at], before.grid.lat[at])
    count = [pd.Series(one.grid.commune).value_counts() for one in (before, now)]
    departments = regions(before.coverage.by_department, now.coverage.by_department, 0)
    communes = regions(before.coverage.by_commune, now.coverage.by_commune, MOVED_PEOPLE)
    sizes = [("cells", *(f"{len(one.grid):,}" for one in (before, now)))]
    sizes += [("places where a base may stand", *(f"{len(one.grid.candidates):,}" for one in (before, now)))]
    sizes += [("connected pieces of land", *(len(np.unique(one.grid.piece)) for one in (before, now)))]
    return PAGE.format(
        revision=revision,
        totals=totals(before, now),
        moved_pct=MOVED_PCT,
        areas=areas(before, now),
        median_pct=100 * shared(before, now).median(),
        **served,
        cells=table(sizes),
        gone=len(gone),
        gone_outside=int(outside.sum()),
        new=len(fresh),
        other=sum(before.grid.commune[i] != now.grid.commune[j] for i, j in both),
        people=moved // 2,
        people_pct=50 * moved / people[1].sum(),
        day=f"{CLOCKS.as_of:%-d %B %Y}",
        figures=figures(before, now),
        departments=table([(name, f"{a:,}", f"{b:,}", f"{b - a:+,}") for name, a, b in departments]),
        moved_people=MOVED_PEOPLE,
        communes=table([
            (name, f"{a:,}", f"{b:,}", *(int(one.get(name[-7:-1], 0)) for one in count)) for name, a, b in communes
        ]),
    )  # fmt: skip


SERVED = {
    "ground_before": 25_790, "ground_now": 16_517, "communes_before": 31_040, "communes_now": 17_437, "close": 94_156,
}  # fmt: skip
"""Measured once, by the script that was served then and the one of now; a test holds the present ones below."""


def main() -> int:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision", help="of this repository, with the boundaries of before")
    parser.add_argument("--out", type=Path, default=TARGET)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        before = side(data_of(options.revision, Path(folder)))
        now = side(settings.default_data_dir())
        options.out.write_text(page(options.revision, before, now, SERVED), encoding="utf-8")
    print(f"{options.out}: written", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

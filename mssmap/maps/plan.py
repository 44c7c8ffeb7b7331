"""A plan on the map: bases and proposals as points, coverage as cells; what travels is one letter a cell."""

from __future__ import annotations

import base64
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from mssmap.i18n import GROUP_MARKS, current
from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.planning.covering import Coverage
from mssmap.planning.covering_tables import CENTRAL
from mssmap.planning.ground.grid import Grid
from mssmap.planning.ground.roads import Network

LAYER: Final = "plan"
NONE, POSSIBLE, ONE, BACKUP = "0", "p", "1", "2"
"""Not covered; covered at the optimistic speed only; by one base; by two or more."""

UNITS: Final = 100_000
"""Published degrees are whole numbers of this part."""


def published_grid(grid: Grid) -> dict[str, Any]:
    """
    Centres of the cells and the shape of one, for the browser to draw them all.

    The hexagons of one resolution differ by less than 4 % over Haiti, less than a line's width on the screen.
    """
    centres = np.column_stack([grid.lat, grid.lon])
    middle = grid.polygon(int(np.abs(centres - centres.mean(axis=0)).sum(axis=1).argmin()))
    ring = shapely.get_coordinates(middle)[:-1]
    centre = np.array([middle.centroid.x, middle.centroid.y])
    return {
        "centres": (centres * UNITS).round().astype(int).ravel().tolist(),
        "shape": [[round(float(lat), 6), round(float(lon), 6)] for lon, lat in ring - centre],
        "units": UNITS,
    }


def cells(coverage: Coverage) -> str:
    """One letter for each cell of the grid, in its order."""
    count = coverage.cells["count"].to_numpy()
    possible = coverage.cells["possible"].to_numpy(dtype=bool)
    letters = np.where(count >= 2, BACKUP, np.where(count == 1, ONE, np.where(possible, POSSIBLE, NONE)))
    return "".join(letters.tolist())


def reach(coverage: Coverage) -> dict[str, Any]:
    """
    Return what the browser needs to toggle bases by itself: whom each of them reaches.

    It stays the same while bases are switched, so it travels once. `within` and `possible` hold a bit for each cell,
    packed and in base64, by base: within the standard at the central speed, and at the best one.
    """
    states = coverage.ground.states
    best = max(states.values(), key=lambda state: state.factor)

    def packed(rows: Any) -> list[str]:
        return [base64.b64encode(np.packbits(row).tobytes()).decode() for row in rows]

    return {
        "ids": coverage.ground.bases["base_id"].tolist(),
        "within": packed(states[CENTRAL].all),
        "possible": packed(best.all),
        "people": coverage.cells["people"].tolist(),
        "group": GROUP_MARKS[current()],
    }


def agreed_cells(agreement: pd.DataFrame) -> str:
    """One letter for each cell: covered by all of some plans, by some of them, by none (`covering.consensus`)."""
    plans, of = agreement["plans"].to_numpy(), agreement["of"].to_numpy()
    return "".join(np.where(plans == of, BACKUP, np.where(plans > 0, ONE, NONE)).tolist())


def closures(network: Network) -> tuple[str, ...]:
    """Return the ids of the roads that are closed, by their status or by a zone; only ours are on the map."""
    if network.model:
        return ()
    return tuple(network.roads.loc[network.roads["minutes"].isna(), "road_id"])


def symbol(kind: str, active: bool) -> str:
    """
    Symbol of a base in a plan; every proposal is dashed.

    >>> symbol("standing", True), symbol("own", True), symbol("announced", False)
    ('plan.standing', 'plan.on', 'plan.off')
    """
    if kind == "standing":
        return "plan.standing" if active else "plan.closed"
    return "plan.on" if active else "plan.off"


def kinds() -> dict[str, str]:
    """What a base in a plan is."""
    return {
        "standing": _("Operational on that day"),
        "announced": _("Announced by the mission"),
        "candidate": _("Named in reporting"),
        "own": _("Own proposal"),
    }


def points(by_base: pd.DataFrame, bases: pd.DataFrame) -> list[dict[str, Any]]:
    """Points for the view message, each with a line about whom it reaches."""
    kind = bases.set_index("base_id")["kind"]
    words = kinds()
    return [
        {
            "id": row.base_id,
            "symbol": symbol(kind[row.base_id], bool(row.active)),
            "dim": 0,
            "at": [float(row.lat), float(row.lon)],
            "name": row.name,
            "line": " · ".join(
                [
                    words[kind[row.base_id]],
                    _("{n} people within the standard").format(n=text.number(round(row.people_in_reach))),
                ]
            ),
            "precision": "",
        }
        for row in by_base.itertuples(index=False)
    ]


def legend(*, agreement: bool = False, closed: bool = False) -> list[dict[str, Any]]:
    """Rows of the legend for a plan, with closed roads if it has any, or for the agreement of several."""
    bases = {
        "plan.standing": _("Operational, on"),
        "plan.closed": _("Operational, taken out"),
        "plan.on": _("Proposal, on"),
        "plan.off": _("Proposal, off"),
        **({"plan.closure": _("Road closed or cut by a zone")} if closed else {}),
    }
    reached = {
        "cells.2": _("Two bases or more"),
        "cells.1": _("One base"),
        "cells.p": _("Only at the best speed"),
        "cells.0": _("Nobody within the standard"),
    }
    if agreement:
        reached = {"cells.2": _("All compared plans"), "cells.1": _("Some of them"), "cells.0": _("None of them")}
    groups = ((_("Plan"), bases), (_("Reached within the standard"), reached))
    return [
        {
            "label": label,
            "items": [{"symbol": s, "label": w, "count": None, "layers": [LAYER]} for s, w in rows.items()],
        }
        for label, rows in groups
    ]

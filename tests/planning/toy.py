"""A toy country that a reader can count by hand: four cells in a row, the last on an island."""

from __future__ import annotations

import h3.api.basic_int as h3
import numpy as np
import pandas as pd

from mssmap.planning.ground.grid import Grid

PEOPLE = (100, 50, 30, 20)
MINUTES = {
    # to cell     0    1    2    3
    "west": (0, 60, 90, np.inf),
    "middle": (60, 0, 30, np.inf),
    "east": (90, 30, 0, np.inf),
}


def toy_grid(people: tuple[int, ...] = PEOPLE) -> Grid:
    """Return cells 10 km apart in a row; the first two in HT0111 (department HT01), the others in HT0211 (HT02)."""
    n = len(people)
    central = np.array(people, dtype="int64")
    turned = central[::-1].copy()
    return Grid(
        cells=np.array([h3.latlng_to_cell(18.5, lon, 7) for lon in np.linspace(-72.4, -72.1, n)], dtype="uint64"),
        lon=np.linspace(-72.4, -72.1, n),
        lat=np.full(n, 18.5),
        xy=np.column_stack([np.arange(n) * 10_000.0, np.zeros(n)]),
        commune=np.array((["HT0111"] * 2 + ["HT0211"] * n)[:n]),
        water=np.zeros(n, dtype="bool"),
        piece=np.array([0] * (n - 1) + [1]),
        people={"central": central, "area": turned, "places": central},
        pairs=np.column_stack([np.arange(n - 1), np.arange(1, n)])[: n - 2],
        pair_km=np.full(n - 2, 10.0),
        candidates=pd.DataFrame({"cell": [0, 1, 2], "name": ["A", "B", "C"], "commune_pcode": "HT0111"}),
    )

"""Fixtures of the planning tests: the toy country, and the real one as it was on one day, prepared once."""

from __future__ import annotations

import types
from datetime import date

import numpy as np
import pandas as pd
import pytest
from toy import MINUTES, toy_grid

from mssmap.planning import on_data, scenario
from mssmap.planning.access import MatrixTravel
from mssmap.planning.ground.grid import Grid
from mssmap.records.timeline import Clocks


@pytest.fixture
def grid() -> Grid:
    return toy_grid()


@pytest.fixture
def travel() -> MatrixTravel:
    return MatrixTravel(tuple(MINUTES), np.array(list(MINUTES.values()), dtype="float32"), source="the toy")


@pytest.fixture
def bases() -> pd.DataFrame:
    """West and middle are on, east is off."""
    return pd.DataFrame(
        {"base_id": list(MINUTES), "name": list(MINUTES), "cell": [0, 1, 2], "active": [True, True, False]}
    )


CLOCKS = Clocks(date(2026, 4, 1), date(2026, 11, 22))


@pytest.fixture(scope="session")
def haiti(frozen):
    """Return the frozen data with the baseline of 1 April 2026 and the ground it stands on."""
    plan = scenario.baseline(frozen, CLOCKS)
    return types.SimpleNamespace(data=frozen, clocks=CLOCKS, plan=plan, ground=on_data.ground(frozen, plan))

"""The pack of the issue: the shipped data on 18 January 2025, and makers of others."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from mssmap.brief import Brief, pack
from mssmap.brief.pack import Pack
from mssmap.records.catalog import Data

DAY = date(2025, 1, 18)
MADE = datetime(2025, 1, 19, 9, 30, tzinfo=UTC)
BRIEF = Brief(DAY, DAY, MADE, since=date(2024, 10, 1))


@pytest.fixture(scope="session")
def french(real: Data) -> Pack:
    """Return the pack of the issue, in French."""
    return pack.make(real, dataclasses.replace(BRIEF, lang="fr"))


@pytest.fixture
def brief() -> Callable[..., Brief]:
    """Return a maker of specifications like `BRIEF`."""

    def make(**changes: Any) -> Brief:
        return dataclasses.replace(BRIEF, **changes)

    return make

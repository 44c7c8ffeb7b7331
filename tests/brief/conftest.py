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
from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks

DAY = date(2025, 1, 18)
MADE = datetime(2025, 1, 19, 9, 30, tzinfo=UTC)
BRIEF = Brief(Filters(Clocks(DAY, DAY)), MADE, since=date(2024, 10, 1))


def like(base: Brief, **changes: Any) -> Brief:
    """Return a specification with other values, those of its filters among them."""
    clocks = {name: changes.pop(name) for name in ("as_of", "known_on") if name in changes}
    narrow = {name: changes.pop(name) for name in ("grade", "region") if name in changes}
    filters = dataclasses.replace(base.filters, clocks=dataclasses.replace(base.clocks, **clocks), **narrow)
    return dataclasses.replace(base, filters=filters, **changes)


@pytest.fixture(scope="session")
def french(real: Data) -> Pack:
    """Return the pack of the issue, in French."""
    return pack.make(real, dataclasses.replace(BRIEF, lang="fr"))


@pytest.fixture
def brief() -> Callable[..., Brief]:
    """Return a maker of specifications like `BRIEF`."""

    def make(**changes: Any) -> Brief:
        return like(BRIEF, **changes)

    return make

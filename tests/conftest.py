"""Fixtures: the small data folder of small_data.py, the shipped data, those of one day, clocks."""

from __future__ import annotations

import os
import sys
import tempfile
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import lanes
import pytest
from hypothesis import settings
from small_data import ROOT, write_folder
from xdist.scheduler import LoadScopeScheduling

from mssmap.records import catalog
from mssmap.records.catalog import Data
from mssmap.records.timeline import Clocks

# The store and the caches of whoever runs the tests stay out of them, while they are collected too.
OWN_HOME = tempfile.TemporaryDirectory(prefix="mssmap-tests-", ignore_cleanup_errors=True)
os.environ |= {name: f"{OWN_HOME.name}/{name}" for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME")}

# Shared machines stall: a slow example is not a fault. The same examples in every run.
settings.register_profile("mssmap", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("mssmap")


class Scheduling(LoadScopeScheduling):
    """
    Keeps together the tests of a file, whose servers and clusters start once.

    Those that drive a browser share one server and one Chromium, too: two lots of about the same length, so that at
    most two browsers run at once.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        if path.startswith("tests/browser"):
            return "browser" if path < "tests/browser/test_live" else "browser, second lot"
        return "deploy" if path.startswith("tests/deploy") else path


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--check", action="store_true", help="only what `make check` runs; see tests/lanes.py")
    parser.addoption("--lean", action="store_true", help="no campaigns, of many cases a share; see tests/lanes.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--check"):
        config.hook.pytest_deselected(items=[item for item in items if not lanes.in_check(item)])
        items[:] = filter(lanes.in_check, items)
    if config.getoption("--lean"):
        kept = lanes.lean(items)
        config.hook.pytest_deselected(items=list(set(items) - set(kept)))
        items[:] = kept


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Give pytest-xdist our own order; its groups (`--dist loadgroup`) do nothing with pytest 9.2."""
    return Scheduling(config, log)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell at once what failed; the run is long."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        print(f"\n{report.nodeid} failed in {report.when}: {report.longreprtext[-1500:]}", flush=True)


OWN_MAIN = sys.modules["__main__"]


@pytest.fixture(autouse=True)
def own_main() -> None:
    """Streamlit leaves the last page as `__main__`: each process forked or spawned afterwards would run it first."""
    sys.modules["__main__"] = OWN_MAIN


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the small data folder, to read; tests that write take `folder`."""
    return write_folder(tmp_path_factory.mktemp("small") / "data")


@pytest.fixture(scope="session")
def small(small_folder: Path) -> Data:
    """Return the small data, sound."""
    return catalog.open_data(small_folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a small data folder of one's own, to break."""
    return write_folder(tmp_path / "data")


@pytest.fixture(scope="session")
def real() -> Data:
    """Return the data that are shipped."""
    return catalog.open_data(ROOT / "data")


@pytest.fixture(scope="session")
def frozen_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of one day, to read; see tests/frozen/README.md."""
    folder = tmp_path_factory.mktemp("frozen")
    with zipfile.ZipFile(ROOT / "tests" / "frozen" / "data.zip") as packed:
        packed.extractall(folder)
    return folder / "data"


@pytest.fixture(scope="session")
def frozen(frozen_folder: Path) -> Data:
    """Return the data of one day, for numbers that a test knows by heart."""
    return catalog.open_data(frozen_folder)


@pytest.fixture
def on() -> Callable[..., Clocks]:
    """Return a maker of clocks from ISO text; `known_on` is `as_of` unless given."""

    def make(as_of: str, known_on: str | None = None) -> Clocks:
        return Clocks(date.fromisoformat(as_of), date.fromisoformat(known_on or as_of))

    return make

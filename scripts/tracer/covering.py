"""A plugin of pytest: the lines that each test runs, in its own process and in those it starts (`sitecustomize`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    os.environ["MSSMAP_COVERED_BY"] = item.nodeid.partition("::")[0]
    noting = coverage.Coverage.current()
    if noting:
        noting.switch_context(item.nodeid)
    result = yield
    if noting:
        noting.switch_context("")
    return result


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ and report.when == "call":
        with Path(os.environ["MSSMAP_COVER_DURATIONS"]).open("a", encoding="utf-8") as file:
            print(report.duration, report.nodeid, file=file)

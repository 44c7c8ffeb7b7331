"""Fixtures: the archive of ten events, to read and to break."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from archive.samples import TEN, rows, write
from mssmap.archive import engine
from mssmap.archive.engine import Archives
from mssmap.archive.shelf import Manifest, Shelf


@pytest.fixture(scope="session")
def ten(tmp_path_factory: pytest.TempPathFactory) -> tuple[Archives, str]:
    """The ten events as an archive, to read."""
    folder = tmp_path_factory.mktemp("archives")
    made = write(folder, rows(TEN), batch=4)
    return engine.connect(Shelf(folder)), made.name


@pytest.fixture
def own(tmp_path: Path) -> Callable[[], tuple[Archives, Manifest]]:
    """Make the archive of the ten events once more, to break."""

    def make() -> tuple[Archives, Manifest]:
        made = write(tmp_path / "archives", rows(TEN))
        return engine.connect(Shelf(tmp_path / "archives")), made

    return make

"""Start the reading process without pandas and geopandas, in a fifth of the time: pyogrio and pyarrow need neither."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from typing import Any


class Without(MetaPathFinder):
    """Let pandas and geopandas look as if they were not installed."""

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> None:
        """Say that there is no such module."""
        if name.partition(".")[0] in ("pandas", "geopandas"):
            raise ModuleNotFoundError(name)


def install() -> None:
    """Do it; before any of them is imported, and only in a process of its own."""
    sys.meta_path.insert(0, Without())

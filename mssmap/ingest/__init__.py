"""
Files from outside, taken in so that they cannot hurt.

`read` opens any of the formats in a process that can do nothing else. Importing this loads nothing heavy, and the
reading process itself imports no pandas.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from mssmap.jail.limits import LIMITS, Limits, RefusedError, printable

if TYPE_CHECKING:
    from mssmap.ingest.reading import Reading

__all__ = ["LIMITS", "Limits", "RefusedError", "read"]


def read(
    source: Path | str | BinaryIO,
    *,
    name: str = "",
    limits: Limits = LIMITS,
    progress: Callable[[float, str], None] = lambda share, what: None,
) -> Reading:
    """
    Read a file from outside, whatever is in it.

    CSV, XLSX, GeoJSON, GeoPackage, zipped Shapefile, KML, GPX, FlatGeobuf, (Geo)Parquet, or a zip of these; which one
    it is tells the content. Nothing is transformed: the frames keep the CRS of the file.

    Parameters
    ----------
    source
        Path of the file, or an open binary file that the system knows (with a `fileno`).
    name
        What messages call it; by default the name of the path.
    progress
        Called with the share that is done and what is being done.

    Raises
    ------
    RefusedError
        With one line: what was found, what is required, what to do. Nothing else is ever raised for a bad file.
    """
    from mssmap.ingest import answer
    from mssmap.jail import box
    from mssmap.jail.jobs import Order

    called = name or Path(str(getattr(source, "name", source))).name
    return answer.reading(box.run(source, Order("tables", printable(called), limits), progress))

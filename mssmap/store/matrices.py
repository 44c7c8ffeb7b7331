"""
Matrices of travel times in the store: Parquet under its hash, which the plan names.

The plan, and so its trail and its exported file, holds the hash. So a copy, an undo and a restart find the matrix, and
what was changed in the store is not used.
"""

from __future__ import annotations

import io
import json
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from mssmap.errors import DataError, NotFoundError
from mssmap.i18n import gettext as _
from mssmap.planning import access
from mssmap.planning.access import MatrixTravel
from mssmap.planning.ground.grid import Grid
from mssmap.store import payloads, roles
from mssmap.store.ledger import Store

_KEY: Final = b"mssmap_matrix"
COLUMNS: Final = {"site_id", "demand_id", "minutes", "km"}
"""Of a matrix, by `access.matrix_rows`; a plan may name rows that are none."""


def keep(store: Store, matrix: MatrixTravel, grid: Grid) -> str:
    """
    Store a matrix and return its hash, for `Plan.matrix`; the same matrix is stored once.

    Raises
    ------
    StoreAwayError
        If it could not be written; nothing has changed then.
    """
    table = pa.Table.from_pandas(access.matrix_rows(matrix, grid), preserve_index=False)
    said = json.dumps({"source": matrix.source, "unit": matrix.unit}).encode()
    file = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({_KEY: said}), file, compression="zstd")
    store.write(lambda connection: payloads.put(connection, file.getvalue()), needs=roles.NEEDED["plan"])
    return payloads.digest(file.getvalue())


def find(store: Store, mark: str, grid: Grid) -> MatrixTravel:
    """
    Return the matrix of a hash, as `Plan.matrix` names it.

    Raises
    ------
    NotFoundError
        If it is not in this store.
    DataError
        If it is not what was stored.
    InputError
        If it was made for quite another grid than that of the data in use; see `access.fitted`.
    """
    content = payloads.get(store, mark)
    if content == "no rows":
        raise NotFoundError(
            _("travel matrix {mark}: it is not in this store. Add the file again.").format(mark=mark[:12])
        )
    if isinstance(content, str):
        raise DataError(
            _("travel matrix {mark}: it was changed in the store. Add the file again.").format(mark=mark[:12])
        )
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        said = json.loads(file.schema_arrow.metadata[_KEY])
        if not set(file.schema_arrow.names) <= COLUMNS or file.metadata.num_rows > access.MAX_PAIRS:
            raise ValueError(file.schema_arrow.names[:5])
        rows = file.read().replace_schema_metadata(None).to_pandas()
        unit, name = str(said["unit"]), str(said["source"])
    except (KeyError, TypeError, ValueError, RecursionError, pa.ArrowException) as error:
        raise DataError(
            _("travel matrix {mark}: it was changed in the store. Add the file again.").format(mark=mark[:12])
        ) from error
    return access.fitted(rows, grid, unit=unit, name=name)

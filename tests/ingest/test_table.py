"""Columns of plain values become columns of one type."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from mssmap.ingest import table

AT = datetime(2025, 1, 18, 12, 30)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        pytest.param([AT, None], pa.timestamp("ms"), id="times with a gap"),
        pytest.param([None, AT.replace(tzinfo=UTC)], pa.timestamp("ms", "UTC"), id="in UTC with a gap"),
        pytest.param([AT, None, AT.replace(tzinfo=UTC)], pa.string(), id="with and without a zone"),
    ],
)
def test_times_with_a_gap_keep_their_kind(cells, kind):
    column = table.from_values("t", {"at": cells}, range(1, len(cells) + 1)).columns["at"]
    assert column.type == kind
    assert column.is_null().to_pylist() == [cell is None for cell in cells]

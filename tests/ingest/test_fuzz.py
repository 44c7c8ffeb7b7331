"""Damaged files are read or refused in one line; nothing else ever happens."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from mssmap.errors import MssmapError
from mssmap.ingest import mapping, prepare
from mssmap.ingest.reading import Reading
from mssmap.jail import box

from . import samples

CASES = 3_240


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    files = samples.write(tmp_path_factory.mktemp("samples"))
    listed = [[kind, base64.b64encode(content).decode()] for kind, content in files.items()]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("fuzz.py"))],
        input=json.dumps({"files": listed, "cases": CASES}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**box.environment(), "PYTHONPATH": str(box.PACKAGE_ROOT)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_every_damaged_file_is_read_or_refused(told):
    assert told["wrong"] == []
    assert told["accepted"] + told["refused"] == CASES


def test_at_least_a_fifth_is_read(told):
    """Else the damage would be so great that only the front door is tested."""
    assert told["accepted"] >= CASES / 5
    assert set(told["kinds"]) == {"geojson", "gpkg", "fgb", "parquet", "csv", "xlsx", "kml", "zip", "bundle"}


def test_no_damaged_file_takes_long(told):
    assert told["slowest"] < 10


CELLS = st.one_of(
    st.sampled_from(
        ["", "2025-01-18", "18/01/2025", "-72.3", "18.5", "72.3", "400", "NaN", "1e999", "Ouest", "HT0111"]
    ),
    st.sampled_from(["Port-au-Prince", "{{7*191}}", "=1+1", "0", "1", "3", "Haiti", "a;b", "1 234", "18,5"]),
    st.text(max_size=12),
)
ROWS = st.lists(st.lists(CELLS, min_size=6, max_size=6), min_size=1, max_size=6)
CHOICES = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(mapping.FIELDS, st.lists(st.sampled_from("abcdef"), min_size=1, max_size=2, unique=True))
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=ROWS, columns=CHOICES, kind=st.sampled_from(["events", "layer"]), dates=st.sampled_from(["auto", "dmy", "ymd"])
)
def test_any_table_with_any_mapping_becomes_an_import_or_is_refused(small, rows, columns, kind, dates):
    frame = pd.DataFrame(rows, columns=list("abcdef"), dtype="str")
    frame.index = pd.Index(range(2, len(frame) + 2), name="row")
    used = mapping.Mapping(kind=kind, columns=columns, dates=dates)
    try:
        made = prepare.prepare(Reading("csv", {"t": frame}), "t", small, used)
    except MssmapError as error:
        told = str(error)
        event(told[:20])
        made = None
    if made is None:
        assert "\n" not in told
        return
    left_out = {fault.row for fault in made.faults if fault.kind == "contract"}
    assert not left_out & set(made.frame.index)
    assert left_out | set(made.frame.index) <= set(frame.index)

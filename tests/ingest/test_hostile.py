"""No file from outside reads a file, makes a request, writes anything, or takes more than it may."""

from __future__ import annotations

import io
import re
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio.errors
import pytest

from mssmap import ingest
from mssmap.ingest.reading import Reading

from .conftest import SECRET
from .hostile import READ, Case, cases, collection, drivers, point

IDS = [case.id for case in cases(Path("/secret"), 1)]


@pytest.fixture(scope="session")
def corpus(secret, listener) -> dict[str, Case]:
    return {case.id: case for case in cases(secret, listener.port)}


def test_the_corpus_is_large_enough():
    assert len(IDS) == len(set(IDS)) >= 70


def everything(reading: Reading) -> str:
    """All text of a reading, each cell as it stands in the frame."""
    cells = [str(cell) for frame in reading.tables.values() for column in frame for cell in frame[column]]
    names = [str(name) for frame in reading.tables.values() for name in frame.columns]
    return "\n".join([*cells, *names, *reading.notes, str(reading.proof)])


@pytest.mark.parametrize("name", IDS)
def test_hostile_file(name, corpus, listener, tmp_path):
    case = corpus[name]
    path = tmp_path / "upload"
    path.write_bytes(case.content)
    started = time.monotonic()
    try:
        reading = ingest.read(path, name=case.name)
    except ingest.RefusedError as error:
        told = str(error)
        assert case.reason != READ, told
        assert re.search(case.reason.replace("|READ", ""), told), told
        assert "\n" not in told
        assert len(told) < 600
        assert "Traceback" not in told
        assert SECRET not in told
    else:
        assert READ in case.reason, f"was read: {everything(reading)[:200]}"
        text = everything(reading)
        assert all(held in text for held in case.holds)
        assert not any(lacking in text for lacking in case.lacks)
        assert SECRET not in text
    assert time.monotonic() - started < 30
    assert not listener.calls
    assert [item.name for item in tmp_path.iterdir()] == ["upload"]
    assert not [item for folder in (Path("/"), Path("/tmp"), Path.cwd()) for item in folder.glob("*slip*")]


def test_no_reader_took_more_than_a_gigabyte():
    """In kilobytes, of the largest child; Linux counts for it what its parent held when it was started."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < max(1_100_000, own + 1_000)


def test_the_usual_reader_reads_a_file_of_the_server(secret, tmp_path, listener):
    """The control: what happens without all this."""
    case = next(case for case in drivers(secret, listener.port) if case.id == "vrt as geojson")
    path = tmp_path / case.name
    path.write_bytes(case.content.replace(b'name="s"', f'name="{secret.stem}"'.encode()))
    assert SECRET in gpd.read_file(path).to_csv()


def test_the_usual_reader_makes_a_request(secret, tmp_path, listener):
    case = next(case for case in drivers(secret, listener.port) if case.id == "wfs xml")
    path = tmp_path / case.name
    path.write_bytes(case.content)
    with pytest.raises(pyogrio.errors.DataSourceError):
        gpd.read_file(path)
    called, listener.calls[:] = list(listener.calls), []
    assert called


def test_the_usual_reader_runs_a_view_for_ever(corpus, tmp_path):
    path = tmp_path / "x.gpkg"
    path.write_bytes(corpus["gpkg recursive view"].content)
    code = "import sys, pyogrio; pyogrio.read_dataframe(sys.argv[1], layer='v')"
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_AS, (3_000_000_000,) * 2); {code}"
    try:
        done = subprocess.run([sys.executable, "-c", limited, str(path)], capture_output=True, timeout=8, check=False)
    except subprocess.TimeoutExpired:
        return
    assert done.returncode != 0  # it ended only because its memory did


def test_the_usual_reader_takes_what_cannot_be(tmp_path):
    """Longitude 400, a bow-tie and swapped coordinates pass without a word."""
    bow = [[[-72.4, 18.5], [-72.3, 18.6], [-72.3, 18.5], [-72.4, 18.6], [-72.4, 18.5]]]
    shapes = [point({}, (400, 18.5)), point({}, (18.5, -72.3))]
    shapes.append({"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": bow}})
    (tmp_path / "x.geojson").write_bytes(collection(*shapes))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(gpd.read_file(tmp_path / "x.geojson")) == 3


def test_the_usual_reader_unpacks_whatever_a_workbook_says(corpus):
    """The far cell that is refused here makes the usual reader fill a row of 16,384."""
    assert pd.read_excel(io.BytesIO(corpus["xlsx far cell"].content), header=None).shape == (1, 16_384)

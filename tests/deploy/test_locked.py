"""In an environment of requirements.txt alone people sign in, roads are read and packs are made."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
import requests
from browser.conftest import ROOT, TODAY, provider, signing_in
from packaging.utils import canonicalize_name
from test_architecture import imported

from .locked import environment, locked

__all__ = ["provider"]

ROADS = """<osm version="0.6">
<node id="1" version="1" lon="-72.34" lat="18.54"/><node id="2" version="1" lon="-72.30" lat="18.54"/>
<way id="1" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/></way></osm>"""


OPTIONAL = {"pyspark", "py4j"}
"""Of the extra `spark`."""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(tmp_path_factory.mktemp("locked"), ROOT / "requirements.txt", ROOT)


def command(python: Path, folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command as somebody does whose home is a folder."""
    return subprocess.run(
        [python, "-m", "mssmap", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "MSSMAP_TODAY": TODAY.isoformat(), **env},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_every_import_is_locked() -> None:
    """Of the code; what libraries import without asking for it is found by the tests below."""
    homes = metadata.packages_distributions()
    asked = {canonicalize_name(item.name) for item in locked(ROOT / "requirements.txt")}
    files = [*ROOT.glob("mssmap/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"]
    for name in {name.partition(".")[0] for path in files for name in imported(path)} - OPTIONAL - {"mssmap"}:
        if name not in sys.stdlib_module_names:
            assert asked & {canonicalize_name(home) for home in homes[name]}, f"{name} is not in requirements.txt"


def test_somebody_signs_in(python: Path, tmp_path: Path, provider: str) -> None:
    with signing_in(tmp_path, provider, python=python) as team:
        person = requests.Session()
        asked = person.get(f"{team.server.url}/signin", timeout=60)
        assert asked.url.startswith(provider), f"{asked.status_code} {asked.text}"
        person.post(asked.url, data={"sub": "viewer"}, timeout=60)
        assert person.get(f"{team.server.url}/api", timeout=60).status_code == 200


def test_roads_of_an_extract_are_read(python: Path, tmp_path: Path) -> None:
    roads = tmp_path / "roads.osm"
    roads.write_text(ROADS, encoding="utf-8")
    done = command(python, tmp_path, "coverage", MSSMAP_ROADS=str(roads))
    assert (done.returncode, re.search(r"roads\.osm", done.stdout) is not None) == (0, True), done.stderr


def test_a_pack_is_made(python: Path, tmp_path: Path) -> None:
    done = command(python, tmp_path, "brief", "--as-of", "2025-01-18", "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    ends = {path.suffix for path in (tmp_path / "out").iterdir()}
    assert ends == {".zip", ".pdf", ".pptx", ".html"}

"""
The wheel, installed into a read-only environment of requirements.txt alone, with an empty home and no checkout.

What is tried here is what an administrator does on a new machine: every page opened, a layer, roads, a pack, a sign-in.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import pytest
import requests
from locked import OBEYING, environment, locked
from packaging.utils import canonicalize_name
from small_data import load_script

from .conftest import ROOT, TODAY, Server, Visit, running, signing_in

FOLDERS = (".streamlit", "data", "docs", "mssmap", "pages")
FILES = ("*.toml", "*.py", "*.md", "LICENSE", "MANIFEST.in")
"""What the wheel is built from."""
OPTIONAL = {"pyspark", "py4j"}
"""Of the extra `spark`."""
ROADS = """<osm version="0.6">
<node id="1" version="1" lon="-72.34" lat="18.54"/><node id="2" version="1" lon="-72.30" lat="18.54"/>
<way id="1" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/></way></osm>"""
FOREIGN = """
[browser]
gatherUsageStats = true
[server]
maxUploadSize = 7
[theme.light.sidebar]
backgroundColor = "#ff0000"
"""
"""What another project's folder may hold; it must not change ours."""
OUR_SIDEBAR = "rgb(242, 245, 247)"


class Installed(NamedTuple):
    """Its Python, and an empty home outside of it."""

    python: Path
    home: Path

    def env(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "MSSMAP_TODAY": TODAY.isoformat()}

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*OBEYING, self.python, *arguments],
            cwd=self.home,
            env=self.env() | env,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )


def build_wheel(folder: Path) -> Path:
    """Build the wheel from a copy of the sources, without the network."""
    source = folder / "source"
    source.mkdir()
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (file for pattern in FILES for file in ROOT.glob(pattern)):
        shutil.copy(file, source)
    code = "import sys, setuptools.build_meta as backend; backend.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(folder)], cwd=source, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def set_writable(folder: Path, *, writable: bool) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o200 if writable else path.stat().st_mode & ~0o222)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    folder = tmp_path_factory.mktemp("installed")
    python = environment(folder / "env", ROOT / "requirements.txt")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(next((folder / "env").glob("lib/python*/site-packages")))
    home = folder / "home"
    home.mkdir()
    set_writable(folder / "env", writable=False)
    found = Installed(python, home)
    tried = found.run("-c", "import mssmap, pathlib; pathlib.Path(mssmap.__file__).with_name('x').touch()")
    assert "Permission denied" in tried.stderr or "Read-only" in tried.stderr, "control: nothing can be written there"
    yield found
    set_writable(folder / "env", writable=True)


@pytest.fixture(scope="module")
def served(installed: Installed) -> Iterator[Server]:
    """The app of the wheel with an extract of roads, started in a folder of another project."""
    folder = installed.home / "elsewhere"
    (folder / ".streamlit").mkdir(parents=True)
    (folder / ".streamlit" / "config.toml").write_text(FOREIGN, encoding="utf-8")
    roads = folder / "roads.osm"
    roads.write_text(ROADS, encoding="utf-8")
    python = [*OBEYING, installed.python]
    with running(folder, python=python, cwd=folder, base=installed.env(), MSSMAP_ROADS=str(roads)) as found:
        yield found


def test_every_import_is_locked() -> None:
    """Of the code; what libraries import without asking for it is found by the tests below."""
    homes = metadata.packages_distributions()
    asked = {canonicalize_name(item.name) for item in locked(ROOT / "requirements.txt")}
    files = [*ROOT.glob("mssmap/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"]
    imports = load_script("rooms").imports
    for name in {name.partition(".")[0] for path in files for name in imports(path)} - OPTIONAL - {"mssmap"}:
        if name not in sys.stdlib_module_names:
            assert asked & {canonicalize_name(home) for home in homes[name]}, f"{name} is not in requirements.txt"


@pytest.mark.parametrize("folder", ["data", "pages"])
def test_the_wheel_carries_each_file(wheel: Path, folder: str) -> None:
    there = {str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*") if path.is_file()}
    carried = {name.removeprefix("mssmap/_app/") for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in there if "__pycache__" not in name} == {
        name for name in carried if name.startswith(f"{folder}/")
    }


def test_the_wheel_carries_the_scripts_and_not_their_tests(wheel: Path) -> None:
    room = ROOT / "mssmap" / "client"
    there = {path.relative_to(ROOT).as_posix() for suffix in ("js", "css") for path in room.glob(f"*/*.{suffix}")}
    carried = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("mssmap/client/")}
    assert carried - {"mssmap/client/__init__.py"} == {name for name in there if not name.endswith("_test.js")}


def test_a_layer_of_its_own_data(installed: Installed) -> None:
    done = installed.run("-c", "import mssmap; print(mssmap.__file__, len(mssmap.layer('fobs')))")
    assert done.returncode == 0, done.stderr
    file, rows = done.stdout.split()
    assert Path(file).is_relative_to(installed.python.parents[1])
    assert int(rows) > 20


PAGES = {
    "/": "Situation map of the security mission in Haiti",
    "/timeline": "Timeline",
    "/planner": "FOB planner",
    "/briefing": "Briefing pack",
    "/export": "Export",
    "/desk": "Desk",
    "/data": "Data and sources",
}


@pytest.mark.browser
@pytest.mark.parametrize("address", PAGES)
def test_every_page_opens(served: Server, visit: Visit, address: str) -> None:
    """The fixture `visit` also asks that nothing leaves this machine and no script fails."""
    page = visit(address, at=served).page
    page.get_by_role("heading", name=PAGES[address], exact=True).wait_for()
    assert page.get_by_role("alert").count() == 0
    if address == "/planner":
        page.get_by_text("roads.osm").first.wait_for(state="attached")


@pytest.mark.browser
def test_look_and_limits_are_ours_wherever_it_is_started(served: Server, visit: Visit) -> None:
    page = visit("/data", at=served).page
    assert page.evaluate("getComputedStyle(document.querySelector('.stSidebar')).backgroundColor") == OUR_SIDEBAR
    page.get_by_role("tab", name="Import").click()
    page.get_by_text("25MB").first.wait_for()


def test_a_pack_is_made(installed: Installed) -> None:
    done = installed.run("-m", "mssmap", "brief", "--as-of", "2025-01-18", "--out", "out", "--make-store")
    assert done.returncode == 0, done.stderr
    assert {path.suffix for path in (installed.home / "out").iterdir()} == {".zip", ".pdf", ".pptx", ".html"}


def test_somebody_signs_in(installed: Installed, provider: str) -> None:
    with signing_in(installed.home, provider, python=[*OBEYING, installed.python], base=installed.env()) as team:
        person = requests.Session()
        asked = person.get(f"{team.server.url}/signin", timeout=60)
        assert asked.url.startswith(provider), f"{asked.status_code} {asked.text}"
        person.post(asked.url, data={"sub": "viewer"}, timeout=60)
        assert person.get(f"{team.server.url}/api", timeout=60).status_code == 200

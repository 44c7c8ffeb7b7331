"""What pyproject.toml cannot say: the wheel carries the app, its pages and its data inside the package."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CARRIED = (
    "app.py",
    "pages/*.py",
    "data/datapackage.json",
    "data/README.md",
    "data/layers/*.geojson",
    "data/tables/*.csv",
    "data/releases/*.json",
    "data/releases/files/*.xz",
    "docs/icon.png",
    "docs/logo.svg",
    ".streamlit/config.toml",
)
"""Where `mssmap.settings.ROOT` has them in a checkout."""


class BuildPy(build_py):
    """Copies what is carried beside the modules; an editable install finds it in the checkout."""

    def run(self) -> None:
        """Build the package."""
        super().run()
        if self.editable_mode:
            return
        root = Path(self.build_lib) / "mssmap" / "_app"
        shutil.rmtree(root, ignore_errors=True)  # what an earlier build has left there
        for file in (file for pattern in CARRIED for file in Path().glob(pattern)):
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, root / file)


setup(cmdclass={"build_py": BuildPy})

"""
An environment of `requirements.txt` alone, as `make setup` leaves it, without installing anything again.

It is a venv whose packages are links to the files of those installed here: exactly what the lock names, nothing of what
only the tests need.
"""

from __future__ import annotations

import os
import venv
from collections import Counter
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

OBEYING = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.name == "posix" and os.geteuid() == 0 else []
"""Before a command: even root may then write only where permissions let it."""


def locked(lock: Path) -> list[Requirement]:
    """Return what a lock file asks for on this Python."""
    lines = (line.removesuffix("\\").strip() for line in lock.read_text(encoding="utf-8").splitlines())
    found = [Requirement(line) for line in lines if line and not line.startswith(("#", "--hash"))]
    return [item for item in found if item.marker is None or item.marker.evaluate()]


def environment(folder: Path, lock: Path, *beside: Path) -> Path:
    """
    Make the environment and return its Python.

    Parameters
    ----------
    beside
        Folders that can be imported from as well, as after `pip install -e`.
    """
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    owners = Counter(top for installed in metadata.distributions() for top in _tops(installed))
    for wanted in locked(lock):
        installed = metadata.distribution(wanted.name)
        assert installed.version in wanted.specifier, f"{wanted}: {installed.version} is here. Run make test-tools"
        tops = _tops(installed)
        own = {top for top in tops if owners[top] == 1}
        shared = {str(file) for file in installed.files or () if file.parts[0] in tops - own}
        for name in own | shared:
            (packages / name).parent.mkdir(parents=True, exist_ok=True)
            (packages / name).symlink_to(str(installed.locate_file(name)))
    (packages / "beside.pth").write_text("\n".join(map(str, beside)), encoding="utf-8")
    return folder / "bin" / "python"


def _tops(installed: metadata.Distribution) -> set[str]:
    """Return the names that a distribution has in the folder of packages; not those of its scripts elsewhere."""
    return {file.parts[0] for file in installed.files or ()} - {"..", "__pycache__"}

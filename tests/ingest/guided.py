"""
Odd files, chosen by what they make the readers do: `python tests/ingest/guided.py [SECONDS]`, by hand.

Needs `pip install atheris`. It begins with a sound file of each kind and keeps what reaches new lines; whatever is
neither taken nor refused ends it, with the file beside.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def write(folder: Path) -> None:
    """Write the files it begins with; the first byte of each is the number of its kind."""
    sys.path.insert(0, str(TESTS))
    from small_data import write_folder

    from ingest import samples
    from mssmap.records import catalog

    made = folder / "made"
    made.mkdir()
    small = catalog.open_data(write_folder(folder / "data"))
    (folder / "known").mkdir()
    for number, (kind, content) in enumerate({**samples.write(made), **samples.others(made, small)}.items()):
        (folder / "known" / f"{number:02} {kind}").write_bytes(bytes([number]) + content)


def fuzz(known: Path, seconds: str) -> None:
    """Work on files until the time is over or one is neither taken nor refused."""
    from mssmap.jail import lean

    lean.install()
    import atheris

    with atheris.instrument_imports(include=["mssmap"]):
        import importlib

        from mssmap.jail import child
        from mssmap.jail.jobs import JOBS, Task
        from mssmap.jail.limits import Limits, RefusedError

        jobs = {name: importlib.import_module(module) for name, module in JOBS.items()}
    sys.path.insert(0, str(Path(__file__).parent))
    from fuzz import JOB_OF, Sink

    kinds = [path.name[3:] for path in sorted(known.iterdir())]
    limits = Limits(rows=5_000, unpacked_bytes=5_000_000, file_bytes=5_000_000)

    def one(content: bytes) -> None:
        kind = kinds[content[0] % len(kinds)] if content else "csv"
        try:
            task = Task(io.BytesIO(content[1:]), f"x.{kind}", limits, None, Sink())
            jobs[JOB_OF.get(kind, "tables")].work(task)
        except (RefusedError, MemoryError, RecursionError):
            return

    child.load()
    limit = ["-max_len=200000", "-timeout=10", "-rss_limit_mb=4000"]
    atheris.Setup([sys.argv[0], str(known), f"-max_total_time={seconds}", *limit], one)
    atheris.Fuzz()


def main() -> None:
    """Write, then fuzz in a process whose surroundings are those of the reading one."""
    if len(sys.argv) == 4:
        fuzz(Path(sys.argv[2]), sys.argv[3])
        return
    from mssmap.jail import box

    seconds = sys.argv[1] if len(sys.argv) > 1 else "600"
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        command = [sys.executable, __file__, "in", f"{folder}/known", seconds]
        surroundings = {**box.environment(), "PYTHONPATH": str(box.PACKAGE_ROOT), "PATH": os.environ.get("PATH", "")}
        raise SystemExit(subprocess.run(command, env=surroundings, check=False).returncode)


if __name__ == "__main__":
    main()

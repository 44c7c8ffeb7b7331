"""Loaded by each Python whose path begins here: notes the lines it runs for the test that started it."""

import atexit
import contextlib
import os

import coverage

if target := os.environ.get("MSSMAP_COVER"):
    root = os.environ["MSSMAP_COVER_ROOT"]
    noting = coverage.Coverage(
        data_file=target,
        data_suffix=True,
        include=[f"{root}/{part}" for part in ("mssmap/*", "pages/*", "app.py")],
        context=os.environ.get("MSSMAP_COVERED_BY", ""),
        config_file=False,
    )
    noting.set_option("run:sigterm", True)
    noting.start()

    @atexit.register
    def save() -> None:
        """Write what was noted; a process that may open nothing cannot."""
        noting.stop()
        with contextlib.suppress(OSError, coverage.CoverageException):
            noting.save()

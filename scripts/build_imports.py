"""
Write docs/imports.md: forms of files, and what was read, told and refused of each, by reading them.

    python scripts/build_imports.py            write it
    python scripts/build_imports.py --check    say whether it is current (exit 1 if not)
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from mssmap.records import catalog  # noqa: E402
from tests.ingest import forms  # noqa: E402
from tests.small_data import write_folder  # noqa: E402

TARGET = ROOT / "docs" / "imports.md"


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    with tempfile.TemporaryDirectory() as folder:
        found = forms.document(catalog.open_data(write_folder(Path(folder) / "data")), Path(folder))
    if parser.parse_args().check:
        return int(TARGET.read_text(encoding="utf-8") != found)
    TARGET.write_text(found, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

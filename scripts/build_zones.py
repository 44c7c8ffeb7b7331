"""
Write the geometry of the gang-affected zones: the units that a source names, or the point of a place.

    python scripts/build_zones.py            write the geometry of data/layers/gang_zones.geojson anew
    python scripts/build_zones.py --check    say whether it is current (exit 1 if not)

The properties (`lon`, `lat`, `unit`, `unit_pcodes`, `uncertainty_m` and the rest) are edited by hand; run this after
them and after a boundary changed, then `make data`. A zone of which every assessment tells a share is a point: a share
of a city is no area.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mssmap.releases import zone_shapes

DATA = Path(__file__).resolve().parents[1] / "data"
TARGET = DATA / zone_shapes.TARGET


def text() -> str:
    """The whole file, one feature a line."""
    status = (DATA / zone_shapes.STATUS).read_text(encoding="utf-8")
    return zone_shapes.redrawn(TARGET.read_text(encoding="utf-8"), status, DATA)


def main() -> int:
    """Write or check the layer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        current = TARGET.read_text(encoding="utf-8") == text()
        if not current:
            print(f"{TARGET.name} is not current. Run python scripts/build_zones.py, then make data.")
        return int(not current)
    TARGET.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""
Build the reference geometry of the map in `data/`; what it needs and does says `geodata/build.py`.

    python scripts/build_geodata.py --cache ~/.cache/mssmap-geodata
"""

from __future__ import annotations

from geodata.build import main

if __name__ == "__main__":
    main()

"""
Make the typefaces of the printed pack from Source Sans, as Streamlit ships it: three still cuts of the variable font.

Maintainers run it when Source Sans changes; it needs `brotli` besides the development requirements. The cuts are kept
in git, so that a pack made again with another Streamlit has the same bytes. The licence reserves the name "Source",
so the cuts have one of their own.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

TARGET = Path(__file__).resolve().parent.parent / "mssmap" / "brief" / "fonts"
FAMILY = "Mssmap Sans"
CUTS = (("Regular", "Upright", 400), ("Semibold", "Upright", 600), ("Italic", "Italic", 400))
CHARACTERS = (
    (0x20, 0x17F), (0x192, 0x192), (0x1E80, 0x1E85), (0x1EF2, 0x1EF3), (0x218, 0x21B), (0x2C6, 0x2DD),
    (0x370, 0x3FF), (0x400, 0x45F), (0x2010, 0x2027), (0x202F, 0x203A), (0x2044, 0x2044), (0x2070, 0x208E),
    (0x20A0, 0x20BF), (0x2116, 0x2122), (0x2190, 0x2193), (0x2206, 0x2265), (0x25A0, 0x25CF),
)  # fmt: skip
"""Latin, Greek and Cyrillic letters, punctuation, a few arrows and signs."""


def media() -> Path:
    """Return the folder in which Streamlit keeps its typefaces."""
    spec = importlib.util.find_spec("streamlit")
    if spec is None or spec.origin is None:
        raise SystemExit("Streamlit is not installed.")
    return Path(spec.origin).parent / "static" / "static" / "media"


def cut(name: str, file: Path, weight: int) -> TTFont:
    """Return one weight of the variable font with the characters we set, under our own name."""
    font = TTFont(file, recalcTimestamp=False)
    font.flavor = None
    options = subset.Options(layout_features=["kern", "mark", "mkmk", "ccmp", "locl", "tnum"], notdef_outline=True)
    options.name_IDs = [0, 1, 2, 4, 6, 13, 14]
    wanted = subset.Subsetter(options)
    wanted.populate(unicodes=[code for first, last in CHARACTERS for code in range(first, last + 1)])
    wanted.subset(font)
    font = instancer.instantiateVariableFont(font, {"wght": weight})
    names = {1: FAMILY, 2: name, 4: f"{FAMILY} {name}", 6: f"{FAMILY}-{name}".replace(" ", "")}
    names |= {16: FAMILY, 17: name}
    for number, text in names.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    return font


def main() -> None:
    """Write the three files."""
    for name, stem, weight in CUTS:
        source = next(media().glob(f"SourceSansVF-{stem}*.woff2"))
        target = TARGET / f"MssmapSans-{name}.ttf"
        cut(name, source, weight).save(target)
        print(f"{target.name}: {target.stat().st_size:,} bytes from {source.name}")


if __name__ == "__main__":
    main()

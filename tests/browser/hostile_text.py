"""Ten texts that are code for something, and a copy of the data in which every text is one of them."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[2]
COMPUTED: Final = "701560749"
"""What a template makes of the Jinja text: 70107 x 10007."""

PAYLOADS: Final = {
    "script": "s1 <script>window.pwned=1</script>",
    "image": "i2 <img src=x onerror=window.pwned=2>",
    "literal": "l3 ${window.pwned=3}",
    "backtick": "b4 \\`+(window.pwned=4)+`\\",
    "jinja": "{{70107*10007}} {% boom",
    "svg": "v6 <svg onload=window.pwned=6></svg></script><script>window.pwned=6</script>",
    "url": "javascript:window.pwned=7",
    "formula": '=HYPERLINK("javascript:window.pwned=8","h8")',
    "markdown": "m10 https://pwned.example www.pwned.example p@pwned.example **b** _i_ ~~s~~ $x^2$ "
    "[l](https://pwned.example) ![](https://pwned.example/p.png) :red[c] :heart: :material/home: `c` -> # h",
    "signs": "u9\u2028\u2029\u202e\u0007 ']);window.pwned=9;//",
}
"""Script, image, template literal, backtick and backslash, Jinja, SVG, URL, formula of a sheet, Markdown, lines."""

TEXTS: Final = list(PAYLOADS.values())

LAYERS: Final = {
    "fobs": ("fob_id", ("name_en", "name_fr", "name_ht", "name_es", "place", "note")),
    "prisons": ("prison_id", ("name_en", "name_fr", "name_ht", "name_es", "note")),
    "facilities": ("facility_id", ("name_en", "name_fr", "name_ht", "name_es", "note")),
    "gang_zones": ("zone_id", ("name_en", "name_fr", "name_ht", "name_es", "note")),
}
TABLES: Final = {
    "events": ("title_en", "title_fr", "title_ht", "title_es", "place", "actors", "note"),
    "status": ("operator", "note"),
    "sources": ("title", "publisher", "note"),
}


def shown(text: str) -> str:
    """Return a text as an element on a page gives it back: blanks folded, without signs that have no width."""
    return " ".join(text.translate({0x202E: None, 0x07: None, 0x2028: " ", 0x2029: " "}).split())


def folder(target: Path) -> Path:
    """Copy the shipped data and put a payload into every text, one after the other."""
    data = Path(shutil.copytree(ROOT / "data", target))
    for layer, (_key, fields) in LAYERS.items():
        file = data / "layers" / f"{layer}.geojson"
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        for n, feature in enumerate(content["features"]):
            for name in fields:
                if feature["properties"].get(name):
                    feature["properties"][name] = TEXTS[n % len(TEXTS)]
        file.write_text(json.dumps(content), encoding="utf-8")
    for table, fields in TABLES.items():
        file = data / "tables" / f"{table}.csv"
        with file.open(encoding="utf-8", newline="") as source:
            reader = csv.DictReader(source)
            columns, rows = list(reader.fieldnames or ()), list(reader)
        for n, row in enumerate(rows):
            row.update({name: TEXTS[n % len(TEXTS)] for name in fields if row.get(name)})
        with file.open("w", encoding="utf-8", newline="") as target_file:
            writer = csv.DictWriter(target_file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return data

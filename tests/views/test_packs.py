"""What PDF, slides, offline page and manifest of a pack say of twelve views is what was worked out apart."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from typing import Any

from pptx import Presentation
from pypdf import PdfReader

from mssmap.brief import Brief, pack
from mssmap.legend import layers, text
from mssmap.records.catalog import Data
from mssmap.records.shown import Filters

from .conftest import LABELS, View

MADE = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)


def test_a_pack(asked: View, frozen: Data) -> None:
    clocks = asked.clocks
    made = pack.make(
        frozen,
        Brief(Filters(clocks, grade=asked.grade, region=asked.region), MADE, layers=tuple(layers.ALL)),
    )
    manifest = json.loads(made.files[pack.MANIFEST])
    counted = manifest["counts"]
    for layer in ("fobs", "prisons", "gang_zones"):
        found = {key: n for key, n in counted.items() if key.startswith(f"{layer}.")}
        assert found == {
            row["key"]: int(row["value"])
            for row in asked.of("count")
            if int(row["value"]) and row["key"] in layers.ALL and row["key"].startswith(f"{layer}.")
        }
    first, last = manifest["window"]["from"], manifest["window"]["to"]
    inside = [row for row in asked.of("event") if touches(row["day"], first, last)]
    groups = [n for key, n in counted.items() if key.startswith("events.") and key != "events.planned"]
    assert sum(groups) == len(inside)
    wanted = figures(asked)
    for name, tiles in printed(made).items():
        assert {label: tiles.get(label, "").split("/")[0] for label in wanted} == wanted, name


def touches(day: str, first: str, last: str) -> bool:
    start, _to, end = day.partition(" to ")
    return start <= last and (end[:10].strip() or last) >= first


def figures(asked: View) -> dict[str, str]:
    """Return numbers as they are printed, by the words beneath them; a dash if there is none."""
    found = {label: asked.figure(key) for key, label in LABELS.items()}
    return {label: text.number(int(row["value"])) if row else "–" for label, row in found.items()}


def printed(made: pack.Pack) -> dict[str, dict[str, str]]:
    """Return the row of key figures of each file: label -> value."""
    files = {name.rpartition(".")[2]: body for name, body in made.files.items()}
    labels = [figure.label for figure in made.content.figures]
    pages = PdfReader(io.BytesIO(files["pdf"])).pages
    said = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))
    slides: Any = Presentation(io.BytesIO(files["pptx"])).slides
    tables = [shape.table for slide in slides for shape in slide.shapes if shape.has_table]
    (row,) = [table for table in tables if [cell.text for cell in table.rows[1].cells] == labels]
    html = re.findall(r'"label":"([^"]*)","value":"([^"]*)"', files["html"].decode())
    return {
        "pdf": {label: found[1] for label in labels if (found := re.search(rf"(\S+) {re.escape(label)} ", said))},
        "pptx": dict(zip(labels, [cell.text for cell in row.rows[0].cells], strict=True)),
        "html": dict(html),
    }

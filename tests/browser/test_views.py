"""What the situation page shows of twelve views is what was worked out apart (tests/views)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from views.conftest import LABELS, View, all_views

from mssmap.legend import layers, text

from .conftest import Server, running

COUNTS = (
    """(rows) => rows.map((row) => [row.querySelector("input").dataset.id, row.querySelector(".mm-n").textContent])"""
)
CARDS = """(cards) => cards.map((card) => [
    card.querySelector(".mm-label").textContent,
    card.querySelector(".mm-value").firstChild.textContent,
    card.querySelector(".mm-sub").textContent,
])"""


@pytest.fixture(scope="module")
def frozen_server(tmp_path_factory: pytest.TempPathFactory, frozen_folder: Path) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("views")
    store = f"sqlite:///{folder / 'store.db'}"
    with running(folder, base=os.environ, MSSMAP_DATA_DIR=str(frozen_folder), MSSMAP_DATABASE_URL=store) as server:
        yield server


@pytest.mark.parametrize("asked", list(all_views()), ids=lambda view: view.name)
def test_the_page(frozen_server: Server, visit: Any, asked: View) -> None:
    query = {**asked.query, "layers": ",".join(name for name in layers.ALL if not name.startswith("imports"))}
    screen = visit("/", at=frozen_server, **query)
    screen.drawn()
    screen.at_rest()
    cards = {label: (value, under) for label, value, under in screen.page.locator(".mm-card").evaluate_all(CARDS)}
    for key, label in LABELS.items():
        number = asked.figure(key)
        assert cards[label][0] == (text.number(int(number["value"])) if number else "–"), label
    shown = dict(screen.page.locator(".mm-layers li").evaluate_all(COUNTS))
    hidden = {row["key"]: int(row["value"]) for row in asked.of("hidden")}
    for row in asked.of("count"):
        key = row["key"]
        if key in layers.ALL:
            low, high = int(row["low"]), int(row["high"]) + hidden[key]
            words = str(low) if low == high else f"{low}–{high}"
            assert shown[key] == ("–" if row["value"] == "0" and hidden[key] else words), key

"""What Python sends has the fields that the scripts of the browser are checked against (client/shared/messages.js)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from mssmap import client
from mssmap.legend import layers
from mssmap.maps import assets, history, messages, panels, view
from mssmap.maps import plan as plan_map
from mssmap.planning import on_data, scenario
from mssmap.records import kinds, views
from mssmap.records.shown import Shown
from mssmap.telling import cards

_OBJECT = re.compile(r"@typedef \{object\} (\w+)\n(.*?)\*/", re.DOTALL)
_FIELD = re.compile(r"@property \{.*\} (\[?)(\w+)")
TYPES = {
    name: {field: bool(optional) for optional, field in _FIELD.findall(body)}
    for name, body in _OBJECT.findall(client.read("shared/messages.js"))
}
"""Type of the scripts -> its fields, and whether each may be missing."""


def same(value: Mapping[str, Any], name: str) -> None:
    """See that a message has the fields of its type and no other."""
    wanted = {field for field, optional in TYPES[name].items() if not optional}
    assert wanted <= set(value) <= set(TYPES[name]), name


@pytest.mark.parametrize("name", ["Fixed", "Rows", "Light", "History", "Spell", "Happening"])
def test_both_sides_declare_the_same_fields(name):
    assert set(getattr(messages, name).__annotations__) == set(TYPES[name])


@pytest.fixture(scope="module")
def published(real, tmp_path_factory) -> tuple[assets.Assets, Any]:
    folder = tmp_path_factory.mktemp("static")
    made = assets.publish(real, folder, font=assets.typeface())
    return made, json.loads((folder / made.manifest).read_text(encoding="utf-8"))


def test_the_parts_of_a_view(real, published, on):
    clocks, made = on("2025-01-18"), published[0]
    frames = {name: views.layer(real, name, clocks) for name in kinds.LAYERS}
    shown = Shown(clocks=clocks, events=views.events(real, clocks, plans=True), **frames)
    same(view.fixed(made), "Fixed")
    same(view.records(shown, made), "Rows")
    same(view.light(shown, view.Options(layers.DEFAULT)), "Light")
    told = history.compose(real, made, clocks.known_on)
    same(told, "History")
    same(told["spells"][0], "Spell")
    same(told["events"][0], "Happening")


def test_the_manifest(published):
    same(published[1], "Manifest")


def test_what_the_components_get(real, on):
    clocks = on("2025-01-18")
    same(panels.dial(clocks.as_of, clocks.as_of, clocks.as_of, 30), "DialMessage")
    listed = panels.layer_list(layers.DEFAULT)
    same(listed, "LayersMessage")
    same(listed["groups"][0], "LayerGroup")
    for record_id in (
        views.layer(real, "fobs", clocks)["fob_id"].iloc[0],
        views.events(real, clocks)["event_id"].iloc[0],
    ):
        same(cards.card(real, views.record(real, str(record_id), clocks), clocks, clocks.as_of), "CardMessage")


def test_whom_the_bases_of_a_plan_reach(real, on):
    same(plan_map.reach(on_data.evaluate(real, scenario.baseline(real, on("2025-01-18")))), "ReachMessage")

"""The rows of the vocabulary are whole: what one names is there, and what the data use has a row."""

from __future__ import annotations

import pytest

from mssmap.brief.drawing import marks
from mssmap.ingest import duplicates, recognise
from mssmap.legend import layers, symbols
from mssmap.records import kinds
from mssmap.records.kinds import CATEGORIES, EVENT_GROUPS, EVENTS, KEYS, LANES, LAYERS


@pytest.mark.parametrize("kind", [*LAYERS.values(), EVENTS], ids=lambda kind: kind.name)
def test_ids_are_in_their_column_and_begin_as_the_row_says(real, kind):
    assert real.dataset(kind.name).id_column == kind.id_column
    assert real[kind.name][kind.id_column].str.startswith(f"{kind.prefix}-").all()


def test_the_layer_of_a_record_is_told_by_its_id(real):
    told = {key: kinds.layer_of(key) for name, column in KEYS.items() for key in real[name][column]}
    assert {key: layer.name for key, layer in told.items() if layer} == {
        key: name for name, column in KEYS.items() for key in real[name][column]
    }
    assert not any(map(kinds.layer_of, real["events"]["event_id"]))


def test_every_status_and_every_group_has_a_symbol():
    services = {
        f"{kind}.{status}" for kind in kinds.SERVICE_OF_KIND.values() for status in LAYERS["facilities"].statuses
    }
    others = {f"{name}.{status}" for name in layers.BY_STATUS for status in LAYERS[name].statuses}
    groups = {f"events.{group}" for group in EVENT_GROUPS}
    assert services | others | groups <= set(symbols.glyphs())
    assert groups | {"events.planned"} == set(symbols.GROUP_COLOURS)
    assert set(symbols.ZONE_STYLES) == set(LAYERS["gang_zones"].statuses)


def test_what_is_drawn_on_request_is_a_status_of_its_layer():
    assert all(layer.on_request <= set(layer.statuses) for layer in LAYERS.values())
    assert set(layers.ON_REQUEST) <= set(layers.ALL)


def test_symbols_have_a_size_on_the_screen_and_on_paper():
    assert list(symbols.SIZES_PX) == ["plan", *marks.SIZES_MM]


def test_every_category_lies_in_a_group_and_a_lane():
    assert {row.group for row in CATEGORIES.values()} == set(EVENT_GROUPS)
    assert {row.lane for row in CATEGORIES.values()} == set(LANES) == set(symbols.LANE_COLOURS)


def test_categories_that_imports_and_comparisons_name_have_a_row():
    known = (known.mapping for known in recognise.KNOWN)
    named = {word for mapping in known for word in (*mapping.categories.values(), mapping.category)}
    assert named <= set(CATEGORIES)
    assert {word for family in duplicates.FAMILIES.values() for word in family} <= set(CATEGORIES)

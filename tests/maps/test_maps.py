"""Base map, static files, layers in the address, view message: text from data stays data."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import geopandas as gpd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssmap.legend import layers, lines, symbols
from mssmap.maps import assets, base, choropleth, view
from mssmap.records import kinds
from mssmap.records.shown import Filters
from mssmap.records.shown import shown as shown_of
from mssmap.ui import frame


@pytest.fixture(scope="module")
def static(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("static")


@pytest.fixture(scope="module")
def published(real, static) -> assets.Assets:
    return assets.publish(real, static, font=_font())


def _font() -> Path:
    return assets.typeface()


def shown(data, clocks, **window):
    return shown_of(data, Filters(clocks, **window, plans=True))


def test_the_base_map_asks_for_local_files_only(published):
    folium_map = base.build(published)
    html = folium_map.get_root().render()
    assert not re.findall(r"https?://(?!www\.w3\.org)", html)
    assert {src for _, src in folium_map.default_js} == {f"../../app/static/{name}" for name in published.scripts}


def test_st_folium_still_has_the_inner_names_that_we_feed(published):
    made = frame.render(published)
    assert made is not None
    assert 'new CustomEvent("mssmap:start", {detail: {map: map_div, ' in made.script
    assert "://" not in made.header


def test_the_script_of_the_base_map_never_changes(published):
    first, second = frame.render(published), frame.render(published)
    assert first is not None
    assert second is not None
    assert (first.script, first.key) == (second.script, second.key)


def test_published_names_carry_the_hash_of_their_content(real, tmp_path, monkeypatch):
    first = assets.publish(real, tmp_path, font=_font())
    again = assets.publish(real, tmp_path, font=_font())
    monkeypatch.setattr(assets.client, "module", lambda _entry: "export {};")
    other = assets.publish(real, tmp_path, font=_font())
    assert first == again
    assert other.page[0] != first.page[0]
    assert (other.page[1], other.manifest) == (first.page[1], first.manifest)


def test_a_folder_that_cannot_be_written_is_one_clear_error(real, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(assets.MssmapError, match=r"cannot be written there .* Make room or make it writable"):
        assets.publish(real, blocked, font=_font())


def luminance(colour: str) -> float:
    """Relative luminance of a colour, as WCAG defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_hatch_of_silence_is_seen_on_every_colour_of_the_map(real):
    colours = symbols.CLASSES
    pattern = re.search(r'<pattern id="silence".*?</pattern>', symbols.zone_patterns()).group(0)
    strokes = re.findall(r'stroke="(#[0-9a-f]{6})"', pattern)
    assert len(colours) == 5
    for colour in colours:
        contrast = [
            (max(pair) + 0.05) / (min(pair) + 0.05) for s in strokes for pair in [(luminance(s), luminance(colour))]
        ]
        assert max(contrast) >= 3, (colour, contrast)


@pytest.mark.parametrize("day", ["2025-01-18", "2024-06-25", "2026-04-01"])
def test_silent_for_more_than_60_days_is_hatched_and_nothing_else(real, on, day):
    clocks = on(day)
    drawn = choropleth.build(real, shown(real, clocks), "silence", "departments")
    never = set(real["departments"]["pcode"]) - set(drawn.values)
    assert set(drawn.hatched) == never | {code for code, days in drawn.values.items() if days > 60}
    message = view.light(shown(real, clocks), view.Options(layers.DEFAULT, choropleth=drawn), None)
    assert message["choropleth"]["hatched"] == list(drawn.hatched)


def test_every_status_has_a_symbol(real, on):
    glyphs = symbols.glyphs()
    for status in real["status"].merge(real["fobs"], left_on="record_id", right_on="fob_id")["status"].unique():
        assert f"fobs.{status}" in glyphs
    for name, prefix in (("prisons", "prison_id"), ("gang_zones", "zone_id")):
        rows = real["status"].merge(real[name], left_on="record_id", right_on=prefix)
        assert {f"{name}.{status}" for status in rows["status"]} <= set(glyphs)
    assert real["facilities"]["kind"].map(kinds.SERVICE_OF_KIND).notna().all()
    rows = real["status"].merge(real["facilities"], left_on="record_id", right_on="facility_id")
    used = {f"{kinds.SERVICE_OF_KIND[row.kind]}.{row.status}" for row in rows.itertuples()}
    assert used <= set(glyphs)


def test_every_category_of_events_has_a_row(real):
    assert set(real["events"]["category"]) <= set(kinds.CATEGORIES)


@given(st.sets(st.sampled_from(layers.ALL)))
def test_layers_survive_the_address(on):
    written = layers.write(on)
    assert set(layers.parse(written)[0]) == on


def test_unknown_layers_are_told_and_the_default_is_shown():
    assert layers.parse("moon") == (layers.DEFAULT, ["moon"])
    assert layers.parse("fobs,moon")[1] == ["moon"]


def test_a_view_message_is_small_plain_json(real, published, on):
    what = shown(real, on("2025-01-18", "2026-11-22"))
    content = view.message(what, published, view.Options(layers.DEFAULT), seq="1")
    text = json.dumps(content, ensure_ascii=False)
    assert len(text.encode()) < 126 * sum(map(len, what.values())), "all told, so much a record"
    assert json.loads(text) == content


def test_the_message_counts_what_views_give(real, published, on):
    what = shown(real, on("2024-03-10", "2026-11-22"))
    tally = lines.tally(what)
    assert tally["prisons.emptied"] == 2
    groups = (*kinds.EVENT_GROUPS, "planned")
    assert sum(tally[f"events.{group}"] for group in groups) == len(what["events"])


def test_text_from_data_reaches_no_template(real, tmp_path, on):
    evil = "{{7*191}}${7*191}<img src=x onerror=alert(1)>`</script>"
    fobs = real["fobs"].assign(name_en=evil, name_fr=evil)
    data = dataclasses.replace(real, frames={**real.frames, "fobs": fobs})
    made = assets.publish(data, tmp_path, font=_font())
    page = base.build(made).get_root().render()
    assert "7*191" not in page
    assert "1337" not in page
    records = json.loads((tmp_path / made.names).read_text(encoding="utf-8"))
    assert records["points"]["fob-01"]["n"]["en"] == evil


def test_shading_counts_events_by_department(small, on):
    what = shown(small, on("2024-12-31", "2024-12-31"))
    painted = choropleth.build(small, what, "events", "departments")
    assert painted.values == {"HT01": 2.0}  # the prison break and the courts; the rumour was withdrawn


def test_silence_hatches_departments_without_reports(real, on):
    painted = choropleth.build(real, shown(real, on("2025-01-18", "2026-11-22")), "silence", "departments")
    assert "HT10" in painted.hatched
    assert "HT01" not in painted.hatched


@pytest.mark.parametrize(
    ("name", "of", "km"),
    [
        pytest.param("Baie de Port-au-Prince", "Port-au-Prince", 25, id="bay"),
        pytest.param("Caribbean Sea", "Jacmel", 100, id="sea"),
    ],
)
def test_the_name_of_a_water_stands_near_the_town_it_is_seen_from(real, name, of, km):
    (lat, lon) = next(one["at"] for one in assets.LABELS if one["n"]["en"] == name)
    communes = real["communes"].to_crs(32618)
    point = gpd.GeoSeries(gpd.points_from_xy([lon], [lat]), crs=4326).to_crs(32618)[0]
    assert communes[communes["name_en"] == of].distance(point).item() < 1_000 * km
    assert not communes.contains(point).any()

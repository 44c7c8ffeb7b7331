"""The printed map: nothing touches, everything is inside, what is shown is in the legend."""

from __future__ import annotations

import re

import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st

from mssmap.brief import content, pdf
from mssmap.brief.drawing import figure, frame, labels, legend, typeface
from mssmap.brief.drawing.labels import Label, Room, Symbol
from mssmap.legend import extents, layers

FRAME = (0.0, 0.0, 100.0, 80.0)
spots = st.tuples(st.floats(1, 99), st.floats(1, 79))


@given(st.lists(spots, max_size=40))
def test_symbols_stand_beside_each_other_and_inside(places):
    room = Room(FRAME)
    placed, left_out = labels.place_symbols([Symbol("s", x, y, 4) for x, y in places], room)
    boxes = [one.box for one in placed]
    assert len(placed) + len(left_out) == len(places)
    assert figure.collisions(boxes) == []
    assert all(box[0] >= 0 and box[1] >= 0 and box[2] <= 100 and box[3] <= 80 for box in boxes)


def test_a_symbol_alone_stands_on_its_place_and_a_second_one_moves():
    first, second = labels.place_symbols([Symbol("s", 50, 40, 4), Symbol("s", 50, 40, 4)], Room(FRAME))[0]
    assert (first.x, first.y, first.moved) == (50, 40, False)
    assert second.moved


def test_symbols_without_room_are_counted():
    placed, left_out = labels.place_symbols([Symbol("s", 3, 3, 4)] * 3, Room((0, 0, 11, 5)))
    assert (len(placed), len(left_out)) == (2, 1)


@given(st.lists(spots, max_size=25))
def test_labels_touch_nothing(places):
    room = Room(FRAME, [(40, 30, 60, 50)])
    wanted = [Label((f"Place {i}",), x, y, 6, clear=1) for i, (x, y) in enumerate(places)]
    boxes = [one.box for one in labels.place_labels(wanted, room)]
    assert figure.collisions([*boxes, (40, 30, 60, 50)]) == []
    assert all(box[0] >= 0 and box[1] >= 0 and box[2] <= 100 and box[3] <= 80 for box in boxes)


@pytest.mark.parametrize("lang", ["en", "fr", "ht", "es"])
def test_no_label_of_the_default_view_on_a4_touches_another_or_a_symbol(real, brief, lang):
    told = content.compose(real, brief(lang=lang))
    drawn = pdf.draw_map(real, told)
    assert figure.collisions([*drawn.labels, *drawn.symbols]) == []
    assert drawn.left_out == 0
    assert len(drawn.labels) > 30
    assert all(min(b) >= 0 and b[2] <= drawn.width and b[3] <= drawn.height for b in drawn.labels)


def test_every_record_with_a_place_is_drawn_and_every_record_is_counted_in_the_legend(real, brief):
    told = content.compose(real, brief())
    drawn = pdf.draw_map(real, told)
    on_map = sum(n for glyph, n in drawn.used.items() if glyph.startswith("fobs."))
    assert on_map == int(told.shown["fobs"].geometry.notna().sum())
    assert drawn.used["fobs.operational"] == 5
    assert counted(told) == {name: n for name, n in told.counts.items() if n}
    keys = [item for group in legend.groups(told) for item in group.items if item.label in extents.keys().values()]
    drawn_so = told.shown["gang_zones"]["extent"].value_counts().drop("share", errors="ignore")
    assert sorted(item.count for item in keys) == sorted(drawn_so)


def counted(told):
    """Return the counts of the legend by layer."""
    titles = {"Their state"}
    words = layers.titles()
    ids = {(words[group], words[layer.id]): layer.id for group, items in layers.GROUPS.items() for layer in items}
    return {
        ids[(group.title.split(",")[0], item.label)]: item.count
        for group in legend.groups(told)
        if group.title not in titles
        for item in group.items
        if item.label not in extents.keys().values()
    }


def test_the_legend_says_from_when_to_when_its_events_are(real, brief):
    titles = [group.title for group in legend.groups(content.compose(real, brief()))]
    assert titles[-1] == "Events, 1 Oct 2024 to 18 Jan 2025"


def test_the_legend_has_what_is_shown_only(real, brief):
    told = content.compose(real, brief(layers=("departments", "fobs.operational")))
    groups = legend.groups(told)
    assert [(group.title, [(item.label, item.count) for item in group.items]) for group in groups] == [
        ("Bases", [("Operational", 5)])
    ]


def test_the_map_of_a_large_scale_has_no_inset(real, brief):
    capital = pdf.draw_map(real, content.compose(real, brief(extent=frame.CAPITAL)))
    country = pdf.draw_map(real, content.compose(real, brief()))
    assert capital.inset_scale is None
    assert capital.scale < 200_000
    assert country.inset_scale is not None
    assert country.inset_scale < 450_000
    assert 1_600_000 < country.scale < 2_000_000


def test_the_same_map_is_the_same_text(real, brief):
    told = content.compose(real, brief())
    assert pdf.draw_map(real, told).svg == pdf.draw_map(real, told).svg


def test_a_scale_bar_is_as_long_as_it_says():
    """UTM has a scale error of at most 0.12 % over Haiti: 50 km on the sheet are 50 km."""
    at = frame.fit(frame.HAITI, 0, 0, 182, 140)
    _zero, _half, whole = frame.bar(at, 40)
    length_mm = whole * 1e6 / at.scale
    one, other = at.points([-72.5, -72.5], [19.0, 19.0 + whole / 110.65])
    assert abs((one[1] - other[1]) - length_mm) < 0.01 * length_mm


def test_north_leans_by_the_convergence_of_the_zone():
    """At 72.9 W, 2.1 degrees east of the central meridian, sin(19 degrees) of it: 0.68 degrees to the left."""
    assert frame.convergence(frame.fit(frame.HAITI, 0, 0, 182, 140)) == pytest.approx(-0.64, abs=0.06)


def test_names_are_text_and_never_markup(real, brief):
    drawn = pdf.draw_map(real, content.compose(real, brief()))
    assert re.search(r"<text[^>]*>Gonaïves</text>", drawn.svg)
    assert "script" not in drawn.svg


@given(st.text(max_size=200), st.integers(1, 3))
def test_a_fitted_text_fits_its_lines(text, lines):
    fitted = typeface.fit(typeface.printable(text), 9, 40, lines)
    assert len(typeface.wrap(fitted, 9, 40)) <= lines


FACES = (
    '#set document(title: "x")\n#set text(font: ("Mssmap Sans", "DejaVu Sans Mono", "Libertinus Serif"), lang: "en")\n'
)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_every_printable_sign_has_a_typeface(text):
    """What `printable` lets through, typst sets in a PDF/UA document, which refuses a sign that no typeface has."""
    source = (FACES + "#sys.inputs.words").encode()
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(typeface.folder())])
    compiler = typst.Compiler(source, font_paths=fonts, sys_inputs={"words": typeface.printable(text)})
    assert compiler.compile(source, format="pdf", pdf_standards=["ua-1"], timestamp=0)

"""The light page: the asked view without a script, in four languages, small, and right for every reader."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import date
from html.parser import HTMLParser

import brotli
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from mssmap import i18n
from mssmap.server.opening import Opening
from mssmap.ui import asked, cache


@pytest.fixture(scope="module")
def ask():
    return TestClient(Opening(Starlette(), people_sign_in=False, public_url=""), base_url="http://localhost").get


class Outline(HTMLParser):
    """Tags in their order, and what each `name` attribute belongs to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.names: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.links += [given["href"]] if "href" in given else []
        self.names += [given["name"]] if tag in {"input", "select"} else []
        assert not [name for name, _value in attrs if name.startswith("on")]


VIEW = "/light?as_of=2025-01-18&known_on=2025-02-10&since=2024-12-01"


def test_it_holds_the_view_and_no_script(ask):
    page = ask(VIEW).text
    outline = Outline(page)
    assert "script" not in outline.tags
    assert {"as_of", "known_on", "since", "region", "lang"} <= set(outline.names)
    assert [tag for tag in outline.tags if re.fullmatch(r"h\d", tag)][:2] == ["h1", "h2"]
    for words in ("Key figures", "Personnel deployed", "In words", "What changed", "Bases (", "Events ("):
        assert words in page


def test_it_says_what_the_live_page_says(ask):
    page = ask(VIEW + "&lang=fr").text
    with i18n.speaking("fr"):
        view = asked.view(asked.read(VIEW.partition("?")[2], "fr"))
    plain = page.replace("&#x27;", "'").replace("&quot;", '"').replace("&amp;", "&")
    for line in view.lines:
        assert line in plain
    for change in view.changes:
        assert change["title"] in plain
    shown = cache.shown(view.asked.filters.within(view.asked.window))
    assert f"({len(shown['fobs'])})" in page or "Bases" in page


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
@pytest.mark.parametrize("query", ["", "since=2025-01-01", "region=HT01", "layers=regions,fobs,prisons,events"])
def test_it_is_under_150_kilobytes_on_the_wire_in_every_language(ask, lang, query):
    with ask.__self__.stream("GET", f"/light?lang={lang}&{query}", headers={"accept-encoding": "gzip"}) as answer:
        body = b"".join(answer.iter_raw())
    assert len(body) < 60_000
    assert answer.headers["content-language"] == lang


def test_each_record_has_a_page_and_the_way_back_keeps_the_view(ask):
    page = ask(VIEW).text
    links = [link for link in Outline(page).links if "record=" in link]
    assert len(links) > 60
    card = ask("/" + links[0]).text
    assert "Who says so" in card
    [back] = [
        link for link in Outline(card).links if link.startswith("light?") and "lang=en" in link and "record" not in link
    ]
    assert "as_of=2025-01-18" in back
    assert "since=2024-12-01" in back


@pytest.mark.parametrize("record", ["nobody", "<script>alert(1)</script>", "fob-01'\"", "x" * 5_000, "\x00"])
def test_a_record_that_is_not_there_is_said_so(ask, record):
    answer = ask("/light", params={"record": record, "lang": "en"})
    assert answer.status_code == 200
    assert 'class="note"' in answer.text
    assert "<script>" not in answer.text


def test_wrong_keys_have_the_notes_of_the_live_page(ask):
    text = ask("/light?as_of=never&grade=Z9&region=HT99").text
    assert text.count("in the address: found") == 3


def test_a_later_day_than_the_second_dial_has_nothing_to_compare(ask):
    assert "nothing to compare" in ask("/light?known_on=2025-01-01&since=2025-02-01").text
    assert "Nothing was learnt" in ask("/light?known_on=2025-01-18&since=2025-01-18").text


def test_the_form_keeps_what_it_has_no_field_for(ask):
    names = Outline(ask("/light?layers=fobs&grade=C3&category=gang_attack&category=fob&from=2025-01-01").text).names
    assert sorted(name for name in names if name in {"layers", "grade", "category", "from"}) == [
        "category",
        "category",
        "from",
        "grade",
        "layers",
    ]


def test_only_addresses_of_the_web_become_links():
    from mssmap.server.light import _link

    assert _link("a", "javascript:alert(1)") == "a"
    assert _link("<b>", 'https://example.org/?a=1&b="') == (
        '<a href="https://example.org/?a=1&amp;b=&quot;" rel="noopener noreferrer">&lt;b&gt;</a>'
    )


@pytest.mark.skipif(shutil.which("w3m") is None, reason="w3m is not installed")
def test_it_makes_sense_in_a_text_browser(ask, tmp_path):
    (tmp_path / "page.html").write_text(ask(VIEW).text, encoding="utf-8")
    done = subprocess.run(
        ["w3m", "-dump", "-cols", "100", "-T", "text/html", str(tmp_path / "page.html")],
        capture_output=True,
        text=True,
        check=True,
    )
    said = done.stdout
    places = [said.index(words) for words in ("Situation map", "Day shown", "Key figures", "Map of Haiti", "In words")]
    assert places == sorted(places)
    assert "18 Jan 2025" in said
    assert "data:" not in said
    assert "RN1" not in said, "names of the drawing are not text"


def test_the_picture_is_a_drawing_by_itself(ask):
    [address] = re.findall(r'src="data:image/svg\+xml;charset=utf-8,([^"]+)"', ask(VIEW).text)
    from urllib.parse import unquote
    from xml.etree import ElementTree as Tree

    drawing = Tree.fromstring(unquote(address.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")))
    symbols = [node for node in drawing.iter() if node.get("class", "").split()[:1] == ["mm-s"]]
    assert len(symbols) > 20


def test_it_is_kept_like_the_first_answer(ask):
    one = ask(VIEW)
    assert ask(VIEW, headers={"if-none-match": one.headers["etag"]}).status_code == 304
    assert one.headers["etag"] != ask(VIEW + "&record=fob-01").headers["etag"]
    with ask.__self__.stream("GET", VIEW, headers={"accept-encoding": "br"}) as answer:
        assert b"</html>" in brotli.decompress(b"".join(answer.iter_raw()))


def test_days_of_the_steps_are_days_that_can_be_chosen(ask):
    links = [link for link in Outline(ask("/light?as_of=2021-07-01").text).links if "as_of=" in link]
    days = {date.fromisoformat(found) for link in links for found in re.findall(r"as_of=([\d-]+)", link)}
    assert min(days) == date(2021, 7, 1)

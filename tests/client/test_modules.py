"""How modules of the browser become one script."""

from __future__ import annotations

import re

import pytest

from mssmap import client
from mssmap.maps import assets

ENTRIES = {
    client.MAP: client.script,
    client.PAGE: client.module,
    client.STANDALONE: client.script,
    client.STREETS: client.script,
}


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return what the modules are for this test, by name."""
    found: dict[str, str] = {}
    monkeypatch.setattr(client, "read", found.__getitem__)
    return found


def test_what_is_imported_stands_before_who_imports_it_and_once(files):
    files |= {
        "page/main.js": 'import { a } from "../shared/a.js";\nimport { b } from "./b.js";\nexport const sum = a + b;\n',
        "page/b.js": 'import {\n  a,\n} from "../shared/a.js";\n\nexport const b = a;\n',
        "shared/a.js": "/*\n * A number.\n */\n\n/** @type {number} */\nexport const a = 1;\n",
    }
    assert client.module("page/main.js") == "const a = 1;\nconst b = a;\nconst sum = a + b;\n\nexport { sum };\n"
    assert client.script("page/main.js") == (
        '(() => {\n"use strict";\nconst a = 1;\nconst b = a;\nconst sum = a + b;\n\n})();\n'
    )


def test_only_comments_on_lines_of_their_own_are_left_out(files):
    kept = ["const a = /** @type {string} */ (b);\n", "/** One. */ const c = 1;\n", "const d = 2;\n"]
    files["a.js"] = "  /* two\n   lines */\n".join(kept)
    assert client.plain("a.js") == "".join(kept)


def test_a_name_that_is_declared_twice_is_refused(files):
    files |= {"a.js": 'import { b } from "./b.js";\nasync function draw() {}\n', "b.js": "export class draw {}\n"}
    with pytest.raises(client.JoinError, match=r"^a\.js: draw is declared in b\.js too"):
        client.script("a.js")


def test_a_circle_is_refused(files):
    files |= {"a.js": 'import { b } from "./b.js";\n', "b.js": 'import { a } from "./a.js";\n'}
    with pytest.raises(client.JoinError, match=r"^a\.js imports b\.js imports a\.js: a circle"):
        client.script("a.js")


@pytest.mark.parametrize(
    "line",
    [
        'import a from "./b.js";',
        'import * as a from "./b.js";',
        'import { a } from "https://example.org/a.js";',
        "export default 1;",
        "export { a };",
        'export * from "./b.js";',
        "const { a, b } = c;",
        "export const [a] = c;",
    ],
)
def test_what_cannot_be_joined_is_refused(files, line):
    files["a.js"] = f"{line}\n"
    with pytest.raises(client.JoinError, match=r"^a\.js: .*cannot be joined"):
        client.script("a.js")


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_script_can_be_joined_and_is_whole(entry):
    joined = ENTRIES[entry](entry)
    assert not re.search(r"^\s*import |^export (?!\{ mount \};)", joined, re.MULTILINE)
    assert "</script" not in joined.lower()


def test_the_page_exports_one_name():
    assert client.module(client.PAGE).endswith("\nexport { mount };\n")


def test_nothing_is_put_into_a_script(real, tmp_path):
    """What a script needs to know comes with the manifest or the data of a component."""
    made = assets.publish(real, tmp_path, font=assets.typeface())
    assert (tmp_path / made.page[0]).read_text(encoding="utf-8") == client.module(client.PAGE)
    assert (tmp_path / made.scripts[0]).read_text(encoding="utf-8").endswith(f"\n;\n{client.script(client.MAP)}")
    assert len(made.scripts) == 1, "the map asks for one script"

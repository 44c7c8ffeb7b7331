"""
Write down what the product says and shows, so that two states of the code can be compared.

    python scripts/record_behaviour.py BEFORE
    ... change the code ...
    python scripts/record_behaviour.py AFTER
    diff -r BEFORE AFTER

For each of `VIEWS`, on the frozen data of tests/frozen: output of the commands that read, hashes of every export and
answers of the API, which all speak English; and in each of `LANGUAGES` the text of a pack and all that each page sends
to the browser, with the messages to the map and our other components. `--pictures` adds a picture of each page at three
widths. Left out are times, places on disk, and names and sizes of files that hold code. It takes some minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib
import io
import itertools
import json
import os
import re
import shutil
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

ROOT: Final = Path(__file__).resolve().parent.parent
TODAY: Final = "2026-11-26"
LANGUAGES: Final = ("en", "fr")
SCRIPT: Final = """
import runpy
from mssmap.ui import state
state.arrive()
state.speak()
runpy.run_path(r"{page}")
"""
"""A page as app.py runs it, without the frame around it."""

WIDTHS: Final = (390, 900, 1440)
RECORDS: Final = ("fobs", "prisons", "facilities", "gang_zones")
EXPORTED: Final = (*RECORDS, "events", "strength", "indicators")
EVENT: Final = "ev-2024-10-03-pont-sonde-massacre"
MODELS: Final = {"mclp": 2, "lscp": None, "pmedian": 2, "pcenter": 1}
PAGES: Final = ("situation", "timeline", "planner", "briefing", "export", "data")

NOISE: Final = (
    (r"\b(\w+)-[0-9a-f]{12}\.(\w+)", r"\1.\2"),
    (r"\b([0-9a-f]{16}(?=\b|[a-z]{2}\b)|[0-9a-f]{32,}\b)", "HASH"),
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d[.\d]*)?(\+00:00|Z)?", "TIME"),
    (r'\b\d+\.\d+ s\b|(?<="seconds": )[\d.]+|[\d,]+ bytes', "MEASURED"),
)
"""What is another at each run, or whenever code changes that a file carries: pattern -> what is written."""


class View(NamedTuple):
    """Both dials, and a day before them."""

    as_of: str
    known_on: str
    since: str

    @property
    def dials(self) -> dict[str, str]:
        """The dials by name."""
        return {"as_of": self.as_of, "known_on": self.known_on}

    @property
    def options(self) -> tuple[str, ...]:
        """The dials as options of a command."""
        return ("--as-of", self.as_of, "--known-on", self.known_on)


VIEWS: Final = (
    View("2024-03-10", "2024-03-10", "2024-02-01"),
    View("2025-01-18", "2025-01-18", "2024-10-01"),
    View("2026-04-01", TODAY, "2025-12-01"),
)

Said = Iterator[tuple[str, str]]
"""File name and text."""


def record(view: View, language: str, folder: Path) -> None:
    """Record a view in a language, in a home of its own."""
    with tempfile.TemporaryDirectory(prefix="mssmap-recorded-") as home:
        os.environ |= surroundings(Path(home))
        for part in (*((commands, sites, exports, api) if language == "en" else ()), sentences, pack, pages):
            for name, text in part(view, language, Path(home)):
                path = folder / part.__name__ / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text.replace(home, "HOME"), encoding="utf-8")


def surroundings(home: Path) -> dict[str, str]:
    """Unpack the frozen data and return the settings that read them."""
    with zipfile.ZipFile(ROOT / "tests" / "frozen" / "data.zip") as packed:
        packed.extractall(home)
    own = {name: str(home / name) for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME")}
    return {**own, "MSSMAP_DATA_DIR": str(home / "data"), "MSSMAP_TODAY": TODAY}


def commands(view: View, _language: str, _home: Path) -> Said:
    """Yield what the commands that read say."""
    import mssmap

    plain = [["--version"], ["--help"], ["check"], ["log"], ["people"], ["conflicts"], ["archive", "list"]]
    both = [["layers"], ["changes", "--since", view.since]]
    both += [[*asked, *view.options] for asked in (["events"], ["coverage"], ["site", "-k", "2"])]
    both += [["show", name, *view.options] for name in mssmap.load().datasets]
    for asked in (*plain, *both, *([*asked, "--json"] for asked in both)):
        named = [word for word in asked if word not in view.options]
        yield re.sub(r"\W+", "-", " ".join(named)).strip("-") + ".txt", _run(*asked)


def _run(*arguments: str) -> str:
    """Run a command; return its stderr, its exit code and its stdout."""
    from mssmap import cli

    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        code = cli.run(arguments)
    return _cleaned(f"{errors.getvalue()}exit {code}\n{out.getvalue()}")


def sites(view: View, _language: str, _home: Path) -> Said:
    """Yield the best sites by each model; the solvers may take their time, for an answer that is cut off varies."""
    import mssmap
    from mssmap.planning import on_data
    from mssmap.planning.siting import solver

    for model, k in MODELS.items() if view == VIEWS[-1] else ():
        plan = mssmap.plan(**view.dials)
        found = on_data.site(mssmap.load(), plan, k, model, effort=solver.Effort(time_limit_s=3600))
        yield f"{model}.json", _cleaned(_json(found.to_json()))


def exports(view: View, _language: str, home: Path) -> Said:
    """Yield the hash of the rows of each part of an export in every format, and what `verify` says of the file."""
    import mssmap
    from mssmap.exports.formats import FORMATS

    for name, format in FORMATS.items():
        file = home / f"{name}{format.suffix if format.many else '.zip'}"
        made = mssmap.export(EXPORTED, file, format=name, **view.dials)
        lines = [f"{part['name']} {part['rows']} {part['hash']}" for part in made.entries]
        lines += [" ".join(column["name"] for column in part["columns"]) for part in made.entries]
        yield f"{name}.txt", "\n".join([*lines, *made.losses, _run("verify", str(file))])


def api(view: View, _language: str, _home: Path) -> Said:
    """Yield the answers of the API; of shapes their hash."""
    from starlette.applications import Starlette

    warnings.simplefilter("ignore")  # Starlette would rather have another client
    from starlette.testclient import TestClient

    import mssmap
    from mssmap import api

    client = TestClient(Starlette(routes=api.routes(mssmap.load)))
    items = [f"collections/{name}/items" for name in mssmap.load().datasets]
    others = ["", "conformance", "openapi.json", "collections", "collections/fobs", "collections/nowhere"]
    for path in (*others, f"collections/events/items/{EVENT}", *items):
        query = {**(view.dials if "items" in path else {}), **({"limit": "10000"} if path in items else {})}
        answer = client.get(f"/api/{path}", params=query)
        content = json.loads(answer.text, object_hook=_without_shape)
        yield f"{path.replace('/', '-') or 'landing'}.json", _cleaned(f"{answer.status_code}\n{_json(content)}")


def _without_shape(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "geometry": _hash(value["geometry"])} if "geometry" in value else value


def sentences(view: View, language: str, _home: Path) -> Said:
    """Yield the records of each layer in sentences."""
    for name in RECORDS:
        yield f"{name}.txt", _run("show", name, *view.options, "--text", "--lang", language)


def pack(view: View, language: str, home: Path) -> Said:
    """Yield what the commands say of a pack, and the text of each of its files."""
    out, options = home / "pack", ["--since", view.since, "--lang", language, "--created", f"{TODAY}T09:30:00Z"]
    yield "brief.txt", _run("brief", *view.options, *options, "--make-store", "--out", str(out))
    (file,) = out.glob("*.zip")
    yield "after.txt", "\n".join(_run(*asked) for asked in (["verify", str(file)], ["brief", "--list"], ["log"]))
    with zipfile.ZipFile(file) as packed:
        for name in packed.namelist():
            if (reader := READERS.get(Path(name).suffix)) is not None:
                yield f"{reader.__name__}.txt", _cleaned(reader(packed.read(name)))


def pdf(body: bytes) -> str:
    """Return the text of each page."""
    from pypdf import PdfReader

    return "\n\f\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)


def slides(body: bytes) -> str:
    """Return the texts of the slides with their notes and charts."""
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        parts = (name for name in sorted(packed.namelist()) if re.search(r"(slides|notesSlides|charts)/\w+\.xml", name))
        texts = (re.findall(r"<(?:a:t|c:v)>([^<]*)<", packed.read(name).decode()) for name in parts)
        return "\n\f\n".join(map("\n".join, texts))


def offline(body: bytes) -> str:
    """Return what the scripts of the offline page read; of shapes their hash."""
    (text,) = re.findall(r'id="mssmap-page">(.*?)</script>', body.decode(), re.DOTALL)
    content = json.loads(text)
    shapes = {name: _hash(file) for name, file in content["files"].items() if name != "manifest"}
    return _json({**content, "files": shapes})


def manifest(body: bytes) -> str:
    """Return the manifest but for its files."""
    return _json({key: value for key, value in json.loads(body).items() if key != "files"})


READERS: Final = {".pdf": pdf, ".pptx": slides, ".html": offline, ".json": manifest}


def pages(view: View, language: str, _home: Path) -> Said:
    """Yield all that each page sends to the browser, and the files that its map reads."""
    from streamlit.testing.v1 import AppTest

    from mssmap.ui import cache

    for page in PAGES:
        seen = AppTest.from_string(SCRIPT.format(page=ROOT / "pages" / f"{page}.py"), default_timeout=600)
        seen.query_params.update({**view.dials, "lang": language})
        yield f"{page}.json", _cleaned(_json(list(_elements(seen.run()._tree))))
    published = cache.published()
    yield "files.txt", "\n".join(sorted(name for name in published.files if re.match(r"(?!manifest).*json", name)))
    yield "manifest.json", _cleaned(_json(json.loads((cache.static_folder() / published.manifest).read_bytes())))


def _elements(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield the elements of a page in order: what they are and what they hold."""
    from google.protobuf.json_format import MessageToDict
    from google.protobuf.message import Message
    from streamlit.testing.v1.element_tree import Dataframe

    sent = getattr(node, "proto", None)
    if isinstance(node, Dataframe):
        yield "Dataframe", node.value.to_csv().splitlines()
    elif isinstance(sent, Message):
        fields = {key: value for key, value in MessageToDict(sent).items() if key != "jsContent"}
        read = {key: json.loads(fields[key]) for key in ("json", "jsonArgs") if key in fields}
        yield type(sent).__name__, fields | read
    for child in getattr(node, "children", {}).values():
        yield from _elements(child)


def _cleaned(text: str) -> str:
    for pattern, instead in NOISE:
        text = re.sub(pattern, instead, text)
    return text


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _hash(content: Any) -> str:
    """Return a hash that is short enough not to be noise."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:15]


def pictures(folder: Path) -> None:
    """Take a picture of each page at three widths, in every view and language, as the browser tests see them."""
    sys.path.insert(0, str(ROOT / "tests"))
    of_the_tests: Any = importlib.import_module("browser.conftest")
    with (
        tempfile.TemporaryDirectory(prefix="mssmap-recorded-") as home,
        of_the_tests.running(Path(home), **surroundings(Path(home))) as server,
        of_the_tests.sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=of_the_tests.chromium(playwright.chromium), args=list(of_the_tests.FLAGS)
        ) as browser,
    ):
        for view, language, page, width in itertools.product(VIEWS, LANGUAGES, PAGES, WIDTHS):
            screen = {"width": width, "height": 900}
            with browser.new_context(viewport=screen, color_scheme="light", reduced_motion="reduce") as context:
                seen = of_the_tests.Screen(context.new_page(), server)
                address = "" if page == "situation" else page
                seen.open(f"/{address}?{urlencode({**view.dials, 'lang': language})}")
                seen.wait("() => !document.querySelector('[data-testid=\"stSkeleton\"]')")
                path = folder / f"{view.as_of}-{language}" / "pictures" / f"{page}-{width}.png"
                seen.page.screenshot(path=path, animations="disabled")


def main() -> None:
    """Read the arguments and record."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path, help="where to write; what is there is replaced")
    options.add_argument("--pictures", action="store_true", help="add pictures of the pages, some ten minutes")
    asked = options.parse_args()
    shutil.rmtree(asked.folder, ignore_errors=True)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        views = [*itertools.product(VIEWS, LANGUAGES)]
        list(pool.map(record, *zip(*views, strict=True), [asked.folder / f"{v.as_of}-{lang}" for v, lang in views]))
    if asked.pictures:
        pictures(asked.folder)


if __name__ == "__main__":
    main()

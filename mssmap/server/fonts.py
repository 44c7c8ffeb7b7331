"""
The typefaces of the page, cut to what is shown: a tenth of the bytes under the same address.

Source Sans keeps the letters of the languages that are written in Latin, with the signs of our texts; the symbols keep
those that Streamlit's widgets name. They are cut once, beside the start, and kept in the cache folder. Until they are
there, and where they cannot be made, the whole ones are answered.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from fontTools import subset
from fontTools.ttLib import TTFont, TTLibError
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.file_util import get_static_dir

from mssmap import settings
from mssmap.store import disk

log = logging.getLogger("mssmap")

AT: Final = "/static/media/"
FEATURES: Final = ("kern", "tnum", "locl", "ccmp")
LETTERS: Final = (
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),  # Latin-1 and Latin Extended A
    *range(0x2010, 0x2040),
    *(0x20AC, 0x2122, 0x2212, 0x2248, 0x2260, 0x2264, 0x2265, 0x221E, 0x2265),
    *range(0x2070, 0x2090),
    *range(0x2190, 0x2194),
    *(0x21BB, 0x25A1, 0x25B2, 0x25B6, 0x25B8, 0x25BC, 0x25BE, 0x25CF, 0x2713),
)
NAMED: Final = re.compile(r":material/(\w+):")
KEPT_FOR_EVER: Final = {"cache-control": "public, immutable, max-age=31536000"}

_cut: dict[str, bytes] = {}


def sources() -> Mapping[str, Callable[[bytes], bytes]]:
    """Return name of a file -> how it is cut."""
    media = Path(get_static_dir()) / "static" / "media"
    kinds = (("SourceSansVF-*", letters), ("MaterialSymbols-Rounded*", icons))
    return {path.name: cutting for kind, cutting in kinds for path in media.glob(f"{kind}.woff2")}


def letters(font: bytes) -> bytes:
    """Cut a typeface to `LETTERS`; its weights stay."""
    options = _options(FEATURES)
    cut = TTFont(io.BytesIO(font), recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=LETTERS)
    cutter.subset(cut)
    return _saved(cut, options)


def icons(font: bytes) -> bytes:
    """Cut a typeface whose ligatures are symbols to those that the scripts of Streamlit and we name."""
    options = _options(("*",))
    options.layout_closure = False
    whole = TTFont(io.BytesIO(font), recalcTimestamp=False)
    named, kept = names(), set()
    signs = {glyph: chr(code) for code, glyph in whole.getBestCmap().items()}
    for ligatures in _ligatures(whole):
        for first, some in ligatures.items():
            ligatures[first] = [
                one for one in some if "".join(signs.get(part, "?") for part in (first, *one.Component)) in named
            ]
            kept |= {one.LigGlyph for one in ligatures[first]}
    whole.flavor = None
    written = io.BytesIO()
    whole.save(written)
    cut = TTFont(io.BytesIO(written.getvalue()), recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(text="abcdefghijklmnopqrstuvwxyz0123456789_", glyphs=kept)
    cutter.subset(cut)
    return _saved(cut, options)


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Return the symbols that are named anywhere in the scripts of Streamlit and in our pages."""
    scripts = (Path(get_static_dir()) / "static" / "js").glob("*.js")
    own = (*settings.ROOT.glob("pages/*.py"), *(settings.ROOT / "mssmap" / "ui").rglob("*.py"))
    return frozenset(
        name for path in (*scripts, *own) for name in NAMED.findall(path.read_text(encoding="utf-8", errors="replace"))
    )


def _ligatures(font: TTFont) -> Iterator[dict[str, list[Any]]]:
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            inner = getattr(table, "ExtSubTable", table)
            if hasattr(inner, "ligatures"):
                yield inner.ligatures


def _options(features: Iterable[str]) -> subset.Options:
    options = subset.Options()
    options.flavor, options.hinting, options.layout_features = "woff2", False, list(features)
    return options


def _saved(font: TTFont, options: subset.Options) -> bytes:
    written = io.BytesIO()
    subset.save_font(font, written, options)
    return written.getvalue()


def start() -> None:
    """Cut the typefaces beside everything else, or take those that were cut before."""
    threading.Thread(target=cut_all, daemon=True).start()


def cut_all() -> None:
    """Cut the typefaces; one that cannot be cut stays whole."""
    for name, cutting in sources().items():
        whole = (Path(get_static_dir()) / "static" / "media" / name).read_bytes()
        try:
            _cut[AT + name] = _kept(name, whole, cutting)
        except (TTLibError, KeyError, AttributeError, ValueError) as error:
            log.warning("%s: %s", name, error)


def _kept(name: str, whole: bytes, cutting: Callable[[bytes], bytes]) -> bytes:
    mark = hashlib.sha256(whole + repr((LETTERS, FEATURES, sorted(names()))).encode()).hexdigest()[:16]
    path = settings.cache_folder() / "fonts" / f"{Path(name).stem}-{mark}.woff2"
    if path.is_file() and (kept := path.read_bytes()).startswith(b"wOF2"):
        return kept
    made = cutting(whole)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with disk.written(path, ".cutting-") as file:
            file.write(made)
    except OSError as error:  # a folder that cannot be written: it is cut again at the next start
        log.warning("%s: %s", path, error.strerror)
    return made


class Fonts:
    """Middleware that answers with the cut typefaces."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_read = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        font = _cut.get(scope["path"]) if is_read else None
        if font is None:
            await self.app(scope, receive, send)
            return
        await Response(font, media_type="font/woff2", headers=KEPT_FOR_EVER)(scope, receive, send)

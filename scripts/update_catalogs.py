"""
Bring the catalogs in mssmap/i18n/ up to date with the messages in the code.

    python scripts/update_catalogs.py            write them: new messages come in untranslated, old ones go
    python scripts/update_catalogs.py --check    say what is missing, exit 1 if anything is

Messages are the texts inside `_()`, `gettext()`, `mark()` and `phrase()`. A translation that no native speaker has
reviewed carries the comment `# unreviewed`; remove it after a review.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from mssmap.i18n import LANGUAGES as SPOKEN

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "mssmap" / "i18n"
LANGUAGES = tuple(code for code in SPOKEN if code != "en")
KEYWORDS = {"_": None, "gettext": None, "mark": None, "phrase": None}
UNREVIEWED = "unreviewed"


def messages() -> Catalog:
    """Collect the messages of the app, its pages and the library."""
    found = Catalog(project="mssmap", charset="utf-8")
    for folder in ("mssmap", "pages"):
        for path, _line, message, comments, _context in extract_from_dir(
            ROOT / folder, method_map=[("**.py", "python")], keywords=KEYWORDS
        ):
            found.add(message, locations=[(f"{folder}/{path}", 1)], auto_comments=comments)
    with (ROOT / "app.py").open("rb") as file:
        from babel.messages.extract import extract

        for _line, message, _comments, _context in extract("python", file, keywords=KEYWORDS):
            found.add(message, locations=[("app.py", 1)])
    return found


def merged(language: str, template: Catalog) -> Catalog:
    """Return the catalog of a language with exactly the messages of the code, keeping their translations."""
    path = FOLDER / f"{language}.po"
    before = Catalog(locale=None, charset="utf-8")
    if path.exists():
        with path.open("rb") as file:
            before = read_po(file, charset="utf-8")
    after = Catalog(project="mssmap", charset="utf-8", fuzzy=False)
    for message in sorted((m for m in template if m.id), key=lambda m: str(m.id)):
        old = before.get(message.id)
        after.add(
            message.id,
            old.string if old else "",
            locations=sorted({(file, 1) for file, _line in message.locations}),
            user_comments=old.user_comments if old else [UNREVIEWED],
        )
    return after


def text_of(catalog: Catalog, language: str) -> str:
    """Write a catalog as a .po file whose bytes depend on its messages only."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=110, omit_header=True, include_lineno=False)
    header = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: {language}\\n"\n\n'
    return header + buffer.getvalue().decode("utf-8").strip() + "\n"


def main() -> int:
    """Write or check the catalogs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    template = messages()
    faults = 0
    for language in LANGUAGES:
        catalog = merged(language, template)
        untranslated = [str(m.id) for m in catalog if m.id and not m.string]
        path = FOLDER / f"{language}.po"
        text = text_of(catalog, language)
        stale = not path.exists() or path.read_text(encoding="utf-8") != text
        if not check:
            path.write_text(text, encoding="utf-8")
        for message in untranslated:
            print(f"{path.name}: not translated: {message!r}")
        if stale and check:
            print(f"{path.name}: not up to date. Run python scripts/update_catalogs.py.")
        faults += len(untranslated) + (stale and check)
    return int(bool(faults) and check)


if __name__ == "__main__":
    sys.exit(main())

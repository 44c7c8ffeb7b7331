"""From the bytes of a file to its tables: finds out what it is and calls the reader of that format. Touches no file."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any, Final

from mssmap.i18n.phrases import packed, phrase
from mssmap.ingest import archive, geojson, headers, located, shapes, sheets, vector
from mssmap.ingest.sniff import FORMATS, TAKES, sniff
from mssmap.ingest.table import Parsed, Progress, finish
from mssmap.jail.limits import Limits, RefusedError, at_most, naming, printable, refused

PROOF_ENDING = ".mssmap.json"

WORKBOOK = "xl/workbook.xml"

Parser = Callable[[bytes, str, Limits], Parsed]


def _parser(named: str) -> Parser:
    module, function = named.split(".")
    found: Parser = getattr(import_module(f"mssmap.ingest.{module}"), function)
    return found


PARSERS: Final = {kind: _parser(item.parser) for kind, item in FORMATS.items() if item.parser}
"""Loaded here: the process that reads can load nothing any more when the first file comes."""

DATA_ENDINGS: Final = tuple(ending for item in FORMATS.values() for ending in item.endings)

ASIDE = ("datapackage.json",)
"""Members of a bundle that describe it."""


def parse(content: bytes, name: str, limits: Limits, progress: Progress = lambda share, what: None) -> Parsed:
    """
    Read a file given by its content.

    Raises
    ------
    RefusedError
        If it is of no known kind, broken, dangerous or larger than the limits allow.
    """
    at_most(len(content), limits.file_bytes, phrase("bytes"))
    progress(0.1, "reading")
    parsed = _any(content, name, limits, archive.Budget(limits), depth=0)
    at_most(len(parsed.tables), limits.tables, phrase("tables"))
    at_most(sum(len(table.rows) for table in parsed.tables), limits.rows, phrase("rows"))
    at_most(sum(len(table.rows) * len(table.columns) for table in parsed.tables), limits.cells, phrase("cells"))
    taken: set[str] = set()
    for i, table in enumerate(parsed.tables):

        def step(share: float, i: int = i, name: str = printable(table.name, 60)) -> None:
            progress(0.5 + 0.3 * (i + share) / len(parsed.tables), f"checking {name}")

        if headers.is_as_it_stands():
            located.without_blobs(table)
        else:
            located.checked(table, limits)
        finish(table, limits, step)
        shapes.check(table, limits)
        base, twice = table.name, 2
        while table.name in taken:
            table.name, twice = f"{base}_{twice}", twice + 1
        taken.add(table.name)
    return parsed


def _any(content: bytes, name: str, limits: Limits, budget: archive.Budget, depth: int) -> Parsed:
    kind = sniff(content)
    stem = PurePosixPath(name.replace("\\", "/")).stem or "table"
    if kind != "zip":
        parsed = PARSERS[kind](content, stem, limits)
    elif depth > 1:
        raise refused(phrase("a zip in a zip in a zip"), phrase("at most one zip inside another"))
    else:
        members = archive.unpack(content, budget)
        if WORKBOOK in members:
            parsed = sheets.parse(content, members, name, limits)
        else:
            parsed = _bundle(members, limits, budget, depth)
    ending = PurePosixPath(name).suffix.lower().lstrip(".")
    if ending in FORMATS and ending != parsed.format and kind != "zip":
        parsed.notes.append(
            phrase(
                "{name}: by its content this is {title}, and was read as that.",
                name=printable(name),
                title=FORMATS[parsed.format].title,
            )
        )
    return parsed


def _bundle(members: dict[str, bytes], limits: Limits, budget: archive.Budget, depth: int) -> Parsed:
    parsed = Parsed("zip")
    members = {path: content for path, content in members.items() if not _is_hidden(path)}
    kinds = []
    shapefiles = vector.of_one_name(members)
    for stem, parts in shapefiles.items():
        with naming(f"{stem}.shp"):
            kinds.append(_add(parsed, vector.parse_shapefile(parts, PurePosixPath(stem).name, limits)))
    for path, content in members.items():
        plain = PurePosixPath(path)
        if str(plain.with_suffix("")) in shapefiles:
            continue
        if path.endswith(PROOF_ENDING):
            with naming(path):
                parsed.proof = parsed.proof or geojson.load_json(content, limits)
        elif plain.suffix.lower() in DATA_ENDINGS and plain.name not in ASIDE:
            try:
                with naming(path):
                    part = _any(content, plain.name, limits, budget, depth + 1)
            except RefusedError as error:
                if plain.suffix.lower() not in BESIDE:
                    raise
                parsed.notes.append(
                    phrase("{path} in the zip is not read ({error}).", path=printable(path), error=error)
                )
                continue
            kinds.append(_add(parsed, part))
        elif plain.name not in ASIDE:
            parsed.notes.append(phrase("{path} in the zip is not read.", path=printable(path)))
    if not kinds:
        inside = ", ".join(printable(path, 60) for path in list(members)[:5]) or "nothing"
        raise refused(phrase("a zip with {inside}", inside=inside), TAKES)
    parsed.format = kinds[0] if len(set(kinds)) == 1 else "zip"
    return parsed


BESIDE: Final = (".json", ".html")
"""Endings of data that are also those of styles, metadata and notes: one that is no data is told and left out."""


def _is_hidden(path: str) -> bool:
    """Whether a member is what a system puts beside files, such as the `__MACOSX` of the Finder."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    return any(part.startswith((".", "__MACOSX")) or part in ("Thumbs.db", "desktop.ini") for part in parts)


def _add(whole: Parsed, part: Parsed) -> str:
    whole.tables += part.tables
    whole.notes += part.notes
    whole.proof = whole.proof or part.proof
    return part.format


def summary(parsed: Parsed) -> dict[str, Any]:
    """Return what is said about a file as a whole, for the answer of the reading process."""
    return {"format": parsed.format, "proof": parsed.proof, "notes": [packed(note) for note in parsed.notes]}

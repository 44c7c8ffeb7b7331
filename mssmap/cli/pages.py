"""The command about pages: the light page as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer

from mssmap import i18n
from mssmap.cli.common import AsOf, Grade, KnownOn, Out, Region, Release, open_data, write
from mssmap.errors import InputError


def light(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="File to write; the same as --out.")] = None,
    out: Out = None,
    as_of: AsOf = "",
    known_on: KnownOn = "",
    since: Annotated[str, typer.Option(metavar="DATE", help="Day from which changes are told.")] = "",
    grade: Grade = "F6",
    region: Region = "",
    release: Release = "",
    layers: Annotated[str, typer.Option(metavar="LAYERS", help="Layers that are on, as in the address.")] = "",
    lang: Annotated[str, typer.Option(help="Language of the page: en, fr, ht or es.")] = "en",
) -> None:
    """Write the view as one page without scripts: map, figures, text, lists; it prints and opens anywhere."""
    data = open_data(release)
    if lang not in i18n.LANGUAGES:
        raise InputError(f"--lang: found {lang!r}, required one of {', '.join(i18n.LANGUAGES)}.")
    from mssmap.records import regions
    from mssmap.server import light as pages
    from mssmap.ui import asked, cache

    given = {
        **{"as_of": as_of, "known_on": known_on, "since": since, "grade": grade, "layers": layers, "lang": lang},
        "release": release,
        "region": regions.find(data, region).pcode if region else "",
    }
    view = asked.read(urlencode({name: value for name, value in given.items() if value}), lang)
    if view.unusable:
        faults = ", ".join(f"--{name.replace('_', '-')} {value!r}" for name, value in view.unusable)
        raise InputError(f"light: found {faults}, required what the keys of the address may hold (docs/reference.md).")
    with i18n.speaking(lang), cache.pinned_to(release):
        page = pages.page(view, is_file=True)
    write(page, out or file)

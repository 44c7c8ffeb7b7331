"""Options that several commands share, and the ways they read dates and write what they found."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import mssmap
from mssmap import i18n, settings
from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.i18n import localised
from mssmap.i18n.legible import legible, legible_json
from mssmap.i18n.phrases import in_words

if TYPE_CHECKING:
    from mssmap.records.catalog import Data
    from mssmap.records.timeline import Clocks
    from mssmap.store import Store

FOUND_FAULTS, BAD_INPUT = 1, 2

AsOf = Annotated[str, typer.Option("--as-of", metavar="DATE", help="Day to show; default: the latest with a report.")]
KnownOn = Annotated[str, typer.Option("--known-on", metavar="DATE", help="Day whose knowledge counts; default: today.")]
Grade = Annotated[str, typer.Option(metavar="GRADE", help="Leave out records below it, for example C3; F6 shows all.")]
Region = Annotated[str, typer.Option(metavar="REGION", help="P-code or name of a department or commune.")]
Plans = Annotated[bool, typer.Option("--plans", help="Add events that were announced, not reported as done.")]
Release = Annotated[
    str,
    typer.Option("--release", metavar="VERSION", help="Data of a release, such as 2026.11.1; default: as they stand."),
]
MakeStore = Annotated[bool, typer.Option("--make-store", help="Make the store if it is not there yet.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON.")]
Lang = Annotated[str, typer.Option(help="Language of what is told: en, fr, ht or es.")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="Write to a file instead of stdout.")]


def open_data(release: str = "") -> Data:
    reads_store()
    data = mssmap.load(release or None)
    if data.faults:
        tell(f"{count(len(data.faults), 'fault')} in the data, mssmap check lists them")
    return data


def open_view(as_of: str, known_on: str, release: str = "") -> tuple[Data, Clocks]:
    dates = day(as_of, "--as-of"), day(known_on, "--known-on")
    data = open_data(release)
    if data.pinned:
        tell(f"release {data.release}: as it was published, without what was imported or accepted here")
    return data, mssmap.clocks(*dates, release or None)


_used: list[str] = []
"""What is to be said of the store before anything else; a refusal is one line and goes without."""


def tell_used() -> None:
    """Say which store the command used, if that was not said yet."""
    while _used:
        print(f"mssmap: store {legible(_used.pop())}", file=sys.stderr)


def forget_used() -> None:
    """Leave out what was to be said of the store."""
    _used.clear()


def reads_store() -> None:
    """Note that the store is read beside the data folder, if there is one."""
    from mssmap import store

    url = settings.load().database_url
    if not _used and store.exists(url):
        _used.append(store.address(url))


def open_store(*, make: bool | None = None) -> Store:
    """
    Open the store of the settings, which will be said.

    Parameters
    ----------
    make
        Whether to make one that is not there; None in a command that never does.
    """
    from mssmap import store

    url = settings.load().database_url
    try:
        opened = store.open_store(url, make=bool(make))
    except store.NoStoreError as error:
        raise InputError(f"{error}{'' if make is None else ' --make-store makes it as well.'}") from error
    _used[:] = [store.address(url) + (", made now" if opened.made_now else "")]
    return opened


def day(text: str, option: str) -> date | None:
    return settings.parse_date(text, option) if text else None


def tell(message: str) -> None:
    tell_used()
    print(f"mssmap: {legible(' '.join(in_words(message).split()))}", file=sys.stderr)


def write(text: str, out: Path | None) -> None:
    text = text if text.endswith("\n") else f"{text}\n"
    if out is None:
        try:
            sys.stdout.write(legible(text, keep="\n\t") if sys.stdout.isatty() else text)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader (head, less) has seen enough; keep Python from complaining when it flushes at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        return
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"--out: {out} cannot be written ({error.strerror or error}).") from error


def write_json(value: Any, out: Path | None) -> None:
    write(legible_json(value, indent=1, allow_nan=False), out)


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def heading(name: str, clocks: Clocks, shown: int, hidden: int, grade: str, region: str, announced: int = 0) -> str:
    text = f"{name} as of {clocks.as_of}, known on {clocks.known_on}: {count(shown, 'record')}"
    text += f", {hidden} below grade {grade} hidden" if hidden else ""
    text += f", {announced} only announced left out (--plans adds them)" if announced else ""
    return f"{text}: nothing is on record there ({region})" if region and not (shown or hidden or announced) else text


def accounted(name: str, read: int, taken: int, reasons: Mapping[str, int]) -> list[str]:
    """Say what became of the rows of a file: taken, and left out by reason; nothing if all were taken."""
    if not reasons:
        return []
    left_out = sum(reasons.values())
    head = _("{name}: {n} rows in the file, {taken} taken, {left_out} left out:")
    lines = [head.format(name=name, n=_number(read), taken=_number(taken), left_out=_number(left_out))]
    return [*lines, *(f"  {_number(number)}: {in_words(reason)}" for reason, number in reasons.items())]


def _number(value: int) -> str:
    return localised(f"{value:,}")


def speak(lang: str) -> None:
    """Speak a language from here on."""
    if lang not in i18n.LANGUAGES:
        raise InputError(f"--lang: found {lang!r}, required one of {', '.join(i18n.LANGUAGES)}.")
    i18n.use(lang)

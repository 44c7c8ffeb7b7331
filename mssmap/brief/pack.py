"""
The pack: print, slides, offline page and data in one zip, with a manifest that proves each of them.

`make` is a pure function of the data and the specification; `verify` opens such a zip again and trusts nothing in it.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

import pydantic
import segno
from pydantic import BaseModel, ConfigDict, Field

from mssmap import i18n
from mssmap.brief import content, html, pdf, rows, spec
from mssmap.brief.content import Content
from mssmap.brief.pack_zip import LIMITS, MANIFEST
from mssmap.brief.spec import Brief
from mssmap.errors import InputError
from mssmap.exports import zipped
from mssmap.exports.verify import PartChange, Releases
from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.jail import box
from mssmap.jail.jobs import Order
from mssmap.jail.limits import printable
from mssmap.records.catalog import Data
from mssmap.version import __version__

FORMAT: Final = "mssmap-pack/1"

Progress = Callable[[float, str], None]

STEPS: Final = (
    mark("Reading the records"),
    mark("Drawing the map"),
    mark("Setting the PDF"),
    mark("Making the slides"),
    mark("Writing the offline page"),
    mark("Writing the data"),
    mark("Packing"),
)
"""What is told while a pack is made; `_()` them."""


@dataclass(frozen=True)
class Pack:
    """
    A pack that was made.

    Attributes
    ----------
    name
        File name of the zip.
    zip
        Its bytes.
    files
        Name -> bytes of what is in it, the manifest last.
    content
        What it says, with what had to be shortened.
    """

    name: str
    zip: bytes
    files: Mapping[str, bytes]
    content: Content

    @property
    def manifest_sha256(self) -> str:
        """SHA-256 of the manifest: it covers the hashes of all other files."""
        return hashlib.sha256(self.files[MANIFEST]).hexdigest()

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of every file by name."""
        return {name: hashlib.sha256(body).hexdigest() for name, body in self.files.items()}


def make(data: Data, brief: Brief, progress: Progress = lambda _done, _what: None) -> Pack:
    """
    Make a pack.

    Parameters
    ----------
    progress
        Called before each step with the part that is done (0 to 1) and the step, one of `STEPS`.

    Raises
    ------
    NotFoundError
        If there is no such region.
    InputError
        If the plan in the specification cannot be read.
    """
    from mssmap.brief import slides  # what writes slides takes a tenth of the time to load all, and no start needs it

    steps = iter(enumerate(STEPS))

    def step() -> None:
        done, words = next(steps)
        progress(done / len(STEPS), words)

    step()
    told = content.compose(data, brief)
    step()
    drawn = pdf.draw_map(data, told)
    if drawn.left_out:
        told = content.more_shortened(told, "map", n=drawn.left_out)
    wide = pdf.draw_map(data, told, width=slides.MAP_MM[0], height=slides.MAP_MM[1])
    files: dict[str, bytes] = {}
    step()
    files[f"{brief.stem}.pdf"] = pdf.write(told, drawn)
    step()
    files[f"{brief.stem}.pptx"] = slides.write(told, wide)
    step()
    files[f"{brief.stem}.html"] = html.page(data, told)
    step()
    files |= rows.files(data, brief)
    files[f"{brief.stem}_QR.svg"] = _qr(brief.link)
    step()
    files[MANIFEST] = _manifest(data, told, files)
    made = Pack(f"{brief.stem}.zip", zipped.pack(files), files, told)
    progress(1.0, "")
    return made


def _qr(link: str) -> bytes:
    out = io.BytesIO()
    segno.make(link, error="m", micro=False).save(out, kind="svg", border=4, scale=4)
    return out.getvalue()


def _manifest(data: Data, told: Content, files: Mapping[str, bytes]) -> bytes:
    brief = told.brief
    with i18n.speaking("en"):
        shortened = content.tell_shortened(told)
    values = {
        "format": FORMAT,
        "title": told.title,
        "number": brief.number,
        "version": brief.version,
        "created": brief.created.isoformat(),
        "filter": spec.to_dict(brief),
        "link": brief.link,
        "qr": f"{brief.stem}_QR.svg",
        "window": {"from": brief.start.isoformat(), "to": brief.clocks.as_of.isoformat()},
        "counts": {name: count for name, count in told.counts.items() if count and name in brief.layers},
        "shortened": shortened,
        "versions": {"mssmap": __version__, **{name: version(name) for name in ("typst", "python-pptx")}},
        "data": data.fingerprint,
        "files": [
            {"name": name, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
            for name, body in files.items()
        ],
    }
    return (json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


# ------------------------------------------------------------------------------------------------------------- proof

UNCHANGED, EDITED, REVISED = "unchanged", "edited", "revised"


@dataclass(frozen=True)
class Report:
    """
    What became of a pack.

    Attributes
    ----------
    state
        `unchanged`; `edited`: a file differs from the manifest, is missing, or was added; `revised`: the files are
        whole, but the data now give other records for the same view.
    edited
        File -> what is wrong with it: `changed`, `missing` or `added`.
    revised
        Records of the pack that the data now give otherwise; none if no data were given, or files were edited.
    brief
        What the pack was asked to be; None if the manifest no longer tells.
    manifest_sha256
        Hash to compare with the history, for who edits a file may edit the manifest as well.
    """

    state: str
    edited: Mapping[str, str]
    revised: tuple[PartChange, ...]
    brief: Brief | None
    manifest_sha256: str


class _Fault(BaseModel):
    """Why a file is no pack, see `pack_zip.asked`."""

    model_config = ConfigDict(strict=True, extra="forbid")

    kind: Literal["zip", "large", "otherwise", "manifest"]
    n: int = 0
    size: int = 0
    name: str = ""


class _File(BaseModel):
    model_config = ConfigDict(strict=True)

    name: str
    sha256: str


class _Manifest(BaseModel):
    """What of a manifest is needed to check the pack."""

    model_config = ConfigDict(strict=True)

    format: Literal["mssmap-pack/1"]
    filter: dict[str, Any]
    files: list[_File]


class _Answer(BaseModel):
    """What the reading process says of a file."""

    model_config = ConfigDict(strict=True, extra="forbid")

    fault: _Fault | None = None
    is_pack: bool = False
    hashes: dict[str, str] = Field(default_factory=dict)
    manifest: Any = None


def is_pack(path: Path) -> bool:
    """Whether a file is a zip with a manifest in it."""
    try:
        return _answer(path, box.run(path, _order(path, "names")).said).is_pack
    except InputError:
        return False


def verify(path: Path, data: Data | None = None, releases: Releases | None = None) -> Report:
    """
    Check every file of a pack against its manifest, and its records against the data.

    Parameters
    ----------
    data
        If given, the records of the pack are worked out again and compared.
    releases
        For telling in which of them a record was overtaken.

    Raises
    ------
    InputError
        If the file is not a pack or is larger than any pack.
    """
    read = box.run(path, _order(path, "all"))
    answer = _answer(path, read.said)
    if MANIFEST not in answer.hashes:
        raise InputError(
            _("{file}: found no {manifest}, required a pack made by mssmap brief.").format(
                file=path.name, manifest=MANIFEST
            )
        )
    try:
        manifest = _Manifest.model_validate(answer.manifest)
    except pydantic.ValidationError as error:
        raise _unproved(path) from error
    edited = _edited(answer.hashes, {entry.name: entry.sha256 for entry in manifest.files})
    try:
        brief = spec.from_dict(manifest.filter)
    except InputError:
        brief = None
        edited[MANIFEST] = "changed"
    revised: tuple[PartChange, ...] = ()
    if data is not None and not edited and read.tables:
        revised = rows.revisions(data, b"".join(read.tables[0].content.column(0).to_pylist()), releases)
    state = EDITED if edited else REVISED if revised else UNCHANGED
    return Report(state, edited, revised, brief, answer.hashes[MANIFEST])


def _edited(hashes: Mapping[str, str], promised: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with each file that is not as the manifest says."""
    edited = {name: "added" for name in hashes if name != MANIFEST and name not in promised}
    for name, wanted in promised.items():
        if name not in hashes:
            edited[name] = "missing"
        elif hashes[name] != wanted:
            edited[name] = "changed"
    return edited


def _order(path: Path, wanted: str) -> Order:
    return Order("pack", printable(path.name), LIMITS, wanted)


def _answer(path: Path, said: Any) -> _Answer:
    """Return what the reading process said, unless it says that the file is no pack."""
    try:
        answer = _Answer.model_validate(said)
    except pydantic.ValidationError as error:
        raise _unproved(path) from error
    if answer.fault is not None:
        raise _told(path, answer.fault)
    return answer


def _told(path: Path, fault: _Fault) -> InputError:
    if fault.kind == "large":
        return InputError(
            _(
                "{file}: found {n} files of {size:,} bytes, required at most {most} and {bytes:,}. It is not a pack."
            ).format(file=path.name, n=fault.n, size=fault.size, most=LIMITS.members, bytes=LIMITS.unpacked_bytes)
        )
    if fault.kind == "otherwise":
        return InputError(
            _("{file}: {member!r} is not what the zip says. Do not use it.").format(file=path.name, member=fault.name)
        )
    if fault.kind == "manifest":
        return _unproved(path)
    return InputError(_("{file}: found no readable zip, required a pack made by mssmap brief.").format(file=path.name))


def _unproved(path: Path) -> InputError:
    return InputError(
        _("{file}: {manifest} cannot be read, so nothing can be proved. Ask for the pack again.").format(
            file=path.name, manifest=MANIFEST
        )
    )

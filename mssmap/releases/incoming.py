"""
A release from elsewhere: whether it is whole, ours and newer, before anything is done with it.

Nothing in it is believed: its files are those that its catalog names, with their hashes, and packed as `mssmap publish`
packs them, so that the same release has the same sha256 everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mssmap.errors import DataError, InputError
from mssmap.i18n import gettext as _
from mssmap.ingest import archive, pinned
from mssmap.ingest.pinned import Held
from mssmap.jail.limits import Limits, RefusedError, printable
from mssmap.records import released
from mssmap.records.catalog import PACKAGE_FILE, Data
from mssmap.records.released import Release
from mssmap.releases import making, release_file, signing

LIMITS = Limits()
"""What the file of a release may be: that of any file from outside."""


def require_signed(content: bytes, signature: str | None, keys: Sequence[str], name: str) -> str:
    """
    Return what was signed beside a file, after its signature was checked; nothing if it may be unsigned.

    Raises
    ------
    InputError
        If it is not signed, or not by a trusted key.
    """
    if signature is None:
        raise InputError(
            _(
                "{name}: found no {name}.minisig beside it, required its signature. --unsigned takes it over without. "
                "Nothing was changed."
            ).format(name=name)
        )
    return signing.verified(content, signature, [signing.read_key(key) for key in keys], name)


def read(content: bytes, name: str, signature: str = "") -> Held:
    """
    Read the file of a release.

    Parameters
    ----------
    signature
        Text of its signature, which is kept with it.

    Raises
    ------
    InputError
        If it is no whole release of this product; the text says what was found.
    """
    if len(content) > LIMITS.file_bytes:
        raise InputError(
            _("{name}: found {found} bytes, required a release, at most {most}. Nothing was changed.").format(
                name=name, found=f"{len(content):,}", most=f"{LIMITS.file_bytes:,}"
            )
        )
    try:
        files = archive.unpack(content, archive.Budget(LIMITS))
    except RefusedError as error:
        raise InputError(
            _("{name}: {reason} Nothing was changed: get the release again.").format(name=name, reason=error)
        ) from error
    catalog = _json(files, PACKAGE_FILE)
    if catalog.get("name") != release_file.PRODUCT:
        raise InputError(
            _("{name}: found {found}, required a release of {product}. Nothing was changed.").format(
                name=name,
                found=repr(printable(str(catalog["name"]), 60)) if "name" in catalog else _("no catalog of data"),
                product=release_file.PRODUCT,
            )
        )
    if fault := _fault(content, files, catalog):
        raise _not_whole(name, fault)
    marks = {path: released.digest(file) for path, file in files.items()}
    published_on = _published_on(files)
    release = Release(str(catalog["version"]), published_on, released.digest(content), marks, signature)
    return Held(release, files)


def require_newer(held: Held, than: Data, name: str) -> None:
    """
    Refuse a release that is not newer than the data here.

    Raises
    ------
    InputError
        The text names both.
    """
    if released.order(held.version) <= released.order(than.release):
        raise InputError(
            _(
                "{name}: found release {found}, required one newer than {here}, which is here. Nothing was changed."
            ).format(name=name, found=held.version, here=than.release)
        )


def require_same(held: Held, comment: str, name: str) -> None:
    """
    Refuse a release whose signature was made for another version or day.

    Raises
    ------
    InputError
        If the comment does not name them.
    """
    if comment != (required := making.comment(held.release)):
        raise InputError(
            _("{name}: signed as {found!r}, required {required!r}. Nothing was changed.").format(
                name=name, found=printable(comment), required=required
            )
        )


def opened(held: Held, name: str) -> Data:
    """
    Return the data of a release if they are sound.

    Raises
    ------
    InputError
        If there is anything wrong with them.
    """
    try:
        data = pinned.opened(held)
    except DataError as error:
        raise _not_whole(name, str(error)) from error
    if data.faults:
        raise _not_whole(name, str(data.faults[0]))
    return data


def _fault(content: bytes, files: Mapping[str, bytes], catalog: Mapping[str, Any]) -> str:
    """Return what is wrong with a release, nothing if it is whole."""
    if not released.VERSION.fullmatch(str(catalog.get("version"))):
        return _("no version")
    if not _published_on(files):
        return _("{file} without a day of publication").format(file=release_file.CRATE)
    listed = catalog.get("resources")
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    hashes = {str(item.get("path")): str(item.get("hash")).removeprefix("sha256:") for item in items}
    known = {PACKAGE_FILE, release_file.README, release_file.CRATE, release_file.DCAT, *hashes}
    if unknown := [path for path in files if path not in known or not released.NAME.fullmatch(path)]:
        return _("{file}, which its catalog does not name").format(file=printable(unknown[0], 60))
    for path, mark in hashes.items():
        if path not in files:
            return _("no {file}").format(file=printable(path, 60))
        if released.digest(files[path]) != mark:
            return _("{file} with another hash than in its catalog").format(file=printable(path, 60))
    return "" if released.packed(files) == content else _("a zip that mssmap publish has not packed")


def _not_whole(name: str, fault: str) -> InputError:
    return InputError(
        _("{name}: is not whole: found {fault}. Nothing was changed: get the release again.").format(
            name=name, fault=fault.rstrip(".")
        )
    )


def _published_on(files: Mapping[str, bytes]) -> str:
    graph = _json(files, release_file.CRATE).get("@graph")
    roots = [item for item in graph if isinstance(item, dict)] if isinstance(graph, list) else []
    day = next((str(item.get("datePublished")) for item in roots if item.get("@id") == "./"), "")
    return day if released.PUBLISHED.fullmatch(day) else ""


def _json(files: Mapping[str, bytes], path: str) -> dict[str, Any]:
    try:
        found = json.loads(files.get(path, b"").decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

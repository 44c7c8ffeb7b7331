"""Making the file of a release: the next one, signed if there is a key, and an old one again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from mssmap.ingest import attach, pinned
from mssmap.records import released
from mssmap.records.catalog import read_version
from mssmap.records.released import Release
from mssmap.releases import publishing, release_file, signing
from mssmap.releases.publishing import Published, Sign
from mssmap.store import Store


def signer(pem: str) -> Sign:
    """
    Return what signs releases with the operator's key; without one they are unsigned.

    Raises
    ------
    InputError
        If it is no key.
    """
    if not pem:
        return publishing.unsigned
    key = signing.secret(pem)

    def sign(release: Release, content: bytes) -> str:
        return signing.sign(content, key, comment(release))

    return sign


def public_key(pem: str) -> str:
    """Return the public part of the operator's key as minisign writes it."""
    return signing.public(signing.secret(pem)).text


def comment(release: Release) -> str:
    """Return what is signed beside the file: product, version, day and name of the file."""
    name = release_file.name_of(release.version)
    return f"{release_file.PRODUCT} {release.version} {release.published_on} {name}"


def publish(store: Store, folder: Path, today: date, sign: Sign) -> Published:
    """
    Publish what was accepted in a store; see `publishing.publish` for the errors.

    A release that was taken over and is newer than the folder is brought into it first.
    """
    newest = pinned.newest_of(store)
    if newest is not None and released.order(newest.version) > released.order(read_version(folder)):
        publishing.bring(folder, newest.release, newest.files)
    return publishing.publish(folder, attach.accepted_of(store), today, sign)


def again(folder: Path, url: str, version: str) -> tuple[Release, bytes]:
    """
    Return an old release and its file, with the same bytes as when it was published.

    Raises
    ------
    NotFoundError
        If it is not here.
    DataError
        If what is kept of it was changed.
    """
    found = pinned.find(folder, url, version)
    return found.release, released.packed(found.files)

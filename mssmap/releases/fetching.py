"""A release from an address, only when somebody asks for it; nothing else in mssmap fetches data."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.jail.limits import printable
from mssmap.releases.incoming import LIMITS
from mssmap.version import __version__

SECONDS: Final = httpx.Timeout(60, connect=10)
THIS_MACHINE: Final = ("127.0.0.1", "localhost", "::1")
SIGNATURE: Final = ".minisig"
SIGNATURE_BYTES: Final = 10_000


def is_address(text: str) -> bool:
    """
    Say whether a text is an address on the web, not a file.

    >>> is_address("https://example.org/a.zip"), is_address("a.zip")
    (True, False)
    """
    return "://" in text


def named(text: str) -> str:
    """
    Return what messages call a file or an address.

    >>> named("https://example.org/a.zip?x=1"), named("/srv/a.zip")
    ('a.zip', 'a.zip')
    """
    return printable(Path(urlsplit(text).path if is_address(text) else text).name or text)


def both(text: str) -> tuple[bytes, str | None]:
    """
    Return a release and its signature, None if there is none beside it.

    Raises
    ------
    InputError
        If it cannot be had.
    """
    if not is_address(text):
        return _file(Path(text))
    parts = urlsplit(text)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in THIS_MACHINE):
        raise InputError(
            _("{address}: found {scheme}, required https. Nothing was fetched.").format(
                address=printable(text), scheme=printable(parts.scheme)
            )
        )
    if parts.username or parts.password:
        raise InputError(_("{address}: found a name or a password in it, required none.").format(address=named(text)))
    content = _fetched(text, LIMITS.file_bytes)
    if content is None:
        raise InputError(_("{address}: there is nothing. Nothing was changed.").format(address=printable(text)))
    signature = _fetched(parts._replace(path=parts.path + SIGNATURE).geturl(), SIGNATURE_BYTES)
    return content, None if signature is None else signature.decode("utf-8", "replace")


def _file(path: Path) -> tuple[bytes, str | None]:
    try:
        if path.stat().st_size > LIMITS.file_bytes:
            raise InputError(
                _("{name}: found {found} bytes, required a release, at most {most}. Nothing was changed.").format(
                    name=path.name, found=f"{path.stat().st_size:,}", most=f"{LIMITS.file_bytes:,}"
                )
            )
        content = path.read_bytes()
        beside = path.with_name(path.name + SIGNATURE)
        signature = beside.read_bytes()[:SIGNATURE_BYTES].decode("utf-8", "replace") if beside.exists() else None
    except OSError as error:
        raise InputError(
            _("{file}: cannot be read ({reason}). Nothing was changed.").format(
                file=path, reason=error.strerror or error
            )
        ) from error
    return content, signature


def _fetched(address: str, most: int) -> bytes | None:
    """Return what an address answers, None if there is nothing; no redirect is followed."""
    parts = []
    try:
        with httpx.stream(
            "GET", address, timeout=SECONDS, follow_redirects=False, headers={"User-Agent": f"mssmap/{__version__}"}
        ) as answer:
            if answer.status_code in (404, 410):
                return None
            if answer.status_code != 200:
                raise InputError(
                    _("{address}: answered {status}, required 200. Nothing was changed.").format(
                        address=printable(address), status=answer.status_code
                    )
                )
            size = 0
            for part in answer.iter_bytes():
                size += len(part)
                if size > most:
                    raise InputError(
                        _("{address}: found more than {most} bytes. Nothing was changed.").format(
                            address=printable(address), most=f"{most:,}"
                        )
                    )
                parts.append(part)
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise InputError(
            _("{address}: cannot be reached ({reason}). Nothing was changed.").format(
                address=printable(address), reason=printable(str(error) or type(error).__name__)
            )
        ) from error
    return b"".join(parts)

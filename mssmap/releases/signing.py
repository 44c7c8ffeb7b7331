"""
Signatures of files in the form of minisign, so that `minisign -V` checks ours and we check its.

Ed25519 over BLAKE2b-512 of the file (algorithm `ED`), and over that signature with the trusted comment. Form: minisign,
https://jedisct1.github.io/minisign/. The secret key is a PKCS#8 PEM of the operator; the id of a key is the start of
the BLAKE2b of its public part.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from mssmap.errors import InputError
from mssmap.i18n import gettext as _

HASHED: Final = b"ED"
PLAIN: Final = b"Ed"
ID_BYTES: Final = 8
SIGNATURE_BYTES: Final = 64
TRUSTED: Final = "trusted comment: "
UNTRUSTED: Final = "untrusted comment: "
MOST_CHARACTERS: Final = 4_000
SECRET: Final = "MSSMAP_RELEASE_SECRET"
KEYS: Final = "MSSMAP_RELEASE_KEYS"


@dataclass(frozen=True)
class Key:
    """A public key and its id."""

    key_id: bytes
    public: bytes

    @property
    def text(self) -> str:
        """The key as minisign writes it: 56 characters that begin with RW."""
        return base64.b64encode(PLAIN + self.key_id + self.public).decode()

    @property
    def shown(self) -> str:
        """The id as minisign shows it."""
        return self.key_id[::-1].hex().upper()


def secret(pem: str) -> Ed25519PrivateKey:
    """
    Read the operator's key.

    Raises
    ------
    InputError
        If it is no Ed25519 key in PEM without a password.
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(
            _(
                "{name}: found no key, required an Ed25519 key in PEM without a password "
                "(openssl genpkey -algorithm ed25519). Nothing was published."
            ).format(name=SECRET)
        )
    return key


def public(key: Ed25519PrivateKey) -> Key:
    """Return the public part of a key."""
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return Key(hashlib.blake2b(raw, digest_size=ID_BYTES).digest(), raw)


def read_key(text: str) -> Key:
    """
    Read a public key as minisign writes it.

    Raises
    ------
    InputError
        If it is none.
    """
    raw = _decoded(text)
    if len(raw) != 2 + ID_BYTES + 32 or raw[:2] != PLAIN:
        raise InputError(
            _(
                "{name}: found {found!r}, required public keys of minisign (56 characters from RW on), with commas."
            ).format(name=KEYS, found=text[:60])
        )
    return Key(raw[2 : 2 + ID_BYTES], raw[2 + ID_BYTES :])


def sign(content: bytes, key: Ed25519PrivateKey, comment: str) -> str:
    """Return the text of the `.minisig` of a file, with a trusted comment of one line."""
    signature = key.sign(_hashed(content))
    over_all = key.sign(signature + comment.encode())
    head = HASHED + public(key).key_id + signature
    shown = public(key).shown
    lines = (f"{UNTRUSTED}signature of mssmap, key {shown}", _encoded(head), TRUSTED + comment, _encoded(over_all))
    return "\n".join(lines) + "\n"


def verified(content: bytes, signature: str, keys: Sequence[Key], name: str) -> str:
    """
    Return the trusted comment of a signature after it was checked.

    Parameters
    ----------
    name
        What messages call the file.

    Raises
    ------
    InputError
        If it is no signature, of a key that is not trusted, or of another file.
    """
    lines = signature[:MOST_CHARACTERS].splitlines()
    head, comment, over_all = _parts(lines, name)
    key_id, made = head[2 : 2 + ID_BYTES], head[2 + ID_BYTES :]
    trusted = [key for key in keys if key.key_id == key_id]
    if not trusted:
        raise InputError(
            _("{name}: signed with key {found}, required one in {setting} ({keys}). Nothing was changed.").format(
                name=name,
                found=key_id[::-1].hex().upper(),
                setting=KEYS,
                keys=", ".join(key.shown for key in keys) or _("there is none"),
            )
        )
    signed = _hashed(content) if head[:2] == HASHED else content
    if not any(_holds(key, made, signed) and _holds(key, over_all, made + comment.encode()) for key in trusted):
        raise InputError(
            _(
                "{name}: the signature is not that of this file; one of both was changed. Get both again. "
                "Nothing was changed."
            ).format(name=name)
        )
    return comment


def _parts(lines: Sequence[str], name: str) -> tuple[bytes, str, bytes]:
    """Return the signature with its head, the trusted comment, and the signature over both."""
    sound = len(lines) >= 4 and lines[0].startswith(UNTRUSTED) and lines[2].startswith(TRUSTED)
    head, over_all = (_decoded(lines[1]), _decoded(lines[3])) if sound else (b"", b"")
    if (
        len(head) != 2 + ID_BYTES + SIGNATURE_BYTES
        or head[:2] not in (HASHED, PLAIN)
        or len(over_all) != SIGNATURE_BYTES
    ):
        raise InputError(
            _("{name}.minisig: found no signature, required one in the form of minisign. Get it again.").format(
                name=name
            )
        )
    return head, lines[2].removeprefix(TRUSTED), over_all


def _holds(key: Key, signature: bytes, content: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _hashed(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=64).digest()


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""

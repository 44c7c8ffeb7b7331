"""Signatures in the form of minisign: ours, those of others, and what is none."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mssmap.errors import InputError
from mssmap.releases import signing

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
FILE = b"a release"


def pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_the_four_lines_of_minisign():
    """By the form: ED, id, Ed25519 over BLAKE2b-512 of the file; then over that signature and the comment."""
    text = signing.sign(FILE, signing.secret(pem(KEY)), "mssmap-haiti 2025.6.1 2025-06-30 a.zip")
    untrusted, head, trusted, over_all = text.splitlines()
    raw, both = base64.b64decode(head), base64.b64decode(over_all)
    assert (raw[:2], raw[2:10], len(raw)) == (b"ED", signing.public(KEY).key_id, 74)
    KEY.public_key().verify(raw[10:], hashlib.blake2b(FILE).digest())
    KEY.public_key().verify(both, raw[10:] + b"mssmap-haiti 2025.6.1 2025-06-30 a.zip")
    assert untrusted.startswith("untrusted comment: ")
    assert trusted == "trusted comment: mssmap-haiti 2025.6.1 2025-06-30 a.zip"
    public = signing.public(KEY).text
    assert (public[:2], len(public), signing.read_key(public)) == ("RW", 56, signing.public(KEY))


@pytest.mark.skipif(shutil.which("minisign") is None, reason="minisign is not installed")
def test_minisign_takes_it(tmp_path):
    (tmp_path / "a").write_bytes(FILE)
    (tmp_path / "a.minisig").write_text(signing.sign(FILE, KEY, "comment"), encoding="utf-8")
    command = ["minisign", "-V", "-P", signing.public(KEY).text, "-m", str(tmp_path / "a")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_signature_of_before_is_taken_too():
    """The old form signs the file itself."""
    made = KEY.sign(FILE)
    head = base64.b64encode(b"Ed" + signing.public(KEY).key_id + made).decode()
    over_all = base64.b64encode(KEY.sign(made + b"c")).decode()
    text = f"untrusted comment: x\n{head}\ntrusted comment: c\n{over_all}\n"
    assert signing.verified(FILE, text, [signing.public(KEY)], "a.zip") == "c"


@pytest.mark.parametrize(
    ("change", "keys", "said"),
    [
        (lambda text: text, [OTHER], "a.zip: signed with key .*, required one in MSSMAP_RELEASE_KEYS"),
        (lambda text: text, [], "required one in MSSMAP_RELEASE_KEYS .there is none."),
        (lambda text: text.replace("2025-06-30", "2026-06-30"), [KEY], "the signature is not that of this file"),
        (lambda text: text[:80], [KEY], "a.zip.minisig: found no signature, required one in the form of minisign"),
        (lambda _text: "\x00" * 5_000, [KEY], "found no signature"),
    ],
)
def test_what_is_not_signed_by_a_trusted_key(change, keys, said):
    text = change(signing.sign(FILE, KEY, "mssmap-haiti 2025.6.1 2025-06-30 a.zip"))
    with pytest.raises(InputError, match=said):
        signing.verified(FILE, text, [signing.public(key) for key in keys], "a.zip")


def test_another_file_is_not_what_was_signed():
    text = signing.sign(FILE, KEY, "c")
    with pytest.raises(InputError, match="the signature is not that of this file"):
        signing.verified(FILE + b"!", text, [signing.public(KEY)], "a.zip")


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----"])
def test_what_is_no_key_of_an_operator(text):
    with pytest.raises(InputError, match=r"MSSMAP_RELEASE_SECRET: found no key, required an Ed25519 key in PEM"):
        signing.secret(text)


@pytest.mark.parametrize("text", ["", "RW", "not a key", base64.b64encode(b"EX" + bytes(40)).decode()])
def test_what_is_no_public_key(text):
    with pytest.raises(InputError, match=r"MSSMAP_RELEASE_KEYS: found .*, required public keys of minisign"):
        signing.read_key(text)

"""Which letters the bytes of a text stand for, found from the text: nobody says it truly."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from typing import Final

USUAL: Final = frozenset("éèêëàâäîïôöûùüçñáíóúòÉÈÊËÀÂÎÏÔÖÛÙÜÇÑÁÍÓÚÒœŒæÆ’‘“”«»–—…°ºª¿¡€·•\u00a0\u202f")
"""Letters and signs beyond ASCII in French, Creole, Spanish and English."""

BYTEWISE: Final = ("cp1252", "mac_roman", "cp850")
"""Encodings of one byte a letter in which files of this field come: of Windows, of old Macs, of DOS."""

TITLES: Final = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "cp850": "code page 850 of DOS"}

LOOKED_AT: Final = 4_000_000

_MULTI: Final = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def is_utf8(content: bytes) -> bool:
    """
    Say whether letters beyond ASCII are written in UTF-8; a letter that was cut at the end of a cell is no objection.

    >>> is_utf8("Pétion-Ville Gonaïves".encode()), is_utf8("Pétion-Ville".encode("cp1252"))
    (True, False)
    """
    start = content[:LOOKED_AT]
    whole = len(_MULTI.findall(start))
    rest = sum(code >= 0x80 for code in _MULTI.sub(b"", start))
    return whole > 4 * rest


WIDE: Final = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def bytewise(content: bytes) -> str:
    """
    Return the encoding of one byte a letter by which the most letters are usual ones; the first of equals.

    >>> bytewise("Pétion-Ville, Gonaïves".encode("mac_roman")), bytewise("Pétion-Ville".encode("cp1252"))
    ('mac_roman', 'cp1252')
    >>> bytewise("Gonaïves".encode("mac_roman"))
    'mac_roman'
    """
    beyond = Counter(content[:LOOKED_AT])
    within = Counter(found[1] for found in _WITHIN.findall(content[:LOOKED_AT]))
    scores = {encoding: _score(beyond, within, encoding) for encoding in BYTEWISE}
    return max(scores, key=scores.__getitem__)


_WITHIN: Final = re.compile(rb"[A-Za-z][\x80-\xff](?=[A-Za-z])")


def _score(beyond: Counter[int], within: Counter[int], encoding: str) -> int:
    """Count usual letters for an encoding, and others and signs within words against it."""
    score = 0
    for code, times in within.items():
        letter = bytes([code]).decode(encoding, "replace")
        score -= 0 if letter.isalpha() or letter == "’" else 4 * times
    for code, times in beyond.items():
        if code < 0x80:
            continue
        letter = bytes([code]).decode(encoding, "replace")
        score += times if letter in USUAL else -2 * times if letter.isalpha() else -3 * times
    return score


def wide(content: bytes) -> str:
    """
    Return the encoding of a text in UTF-16, also one that does not say so; empty for other texts.

    >>> wide("a,b".encode("utf-16-le")), wide("é,b".encode("utf-16")), wide(b"a,b")
    ('utf-16-le', 'utf-16', '')
    """
    for mark, encoding in WIDE:
        if content.startswith(mark):
            return encoding
    start = content[:2000]
    half = len(start) // 2
    if half and start[1::2].count(0) > 0.4 * half and not start[0::2].count(0):
        return "utf-16-le"
    if half and start[0::2].count(0) > 0.4 * half and not start[1::2].count(0):
        return "utf-16-be"
    return ""

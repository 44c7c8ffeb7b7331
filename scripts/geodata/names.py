"""Names as keys, and in four languages."""

from __future__ import annotations

import re
import unicodedata

from geodata.base import Row


def key_of(name: str) -> str:
    """A name without accents, case, hyphens and blanks, for comparing."""
    plain = unicodedata.normalize("NFD", name.lower().replace("œ", "oe"))
    return re.sub(r"[^a-z0-9]", "", plain)


def slug_of(name: str) -> str:
    """A name as lower-case ASCII words joined by hyphens."""
    plain = unicodedata.normalize("NFD", name.lower().replace("œ", "oe")).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def names_in(name_fr: str, table: dict[str, Row]) -> dict[str, str]:
    """The four name columns; a language without an own form uses the French name."""
    row = table.get(key_of(name_fr), {})
    return {
        "name_fr": name_fr,
        **{column: row.get(column) or name_fr for column in ("name_en", "name_ht", "name_es")},
    }

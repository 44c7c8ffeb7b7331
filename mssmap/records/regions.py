"""
Departments, arrondissements, communes and their sections: look-up by P-code or name, what lies in what.

P-codes nest by prefix: HT (the country), HT01 (a department), HT011 (an arrondissement), HT0111 (a commune), HT0111-01
(a communal section).
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd
import shapely

from mssmap.errors import InputError, NotFoundError
from mssmap.i18n import gettext as _

if TYPE_CHECKING:
    from mssmap.records.catalog import Data

COUNTRY_PCODE = "HT"
LEVELS = {2: "country", 4: "department", 5: "arrondissement", 6: "commune"}
LAYER_OF_LEVEL = {"department": "departments", "commune": "communes", "arrondissement": "arrondissements"}
SECTIONS = "sections"
NAME_COLUMNS = ("name_fr", "name_en", "name_ht", "name_es")


@dataclass(frozen=True)
class Region:
    """A place that P-codes know; `names` by language code."""

    pcode: str
    level: str
    names: tuple[tuple[str, str], ...]

    def name(self, language: str = "en") -> str:
        """Return the name in a language, in French if there is none."""
        names = dict(self.names)
        return names.get(language) or names.get("fr") or self.pcode


COUNTRY = Region(COUNTRY_PCODE, "country", (("fr", "Haïti"), ("en", "Haiti"), ("ht", "Ayiti"), ("es", "Haití")))


def normalise(name: str) -> str:
    """
    Write a name without accents, capitals and punctuation, for comparing.

    >>> normalise("L’Asile") == normalise("l'asile"), normalise("Petit-Goâve")
    (True, 'petit goave')
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", plain.casefold()))


def level(pcode: str) -> str:
    """
    Return the level of a P-code.

    Raises
    ------
    InputError
        If it is not a Haitian P-code.
    """
    if not re.fullmatch(r"HT(\d\d\d?\d?)?", pcode):
        raise InputError(
            _("region: found {pcode!r}, required a P-code such as HT01 (department) or HT0111 (commune).").format(
                pcode=pcode
            )
        )
    return LEVELS[len(pcode)]


def parent(pcode: str) -> str | None:
    """
    Return the P-code of the region one level up, None for the country.

    >>> parent("HT0111"), parent("HT011"), parent("HT01"), parent("HT")
    ('HT011', 'HT01', 'HT', None)
    """
    return {"country": None, "department": pcode[:2], "arrondissement": pcode[:4], "commune": pcode[:5]}[level(pcode)]


def department(pcode: str) -> str | None:
    """Return the P-code of the department that a region is or lies in, None for the country."""
    return pcode[:4] if level(pcode) != "country" else None


@lru_cache(maxsize=4)
def all_regions(data: Data) -> tuple[Region, ...]:
    """Return the country, then all departments, communes and arrondissements; for their sections see `sections`."""
    return (COUNTRY, *(region for kind, layer in LAYER_OF_LEVEL.items() for region in _regions_of(data, layer, kind)))


@lru_cache(maxsize=4)
def sections(data: Data) -> Mapping[str, Region]:
    """Return all communal sections by P-code; no record is filtered by one, and many share a name."""
    return {section.pcode: section for section in _regions_of(data, SECTIONS, "section")}


def _regions_of(data: Data, layer: str, kind: str) -> Iterator[Region]:
    """Yield the areas of a layer; none if it is not in the package."""
    if layer not in data.datasets:
        return
    rows = data[layer]
    columns = [rows[column].tolist() for column in NAME_COLUMNS]
    for pcode, *names in zip(rows["pcode"].tolist(), *columns, strict=True):
        pairs = [(c.removeprefix("name_"), n) for c, n in zip(NAME_COLUMNS, names, strict=True) if n]
        yield Region(pcode, kind, tuple(pairs))


@lru_cache(maxsize=4)
def _index(data: Data) -> dict[str, Region]:
    """Return every region under its code and names, written for comparing."""
    index: dict[str, Region] = {}
    for region in all_regions(data):
        for name in (region.pcode, *(name for _language, name in region.names)):
            index.setdefault(normalise(name), region)
    return index


def find(data: Data, text: str) -> Region:
    """
    Return the region with a P-code or name, in any of the four languages, whatever accents and capitals.

    A name that several levels share means the department first, then the commune, then the arrondissement.

    Raises
    ------
    NotFoundError
        If there is none; the text names those that come close.
    """
    index = _index(data)
    key = normalise(text)
    if key in index:
        return index[key]
    close = [index[name] for name in difflib.get_close_matches(key, index, n=3, cutoff=0.7)]
    hint = ", ".join(f"{region.name('fr')} ({region.pcode})" for region in dict.fromkeys(close))
    raise NotFoundError(
        _("region: {text!r} is not a P-code or name of a department or commune.").format(text=text)
        + " "
        + (_("Did you mean {hint}?").format(hint=hint) if hint else _("Use for example HT01, Ouest or Delmas."))
    )


def within(rows: pd.DataFrame, pcode: str) -> pd.Series:
    """
    Say which rows surely lie in a region.

    Parameters
    ----------
    rows
        Rows with `commune_pcode` and `department_pcode`, or `area_pcode`, or `pcode`. A record that is only known to
        be in the department does not lie in one of its communes; the country holds every row, abroad or not.

    Raises
    ------
    InputError
        If the rows have none of these columns.
    """
    kind = level(pcode)
    if kind == "country":
        return pd.Series(True, index=rows.index)
    columns = [name for name in ("commune_pcode", "department_pcode", "area_pcode", "pcode") if name in rows]
    if not columns:
        raise InputError(_("region: these records have no place. Leave the region out."))
    inside = pd.Series(False, index=rows.index)
    for column in columns:
        inside |= rows[column].str.startswith(pcode)
    return inside


def maybe_within(rows: pd.DataFrame, pcode: str) -> pd.Series:
    """
    Say which rows may lie in a region because their place is only known more coarsely.

    Rows that surely lie in it (`within`) are not among them; events abroad never are.
    """
    if level(pcode) == "country":
        return pd.Series(False, index=rows.index)
    coarse = pd.Series(False, index=rows.index)
    if {"commune_pcode", "department_pcode"} <= set(rows.columns):
        own = rows["department_pcode"]
        home = rows["country"] == "HTI" if "country" in rows else pd.Series(True, index=rows.index)
        unknown = (rows["commune_pcode"] == "") & home
        coarse = unknown & ((own == "") | ((own == pcode[:4]) & (len(pcode) > 4)))
    return coarse & ~within(rows, pcode)


def at(data: Data, lon: float, lat: float, layer: str = "communes") -> Region | None:
    """
    Return the region that contains a point given in degrees, None if there is none (the sea, abroad).

    Boundaries are simplified by tens of metres: near one, trust the commune a person named.
    """
    rows = data[layer]
    hits = rows.sindex.query(shapely.Point(lon, lat), predicate="intersects")
    if not len(hits):
        return None
    pcode = rows["pcode"].iloc[min(hits)]
    return sections(data)[pcode] if layer == SECTIONS else find(data, pcode)

"""Names of columns on request: COD-AB, the names of OCHA's boundary files, and HXL hashtags."""

from __future__ import annotations

from typing import Final

from mssmap.exports.parts import Column, Part
from mssmap.i18n import LANGUAGES

_LEVELS: Final = {"departments": 1, "communes": 2}
"""Our layers and their level in COD-AB; arrondissements are no level of it."""

_NAMES: Final = {"name_fr": "name", "name_en": "name1", "name_ht": "name2", "name_es": "name3"}

_EVERYWHERE: Final = {"department_pcode": "adm1_pcode", "commune_pcode": "adm2_pcode"}


def cod_ab(layer: str) -> dict[str, str]:
    """
    Return our names of columns and those of COD-AB (the lower-case schema of today) for a layer or table.

    The first language of the names is French, then English, Kreyol and Spanish.

    >>> cod_ab("departments")["pcode"], cod_ab("fobs")["commune_pcode"]
    ('adm1_pcode', 'adm2_pcode')
    """
    if layer not in _LEVELS:
        return dict(_EVERYWHERE)
    level = _LEVELS[layer]
    names = {own: f"adm{level}_{theirs}" for own, theirs in _NAMES.items()}
    above = {"parent_pcode": "adm0_pcode"} if level == 1 else {}
    return {"pcode": f"adm{level}_pcode", **names, **above, "area_km2": "area_sqkm"}


def renamed(part: Part, names: dict[str, str]) -> Part:
    """Return a part whose columns have other names in the file."""
    columns = [_rename(column, names.get(column.name, column.written)) for column in part.columns]
    mapping = {old.written: new.written for old, new in zip(part.columns, columns, strict=True)}
    return part.with_columns(columns, part.frame.rename(columns=mapping))


def _rename(column: Column, written: str) -> Column:
    return Column(column.name, column.type, column.unit, column.description, written)


_TAGS: Final = {
    "pcode": "#adm+code",
    "commune_pcode": "#adm2+code",
    "department_pcode": "#adm1+code",
    "area_pcode": "#adm+code",
    "parent_pcode": "#adm+code+parent",
    "place": "#loc+name",
    "country": "#country+name",
    "lon": "#geo+lon",
    "lat": "#geo+lat",
    "utm_x": "#geo+x",
    "utm_y": "#geo+y",
    "wkt": "#geo+wkt",
    "location_precision": "#geo+precision",
    "status": "#status",
    "status_from": "#date+start",
    "status_to": "#date+end",
    "valid_from": "#date+start",
    "valid_to": "#date+end",
    "period_start": "#date+start",
    "period_end": "#date+end",
    "date": "#date",
    "known_from": "#date+known",
    "recorded_on": "#date+recorded",
    "published_on": "#date+published",
    "last_seen": "#date+seen",
    "category": "#event+type",
    "title": "#event+name",
    "operator": "#org+operator",
    "actors": "#org+actors",
    "armed_group": "#group+armed",
    "population": "#population",
    "indicator": "#indicator+name",
    "value": "#indicator+value",
    "personnel": "#capacity+personnel",
    "url": "#meta+source+url",
    "source_ids": "#meta+source+ids",
    "source_id": "#meta+source+id",
    "note": "#description+note",
    "status_note": "#description+status",
}
"""Hashtags of HXL 1.1 by our name of a column."""


def hashtag(column: Column, layer: str) -> str:
    """
    Return the HXL hashtag of a column; those that HXL has no word for are `#meta`.

    >>> hashtag(Column("name_fr"), "communes"), hashtag(Column("stale", "boolean"), "fobs")
    ('#adm2+name+i_fr', '#meta+stale')
    """
    level = f"#adm{_LEVELS[layer]}" if layer in _LEVELS else "#loc"
    if column.name == "pcode" and layer in _LEVELS:
        return f"{level}+code"
    base, _, language = column.name.rpartition("_")
    if language in LANGUAGES and base in {"name", "title"}:
        stem = "#event" if base == "title" else level
        return f"{stem}+name+i_{language}"
    return _TAGS.get(column.name, f"#meta+{column.name}")

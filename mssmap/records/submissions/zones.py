"""The units of a zone as somebody hands them in: what follows from their P-codes, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mssmap.i18n import gettext as _
from mssmap.records import kinds, regions, units
from mssmap.records.catalog import Data
from mssmap.records.submissions.faults import Faults
from mssmap.records.submissions.submission import NEW, Submission

LEVELS: Final = {length: unit for unit, length in units.CODE_LENGTH.items()}
"""Length of a P-code -> the unit that it names."""


def is_about_one(item: Submission, cells: Mapping[str, str]) -> bool:
    """Say whether a submission is about a zone or an assessment of one."""
    layer = kinds.layer_of(item.record_id or cells.get("record_id", "")) if item.kind == "status" else None
    return item.table == units.ZONES or (layer is not None and layer.name == units.ZONES)


def complete(item: Submission, cells: dict[str, str], data: Data) -> None:
    """Fill in the level of the units that are named, and for a new zone where they lie."""
    codes = units.codes(cells.get("unit_pcodes", ""))
    levels = {LEVELS.get(len(code), "") for code in codes}
    if "unit" not in item.fields and (codes or cells.get("uncertainty_m")):
        cells["unit"] = (levels.pop() if len(levels) == 1 else "") if codes else units.PLACE
    shape = units.shape_of(data, codes) if all(code in units.outlines(data) for code in codes) else None
    if item.change != NEW or item.table != units.ZONES or shape is None:
        return
    for length, column in ((6, "commune_pcode"), (4, "department_pcode")):
        within = {code[:length] for code in codes if len(code) >= length}
        if len(within) == 1:
            cells.setdefault(column, within.pop())
    names = [regions.sections(data).get(code) or regions.find(data, code) for code in codes]
    cells.setdefault("place", ", ".join(region.name("fr") for region in names))
    cells.setdefault("location_precision", "commune" if "commune_pcode" in cells else "department")
    if not cells.get("lon"):
        inside = shape.representative_point()
        cells["lon"], cells["lat"] = f"{inside.x:.5f}", f"{inside.y:.5f}"


def check(item: Submission, cells: Mapping[str, str], data: Data, faults: Faults) -> None:
    """Add what is wrong with the units: none, one that is not there, several levels, or a place without metres."""
    named = any(item.fields.get(name) for name in units.COLUMNS)
    if not is_about_one(item, cells) or not (named or (item.table == units.ZONES and item.change == NEW)):
        return
    codes, known = units.codes(cells.get("unit_pcodes", "")), units.outlines(data)
    if missing := [code for code in codes if code not in known]:
        faults.add("unit_pcodes", ";".join(missing), _("P-codes of departments, communes or sections that are there"))
    elif len({len(code) for code in codes}) > 1:
        faults.add("unit_pcodes", ";".join(codes), _("units of one level: departments, communes or sections"))
    elif codes and cells.get("unit") != LEVELS[len(codes[0])]:
        faults.add("unit", cells.get("unit", ""), _("{unit}, as the P-codes say").format(unit=LEVELS[len(codes[0])]))
    elif not codes and cells.get("unit") not in ("", None, units.PLACE):
        faults.add("unit_pcodes", "", _("the P-codes of the units"))
    elif not codes and not cells.get("uncertainty_m"):
        faults.add("unit_pcodes", "", _("the units that the source names, or for a place its uncertainty in metres"))

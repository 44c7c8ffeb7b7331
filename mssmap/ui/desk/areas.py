"""Where a zone is: the units that a source names, picked by name, or a place with its uncertainty."""

from __future__ import annotations

from typing import Final

from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.records import regions, units
from mssmap.records.catalog import Data
from mssmap.ui.cache import of_the_data
from mssmap.ui.desk import draft, fields, numbers, words, written

SPACE: Final = " · "


def titles() -> dict[str, str]:
    """Return every department, commune and section by P-code, with its name and that of what it lies in."""
    return _titles(current())


@of_the_data(maxsize=4)
def _titles(of: Data, language: str) -> dict[str, str]:
    found = {region.pcode: region for region in regions.sections(of).values()}
    found |= {pcode: regions.find(of, pcode) for pcode in units.outlines(of) if pcode not in found}
    kinds = {"department": _("department"), "commune": _("commune"), "section": _("section")}
    names = {pcode: region.name(language) for pcode, region in found.items()}
    above = {"section": 6, "commune": 4, "department": 2}
    return {
        pcode: SPACE.join(
            filter(
                None,
                [names[pcode], kinds[found[pcode].level], names.get(pcode[: above[found[pcode].level]], ""), pcode],
            )
        )
        for pcode in sorted(found, key=lambda one: (len(one), names[one]))
    }


def asked(form: str, *, new: bool) -> None:
    """
    Ask for group, coalition and extent of an assessment, and of a new zone.

    Parameters
    ----------
    new
        Whether it is a new zone, of which the extent is required; an assessment has one only if it names another.
    """
    fields.line(form, "armed_group", words.column("armed_group"))
    groups = numbers.words_of("status", "coalition")
    fields.choice(form, "coalition", words.column("coalition"), groups, str, more=True)
    if not new:
        fields.line(form, "share_pct", words.column("share_pct"))
    known = titles()
    filled = [n for n in range(1, written.UNITS + 1) if draft.value(form, f"unit {n}")]
    for n in range(1, min(max(filled, default=0) + 1, written.UNITS) + 1):
        label = _("Unit that the source names") if new else _("Unit, if the source names another")
        fields.choice(form, f"unit {n}", label if n == 1 else _("Unit {n}").format(n=n), list(known), known.__getitem__)
    if not filled:
        label = _("Or a place: metres that it may be away")
        fields.line(form, "uncertainty_m", label, placeholder="1000")

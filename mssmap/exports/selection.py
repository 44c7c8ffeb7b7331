"""What is exported (which layers, on which day, narrowed how) and in which form (format, CRS, names of columns)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from mssmap import values
from mssmap.crs import METRIC, WGS84
from mssmap.errors import InputError
from mssmap.exports.formats import FORMATS
from mssmap.i18n import gettext as _
from mssmap.legend import layers
from mssmap.records import evidence
from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks

SCHEMAS = ("mssmap", "cod-ab", "hxl")
"""Names of columns: our own, those of the boundaries of OCHA (COD-AB), our own with a row of HXL hashtags below."""


@dataclass(frozen=True)
class Selection:
    """
    What is exported.

    Attributes
    ----------
    names
        Layers and tables of the catalog.
    filters
        What narrows their rows down; `plans` counts for figures of events also.
    release
        Version of the release that it is of; empty for the data as they stand.

    Raises
    ------
    InputError
        If there is no name or one twice.
    """

    names: tuple[str, ...]
    filters: Filters
    release: str = ""

    def __post_init__(self) -> None:
        if not self.names or len(set(self.names)) < len(self.names):
            found = ", ".join(self.names) or "nothing"
            raise InputError(
                _("layers: found {found}, required one or more layers or tables, each once.").format(found=found)
            )

    def to_json(self) -> dict[str, Any]:
        """Return the selection as plain values, for the proof."""
        pin = {"release": self.release} if self.release else {}
        return {"layers": list(self.names), **self.filters.to_json(), **pin}

    @property
    def link(self) -> str:
        """Address, below that of the app, which opens the view on the map."""
        listed = [name for name in layers.GROUPS if name in self.names or (name == "regions" and self._has_regions)]
        asked = self.filters.to_json()
        pairs = {
            "as_of": asked["as_of"],
            "known_on": asked["known_on"],
            "grade": asked["grade"] if asked["grade"] != evidence.LOWEST else None,
            "region": asked["region"],
            "layers": ",".join(listed),
            "category": asked["category"],
            "from": asked["from"],
            "to": asked["to"],
            "release": self.release,
        }
        given = {key: value for key, value in pairs.items() if value}
        return f"/?{urlencode(given, doseq=True, safe=',')}"

    @property
    def _has_regions(self) -> bool:
        return bool({"departments", "communes"} & set(self.names))


def from_json(value: Any) -> Selection:
    """
    Read a selection from a proof, which may have been edited.

    Raises
    ------
    InputError
        If it is not one; the text names all faults.
    """
    reader = values.Reader()
    optional = ("grade", "region", "from", "to", "category", "plans", "release")
    found = reader.record(value, "filter", ("layers", "as_of", "known_on"), optional)
    given = {key: item for key, item in found.items() if item is not None}
    names = reader.texts(given, "layers", "filter")
    clocks = Clocks(reader.day(given, "as_of", "filter"), reader.day(given, "known_on", "filter"))
    grade = reader.text(given, "grade", "filter", evidence.LOWEST)
    region = reader.text(given, "region", "filter") or None
    days = {key: reader.day(given, key, "filter") if key in given else None for key in ("from", "to")}
    categories = reader.texts(given, "category", "filter")
    plans = reader.flag(given, "plans", "filter", default=True)  # a proof of before they were told apart has both
    release = reader.text(given, "release", "filter") if "release" in given else ""
    made = reader.make(
        lambda: Selection(
            names,
            Filters(clocks, evidence.parse_threshold(grade), region, days["from"], days["to"], categories, plans),
            release,
        )
    )
    if reader.faults or made is None:
        raise InputError(_("proof: {found}. Export the file again.").format(found="; ".join(reader.faults)))
    return made  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Form:
    """
    In which form it is exported.

    Attributes
    ----------
    format
        Key of `formats.FORMATS`.
    crs
        `crs.WGS84`, or `crs.METRIC` where the format allows it.
    schema
        One of `SCHEMAS`.
    sidecar
        False leaves the proof out where the format cannot hold it.

    Raises
    ------
    InputError
        If one of them is not known or they do not go together.
    """

    format: str
    crs: str = WGS84
    schema: str = "mssmap"
    sidecar: bool = field(default=True)

    def __post_init__(self) -> None:
        known: Mapping[str, tuple[str, ...]] = {
            "format": tuple(FORMATS),
            "crs": (WGS84, METRIC),
            "schema": SCHEMAS,
        }
        for name, choices in known.items():
            found = getattr(self, name)
            if found not in choices:
                word = "columns" if name == "schema" else name
                raise InputError(
                    _("{word}: found {found!r}, required one of {choices}.").format(
                        word=word, found=str(found), choices=", ".join(choices)
                    )
                )
        chosen = FORMATS[self.format]
        if self.crs != WGS84 and not chosen.metric:
            able = ", ".join(name for name, item in FORMATS.items() if item.metric)
            raise InputError(
                _("crs: found {crs}, but {title} holds {wgs84} only. Use it, or one of {able}.").format(
                    crs=self.crs, title=chosen.title, wgs84=WGS84, able=able
                )
            )
        if self.schema == "hxl" and not chosen.hxl:
            able = " or ".join(name for name, item in FORMATS.items() if item.hxl)
            raise InputError(
                _("columns: hxl is a row of hashtags that {title} has no place for. Use {able}.").format(
                    title=chosen.title, able=able
                )
            )

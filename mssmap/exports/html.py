"""One HTML file with the interactive map, the records it shows as GeoJSON, and the proof; it needs no network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from mssmap import settings
from mssmap.errors import InputError
from mssmap.exports import proof, writers
from mssmap.exports.extract import Extract
from mssmap.i18n import gettext as _
from mssmap.legend import layers
from mssmap.maps import standalone, view
from mssmap.store import disk

PART: Final = '<script type="application/geo+json">'
"""Begin of a script element that holds a layer; its content is JSON without any <."""


def write(path: Path, extract: Extract) -> None:
    """
    Write the map of the layers chosen, with their records and the proof.

    Raises
    ------
    InputError
        If the extract was put together without the data behind the map.
    """
    if extract.data is None:
        raise InputError(_("html: found no data behind the export, required those of mssmap.load()."))
    chosen, filters = extract.selection, extract.selection.filters
    start, end = filters.start or standalone.FIRST_DAY, filters.end or filters.clocks.as_of
    document = json.loads(proof.write(extract.document()))
    snapshot = standalone.Snapshot(
        filters=filters.within((min(start, end), max(start, end))),
        today=settings.today(),
        title=str(document["title"]),
        names=chosen.names,
        options=view.Options(_switched_on(chosen.names)),
        proof=document,
        parts=tuple(_geojson(extract.only([part])) for part in extract.parts),
    )
    path.write_bytes(standalone.page(extract.data, snapshot))


def _switched_on(names: tuple[str, ...]) -> tuple[str, ...]:
    groups = [layer.id for name in names if name in layers.GROUPS for layer in layers.GROUPS[name]]
    single = [name for name in names if name in layers.ALL]
    return tuple(dict.fromkeys([*groups, *single, "departments"]))


def _geojson(extract: Extract) -> str:
    """Return one part as the GeoJSON export has it, but for the proof, which the page holds once."""
    with disk.work_folder(disk.WORK) as folder:
        made = folder / "part"
        writers.geojson(made, extract, with_proof=False)
        return made.read_text(encoding="utf-8")

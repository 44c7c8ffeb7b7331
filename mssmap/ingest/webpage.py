"""The HTML map that mssmap exports: the layers and the proof inside it, read as text; nothing in it is run."""

from __future__ import annotations

import re

from mssmap.i18n.phrases import phrase
from mssmap.ingest import geojson
from mssmap.ingest.table import Parsed
from mssmap.jail.limits import Limits, refused

LAYER = re.compile(rb'<script type="application/geo\+json">([^<]*)</script>')
PROOF = re.compile(rb'<script type="application/json" id="mssmap-proof">([^<]*)</script>')


def parse(content: bytes, name: str, limits: Limits) -> Parsed:
    """
    Read the layers of an exported HTML map.

    Raises
    ------
    RefusedError
        If it is another web page.
    """
    parsed = Parsed("html")
    for layer in LAYER.findall(content):
        (table,) = geojson.parse(layer, name, limits).tables
        if table.geometry is not None and not any(table.geometry):
            table.geometry, table.crs = None, ""  # a table goes in as features without a place
        parsed.tables.append(table)
    if not parsed.tables:
        raise refused(
            phrase("a web page"),
            phrase("a file of data, or an HTML map that mssmap exported"),
            phrase("Ask for the data behind it."),
        )
    found = PROOF.search(content)
    parsed.proof = geojson.load_json(found[1], limits) if found else None
    return parsed

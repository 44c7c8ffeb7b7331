"""The page of a pack that opens without a network, with the map and the dial."""

from __future__ import annotations

from mssmap import i18n
from mssmap.brief.content import Content
from mssmap.maps import standalone, streets, view
from mssmap.records.catalog import Data


def page(data: Data, content: Content) -> bytes:
    """Return the page: the map of the app at the view of the pack, with its highlights and what changed below."""
    brief = content.brief
    snapshot = standalone.Snapshot(
        filters=brief.filters,
        today=brief.clocks.known_on,
        title=content.title,
        box=brief.extent or streets.CAPITAL,
        options=view.Options(on=brief.layers, notes=(content.classification, content.number)),
        lines=(
            f"{content.subtitle} · {content.classification} · {content.number}",
            *content.highlights,
            content.changes_title,
            *content.changes.lines,
            *(line for table in content.tables for line in table.lines),
            f"{content.disclaimer} {content.created}",
        ),
    )
    with i18n.speaking(brief.lang):
        return standalone.page(data, snapshot)

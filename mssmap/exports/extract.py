"""An export before it is written: its parts as the format keeps them, its proof, its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mssmap.exports import kept, parts, proof
from mssmap.exports.formats import FORMATS, Format
from mssmap.exports.parts import Part
from mssmap.exports.selection import Form, Selection
from mssmap.i18n import gettext as _
from mssmap.records import regions
from mssmap.records.catalog import Data
from mssmap.records.evidence import SourceRecord


@dataclass(frozen=True, eq=False)
class Extract:
    """
    Everything that is written.

    Attributes
    ----------
    parts
        As the format keeps them.
    entries
        What the proof says about each part, in the same order.
    losses
        What the format loses, one sentence each.
    sources
        The sources cited.
    data
        Where it was read from, for a format that draws a map; None if it was put together from parts.
    """

    selection: Selection
    form: Form
    parts: tuple[Part, ...]
    entries: tuple[proof.Entry, ...]
    losses: tuple[str, ...]
    sources: tuple[SourceRecord, ...]
    fingerprint: str
    data: Data | None = None

    @property
    def format(self) -> Format:
        """The format that was asked for."""
        return FORMATS[self.form.format]

    @property
    def name(self) -> str:
        """
        Name of the export without suffix: one layer is called by its name, several by what they are of.
        """
        names = self.selection.names
        stem = names[0] if len(names) == 1 else "mssmap"
        return f"HTI_{stem}_{self.selection.filters.clocks.as_of:%Y%m%d}"

    def only(self, chosen: Sequence[Part]) -> Extract:
        """Return the extract with some of its parts; the selection stays that of the whole."""
        pairs = [(part, entry) for part, entry in zip(self.parts, self.entries, strict=True) if part in chosen]
        return replace(self, parts=tuple(part for part, _ in pairs), entries=tuple(entry for _, entry in pairs))

    def document(self) -> proof.Document:
        """Return the proof."""
        return proof.document(
            self.selection,
            self.form,
            self.entries,
            sources=self.sources,
            losses=self.losses,
            fingerprint=self.fingerprint,
            release=self.data.release if self.data else "",
        )


def build(data: Data, selection: Selection, form: Form) -> Extract:
    """
    Return an export of the data.

    Raises
    ------
    NotFoundError, InputError
        See `parts.read`.
    """
    selection = replace(selection, release=data.release if data.pinned else "")
    if selection.filters.region:
        pcode = regions.find(data, selection.filters.region).pcode
        selection = replace(selection, filters=replace(selection.filters, region=pcode))
    found = parts.read(data, selection)
    chosen = FORMATS[form.format]
    if chosen.one_kind:
        found = [one for part in found for one in parts.by_kind(part, areas=chosen.geometry == "native")]
    split = [part for part in found if chosen.one_shape and len(parts.by_shape(part)) > 1]
    if chosen.one_shape:
        found = [one for part in found for one in parts.by_shape(part)]
    with_tables = has_tables(selection, form)
    if with_tables and "events" in selection.names and "figures" not in selection.names:
        found.append(parts.figures_of(data, selection, found))
    table, sources = parts.cited_sources(data, selection, found)
    if table is not None and "sources" not in selection.names and with_tables:
        found.append(table)
    built = assemble(found, selection, form, sources=sources, fingerprint=data.fingerprint)
    losses = (
        *built.losses,
        *map(_split, split),
        *_not_narrowed(data, selection),
        *_left_out(data, selection),
        *_announced(data, selection),
    )
    return replace(built, data=data, losses=losses)


def _split(part: Part) -> str:
    return _("{layer}: its points, lines and areas are in a file each, because a shapefile holds one kind.").format(
        layer=part.name
    )


def _not_narrowed(data: Data, selection: Selection) -> list[str]:
    if not selection.filters.region:
        return []
    text = _("{layer}: its rows have no place, so all are there, in {region} or not.")
    return [
        text.format(layer=name, region=selection.filters.region)
        for name in selection.names
        if not parts.is_narrowed(data.dataset(name))
    ]


def _left_out(data: Data, selection: Selection) -> list[str]:
    if "events" not in selection.names or not parts.is_imported(data, data["events"]).any():
        return []
    return [_("events: those that were imported are left out; each import is a layer of its own, with its licence.")]


def _announced(data: Data, selection: Selection) -> list[str]:
    if "events" not in selection.names or selection.filters.plans:
        return []
    with_plans, without = (Selection(("events",), replace(selection.filters, plans=plans)) for plans in (True, False))
    n = len(parts.read(data, with_plans)[0].frame) - len(parts.read(data, without)[0].frame)
    return (
        [_("events: {n} that were announced, not reported as done, are left out; ask for plans.").format(n=n)]
        if n
        else []
    )


def has_tables(selection: Selection, form: Form) -> bool:
    """Say whether sources cited and figures of events come as tables: where a format holds no lists, and has room."""
    chosen = FORMATS[form.format]
    return not chosen.nested and (chosen.many or len(selection.names) > 1 or (form.sidecar and not chosen.proof))


def assemble(
    found: Sequence[Part], selection: Selection, form: Form, *, sources: Sequence[SourceRecord] = (), fingerprint: str
) -> Extract:
    """Return an export of parts that were read already."""
    held, entries = [], []
    losses: dict[str, list[str]] = {}
    tables = parts.whole_tables(found)
    for part in found:
        flat, lists = kept.without_lists(part, tables)
        nested = kept.held_as(part, form).nested
        reduced, lost = kept.keep(part if nested else flat, form)
        held.append(reduced)
        entries.append(proof.entry(flat, reduced))
        for sentence in lost if nested else [*lists, *lost]:
            losses.setdefault(sentence, []).append(part.name)
    return Extract(
        selection=selection,
        form=form,
        parts=tuple(held),
        entries=tuple(entries),
        losses=tuple(f"{', '.join(layers)}: {sentence}" for sentence, layers in losses.items()),
        sources=tuple(sources),
        fingerprint=fingerprint,
    )

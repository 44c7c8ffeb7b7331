"""Taking a release over: looked at as a whole first, then all of it at once, beside what is local."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mssmap.errors import InputError
from mssmap.i18n import gettext as _
from mssmap.ingest import attach
from mssmap.ingest.pinned import Held
from mssmap.records import released
from mssmap.releases import against, incoming
from mssmap.releases.against import Clash, RowChange
from mssmap.store import Store, inbox, taken
from mssmap.store.taken import Decided

SHOWN = 10
"""Rows that a message names."""


@dataclass(frozen=True)
class Looked:
    """
    A release that could be taken over.

    Attributes
    ----------
    changes
        What it changes, row by row, against the release that is here.
    clashes
        Rows accepted here that it has otherwise and about which nobody has decided.
    decided
        What becomes of submissions.
    seen
        State of the inbox that this was worked out from.
    """

    held: Held
    changes: tuple[RowChange, ...]
    clashes: tuple[Clash, ...]
    decided: tuple[Decided, ...]
    seen: tuple[int, int]

    @property
    def published(self) -> int:
        """How many submissions of here stand in the release as they were accepted."""
        return sum(one.state == inbox.PUBLISHED for one in self.decided)


def look(
    store: Store,
    folder: Path,
    url: str,
    content: bytes,
    signature: str | None,
    *,
    name: str,
    keys: Sequence[str],
    unsigned: bool = False,
    ours: Collection[str] = (),
    theirs: Collection[str] = (),
) -> Looked:
    """
    Check a release and work out what it would do; nothing is changed.

    Parameters
    ----------
    folder, url
        Of the data here, and of the store.
    keys
        Public keys that are trusted.
    unsigned
        Whether it may come without a signature.
    ours, theirs
        Ids of records about which a person has decided, see `against.Judged.effect`.

    Raises
    ------
    InputError
        If it is not signed, not whole, not ours, not newer, or has faults; the text says which.
    """
    if set(ours) & set(theirs):
        raise InputError(
            _("--ours, --theirs: found {ids} in both, required each in one.").format(
                ids=", ".join(sorted(set(ours) & set(theirs)))
            )
        )
    is_signed = signature is not None or not unsigned
    comment = incoming.require_signed(content, signature, keys, name) if is_signed else ""
    held = incoming.read(content, name, signature or "")
    if is_signed:
        incoming.require_same(held, comment, name)
    before = attach.base(folder, url)
    incoming.require_newer(held, before, name)
    after = incoming.opened(held, name)
    seen = inbox.mark_of(store)
    items = inbox.listed(store, inbox.ACCEPTED, inbox.PUBLISHED)
    effect = against.Judged(before, after, items).effect(ours, theirs)
    if not effect.clashes and (faults := against.on_top(after, items, effect.decided)):
        raise InputError(
            _("{name}: what was accepted here does not fit on it: {fault} Publish or send it back first.").format(
                name=name, fault=faults[0]
            )
        )
    changes = tuple(against.difference(before, after))
    return Looked(held, changes, tuple(effect.clashes), tuple(effect.decided), seen)


def take(store: Store, looked: Looked, origin: str) -> None:
    """
    Take a release over, in one transaction.

    Raises
    ------
    InputError
        If a person has to decide first; the text names what.
    GoneError
        If something was accepted since it was looked at.
    StoreAwayError
        If it could not be written; nothing has changed then.
    """
    if looked.clashes:
        more = len(looked.clashes) - SHOWN
        told = [str(clash) for clash in looked.clashes[:SHOWN]] + (
            [_("and {n} more").format(n=more)] if more > 0 else []
        )
        raise InputError(
            _(
                "Release {version} has {n} rows otherwise than they were accepted here. Decide with --ours ID (on top "
                "of it) or --theirs ID (back to the inbox); nothing was changed. {what}"
            ).format(version=looked.held.version, n=len(looked.clashes), what=". ".join(told))
        )
    content = released.packed(looked.held.files)
    taken.take(store, asdict(looked.held.release), content, list(looked.decided), origin=origin, seen=looked.seen)

"""
Drafts, and every pack that was made: who, when, which view, which hashes; enough to make it again exactly.

Both are settings of the store, so each change of them stands in the audit trail.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from mssmap.brief import content, pack, spec
from mssmap.brief.pack import Pack, Progress
from mssmap.brief.spec import Brief
from mssmap.catalog import Data
from mssmap.errors import NotFoundError
from mssmap.i18n import gettext as _
from mssmap.store import Store, people, roles

LAST_BRIEF: Final = "last_brief"
"""Setting with the day of knowledge of a person's last brief; the local person's is named so alone."""
PACKS, DRAFTS = "pack.", "draft."


@dataclass(frozen=True)
class Made:
    """
    A pack in the history.

    Attributes
    ----------
    n
        Running number in this store.
    hashes
        SHA-256 of every file, the manifest included; empty if the making was cut short.
    """

    n: int
    by: str
    at: str
    brief: Brief
    hashes: Mapping[str, str]

    @property
    def manifest_sha256(self) -> str:
        """SHA-256 of the manifest, empty if the making was cut short."""
        return self.hashes.get(pack.MANIFEST, "")


def make(
    data: Data, store: Store, brief: Brief, *, actor: str | None = None, progress: Progress = lambda _done, _what: None
) -> tuple[Made, Pack]:
    """
    Make a pack and keep in the history that it was made.

    The version of the map is the next one of its number; the same specification again, with the same time of making,
    is the same pack and gets no new entry.
    """
    brief = content.of_data(brief, data)
    key, entry = store.remember_next(PACKS, lambda known: _next(known, brief, store.signs(actor)), actor=actor)
    brief = spec.from_dict(entry["brief"])
    made = pack.make(data, brief, progress)
    entry = {**entry, "files": made.hashes}
    store.remember(key, entry, actor=actor)
    keep_last(store, brief.known_on, actor=actor)
    return _made(key, entry), made


def _next(known: Mapping[str, dict[str, Any]], brief: Brief, actor: str) -> tuple[str, dict[str, Any]]:
    """Return the entry of this very pack if there is one, else a new one with the next number and version."""
    versions = [0]
    for key, entry in known.items():
        kept = spec.from_dict(entry["brief"])
        if dataclasses.replace(brief, version=kept.version) == kept:
            return key, entry
        if kept.number == brief.number:
            versions.append(kept.version)
    n = max((int(key.removeprefix(PACKS)) for key in known), default=0) + 1
    at = datetime.now(UTC).replace(microsecond=0).isoformat()
    numbered = dataclasses.replace(brief, version=max(versions) + 1)
    return f"{PACKS}{n:06}", {"by": actor, "at": at, "brief": spec.to_dict(numbered), "files": {}}


def _made(key: str, entry: Mapping[str, Any]) -> Made:
    brief = spec.from_dict(entry["brief"])
    return Made(int(key.removeprefix(PACKS)), str(entry["by"]), str(entry["at"]), brief, dict(entry["files"]))


def packs(store: Store) -> list[Made]:
    """Return the packs that were made, the newest first."""
    found = [_made(key, entry) for key, entry in store.settings(PACKS).items()]
    return [made for made in reversed(found) if made.hashes]


def find(store: Store, n: int) -> Made:
    """
    Return a pack of the history.

    Raises
    ------
    NotFoundError
        If there is none with this number.
    """
    for made in packs(store):
        if made.n == n:
            return made
    raise NotFoundError(_("pack {n}: is not in the history; mssmap brief --list shows what is.").format(n=n))


def again(data: Data, made: Made, progress: Progress = lambda _done, _what: None) -> tuple[Pack, list[str]]:
    """
    Make a pack of the history again.

    Returns
    -------
    pack, differing
        The files whose bytes are not those of the first time; none unless data or software changed.
    """
    fresh = pack.make(data, made.brief, progress)
    now = fresh.hashes
    names = dict.fromkeys((*made.hashes, *now))
    return fresh, [name for name in names if now.get(name) != made.hashes.get(name)]


# --------------------------------------------------------------------------------------- each person's own settings


def last(store: Store) -> date | None:
    """Return the day of knowledge of the last brief of the person for whom the store was opened."""
    found = store.setting(_last_key(store))
    return date.fromisoformat(found["day"]) if found else None


def keep_last(store: Store, day: date, *, actor: str | None = None) -> None:
    """Keep the day of knowledge of a person's last brief."""
    store.remember(_last_key(store), {"day": day.isoformat()}, actor=actor)


def _last_key(store: Store) -> str:
    return LAST_BRIEF if store.actor == roles.LOCAL else f"{LAST_BRIEF}.{people.own_key(store.actor)}"


def draft(store: Store) -> dict[str, Any]:
    """Return what the person typed into the composer; nothing for a new draft."""
    return store.setting(DRAFTS + people.own_key(store.actor)) or {}


def keep_draft(store: Store, values: Mapping[str, Any]) -> None:
    """Keep what was typed into the composer."""
    store.remember(DRAFTS + people.own_key(store.actor), dict(values))

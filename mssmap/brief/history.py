"""
Drafts, and every pack that was made: who, when, which view, which hashes; enough to make it again exactly.

Both are settings of the store, so each change of them stands in the audit trail.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from mssmap.brief import content, pack, spec
from mssmap.brief.pack import Pack, Progress
from mssmap.brief.pack_zip import MANIFEST
from mssmap.brief.spec import Brief
from mssmap.errors import InputError, MssmapError, NotFoundError
from mssmap.i18n import gettext as _
from mssmap.planning import plan_file
from mssmap.records.catalog import Data
from mssmap.store import Store, notes, people, roles

LAST_BRIEF: Final = "last_brief"
"""Setting with the day of knowledge of a person's last brief; the local person's is named so alone."""
PACKS, DRAFTS = "pack.", "draft."
_PACK: Final = re.compile(r"pack\.\d{6,9}", re.ASCII)


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
        return self.hashes.get(MANIFEST, "")


def make(
    data: Data, store: Store, brief: Brief, *, actor: str | None = None, progress: Progress = lambda _done, _what: None
) -> tuple[Made, Pack]:
    """
    Make a pack and keep in the history that it was made.

    The version of the map is the next one of its number; the same specification again, with the same time of making,
    is the same pack and gets no new entry.
    """
    brief = content.of_data(brief, data)
    key, entry = notes.remember_next(store, PACKS, lambda known: _next(known, brief, store.signs(actor)), actor=actor)
    brief = spec.from_dict(entry["brief"])
    made = pack.make(data, brief, progress)
    entry = {**entry, "files": made.hashes}
    notes.remember(store, key, entry, actor=actor)
    keep_last(store, brief.clocks.known_on, actor=actor)
    return _made(key, entry), made


def _next(known: Mapping[str, dict[str, Any]], brief: Brief, actor: str) -> tuple[str, dict[str, Any]]:
    """Return the entry of this very pack if there is one, else a new one with the next number and version."""
    versions = [0]
    for key, entry in known.items():
        if not isinstance(_read(key, entry), Made):
            continue
        kept = spec.from_dict(entry["brief"])
        if dataclasses.replace(brief, version=kept.version) == kept:
            return key, entry
        if kept.number == brief.number:
            versions.append(kept.version)
    n = max((int(key.removeprefix(PACKS)) for key in known if _PACK.fullmatch(key)), default=0) + 1
    at = datetime.now(UTC).replace(microsecond=0).isoformat()
    numbered = dataclasses.replace(brief, version=max(versions) + 1)
    return f"{PACKS}{n:06}", {"by": actor, "at": at, "brief": spec.to_dict(numbered), "files": {}}


def _made(key: str, entry: Mapping[str, Any]) -> Made:
    brief = spec.from_dict(entry["brief"])
    return Made(int(key.removeprefix(PACKS)), str(entry["by"]), str(entry["at"]), brief, dict(entry["files"]))


def packs(store: Store) -> list[Made]:
    """Return the packs that were made, the newest first; one that cannot be read is left out (`faults` tells it)."""
    found = [made for key, entry in notes.listed(store, PACKS).items() if isinstance(made := _read(key, entry), Made)]
    return [made for made in reversed(found) if made.hashes]


def faults(store: Store) -> list[str]:
    """Return a line for each pack of the history, and each setting of the person, that cannot be read."""
    found = [made for key, entry in notes.listed(store, PACKS).items() if isinstance(made := _read(key, entry), str)]
    own = {key: notes.find(store, key) for key in (_last_key(store), DRAFTS + people.own_key(store.actor))}
    return found + [line for key, value in own.items() if value is not None and (line := _unusable(key, value))]


def _read(key: str, entry: Mapping[str, Any]) -> Made | str:
    """Return a pack of the history, or in a line why it is none."""
    return _unusable(key, entry) or _made(key, entry)


def _unusable(key: str, entry: Mapping[str, Any]) -> str:
    """Return in a line why a setting cannot be used; nothing if it can."""
    try:
        require(key, entry)
    except MssmapError as error:
        return _("{key}: cannot be read and is left out. {reason}").format(key=key[:80], reason=error)
    return ""


def require(key: str, value: Mapping[str, Any]) -> None:
    """
    Check a setting that comes from elsewhere.

    Raises
    ------
    InputError
        If its key is none of those of this module, or its value is not what stands under it.
    """
    try:
        if _PACK.fullmatch(key):
            _Entry.model_validate(value)
            brief = spec.from_dict(value["brief"])
            hash(brief.stem + brief.link + brief.number)
            if brief.scenario:
                plan_file.from_dict(brief.scenario)
        elif key.startswith(DRAFTS):
            _Draft.model_validate(value)
        elif key == LAST_BRIEF or key.startswith(f"{LAST_BRIEF}."):
            date.fromisoformat(value["day"])
        else:
            raise InputError(
                _("setting {key!r}: found a name that is not known, required pack, draft or last_brief.").format(
                    key=key[:80]
                )
            )
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            error = ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
        raise InputError(
            _("setting {key}: found {found}, required what mssmap writes.").format(
                key=key[:80], found=" ".join(str(error).split())[:160]
            )
        ) from error


class _Entry(BaseModel):
    """A pack as it is kept."""

    model_config = ConfigDict(strict=True, extra="forbid")

    by: str
    at: str
    brief: dict[str, Any]
    files: dict[str, str]


class _Origins(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    proposed: list[str]
    asked: list[Any] | None
    written: dict[str, dict[str, Any]]


class _Draft(BaseModel):
    """What the composer keeps; a field that is of another kind is empty there."""

    model_config = ConfigDict(strict=True)

    origins: _Origins | None = None


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
    found = _usable(store, _last_key(store))
    return date.fromisoformat(found["day"]) if found else None


def _usable(store: Store, key: str) -> dict[str, Any] | None:
    """Return a setting; None where there is none that can be read."""
    value = notes.find(store, key)
    try:
        require(key, value or {})
    except InputError:
        return None
    return value


def keep_last(store: Store, day: date, *, actor: str | None = None) -> None:
    """Keep the day of knowledge of a person's last brief."""
    notes.remember(store, _last_key(store), {"day": day.isoformat()}, actor=actor)


def _last_key(store: Store) -> str:
    return LAST_BRIEF if store.actor == roles.LOCAL else f"{LAST_BRIEF}.{people.own_key(store.actor)}"


def draft(store: Store, of: str = "") -> dict[str, Any]:
    """Return what the person typed into the composer, or into another form; nothing for a new draft."""
    return _usable(store, _draft_key(store, of)) or {}


def keep_draft(store: Store, values: Mapping[str, Any], of: str = "") -> None:
    """Keep what was typed into the composer, or into another form."""
    notes.remember(store, _draft_key(store, of), dict(values))


def _draft_key(store: Store, of: str) -> str:
    return ".".join(filter(None, [DRAFTS.rstrip("."), of, people.own_key(store.actor)]))

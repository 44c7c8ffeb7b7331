"""
Field copies: the store of a laptop that was away is merged into that of headquarters.

What counts is the audit trail, for every change stands in it. Changes that headquarters does not have (by request id,
so that merging twice is harmless) are appended to its chain with their own person and time. Where only the field has
changed a plan or an import, its state is taken over. Where both have, ours stays, theirs is kept beside it under a name
of its own, and a person decides. The field's trail is kept whole, so that its chain can be proven later.

An archive never changes: one that is not here is taken over, and none is taken away because the field removed it. One
whose rows the copy does not hold is told, and comes with the next copy that holds them.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mssmap.errors import InputError, MssmapError, NotFoundError
from mssmap.i18n import gettext as _
from mssmap.store import archived, audit, inbox, ledger, notes, payloads, plans, roles, sound, tables
from mssmap.store.archived import ENTITY as ARCHIVE
from mssmap.store.audit import Entry
from mssmap.store.imports import ENTITY as IMPORT
from mssmap.store.inbox import ENTITY as SUBMISSION
from mssmap.store.ledger import Change, Store
from mssmap.store.notes import ENTITY as SETTING
from mssmap.store.plans import ENTITY as PLAN

MERGED: Final = (PLAN, IMPORT, SETTING, ARCHIVE, SUBMISSION)
"""Kinds of records that are merged; roles and the like are the affair of each place."""
OURS, THEIRS, BOTH = "ours", "theirs", "both"

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_SERIES: Final = re.compile(r"(.+\.)(\d+)")
"""Keys of settings that are numbered one after the other, such as the packs that were made."""

Check = Callable[[str, str, dict[str, Any]], None]
"""Gets the kind of a record, its id and what it holds; raises `MssmapError` for what cannot be used."""


@dataclass(frozen=True)
class Conflict:
    """
    A plan or an import that both sides have changed.

    Attributes
    ----------
    branch
        Name under which the changes of the field stand in the trail.
    theirs
        What the field has; None if it was deleted or removed there.
    choice
        `ours`, `theirs` or `both`; empty while nobody has decided.
    """

    conflict_id: str
    entity: str
    entity_id: str
    branch: str
    origin: str
    theirs: dict[str, Any] | None
    theirs_by: str
    theirs_at: str
    merged_at: str
    choice: str = ""
    decided_by: str = ""
    decided_at: str = ""

    @property
    def name(self) -> str:
        """What people call it."""
        return str((self.theirs or {}).get("name") or self.entity_id)


@dataclass(frozen=True)
class Archives:
    """
    What lies on the shelves of both sides.

    Attributes
    ----------
    ours, theirs
        Hash of rows -> name.
    place
        Puts archives of theirs on our shelf: our name -> their name.
    """

    ours: Mapping[str, str] = field(default_factory=dict)
    theirs: Mapping[str, str] = field(default_factory=dict)
    place: Callable[[Mapping[str, str]], None] = lambda _due: None


@dataclass(frozen=True)
class Merged:
    """
    What a merge did: changes taken over, names of what they changed, what a person has to decide.

    `missing` are the manifests of archives of the field whose rows are not in the copy; `refused` says of each record
    that was not taken why.
    """

    origin: str
    known: int
    taken: int
    names: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    missing: tuple[dict[str, Any], ...] = ()
    refused: tuple[str, ...] = ()


@dataclass
class _Work:
    """One merge on its way."""

    connection: Connection
    origin: str
    archives: Archives
    appended: int = 0
    names: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)

    def append(self, entry: Entry, entity_id: str, version: int) -> None:
        """Add a change of the field to our chain, with its own person, time and request id."""
        own = Change(
            entry.action,
            entry.entity,
            entity_id,
            version,
            entry.body,
            entry.actor,
            entry.request_id,
            entry.at,
        )
        ledger.append(self.connection, own)
        self.appended += 1


def merge(
    store: Store,
    other: Store,
    *,
    origin: str,
    actor: str | None = None,
    check: Check = lambda _entity, _entity_id, _body: None,
    archives: Archives = Archives(),
) -> Merged:
    """
    Merge a field copy, in one transaction: all of it or nothing.

    Parameters
    ----------
    store
        The store of headquarters.
    other
        The field copy; it is only read.
    origin
        What people call it, for example the name of the laptop.
    check
        Called with the kind (`plan`, `import`, `setting`, `archive`), the id and the content of each new change; raises
        `MssmapError` for one that cannot be used, whose record is then refused. The other records are taken.
    archives
        The archives of both sides; those that are taken over are placed before the commit.

    Raises
    ------
    NotAllowedError
        If the person is no administrator: the changes come under the names of others.
    InputError
        If the chain of the field copy is broken; nothing has changed then.
    StoreAwayError
        If it could not be written; nothing has changed then.
    """
    trail = _whole(other.trail(), origin)
    here = store.read(lambda connection: set(connection.execute(sa.select(tables.trail.c.request_id)).scalars()))
    refused = _refused(store, _by_record(e for e in trail if e.entity in MERGED and e.request_id not in here), check)

    def write(connection: Connection) -> Merged:
        known = set(connection.execute(sa.select(tables.trail.c.request_id)).scalars())
        records = _by_record(e for e in trail if e.entity in MERGED and e.request_id not in known)
        records = {key: entries for key, entries in records.items() if key not in refused}
        missing = _without_rows(records, archives)
        fresh = [entry for entries in records.values() for entry in entries]
        work = _Work(connection, origin, archives)
        if not fresh:
            _place_archives(work)
            known_already = len(trail) - len(missing) - sum((e.entity, e.entity_id) in refused for e in trail)
            return Merged(origin, known_already, 0, tuple(work.names), missing=missing, refused=tuple(refused.values()))
        for content in _payloads(other, [*fresh, *(entry for entry in trail if entry.action == audit.MERGE)]):
            payloads.put(connection, content)
        theirs = {entry.request_id for entry in trail}
        for (entity, entity_id), entries in records.items():
            before = [e for e in trail if (e.entity, e.entity_id) == (entity, entity_id) and e.request_id in known]
            _take(work, entity, entity_id, before, entries, theirs)
        _place_archives(work)
        _note(work, trail, fresh, store.signs(actor))
        return Merged(
            origin,
            sum(entry.request_id in known for entry in trail),
            work.appended,
            tuple(dict.fromkeys(work.names)),
            tuple(work.conflicts),
            missing,
            tuple(refused.values()),
        )

    return store.write(write)


def conflicts(store: Store, *, decided: bool = False) -> list[Conflict]:
    """Return what a person has to decide, oldest first; with those that were decided only if asked for."""
    query = sa.select(tables.conflicts).order_by(tables.conflicts.c.merged_at, tables.conflicts.c.conflict_id)
    if not decided:
        query = query.where(tables.conflicts.c.choice == "")
    return store.read(lambda connection: [_conflict(row) for row in connection.execute(query)])


def choices(conflict: Conflict) -> tuple[str, ...]:
    """Return what can be chosen: a plan can be kept twice, unless the field deleted it."""
    return (OURS, THEIRS, BOTH) if conflict.entity == PLAN and conflict.theirs is not None else (OURS, THEIRS)


def decide(store: Store, conflict_id: str, choice: str, *, actor: str | None = None) -> Conflict:
    """
    Decide a conflict; the decision is a change of its own, and the other side stays in the trail.

    Raises
    ------
    NotFoundError
        If there is no such conflict.
    InputError
        If it was decided already, or the choice is not one of `choices`.
    """

    def write(connection: Connection) -> Conflict:
        row = connection.execute(
            sa.select(tables.conflicts).where(tables.conflicts.c.conflict_id == conflict_id)
        ).one_or_none()
        if row is None:
            raise NotFoundError(
                _("conflict {found!r}: there is none. `mssmap conflicts` lists those there are.").format(
                    found=conflict_id
                )
            )
        conflict = _conflict(row)
        if conflict.choice:
            raise InputError(
                _("conflict {found}: {who} has decided it already ({choice}). Nothing was changed.").format(
                    found=conflict_id, who=conflict.decided_by, choice=conflict.choice
                )
            )
        if choice not in choices(conflict):
            raise InputError(
                _("choice: found {found!r}, required one of {choices}.").format(
                    found=choice, choices=", ".join(choices(conflict))
                )
            )
        return _decided(connection, conflict, choice, store.signs(actor))

    return store.write(write, needs=roles.NEEDED["plan"])


def by_time(entries: Sequence[Entry]) -> list[Entry]:
    """
    Interleave our changes with those of the field copies by their time.

    Each chain keeps its own order: a clock that was wrong moves a change, but never past another of the same chain.
    """
    latest: dict[str, str] = {}
    keyed = []
    for entry, origin in zip(entries, origins(entries), strict=True):
        latest[origin] = max(latest.get(origin, ""), entry.at)
        keyed.append((latest[origin], entry.seq, entry))
    return [entry for _at, _seq, entry in sorted(keyed, key=lambda item: item[:2])]


def origins(entries: Sequence[Entry]) -> list[str]:
    """Return for each change the field copy that it came with, empty for our own."""
    found = {entry.seq: "" for entry in entries}
    for entry in entries:
        if entry.action == audit.MERGE and entry.body:
            taken = entry.body.get("taken")
            for seq in range(entry.seq - min(taken, entry.seq), entry.seq) if isinstance(taken, int) else ():
                found[seq] = str(entry.body.get("origin", ""))
    return [found[entry.seq] for entry in entries]


# ------------------------------------------------------------------------------------------------------- the parts


def _whole(trail: list[Entry], origin: str) -> list[Entry]:
    """Return the trail of a field copy if its chain is whole."""
    if faults := audit.faults(trail):
        raise InputError(
            _(
                "field copy {origin!r}: its audit trail is not whole ({found}), required an unbroken chain. "
                "Nothing was merged: ask for a new copy."
            ).format(origin=origin, found=faults[0])
        )
    return trail


def _refused(store: Store, records: dict[tuple[str, str], list[Entry]], check: Check) -> dict[tuple[str, str], str]:
    """Return of each record that cannot be used why, in a line."""
    query = sa.select(tables.trail.c.entity_id, tables.trail.c.entity).distinct()
    taken = store.read(lambda connection: {(row.entity, row.entity_id) for row in connection.execute(query)})
    of_id: dict[str, set[str]] = {}
    for entity, entity_id in [*taken, *records]:
        of_id.setdefault(entity_id, set()).add(entity)
    found = {}
    for (entity, entity_id), entries in records.items():
        try:
            if len(of_id[entity_id]) > 1:
                raise InputError(_("found an id that another kind of record has, required one of its own."))
            for entry in entries:
                _require_change(entry)
                if entry.body is not None:
                    check(entity, entity_id, entry.body)
        except MssmapError as error:
            found[entity, entity_id] = _("{kind} {name}: not merged. {reason}").format(
                kind=entity, name=_plain(entity_id), reason=_plain(str(error), 400)
            )
    return found


def _require_change(entry: Entry) -> None:
    """Refuse a change whose time, person or number is none."""
    try:
        zoned = datetime.fromisoformat(entry.at).tzinfo is not None and _TIME.match(entry.at) is not None
    except ValueError:
        zoned = False
    if not zoned:
        raise InputError(
            _("found the time {found!r}, required one with its zone, such as 2025-01-18T12:00:00+00:00.").format(
                found=_plain(entry.at)
            )
        )
    if entry.version < 1:
        raise InputError(_("found version {found}, required 1 or more.").format(found=entry.version))
    if entry.action not in (audit.EDIT, audit.UNDO, audit.REDO, audit.DELETE):
        raise InputError(
            _("found the action {found!r}, required edit, undo, redo or delete.").format(found=_plain(entry.action))
        )
    if (entry.body is None) != (entry.action == audit.DELETE):
        raise InputError(_("found a change without content, or a deletion with it, required the other."))
    for text in (entry.actor, entry.request_id, entry.entity_id):
        if not text or not text.isprintable():
            raise InputError(
                _("found the name {found!r}, required one that can be printed.").format(found=_plain(text))
            )


def _plain(text: str, longest: int = 80) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text[:longest])


def _payloads(other: Store, entries: Sequence[Entry]) -> Iterator[bytes]:
    """Yield the rows that changes name, one at a time, leaving out what is not what its name says."""
    named = {str((entry.body or {}).get(key, "")) for entry in entries for key in ("sha256", "matrix", "trail")}
    for name in sorted(named):
        if isinstance(content := payloads.get(other, name), bytes):
            yield content


def _by_record(entries: Iterable[Entry]) -> dict[tuple[str, str], list[Entry]]:
    found: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        found.setdefault((entry.entity, entry.entity_id), []).append(entry)
    return found


def _take(work: _Work, entity: str, entity_id: str, before: list[Entry], fresh: list[Entry], theirs: set[str]) -> None:
    """Take the new changes of one record over, as far as nobody here has changed it too."""
    if entity == SETTING:
        _take_setting(work, entity_id, fresh, before)
        return
    if entity == ARCHIVE:
        _take_archive(work, entity_id, fresh)
        return
    own = ledger.entries_of(work.connection, entity_id)
    news = [entry for entry in own if entry.request_id not in theirs]
    seen = before[-1].body if before else None
    if not news or (before and own[-1].body == seen):
        _forward(work, entity, entity_id, fresh, own[-1].version if own else 0)
        return
    branch = _branch(entity_id, f"{work.origin} {fresh[0].request_id}")
    for n, entry in enumerate(fresh, start=(before[-1].version if before else 0) + 1):
        work.append(entry, branch, n)
    if _same(own[-1], fresh[-1]):
        return
    last = fresh[-1]
    conflict = Conflict(
        branch.rpartition("~")[2],
        entity,
        entity_id,
        branch,
        work.origin,
        last.body,
        last.actor,
        last.at,
        ledger.now(),
    )
    # an older state of the same record from the same copy need not be decided any more: the new one follows from it
    work.connection.execute(
        sa.update(tables.conflicts)
        .where(
            tables.conflicts.c.entity_id == entity_id,
            tables.conflicts.c.origin == work.origin,
            tables.conflicts.c.choice == "",
        )
        .values(choice="superseded", decided_by=last.actor, decided_at=conflict.merged_at)
    )
    work.connection.execute(sa.insert(tables.conflicts).values(**asdict(conflict)))
    work.conflicts.append(conflict)


def _same(ours: Entry, theirs: Entry) -> bool:
    """Whether both sides arrived at the same; when and under which name does not count."""
    if ours.body is None or theirs.body is None:
        return ours.body is theirs.body
    if ours.entity == IMPORT:
        return ours.body.get("sha256") == theirs.body.get("sha256")
    if ours.entity == SUBMISSION:
        return all(ours.body.get(key) == theirs.body.get(key) for key in ("state", "rows"))
    return ours.body == theirs.body


def _forward(work: _Work, entity: str, entity_id: str, fresh: list[Entry], version: int) -> None:
    """Bring our record to the state of the field."""
    for entry in fresh:
        version += 1
        work.append(entry, entity_id, version)
    last = fresh[-1]
    _write_state(work.connection, entity, entity_id, last.body, version, last.at, last.actor)
    work.names.append(_name(work.connection, entity, entity_id))


def _take_setting(work: _Work, key: str, fresh: list[Entry], before: list[Entry]) -> None:
    """
    Keep a setting of the field: one of a series gets the next number, any other is taken if there is none here.

    A draft, or the day of the last brief, is the state of one place; ours stays, theirs is in the trail.
    """
    own = work.connection.execute(sa.select(tables.settings).where(tables.settings.c.key == key)).one_or_none()
    series = _SERIES.fullmatch(key)
    if own is not None and not before and series is not None:
        taken = notes.under(work.connection, series[1])
        number = max(int(found[2]) for name in taken if (found := _SERIES.fullmatch(name))) + 1
        key, own = f"{series[1]}{number:0{len(series[2])}}", None
    branch = key if own is None else _branch(key, work.origin)
    for n, entry in enumerate(fresh, start=1):
        work.append(entry, branch, n)
    if own is None and fresh[-1].body is not None:
        work.connection.execute(sa.insert(tables.settings).values(key=key, value=fresh[-1].body, version=len(fresh)))
        work.names.append(key)


def _branch(entity_id: str, of: str) -> str:
    """Name what the field has made of a record, beside ours."""
    return f"{entity_id[:60]}~{hashlib.sha256(of.encode()).hexdigest()[:8]}"


def _without_rows(records: dict[tuple[str, str], list[Entry]], archives: Archives) -> tuple[dict[str, Any], ...]:
    """Leave out archives whose rows neither side holds, and return what is said of them."""
    found = []
    for key, entries in list(records.items()):
        about = entries[-1].body if key[0] == ARCHIVE else None
        if about is not None and about["sha256"] not in {*archives.ours, *archives.theirs}:
            found.append(about)
            del records[key]
    return tuple(found)


def _take_archive(work: _Work, name: str, fresh: list[Entry]) -> None:
    """Note an archive of the field under the name that its rows have here; one that it removed, beside ours."""
    about = fresh[-1].body
    if about is None:
        entity_id = _branch(name, f"{work.origin} {fresh[0].request_id}")
    else:
        entity_id = work.archives.ours.get(about["sha256"], name)
        work.names.append(str(about["title"]))
    before = ledger.entries_of(work.connection, entity_id)
    for n, entry in enumerate(fresh, start=(before[-1].version if before else 0) + 1):
        work.append(entry, entity_id, n)


def _place_archives(work: _Work) -> None:
    """Put on our shelf what our trail promises, we do not have and the field has."""
    query = sa.select(tables.trail).where(tables.trail.c.entity == ARCHIVE).order_by(tables.trail.c.seq)
    trail = [ledger.as_entry(row) for row in work.connection.execute(query)]
    ours, theirs = work.archives.ours, work.archives.theirs
    due = {about["sha256"]: about for about in archived.promised(trail).values() if about["sha256"] not in ours}
    brought = {theirs[sha256]: about for sha256, about in due.items() if sha256 in theirs}
    work.archives.place({about["name"]: name for name, about in brought.items()})
    work.names += [str(about["title"]) for about in brought.values()]


def _note(work: _Work, trail: list[Entry], fresh: list[Entry], actor: str) -> None:
    """Write down that there was a merge, and keep the whole trail of the field as it came."""
    lines = "\n".join(json.dumps(asdict(entry), ensure_ascii=False, sort_keys=True) for entry in trail).encode()
    payloads.put(work.connection, lines)
    said = {
        "origin": work.origin,
        "head": trail[-1].hash,
        "entries": len(trail),
        "new": len(fresh),
        "taken": work.appended,
        "conflicts": [conflict.conflict_id for conflict in work.conflicts],
        "trail": payloads.digest(lines),
    }
    change = Change(audit.MERGE, "store", work.origin[:80], 1, said, actor, f"merge-{uuid.uuid4()}")
    ledger.append(work.connection, change)


def _table(entity: str) -> tuple[sa.Table, sa.Column[Any]]:
    """Return where records of a kind stand, and the column of their ids."""
    table = tables.metadata.tables[entity]
    return table, table.c[f"{entity}_id"]


def _write_state(
    connection: Connection, entity: str, entity_id: str, body: dict[str, Any] | None, version: int, at: str, by: str
) -> None:
    """Write the row of a record; without a body it is deleted, and keeps what it was."""
    if entity == SUBMISSION:
        inbox.write_state(connection, entity_id, body or _last_body(connection, entity_id), version, at, by)
        return
    table, key = _table(entity)
    row = connection.execute(sa.select(table).where(key == entity_id)).one_or_none()
    kept = body if body is not None else _last_body(connection, entity_id)
    values = {
        "name": str(kept.get("name", entity_id))[:200],
        "version": version,
        "deleted" if entity == PLAN else "removed": body is None,
        "body": kept,
        "changed_at": at,
        "changed_by": by,
    }
    if row is None:
        connection.execute(sa.insert(table).values({key.key: entity_id, **values}))
    else:
        connection.execute(sa.update(table).where(key == entity_id).values(**values))
    if entity == PLAN:
        plans.write_proposals(connection, entity_id, kept)


def _last_body(connection: Connection, entity_id: str) -> dict[str, Any]:
    bodies = [entry.body for entry in ledger.entries_of(connection, entity_id) if entry.body is not None]
    return bodies[-1] if bodies else {}


def _name(connection: Connection, entity: str, entity_id: str) -> str:
    table, key = _table(entity)
    return str(connection.execute(sa.select(table.c.name).where(key == entity_id)).scalar_one())


def _conflict(row: Any) -> Conflict:
    """Return a row as a conflict; what was damaged is given in the right types."""
    found: dict[str, Any] = {name: sound.text(value) for name, value in row._mapping.items()}
    found |= {name: sound.time(found[name]) for name in ("theirs_at", "merged_at", "decided_at")}
    return Conflict(**found | {"theirs": None if row.theirs is None else sound.body(row.theirs)})


def _require_decidable(conflict: Conflict, own: Sequence[Entry]) -> None:
    """Refuse to decide over what was damaged in the store."""
    if conflict.entity not in (PLAN, IMPORT, SUBMISSION) or not own or conflict.theirs == {}:
        raise InputError(
            _(
                "conflict {found}: what it is about cannot be read. Nothing was changed; merge the field copy again, "
                "or restore a back-up."
            ).format(found=conflict.conflict_id)
        )


def _decided(connection: Connection, conflict: Conflict, choice: str, actor: str) -> Conflict:
    now = ledger.now()

    def note(action: str, entity: str, entity_id: str, version: int, body: dict[str, Any] | None) -> None:
        change = Change(action, entity, entity_id, version, body, actor, str(uuid.uuid4()), now)
        ledger.append(connection, change)

    own = ledger.entries_of(connection, conflict.entity_id)
    _require_decidable(conflict, own)
    entity, theirs = conflict.entity, conflict.theirs
    if choice == THEIRS:
        version = own[-1].version + 1
        _write_state(connection, entity, conflict.entity_id, theirs, version, now, actor)
        note(audit.EDIT if theirs is not None else audit.DELETE, entity, conflict.entity_id, version, theirs)
    elif choice == BOTH and theirs is not None:
        body = {**theirs, "id": conflict.branch, "name": f"{conflict.name} ({conflict.origin})"[:200]}
        version = ledger.entries_of(connection, conflict.branch)[-1].version + 1
        _write_state(connection, entity, conflict.branch, body, version, now, actor)
        note(audit.EDIT, entity, conflict.branch, version, body)
    said = {"choice": choice, "entity_id": conflict.entity_id, "branch": conflict.branch}
    note(audit.DECIDE, "conflict", conflict.conflict_id, 1, said)
    values = {"choice": choice, "decided_by": actor, "decided_at": now}
    connection.execute(
        sa.update(tables.conflicts).where(tables.conflicts.c.conflict_id == conflict.conflict_id).values(**values)
    )
    return Conflict(**{**vars(conflict), **values})

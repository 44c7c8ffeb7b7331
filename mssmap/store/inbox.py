"""
The inbox: submissions as they were handed in, and what was decided about each.

A submission is named by the hash of its content, so that the same one arrives once however often it is sent, and from
whatever side. Each step is a change with its audit row: handed in, accepted with the rows that it added, sent back with
a question, rejected with a reason. What was accepted is read by `accepted` and is part of the data from then on.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mssmap.errors import InputError, NotFoundError
from mssmap.i18n import gettext as _
from mssmap.i18n import mark
from mssmap.store import audit, ledger, roles, sound, tables
from mssmap.store.ledger import Change, GoneError, Store

ENTITY: Final = "submission"
OPEN, ACCEPTED, RETURNED, REJECTED, PUBLISHED = "open", "accepted", "returned", "rejected", "published"
STATES: Final = (OPEN, ACCEPTED, RETURNED, REJECTED, PUBLISHED)
WORDS: Final = {
    OPEN: mark("open"),
    ACCEPTED: mark("accepted"),
    RETURNED: mark("sent back"),
    REJECTED: mark("rejected"),
    PUBLISHED: mark("published"),
}

MOST_AT_ONCE: Final = 10_000
"""Submissions that are handed in at once."""


@dataclass(frozen=True)
class Submitted:
    """
    A submission as stored.

    Attributes
    ----------
    number
        By which people call it, counted from 1; each store counts by itself.
    state
        One of `STATES`.
    body
        `content` (what was handed in, as plain values), `origin`, `submitted_by`, `submitted_at`, and once it was
        decided `reason`, `decided_by`, `decided_at` and, if accepted, `rows` and `recorded_on`.
    """

    submission_id: str
    number: int
    name: str
    state: str
    version: int
    body: dict[str, Any]
    changed_at: str
    changed_by: str

    @property
    def content(self) -> dict[str, Any]:
        """What was handed in."""
        return sound.body(self.body.get("content"))

    @property
    def rows(self) -> dict[str, list[dict[str, str]]]:
        """The rows that accepting it added, by table; nothing of what is not a list of rows."""
        found = sound.body(self.body.get("rows"))
        return {
            str(name): [{str(k): str(v) for k, v in row.items()} for row in rows if isinstance(row, dict)]
            for name, rows in found.items()
            if isinstance(rows, list)
        }


def digest(content: Mapping[str, Any]) -> str:
    """Return the id of a submission: what it says, whoever handed it in."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"sub-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def listed(store: Store, *states: str) -> list[Submitted]:
    """Return the submissions in the order of their numbers; with states, only those in one of them."""
    query = sa.select(tables.submissions).order_by(tables.submissions.c.number)
    if states:
        query = query.where(tables.submissions.c.state.in_(states))
    return store.read(lambda connection: [_submitted(row) for row in connection.execute(query)])


def find(store: Store, number: int) -> Submitted:
    """
    Return a submission by its number.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    return store.read(lambda connection: _found(connection, number))


def mark_of(store: Store) -> tuple[int, int]:
    """Return what changes whenever something else counts as accepted: how many there are, and their versions."""
    return store.read(mark_within)


def submit(
    store: Store,
    contents: Sequence[tuple[str, dict[str, Any]]],
    *,
    origin: str,
    needs: str = "submit",
    actor: str | None = None,
) -> list[Submitted]:
    """
    Hand submissions in, all of them or none; one that is there already is returned as it stands.

    Parameters
    ----------
    contents
        Title and content of each, as `records.submission.as_dict` gives it.
    origin
        How it came: `typed`, `file NAME`, `feed NAME`.
    needs
        What the role must reach, see `roles.NEEDED`.

    Raises
    ------
    InputError
        If there are too many at once.
    StoreAwayError
        If it could not be written; nothing has changed then.
    """
    if len(contents) > MOST_AT_ONCE:
        raise InputError(
            _("found {found} submissions, required at most {most} at once. Split the file.").format(
                found=f"{len(contents):,}", most=f"{MOST_AT_ONCE:,}"
            )
        )
    by, ids = store.signs(actor), [digest(content) for _title, content in contents]

    def write(connection: Connection) -> list[Submitted]:
        there = {row.submission_id: row for row in connection.execute(sa.select(tables.submissions))}
        number = max((sound.whole(row.number) for row in there.values()), default=0)
        found: dict[str, Submitted] = {key: _submitted(there[key]) for key in ids if key in there}
        for key, (title, content) in zip(ids, contents, strict=True):
            if key in found:
                continue
            number += 1
            now = ledger.now()
            body = {"content": content, "origin": origin, "submitted_by": by, "submitted_at": now}
            found[key] = Submitted(key, number, title[:200], OPEN, 1, body, now, by)
            connection.execute(sa.insert(tables.submissions).values(**vars(found[key])))
            _append(connection, found[key], by, str(uuid.uuid4()))
        return [found[key] for key in ids]

    return store.write(write, needs=roles.NEEDED[needs])


def accept(
    store: Store,
    number: int,
    make: Callable[[Submitted], dict[str, list[dict[str, str]]]],
    *,
    seen: tuple[int, int],
    recorded_on: str,
    reason: str = "",
    actor: str | None = None,
) -> Submitted:
    """
    Accept a submission: what it adds is part of the data from now on.

    Parameters
    ----------
    make
        Returns the rows that it adds to the data as they were at the mark `seen`.
    seen
        `mark_of` the store when those data were read.
    recorded_on
        The day on which it is accepted, ISO.
    reason
        Why; who accepts what they handed in themselves must give one.

    Raises
    ------
    GoneError
        If something else was accepted meanwhile, so that the rows no longer follow: read the data again and repeat.
    InputError
        If it was decided already, or is one's own and there is no reason.
    """

    def change(item: Submitted, by: str) -> tuple[str, dict[str, Any]]:
        if item.body.get("submitted_by") == by and not reason:
            raise InputError(
                _(
                    "submission {number}: you handed it in yourself. Give a reason for accepting it alone; it stays "
                    "visible."
                ).format(number=number)
            )
        return ACCEPTED, {"rows": make(item), "recorded_on": recorded_on}

    return _decide(store, number, change, reason, actor, seen=seen)


def decline(store: Store, number: int, state: str, *, reason: str, actor: str | None = None) -> Submitted:
    """
    Send a submission back with a question, or reject it with a reason.

    Raises
    ------
    InputError
        If there is no reason, or it was decided already.
    """
    if not reason.strip():
        raise InputError(
            _("submission {number}: found no reason, required one in a sentence. Nothing was changed.").format(
                number=number
            )
        )
    return _decide(store, number, lambda _item, _by: (state, {}), reason, actor)


def publish(store: Store, numbers: Sequence[int], *, release: str, actor: str | None = None) -> None:
    """Note of accepted submissions in which release their rows stand; they are not added to the data a second time."""
    by = store.signs(actor)

    def write(connection: Connection) -> None:
        for number in numbers:
            item = _found(connection, number)
            if item.state == ACCEPTED:
                _keep(connection, item, PUBLISHED, {"release": release}, by, str(uuid.uuid4()))

    store.write(write, needs=roles.NEEDED["accept"])


def published_after(store: Store, is_later: Callable[[str], bool]) -> list[Submitted]:
    """Return the published submissions of those releases that are later, in the order of their numbers."""
    columns = tables.submissions.c
    named = columns.body["release"].as_string()

    def read(connection: Connection) -> list[Submitted]:
        query = sa.select(named).where(columns.state == PUBLISHED).distinct()
        later = [name for name in connection.execute(query).scalars() if is_later(sound.text(name))]
        if not later:
            return []
        found = sa.select(tables.submissions).where(columns.state == PUBLISHED, named.in_(later))
        return [_submitted(row) for row in connection.execute(found.order_by(columns.number))]

    return store.read(read)


def keep(connection: Connection, number: int, state: str, more: Mapping[str, Any], by: str) -> None:
    """Bring a submission to another state within a transaction, with its audit row."""
    _keep(connection, _found(connection, number), state, more, by, str(uuid.uuid4()))


def write_state(
    connection: Connection, submission_id: str, body: Mapping[str, Any], version: int, at: str, by: str
) -> None:
    """Bring a submission to the state that a field copy has; one that is new here gets our next number."""
    columns = tables.submissions.c
    row = connection.execute(sa.select(columns.number).where(columns.submission_id == submission_id)).one_or_none()
    highest = connection.execute(sa.select(sa.func.max(columns.number))).scalar_one()
    item = Submitted(
        submission_id,
        sound.whole(row.number) if row else sound.whole(highest) + 1,
        str(body.get("name", submission_id))[:200],
        str(body.get("state", OPEN)),
        version,
        {key: value for key, value in body.items() if key not in ("name", "state")},
        at,
        by,
    )
    if row is None:
        connection.execute(sa.insert(tables.submissions).values(**vars(item)))
    else:
        query = sa.update(tables.submissions).where(columns.submission_id == submission_id)
        connection.execute(query.values(**vars(item)))


def require_body(body: Mapping[str, Any]) -> None:
    """
    Refuse what is not a submission as it is kept.

    Raises
    ------
    InputError
        If its state, its content or its rows are not what mssmap writes.
    """
    for key, kind in (("state", STATES), ("content", dict), ("name", str)):
        value = body.get(key)
        if not (value in kind if isinstance(kind, tuple) else isinstance(value, kind)):
            raise InputError(
                _("{key}: found {found!r}, required what mssmap writes.").format(key=key, found=str(value)[:60])
            )
    rows = body.get("rows", {})
    if not isinstance(rows, dict) or any(not isinstance(listed, list) for listed in rows.values()):
        raise InputError(_("{key}: found {found!r}, required what mssmap writes.").format(key="rows", found="..."))


def _decide(
    store: Store,
    number: int,
    change: Callable[[Submitted, str], tuple[str, dict[str, Any]]],
    reason: str,
    actor: str | None,
    *,
    seen: tuple[int, int] | None = None,
) -> Submitted:
    by, request_id = store.signs(actor), str(uuid.uuid4())

    def write(connection: Connection) -> Submitted:
        item = _found(connection, number)
        if ledger.entry_of(connection, request_id) is not None:
            return item
        if item.state not in (OPEN, RETURNED):
            raise InputError(
                _("submission {number}: {who} has decided it already ({state}). Nothing was changed.").format(
                    number=number, who=item.body.get("decided_by", item.changed_by), state=_(WORDS[item.state])
                )
            )
        if seen is not None and mark_within(connection) != seen:
            raise GoneError(
                _("submission {number}: something else was accepted meanwhile. Nothing was changed.").format(
                    number=number
                )
            )
        state, more = change(item, by)
        said = {"reason": reason.strip(), "decided_by": by, "decided_at": ledger.now()}
        return _keep(connection, item, state, {**said, **more}, by, request_id)

    return store.write(write, needs=roles.NEEDED["accept"])


def mark_within(connection: Connection) -> tuple[int, int]:
    """Return what `mark_of` does, within a transaction."""
    columns = tables.submissions.c
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(columns.version), 0))
    row = connection.execute(query.where(columns.state == ACCEPTED)).one()
    return sound.whole(row[0]), int(row[1])


def _found(connection: Connection, number: int) -> Submitted:
    query = sa.select(tables.submissions).where(tables.submissions.c.number == number)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFoundError(
            _("submission {number}: there is none. `mssmap inbox list` lists those there are.").format(number=number)
        )
    return _submitted(row)


def _keep(
    connection: Connection, item: Submitted, state: str, more: Mapping[str, Any], by: str, request_id: str
) -> Submitted:
    after = Submitted(
        item.submission_id,
        item.number,
        item.name,
        state,
        item.version + 1,
        {**item.body, **more},
        ledger.now(),
        by,
    )
    query = sa.update(tables.submissions).where(tables.submissions.c.submission_id == item.submission_id)
    connection.execute(query.values(**vars(after)))
    _append(connection, after, by, request_id)
    return after


def _append(connection: Connection, item: Submitted, by: str, request_id: str) -> None:
    body = {**item.body, "name": item.name, "state": item.state}
    change = Change(audit.EDIT, ENTITY, item.submission_id, item.version, body, by, request_id, item.changed_at)
    ledger.append(connection, change)


def _submitted(row: Any) -> Submitted:
    """Return a row as a submission, whatever stands in it."""
    key, name, state, at, by = (
        sound.text(value) for value in (row.submission_id, row.name, row.state, row.changed_at, row.changed_by)
    )
    state = state if state in STATES else RETURNED
    return Submitted(key, sound.whole(row.number), name, state, sound.whole(row.version), sound.body(row.body), at, by)

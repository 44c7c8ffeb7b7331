"""
Where acts on plans arrive: `POST /acts`, and the buttons of Streamlit's own.

The browser keeps each act until it is answered here (`client/page/acts.js`), so the answer says what the store holds,
and is the only thing that does. Nothing is kept between two requests: a server that was started again answers as well.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mssmap import i18n, settings
from mssmap.errors import InputError, MssmapError, NotAllowedError, NotFoundError
from mssmap.i18n import gettext as _
from mssmap.i18n import speaking
from mssmap.planning import plan_acts, plan_file
from mssmap.planning.plan_acts import AnyAct, Copy, Create, Place, RefusedPlaceError, Step
from mssmap.planning.scenario import Plan
from mssmap.records.catalog import Data
from mssmap.store import GoneError, Store, StoredPlan, roles
from mssmap.store import plans as kept_plans
from mssmap.ui import cache, logs

MAX_BYTES: Final = 256_000
NO_STORE: Final = {"cache-control": "no-store"}


class Batch(BaseModel):
    """
    What a browser sends: acts in the order in which they were done.

    Attributes
    ----------
    person
        `mark` of the person who did them.
    """

    model_config = ConfigDict(extra="forbid")
    person: str = Field(max_length=80)
    lang: str = Field(default="en", max_length=8)
    acts: list[dict[str, Any]] = Field(min_length=1, max_length=200)


def mark(person: str) -> str:
    """Return a short name of a person under which a browser keeps their acts; it does not tell who it is."""
    return hashlib.sha256(f"mssmap {person}".encode()).hexdigest()[:16]


async def acts(request: Request) -> Response:
    """Answer `POST /acts`."""
    if not _own_page(request):
        return JSONResponse({"fault": "Changes are taken from the pages of this address only."}, 403, NO_STORE)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BYTES:
            return JSONResponse({"fault": f"more than {MAX_BYTES} bytes"}, 413, NO_STORE)
    try:
        batch = Batch.model_validate_json(bytes(body))
    except ValidationError:
        return JSONResponse({"fault": "not a list of changes"}, 400, NO_STORE)
    return await run_in_threadpool(_answer, batch, logs.person.get() or roles.LOCAL)


def _own_page(request: Request) -> bool:
    """Whether a page of ours asks: a browser names the origin of whoever writes, and a foreign page cannot forge it."""
    named = {request.headers.get("host", ""), urlsplit(settings.load().public_url).netloc}
    try:
        return urlsplit(request.headers.get("origin", "")).netloc in named - {""}
    except ValueError:
        return False


def _answer(batch: Batch, person: str) -> Response:
    with speaking(batch.lang if batch.lang in i18n.LANGUAGES else "en"):
        if batch.person != mark(person):
            fault = _(
                "Somebody else is signed in now. These changes wait in this browser for the person who made them."
            )
            return JSONResponse({"fault": fault, "other": True}, 409, NO_STORE)
        configured = settings.load()
        store = cache.opened()
        if configured.people_sign_in:
            store = store.acting(person, default_role=configured.default_role)
        answers: list[dict[str, Any]] = []
        plans: dict[str, Any] = {}
        try:
            answers += (answer(store, cache.data(), value) for value in batch.acts)
            ids = {str(one["plan"]) for one in answers}
            plans = {plan_id: state for plan_id in ids if (state := state_of(store, plan_id)) is not None}
        except MssmapError as error:
            status = 403 if isinstance(error, NotAllowedError) else 503
            return JSONResponse({"fault": str(error), "answers": answers, "plans": plans}, status, NO_STORE)
        return JSONResponse({"answers": answers, "plans": plans}, headers=NO_STORE)


def answer(store: Store, data: Data, value: dict[str, Any]) -> dict[str, Any]:
    """
    Do one act, and say what came of it.

    Returns
    -------
    answer
        `id`, `plan` and `state`: `stored` (with the `version` that holds it), `refused` (with `text`, perhaps a
        `suggested` place), `gone` (the plan was deleted; the act may come again once it is back).

    Raises
    ------
    StoreAwayError
        If it could not be written: the act has not happened and may come again.
    NotAllowedError
        If the person may not change plans.
    """
    said = {"id": str(value.get("id"))[:80], "plan": str(value.get("plan"))[:80]}
    try:
        plan = perform(store, data, plan_acts.read(value))
    except (GoneError, NotFoundError) as error:
        return said | {"state": "gone", "text": str(error)}
    except RefusedPlaceError as error:
        return said | {"state": "refused", "text": str(error), "suggested": [error.lon, error.lat]}
    except InputError as error:
        return said | {"state": "refused", "text": str(error)}
    return said | {"state": "stored", "version": plan.version}


def perform(store: Store, data: Data, act: AnyAct) -> StoredPlan:
    """
    Do one act in the store, and return the plan after it.

    Raises
    ------
    GoneError, NotFoundError
        If its plan, or the one to copy, was deleted or is not there.
    InputError
        If it cannot be done; nothing has changed then.
    StoreAwayError
        If it could not be written; nothing has changed then.
    """
    if isinstance(act, Step):
        return _STEPS[act.kind](store, act.plan, request_id=act.id)

    def held(plan_id: str) -> Plan:
        return plan_file.from_dict(kept_plans.find(store, plan_id).body)

    # what is looked up for it is looked up outside the write
    if isinstance(act, Place) and not kept_plans.has(store, act.id):
        act = act.settled(data, held(act.plan))

    def change(body: dict[str, Any] | None) -> dict[str, Any]:
        if isinstance(act, Create | Copy):
            if body is not None:
                raise InputError(_("plan {plan_id!r}: there is one with this id already.").format(plan_id=act.plan))
            return plan_file.to_dict(act.made(data, held))
        if body is None:
            raise NotFoundError(_("plan {plan_id!r}: there is none with this id.").format(plan_id=act.plan))
        return plan_file.to_dict(act.apply(plan_file.from_dict(body)))

    return kept_plans.act(store, act.plan, change, request_id=act.id)


_STEPS: Final = {
    "undo": kept_plans.undo,
    "redo": kept_plans.redo,
    "delete": kept_plans.delete,
    "bring_back": kept_plans.bring_back,
}


def state_of(store: Store, plan_id: str) -> dict[str, Any] | None:
    """Return what a page shows of a plan before its figures are worked out; None if it is not in the store."""
    plan = kept_plans.stored(store, plan_id)
    if plan is None:
        return None
    undo, redo = kept_plans.steps(store, plan_id)
    return {
        "id": plan.plan_id,
        "name": plan.name,
        "version": plan.version,
        "at": plan.changed_at,
        "by": plan.changed_by,
        "deleted": plan.deleted,
        "active": [name for name in plan.body["active"] if isinstance(name, str)] if _is_listed(plan.body) else [],
        "undo": undo,
        "redo": redo,
    }


def _is_listed(body: dict[str, Any]) -> bool:
    """Whether a plan says which bases are on, which one that was damaged may not."""
    return isinstance(body.get("active"), list)


def new_id() -> str:
    """Return an id for a new plan."""
    return f"plan-{uuid.uuid4().hex[:12]}"


def new_plan(store: Store, plan: Plan) -> StoredPlan:
    """Store a plan under an id of its own: one that came in a file."""
    own = plan_file.to_dict(plan.copy(new_id(), plan.name))
    return kept_plans.act(store, own["id"], lambda _body: own, request_id=str(uuid.uuid4()))


def do(store: Store, data: Data, done: Iterable[dict[str, Any]]) -> int:
    """Do acts that did not come from the queue of a browser, which get an id here; return the last version made."""
    versions = [perform(store, data, plan_acts.read({"id": str(uuid.uuid4()), **value})).version for value in done]
    return max(versions, default=0)

"""
What is written down: one line for each thing that happened, with the id of the request and of the person.

Never a query, a cookie, a header or a body; and whatever a line says, the values of the secrets are struck out of it.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
import uuid
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import streamlit.logger

from mssmap.i18n.legible import legible, legible_json
from mssmap.settings import Settings

request_id: ContextVar[str] = ContextVar("request_id", default="")
person: ContextVar[str] = ContextVar("person", default="")

STRUCK_OUT: Final = "***"
QUIET_S: Final = 1.0
"""Between two lines of a kind."""
KINDS: Final = 1000
REFERENCES: Final = 50
log: Final = logging.getLogger("mssmap")


def new_id() -> str:
    """Return a short id that a person can read out."""
    return uuid.uuid4().hex[:12]


def say(event: str, level: int = logging.INFO, *, kind: str = "", **fields: Any) -> None:
    """
    Write one line about something that happened.

    Parameters
    ----------
    kind
        What tells it from other lines of the same event: of one kind a line a second is written (`Seldom`).
    fields
        Plain values.
    """
    log.log(level, event, extra={"fields": fields, "kind": f"{event} {kind} {person.get()}"})


def fault(error: Exception, who: str = "") -> str:
    """Write one line about a bug and return the id to show to the person it happened to."""
    reference = new_id()
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    fields = {
        "reference": reference,
        "error": type(error).__name__,
        "message": " ".join(str(error).split())[:500],
        "at": " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames)),
    }
    about = {"fields": fields | ({"person": who} if who else {}), "kind": f"fault {fields['at']} {who}"}
    log.error("fault", extra=about)
    if log.isEnabledFor(logging.DEBUG):
        log.debug("".join(traceback.format_exception(error)))
    return reference


class Lines(logging.Formatter):
    """
    One line a record, as JSON or as words.

    Parameters
    ----------
    secrets
        Values that no line may hold.
    """

    def __init__(self, *, as_json: bool, secrets: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._as_json = as_json
        self._secrets = sorted(filter(None, secrets), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        asked, who = getattr(record, "asked", (request_id.get(), person.get()))
        about: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **({"logger": record.name} if record.name != "mssmap" else {}),
            **({"request": asked} if asked else {}),
            **({"person": who} if who else {}),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            about["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
        line = legible_json(about, default=str) if self._as_json else self._words(about)
        for secret in self._secrets:
            line = line.replace(secret, STRUCK_OUT)
        return line

    def _words(self, about: dict[str, Any]) -> str:
        rest = " ".join(f"{k}={_one_line(v)}" for k, v in about.items() if k not in {"time", "level", "event"})
        event = str(about["event"]) if log.isEnabledFor(logging.DEBUG) else _one_line(about["event"])
        return f"{about['time']} {about['level'].upper()} {event} {rest}".rstrip()


@dataclass
class _Kind:
    """A kind of line: when one was written, and what was left out since."""

    written: float
    left_out: int = 0
    references: list[str] = field(default_factory=list)
    last: logging.LogRecord | None = None


class Seldom(logging.Filter):
    """
    Lets a line of each kind pass in a second; the next one says how many were left out, with their references.

    A kind is what `say` calls one, else the place in the program that writes the line.

    Parameters
    ----------
    clock
        Gives seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()
        self._kinds: OrderedDict[str, _Kind] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is written now."""
        name, now = getattr(record, "kind", f"{record.pathname}:{record.lineno}"), self._clock()
        fields = getattr(record, "fields", {})
        with self._lock:
            kind = self._kinds.get(name)
            if kind is not None and now - kind.written < QUIET_S:
                kind.left_out += 1
                kind.last = record
                record.asked = (request_id.get(), person.get())
                if reference := fields.get("reference"):
                    kind.references = [*kind.references, reference][-REFERENCES:]
                return False
            self._kinds.pop(name, None)
            self._kinds[name] = _Kind(now)
            if len(self._kinds) > KINDS:
                self._kinds.popitem(last=False)
        if kind is not None and kind.left_out:
            also = {"references": " ".join(kind.references)} if kind.references else {}
            record.fields = {**fields, "left_out": kind.left_out, **also}
        return True

    def late(self) -> list[logging.LogRecord]:
        """Return the last line of each kind of which some were left out and none came since, to be written now."""
        now = self._clock()
        with self._lock:
            waiting = [one for one in self._kinds.values() if one.last is not None and now - one.written >= QUIET_S]
            for kind in waiting:
                kind.left_out -= 1
                kind.references = kind.references[:-1]
        return [kind.last for kind in waiting if kind.last is not None]


_seldom: Final = Seldom()


def tell_left_out() -> None:
    """Write what `Seldom` held back and nothing came after."""
    for record in _seldom.late():
        for handler in logging.getLogger().handlers:
            handler.handle(record)


def _one_line(value: Any) -> str:
    return legible(" ".join(str(value).split()))


def secrets_of(configured: Settings) -> tuple[str, ...]:
    """Return the values that must never be written down."""
    try:
        password = urlsplit(configured.database_url).password or ""
    except ValueError:
        password = ""
    return configured.cookie_secret, configured.oidc_client_secret, password


def start(configured: Settings) -> None:
    """Send every logger of this process to stderr in the chosen form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_seldom)
    handler.setFormatter(Lines(as_json=configured.log == "json", secrets=secrets_of(configured)))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    log.setLevel(logging.DEBUG if configured.debug else logging.INFO if configured.people_sign_in else logging.WARNING)

    def attach(logger: logging.Logger) -> None:
        logger.handlers = [handler]

    # each logger of Streamlit brings a handler of its own; this is where it gets it
    streamlit.logger.setup_formatter = attach
    streamlit.logger.update_formatter()
    streamlit.logger.set_log_level("ERROR")
    for noisy in ("streamlit", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.ERROR)

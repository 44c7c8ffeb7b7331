"""
What is written down: one line for each thing that happened, with the id of the request and of the person.

Never a query, a cookie, a header or a body; and whatever a line says, the values of the secrets are struck out of it.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import streamlit.logger

from mssmap.settings import Settings

request_id: ContextVar[str] = ContextVar("request_id", default="")
person: ContextVar[str] = ContextVar("person", default="")

STRUCK_OUT: Final = "***"
log: Final = logging.getLogger("mssmap")


def new_id() -> str:
    """Return a short id that a person can read out."""
    return uuid.uuid4().hex[:12]


def say(event: str, level: int = logging.INFO, **fields: Any) -> None:
    """Write one line about something that happened; `fields` are plain values."""
    log.log(level, event, extra={"fields": fields})


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
    log.error("fault", extra={"fields": fields | ({"person": who} if who else {})})
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
        about: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **({"logger": record.name} if record.name != "mssmap" else {}),
            **({"request": request_id.get()} if request_id.get() else {}),
            **({"person": person.get()} if person.get() else {}),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            about["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
        line = json.dumps(about, ensure_ascii=False, default=str) if self._as_json else self._words(about)
        for secret in self._secrets:
            line = line.replace(secret, STRUCK_OUT)
        return line

    def _words(self, about: dict[str, Any]) -> str:
        rest = " ".join(f"{k}={_one_line(v)}" for k, v in about.items() if k not in {"time", "level", "event"})
        event = str(about["event"]) if log.isEnabledFor(logging.DEBUG) else _one_line(about["event"])
        return f"{about['time']} {about['level'].upper()} {event} {rest}".rstrip()


def _one_line(value: Any) -> str:
    return " ".join(str(value).split())


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

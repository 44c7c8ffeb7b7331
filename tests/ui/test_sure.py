"""The row of figures asks for its bands until they are whole, however slow the machine is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import streamlit as st

from mssmap.planning import on_data, sureness
from mssmap.ui.planner import figures, sure

PLAN = object()
JUDGED = SimpleNamespace(plan=PLAN)


class Work:
    """A job that finds its last step just when somebody asks whether it is done."""

    name = PLAN

    def __init__(self, *, ends: bool) -> None:
        self.steps: list[str] = []
        self._ends = ends

    @property
    def running(self) -> bool:
        if self._ends:
            self.steps.append("last")
        return not self._ends


@pytest.fixture
def asked(monkeypatch):
    """Steps and number of each row of figures."""
    rows = []
    monkeypatch.setattr(on_data, "with_bands", lambda _coverage, steps: steps)
    monkeypatch.setattr(figures, "key_figures", lambda steps, ask: rows.append((list(steps), ask)))
    monkeypatch.setattr(sureness, "count", lambda _plan: 1)
    monkeypatch.setattr(sure, "words", lambda steps, total: f"{len(steps)} of {total}")
    monkeypatch.setattr(sure, "ranges", lambda _steps: "")
    monkeypatch.setattr(st, "caption", lambda *_words, **_more: None)
    return rows


def show(monkeypatch, job):
    monkeypatch.setattr(st, "session_state", {"sure_job": job})
    sure._so_far(JUDGED, None)


def test_where_nothing_was_found_since_the_row_asks_again_all_the_same(monkeypatch, asked):
    """A message equal to the one before wakes no component, which then never asks any more."""
    clock = iter(range(0, 10**9, 10**6))
    monkeypatch.setattr(sure.time, "monotonic_ns", lambda: next(clock))
    for _run in range(2):
        show(monkeypatch, Work(ends=False))
    assert asked[0][0] == asked[1][0] == []
    assert None not in (asked[0][1], asked[1][1])
    assert asked[0][1] != asked[1][1]


def test_what_was_found_at_the_very_end_is_shown(monkeypatch, asked):
    show(monkeypatch, Work(ends=True))
    assert asked == [(["last"], None)]

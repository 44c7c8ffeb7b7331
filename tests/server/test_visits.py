"""Visits that were left end in time."""

from __future__ import annotations

from types import SimpleNamespace

from mssmap.ui import visits


def visit(name: str, ended: list[str]) -> SimpleNamespace:
    return SimpleNamespace(session=SimpleNamespace(id=name, shutdown=lambda: ended.append(name)))


def test_a_visit_that_was_left_ends_in_time_and_one_whose_page_is_back_does_not():
    ended: list[str] = []
    now = 0.0
    left = visits.Left(lambda: now)
    for name in ("gone", "back"):
        left.save(visit(name, ended))
    now = visits.KEPT_S - 1
    left.sweep()
    assert ended == []
    assert left.get("back").session.id == "back"
    left.delete("back")
    now = visits.KEPT_S
    left.sweep()
    assert ended == ["gone"]
    assert (left.get("gone"), left.list()) == (None, [])


def test_the_visits_that_are_kept_are_bounded():
    ended: list[str] = []
    left = visits.Left(lambda: 0.0)
    for n in range(visits.MOST + 2):
        left.save(visit(str(n), ended))
    assert ended == ["0", "1"]

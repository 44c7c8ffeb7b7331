"""What many ask for at once is worked out once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from mssmap.records.shown import Filters
from mssmap.records.timeline import Clocks
from mssmap.ui import cache
from mssmap.ui.once import Once


def test_many_who_ask_at_once_wait_for_one_piece_of_work():
    done: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def work(number: int) -> list[int]:
        done.append(number)
        begun.set()
        assert go_on.wait(60)
        return [number]

    ask = Once(work, 4)
    with ThreadPoolExecutor(8) as people:
        first = people.submit(ask, 7)
        assert begun.wait(60)
        others = [people.submit(ask, 7) for _ in range(7)]
        go_on.set()
        assert all(other.result(60) is first.result(60) for other in others)
    assert done == [7]


def test_no_more_are_kept_than_allowed_and_those_asked_for_last_stay():
    done: list[int] = []
    ask = Once(lambda number: done.append(number), 3)
    for number in (1, 2, 3, 1, 4, 1, 2):
        ask(number)
    assert len(ask) == 3
    assert done == [1, 2, 3, 4, 2]


def test_an_error_is_told_to_all_and_is_not_kept():
    answers = iter([ValueError("not yet"), None])

    def work() -> str:
        if error := next(answers):
            raise error
        return "done"

    ask = Once(work, 3)
    with pytest.raises(ValueError, match="not yet"):
        ask()
    assert ask() == "done"


def test_a_view_is_one_object_for_all_viewers():
    asked = Filters(Clocks(date(2025, 3, 4), date(2025, 3, 5)))
    together = threading.Barrier(6)

    def look(_number: int) -> object:
        together.wait(60)
        return cache.shown(asked)

    with ThreadPoolExecutor(6) as people:
        assert len(set(map(id, people.map(look, range(6))))) == 1

"""How sure the planner's figures are: bands that follow the first answer, and which input moves it most."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import Any

import pandas as pd
import streamlit as st

from mssmap.i18n import gettext as _
from mssmap.legend import text
from mssmap.planning import on_data, sureness
from mssmap.planning.covering import Coverage
from mssmap.planning.sureness import Step
from mssmap.ui import cache, plain, state
from mssmap.ui.jobs import Job
from mssmap.ui.planner import figures
from mssmap.ui.planner.travel import Judged

WAIT_S = 20.0
"""How long a view that lists all bands waits for them."""


def inputs() -> dict[str, str]:
    """Names of what is not known."""
    return {
        "speed": _("speed on every way"),
        "people": _("where people live within a commune"),
        "offroad_kmh": _("speed off the road (4 to 20 km/h)"),
        "zones": _("what zones do to a road"),
    }


def key_figures(judged: Judged, coverage: Coverage) -> None:
    """The row of figures with the bands so far, and a line about what moves the first of them most."""
    st.fragment(state.spoken(_so_far))(judged, coverage)


def _so_far(judged: Judged, coverage: Coverage) -> None:
    job = _job(judged)
    ended = job is not None and not job.running  # asked first: what is found until then is in the steps below
    steps = list(job.steps) if job else []
    # another number each time: a message that is the same as before wakes nobody, and nobody would ask again
    figures.key_figures(on_data.with_bands(coverage, steps), None if ended else time.monotonic_ns() // 1_000_000)
    total = sureness.count(judged.plan)
    st.caption(plain.label(words(steps, total)), help=plain.label(ranges(steps)) if len(steps) == total else None)


def words(steps: list[Step[pd.Series]], total: int) -> str:
    """Say how far the bands are, then what they hold and which input moves the people covered most."""
    if len(steps) < total:
        return _("How sure: {n} of {total} cases are worked out; the bands still widen.").format(
            n=len(steps), total=total
        )
    return _("How sure: bands over {total} cases. People covered move most with {first}.").format(
        total=total, first=_moved(steps)[0]
    )


def ranges(steps: list[Step[pd.Series]]) -> str:
    """How far each input alone moves the people covered, the widest first."""
    return "; ".join(_moved(steps))


def _moved(steps: list[Step[pd.Series]]) -> list[str]:
    return [
        f"{inputs()[row.varied]}: {text.number(round(row.low))} – {text.number(round(row.high))}"
        for row in sureness.movers(steps, "people_covered").itertuples(index=False)
    ]


def start(judged: Judged) -> None:
    """Begin to work out the bands beside the page, unless that is done or under way; the last thing of a run."""
    if _job(judged) is None:
        old: Job[Step[pd.Series]] | None = st.session_state.get("sure_job")
        if old is not None:
            old.cancel()
        st.session_state["sure_job"] = Job(lambda go_on: _work(judged, go_on), judged.plan)


def _work(judged: Judged, go_on: Callable[[], bool]) -> Iterator[Step[pd.Series]]:
    yield from takewhile(lambda _step: go_on(), on_data.how_sure(cache.data(), judged.plan, judged.matrix))


def _job(judged: Judged) -> Job[Any] | None:
    """Return the work on this very plan, if any."""
    job: Job[Step[pd.Series]] | None = st.session_state.get("sure_job")
    return job if job is not None and job.name == judged.plan else None


def whole(judged: Judged, coverage: Coverage) -> Coverage:
    """Return the figures with their whole bands; for a view that lists them all."""
    start(judged)
    job = _job(judged)
    if job is not None:
        job.wait(WAIT_S)
    return on_data.with_bands(coverage, list(job.steps) if job else [])

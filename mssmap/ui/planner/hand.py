"""The plan in hand: all that a session knows of it, as one value under one key; its truth is in the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from mssmap.planning.scenario import Plan
from mssmap.records.timeline import Clocks
from mssmap.store import StoredPlan
from mssmap.ui import permits

KEY: Final = "plan_in_hand"

Days = tuple[Clocks, str]
"""Day and knowledge, and the least grade: what the dials say, or what a plan is judged on."""


@dataclass
class PlanInHand:
    """
    What a session knows of its plan; `editing.in_hand` brings it up to date at each run.

    Attributes
    ----------
    plan
        What the page shows: the stored plan, else the baseline of the day.
    wanted
        Id of the plan that the person asked for, empty for the baseline.
    stored
        Its row in the store; None for the baseline and for a plan that is not there (yet) or was deleted.
    deleted
        The row of a plan that was deleted.
    asked
        When the browser asked for it, in milliseconds by its clock: what it asked for before counts no more.
    link
        What the address said of it last.
    set_days
        The plan and the days that were put on the dials last; None where other dials were shown meanwhile.
    turned
        The days for which the page was run once more.
    note
        What the line above the map says until the next act.
    made
        The last change that this session made by itself.
    file_read, matrix_read
        The uploads that were read last.
    """

    plan: Plan
    wanted: str = ""
    asked: int = 0
    stored: StoredPlan | None = None
    deleted: StoredPlan | None = None
    link: str | None = None
    set_days: tuple[str, Days] | None = None
    turned: Days | None = None
    note: str = ""
    made: int = 0
    file_read: str = ""
    matrix_read: str = ""

    @property
    def days(self) -> Days:
        """What the plan is judged on."""
        return self.plan.clocks, self.plan.grade

    @property
    def shown(self) -> dict[str, Any]:
        """What the page shows, for its components: the plan they change (none: the baseline), and its version."""
        return {
            "of": self.wanted if self.stored else "",
            "version": self.stored.version if self.stored else 0,
            "barred": permits.reason("plan"),
        }

    @property
    def watched(self) -> dict[str, Any] | None:
        """Plan and version for the watcher of other people's changes, and the last change that this session made."""
        if self.stored is None:
            return None
        return {"id": self.stored.plan_id, "version": self.stored.version, "made": self.made}


def held() -> PlanInHand | None:
    """Return what the session knows; None if it never opened the planner."""
    known: PlanInHand | None = st.session_state.get(KEY)
    return known

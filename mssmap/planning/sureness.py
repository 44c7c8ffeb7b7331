"""
How sure an answer about a plan is: what of its inputs is not known, varied one at a time, then all together.

Not known are the speed, where people live within a commune, how fast one is off the road, and what gang-affected zones
do to a road. An answer is worked out for the central case, for every other level of each input, and with all inputs at
the level that was best, and at the one that was worst, by itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import pandas as pd

from mssmap.planning.covering_tables import CENTRAL
from mssmap.planning.ground.roads import OFFROAD_RANGE_KMH, ZONE_EFFECTS
from mssmap.planning.scenario import Plan

Answer = TypeVar("Answer")

BEST, WORST = "best", "worst"


@dataclass(frozen=True)
class Levels:
    """One level of each input: names of the cases of speed and people, km/h off the road, and what zones do."""

    speed: str
    people: str
    offroad_kmh: float
    zones: str

    def applied(self, plan: Plan) -> Plan:
        """Return a plan with these roads."""
        return dataclasses.replace(plan, roads=replace(plan.roads, offroad_kmh=self.offroad_kmh, zones=self.zones))


@dataclass(frozen=True, eq=False)
class Step(Generic[Answer]):
    """An answer: `varied` is the input that is not at its central level, `central`, `best` or `worst`."""

    varied: str
    levels: Levels
    answer: Answer


def central(plan: Plan) -> Levels:
    """Return the levels that a plan itself has."""
    return Levels(CENTRAL, CENTRAL, plan.roads.offroad_kmh, plan.roads.zones)


def others(plan: Plan) -> list[tuple[str, Levels]]:
    """Return the input that is varied and the levels, one at a time; inputs that do not act are left out."""
    by_road, minutes, own = plan.travel == "road", plan.standard.unit == "min", central(plan)
    values: dict[str, Sequence[Any]] = {
        "speed": list(plan.cases.speeds(plan.standard.unit)),
        "people": plan.cases.people,
        "offroad_kmh": OFFROAD_RANGE_KMH if by_road and minutes else (),
        "zones": ZONE_EFFECTS if by_road else (),
    }
    return [
        (name, replace(own, **{name: value}))
        for name, levels in values.items()
        for value in levels
        if value != getattr(own, name)
    ]


def vary(plan: Plan, answer: Callable[[Levels], Answer], worth: Callable[[Answer], float]) -> Iterator[Step[Answer]]:
    """
    Yield the central answer, then each input varied alone, then all at their worst and all at their best.

    Parameters
    ----------
    worth
        Of an answer; larger is better.
    """
    first = central(plan)
    done = [Step(CENTRAL, first, answer(first))]
    yield done[0]
    for varied, levels in others(plan):
        done.append(Step(varied, levels, answer(levels)))
        yield done[-1]
    for name, choose in ((WORST, min), (BEST, max)):
        together = first
        for varied in {step.varied: None for step in done[1:]}:
            ends = [done[0], *(step for step in done if step.varied == varied)]
            end = choose(ends, key=lambda step: worth(step.answer))
            together = replace(together, **{varied: getattr(end.levels, varied)})
        yield Step(name, together, answer(together))


def count(plan: Plan) -> int:
    """Return how many cases `vary` yields."""
    return 3 + len(others(plan))


def banded(figures: pd.DataFrame, steps: Sequence[Step[pd.Series]]) -> pd.DataFrame:
    """Return figures of `covering` with their bands widened to the cases given."""
    cases = pd.DataFrame([step.answer for step in steps]).reindex(columns=figures["name"])
    low = pd.concat([figures["low"], cases.min().reset_index(drop=True)], axis=1).min(axis=1)
    high = pd.concat([figures["high"], cases.max().reset_index(drop=True)], axis=1).max(axis=1)
    return figures.assign(low=low, high=high)


def movers(steps: Sequence[Step[pd.Series]], name: str) -> pd.DataFrame:
    """Return how far each input alone moves a figure: `varied`, `low`, `high`, the widest first."""
    middle = [step for step in steps if step.varied == CENTRAL]
    rows = []
    for varied in {step.varied: None for step in steps if step.varied not in (CENTRAL, BEST, WORST)}:
        values = [float(step.answer[name]) for step in [*middle, *(s for s in steps if s.varied == varied)]]
        rows.append({"varied": varied, "low": min(values), "high": max(values)})
    found = pd.DataFrame(rows, columns=["varied", "low", "high"])
    return found.iloc[(found["low"] - found["high"]).argsort(kind="stable")].reset_index(drop=True)

"""
Exact answers by mixed-integer programming, in a worker process that can be killed.

A solver's own time limit is a wish: 60 s ran up to 445 s. So the program runs in a child
(`python -m mssmap.planning.siting.exact`) that reports every improvement on a line, and the parent kills it at the
deadline and keeps what was reported.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Empty, Queue
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, hstack, vstack
from scipy.sparse import eye_array as identity

from mssmap import settings
from mssmap.planning.reach import sum_by

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Arrays = dict[str, NDArray[Any]]

SMALL = 400_000
"""Open sites x points up to which the worker is not worth its start (0.4 s)."""

POLL_S = 0.1


@dataclass(frozen=True)
class Report:
    """The state of a search: best sites so far (None: none), their value, and the bound."""

    sites: list[int] | None
    value: float
    bound: float
    done: bool = False


def run(
    task: str,
    arrays: Arrays,
    time_limit_s: float,
    *,
    go_on: Callable[[], bool] = lambda: True,
    isolate: bool | None = None,
) -> Report | None:
    """
    Solve one task and return its last report, None if there was not even a bound in time.

    Parameters
    ----------
    task
        A key of `TASKS`.
    arrays
        What the task needs.
    go_on
        Asked ten times a second; False kills the worker.
    isolate
        False runs in this process with the solver's own time limit; None decides by size.
    """
    if isolate is None:
        sites = len(arrays["table"]) - int(arrays["must"].sum()) - int(arrays["must_not"].sum())
        isolate = sites * arrays["table"].shape[1] > SMALL
    if not isolate:
        last = None
        for report in TASKS[task](arrays, time.monotonic() + time_limit_s):
            last = report
            if not go_on():
                break
        return last
    return _in_worker(task, arrays, time_limit_s, go_on)


def _in_worker(task: str, arrays: Arrays, time_limit_s: float, go_on: Callable[[], bool]) -> Report | None:
    buffer = io.BytesIO()
    np.savez(buffer, task=np.array(task), limit=np.array(time_limit_s), **arrays)  # type: ignore[arg-type]
    deadline = time.monotonic() + time_limit_s
    lines: Queue[bytes] = Queue()
    # The package may be run from a folder: the worker must find the same one.
    root = str(settings.PACKAGE.parent)
    code = f"import sys; sys.path.insert(0, {root!r}); from mssmap.planning.siting import exact; exact.main()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as worker:
        threading.Thread(target=_pump, args=(worker, buffer.getvalue(), lines), daemon=True).start()
        last: Report | None = None
        try:
            while time.monotonic() < deadline and go_on():
                try:
                    line = lines.get(timeout=POLL_S)
                except Empty:
                    continue
                if not line:
                    break
                last = Report(**json.loads(line))
                if last.done:
                    break
        finally:
            worker.kill()
    return last


def _pump(worker: subprocess.Popen[bytes], content: bytes, lines: Queue[bytes]) -> None:
    """Hand the task over and pass lines on; an empty line is the end."""
    if worker.stdin is not None and worker.stdout is not None:
        # A killed worker breaks the pipe; the parent knows why.
        with contextlib.suppress(OSError, ValueError):
            worker.stdin.write(content)
            worker.stdin.close()
            for line in worker.stdout:
                lines.put(line)
    lines.put(b"")


def main() -> None:
    """Be the worker: read one task from stdin, write reports to stdout."""
    with np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    task, limit = str(arrays.pop("task")), float(arrays.pop("limit"))
    for report in TASKS[task](arrays, time.monotonic() + limit):
        sys.stdout.write(json.dumps(report.__dict__) + "\n")
        sys.stdout.flush()


def _solve(
    cost: Floats, matrix: Any, low: Any, high: Any, upper: Floats, lower: Floats, whole: Floats, deadline: float
) -> tuple[Floats | None, float, bool]:
    """Minimise; return the answer (None: none yet), the bound, and whether it is proven that there is none."""
    left = deadline - time.monotonic()
    if left <= 0:
        return None, -np.inf, False
    answer = milp(
        cost,
        constraints=LinearConstraint(csr_array(matrix), low, high),
        bounds=Bounds(lower, upper),
        integrality=whole,
        options={"time_limit": left, "mip_rel_gap": 0.0},
    )
    if answer.status == 2:
        return None, np.inf, True
    proven = answer.mip_dual_bound if answer.mip_dual_bound is not None else -np.inf
    return answer.x, float(proven), False


def _chosen(x: Floats, sites: int) -> list[int]:
    return np.flatnonzero(x[:sites] > 0.5).tolist()


def cover(arrays: Arrays, deadline: float) -> Iterator[Report]:
    """
    Maximise the people covered with exactly k sites.

    `table` (sites by points, bool), `people`, `k`, `backup`, `must`, `must_not` (bool by site). The value is that of
    the sites allowed; a caller that excluded sites by reduced costs knows a set as good as what it excluded.
    """
    within, people = arrays["table"].astype("bool"), arrays["people"].astype("float64")
    k, backup = int(arrays["k"]), float(arrays["backup"])
    must, never = arrays["must"].astype("bool"), arrays["must_not"].astype("bool")
    n = len(within)
    base = np.minimum(within[must].sum(axis=0), 2)
    free = within & ~never[:, None] & ~must[:, None]
    # A point already covered twice, or out of reach of the free sites, is a constant.
    open_ = free.any(axis=0) & (base < (2 if backup > 0 else 1))
    constant = float(people @ ((base >= 1) + backup * (base >= 2))) if len(people) else 0.0
    reach, weight, need = _merged(free[:, open_], people[open_], base[open_].astype("int8"))
    y_parts, costs, rows = 1 if backup == 0 else 2, [], []
    m = reach.shape[1]
    costs.append(np.where(need < 1, weight, 0.0))
    if y_parts == 2:
        costs.append(weight * backup)
    link = csr_array(reach.T.astype("float64"))
    rows.append(hstack([link] + [-identity(m)] * y_parts))
    matrix = vstack([*rows, hstack([csr_array(np.ones((1, n))), csr_array((1, m * y_parts))])])
    # y1 + y2 <= chosen sites; a point already covered once has its first unit in the constant.
    low = np.r_[np.zeros(m), k]
    high = np.r_[np.full(m, np.inf), k]
    upper = np.r_[
        (~never).astype("float64"), *[np.where(need < 1, 1.0, 0.0) if i == 0 else np.ones(m) for i in range(y_parts)]
    ]
    lower = np.r_[must.astype("float64"), np.zeros(m * y_parts)]
    whole = np.r_[np.ones(n), np.zeros(m * y_parts)]
    cost = np.r_[np.zeros(n), -np.concatenate(costs)]
    x, bound, impossible = _solve(cost, matrix, low, high, upper, lower, whole, deadline)
    if impossible:
        yield Report(None, -np.inf, -np.inf, done=True)
    elif x is not None or np.isfinite(bound):
        sites = _chosen(x, n) if x is not None else None
        count = within[sites].sum(axis=0) if sites else np.zeros(within.shape[1])
        value = float(people @ ((count >= 1) + backup * (count >= 2))) if sites is not None else -np.inf
        yield Report(sites, value, constant - bound, done=True)


def backup(arrays: Arrays, deadline: float) -> Iterator[Report]:
    """
    Cover every point, and maximise the people covered twice, with exactly k sites (BACOP1).

    `table` (sites by points, bool), `people`, `k`, `must`, `must_not`. A bound of minus infinity: there is no such set.
    """
    within, people = arrays["table"].astype("bool"), arrays["people"].astype("float64")
    must, never = arrays["must"].astype("float64"), arrays["must_not"].astype("float64")
    n, m = within.shape
    k = float(arrays["k"])
    matrix = vstack(
        [
            hstack([csr_array(within.T.astype("float64")), -identity(m)]),
            hstack([csr_array(np.ones((1, n))), csr_array((1, m))]),
        ]
    )
    x, bound, impossible = _solve(
        np.r_[np.zeros(n), -people],
        matrix,
        np.r_[np.ones(m), k],
        np.r_[np.full(m, np.inf), k],
        np.r_[1.0 - never, np.ones(m)],
        np.r_[must, np.zeros(m)],
        np.r_[np.ones(n), np.zeros(m)],
        deadline,
    )
    if impossible:
        yield Report(None, -np.inf, -np.inf, done=True)
    elif x is not None or np.isfinite(bound):
        sites = _chosen(x, n) if x is not None else None
        value = float(people @ (within[sites].sum(axis=0) >= 2)) if sites is not None else -np.inf
        yield Report(sites, value, -bound, done=True)


def median(arrays: Arrays, deadline: float) -> Iterator[Report]:
    """
    Minimise the weighted sum of times with exactly k sites (values and bound negated: larger is better).

    `table` (sites by points, finite), `people`, `k`, `must`, `must_not`. For each point only the distinct times up to
    its nearest certain site enter (Cornuejols, Nemhauser and Wolsey 1980).
    """
    times, people = arrays["table"].astype("float64"), arrays["people"].astype("float64")
    k, must, never = int(arrays["k"]), arrays["must"].astype("bool"), arrays["must_not"].astype("bool")
    n, allowed = len(times), np.flatnonzero(~arrays["must_not"].astype("bool"))
    certain = times[must].min(axis=0) if must.any() else np.full(times.shape[1], np.inf)
    # Of the allowed sites all but k may be closed, so the nearest open one is among the first allowed - k + 1.
    ranked = np.sort(times[allowed], axis=0)
    certain = np.minimum(certain, ranked[min(len(allowed) - k, len(ranked) - 1)])
    rows, columns, entries, cost = [], [], [], []
    constant, row, z = 0.0, 0, n
    low: list[float] = []
    for i in np.flatnonzero(people > 0).tolist():
        column = times[allowed, i]
        steps = np.unique(column[column <= certain[i]])
        constant += float(people[i] * steps[0])
        for level in range(len(steps) - 1):
            # z = 1 if no site within steps[level] is open; it costs the way on to the next step.
            near = allowed[column == steps[level]]
            rows += [row] * (len(near) + 1 + (level > 0))
            columns += [z, *near.tolist(), *([z - 1] if level else [])]
            entries += [1.0] * (len(near) + 1) + ([-1.0] if level else [])
            low.append(0.0 if level else 1.0)
            cost.append(float(people[i] * (steps[level + 1] - steps[level])))
            row, z = row + 1, z + 1
    rows += [row] * n
    columns += list(range(n))
    entries += [1.0] * n
    matrix = csr_array((entries, (rows, columns)), shape=(row + 1, z))
    extra = z - n
    x, bound, impossible = _solve(
        np.r_[np.zeros(n), cost],
        matrix,
        np.r_[low, k],
        np.r_[np.full(row, np.inf), k],
        np.r_[(~never).astype("float64"), np.full(extra, np.inf)],
        np.r_[must.astype("float64"), np.zeros(extra)],
        np.r_[np.ones(n), np.zeros(extra)],
        deadline,
    )
    if impossible:
        yield Report(None, -np.inf, -np.inf, done=True)
    elif x is not None or np.isfinite(bound):
        sites = _chosen(x, n) if x is not None else None
        value = -float(times[sites].min(axis=0) @ people) if sites else -np.inf
        yield Report(sites, value, -(constant + bound), done=True)


def set_cover(arrays: Arrays, deadline: float) -> Iterator[Report]:
    """
    Cover every point with as few sites as possible (value and bound negated).

    `table` (sites by points, bool; every point reachable by an allowed site), `must`, `must_not`.
    """
    within, must, never = (arrays[name].astype("bool") for name in ("table", "must", "must_not"))
    n = len(within)
    rest = within[:, ~within[must].any(axis=0)]
    matrix, lower, upper = csr_array(rest.T.astype("float64")), must.astype("float64"), (~never).astype("float64")
    if rest.shape[1] == 0:
        yield Report(np.flatnonzero(must).tolist(), -float(must.sum()), -float(must.sum()), done=True)
        return
    relaxed = linprog(
        np.ones(n),
        A_ub=-matrix,
        b_ub=-np.ones(rest.shape[1]),
        bounds=np.column_stack([lower, upper]),
        method="highs",
        options={"time_limit": max(0.01, deadline - time.monotonic())},
    )
    bound = float(np.ceil(relaxed.fun - 1e-6)) if relaxed.status == 0 else -np.inf
    if np.isfinite(bound):
        yield Report(None, -np.inf, -bound)
    rows = rest.shape[1]
    x, proven, _ = _solve(np.ones(n), matrix, np.ones(rows), np.full(rows, np.inf), upper, lower, np.ones(n), deadline)
    if np.isfinite(proven):
        bound = max(bound, float(np.ceil(proven - 1e-6)))
    if x is not None:
        yield Report(_chosen(x, n), -float((x[:n] > 0.5).sum()), -bound, done=True)
    elif np.isfinite(bound):
        yield Report(None, -np.inf, -bound, done=True)


def center(arrays: Arrays, deadline: float) -> Iterator[Report]:
    """
    Make the longest way to the nearest of k sites as short as possible (value and bound negated).

    `table` (sites by points; infinite where there is no way), `k`, `must`, `must_not`, `lower`, `upper` (known limits
    of the answer). Halves the list of times: k sites reach everything within r, or provably do not.
    """
    times, k = arrays["table"].astype("float64"), int(arrays["k"])
    must, never = arrays["must"].astype("bool"), arrays["must_not"].astype("bool")
    radii = np.unique(times[np.isfinite(times)])
    radii = radii[(radii >= float(arrays["lower"])) & (radii <= float(arrays["upper"]))]
    sites: list[int] | None = None
    low, high = 0, len(radii) - 1
    while low <= high:
        middle = (low + high) // 2
        answer: Report | None = None
        table = _distinct(times <= radii[middle])
        if table[~never].any(axis=0).all():
            found = {"table": table, "must": must, "must_not": never}
            for answer in set_cover(found, deadline):
                if -answer.bound > k or (answer.sites is not None and len(answer.sites) <= k):
                    break
            if answer is None or (-answer.bound <= k and (answer.sites is None or len(answer.sites) > k)):
                return  # Time is up; the last report stands.
        if answer is not None and answer.sites is not None and len(answer.sites) <= k:
            sites = answer.sites
            high = middle - 1
        else:
            low = middle + 1
        value = -float(times[sites].min(axis=0).max()) if sites else -np.inf
        if low < len(radii):
            yield Report(sites, value, -float(radii[low]), done=low > high)


def _merged(within: Bools, people: Floats, base: NDArray[np.int8]) -> tuple[Bools, Floats, Floats]:
    """Merge points that the same free sites reach and that the certain ones reach equally often; exact."""
    if within.shape[1] == 0:
        return within, people, base.astype("float64")
    key = np.vstack([np.packbits(within, axis=0), base[None, :].astype("uint8")])
    _, first, group = np.unique(key, axis=1, return_index=True, return_inverse=True)
    return within[:, first], sum_by(group.ravel(), people, len(first)), base[first].astype("float64")


def _distinct(within: Bools) -> Bools:
    """Keep one of the points that the same sites reach."""
    packed = np.ascontiguousarray(np.packbits(within, axis=0).T)
    _, first = np.unique(packed.view(np.dtype((np.void, packed.shape[1]))).ravel(), return_index=True)
    return within[:, np.sort(first)]


TASKS: dict[str, Callable[[Arrays, float], Iterator[Report]]] = {
    "mclp": cover,
    "pmedian": median,
    "lscp": set_cover,
    "pcenter": center,
    "backup": backup,
}

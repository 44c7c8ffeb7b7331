"""What a plan is judged on: the roads, a straight line, or a matrix of travel times of one's own, kept in the store."""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import streamlit as st

from mssmap import ingest
from mssmap.errors import InputError, MssmapError
from mssmap.i18n import current
from mssmap.i18n import gettext as _
from mssmap.planning import access, on_data, scenario
from mssmap.planning.access import MatrixTravel
from mssmap.planning.covering import Coverage
from mssmap.planning.scenario import Plan
from mssmap.records.catalog import Data
from mssmap.store import matrices
from mssmap.ui import cache, permits, plain
from mssmap.ui.planner import editing
from mssmap.ui.planner.hand import PlanInHand

FORMATS: Final = ("csv", "parquet")


@dataclass(frozen=True)
class Judged:
    """
    A plan and what it is judged on.

    Attributes
    ----------
    asked
        The plan as it is in hand.
    plan
        The same, or on the road model if its matrix cannot be used.
    matrix
        None unless the plan travels on one.
    note
        Why the road model takes the place of the matrix; empty if it does not.
    """

    asked: Plan
    plan: Plan
    matrix: MatrixTravel | None = None
    note: str = ""

    def evaluate(self) -> Coverage:
        """All figures of the plan."""
        return on_data.evaluate(cache.data(), self.plan, self.matrix, language=current())


def judged(plan: Plan) -> Judged:
    """Return a plan with what it is judged on; if its matrix cannot be used, the road model stands in and says so."""
    if plan.travel != "matrix":
        return _on_roads(plan)
    try:
        matrix = _matrix(plan.matrix, cache.data()) if plan.matrix else None
        on_data.ground(cache.data(), plan, matrix)
    except MssmapError as error:
        note = _("{reason} Until then all figures of {name} are by the road model.").format(
            reason=error, name=f"“{plan.name}”"
        )
        return Judged(plan, dataclasses.replace(plan, travel="road"), note=note)
    return Judged(plan, plan, matrix)


def _on_roads(plan: Plan) -> Judged:
    """Return a plan on the roads that it chose; where they are not here, the road model stands in and says so."""
    if not plan.roads.streets:
        return Judged(plan, plan)
    try:
        on_data.network_of(cache.data(), plan)
    except MssmapError as error:
        note = _("{reason} Until then all figures of {name} are by the road model.").format(
            reason=error, name=f"“{plan.name}”"
        )
        return Judged(plan, dataclasses.replace(plan, roads=dataclasses.replace(plan.roads, streets="")), note=note)
    return Judged(plan, plan)


@lru_cache(maxsize=4)
def _matrix(mark: str, data: Data) -> MatrixTravel:
    return matrices.find(cache.plans(), mark, on_data.cells_of(data))


def upload(held: PlanInHand) -> None:
    """Take a file of minutes or kilometres for the plan, and say which one it has."""
    plan = held.plan
    if plan.travel != "matrix":
        return
    st.caption(
        _(
            "Columns: site_id (the id of a base or proposal), demand_id (H3 cell of resolution 7) and minutes or km; "
            "every site with every cell once, inf if there is no way."
        )
    )
    st.download_button(
        _("Times by road, as a file to start from"),
        lambda: example(plan),
        file_name="matrix.csv",
        mime="text/csv",
        on_click="ignore",
        width="stretch",
    )
    file = st.file_uploader(
        _("Matrix of travel times"),
        type=list(FORMATS),
        key=f"matrix_file {plan.id}",
        max_upload_size=25,
        disabled=permits.lacking("upload"),
    )
    if file is not None and held.matrix_read != file.file_id:
        try:
            with st.spinner(_("Checking every row")):
                matrix = read(file.getbuffer(), file.name, plan.standard.unit)
                mark = matrices.keep(cache.plans(), matrix, on_data.cells_of(cache.data()))
        except MssmapError as error:
            plain.say("error", str(error))
            return
        held.matrix_read = file.file_id
        editing.do({"kind": "assume", "matrix": mark})
        st.rerun()
    used = judged(plan).matrix
    if used is not None:
        known = len(used.site_ids)
        plain.say("caption", _("In use: {name}, {n} sites.").format(name=used.source, n=known))


def example(plan: Plan) -> bytes:
    """Return a CSV of what the road model gives for all bases and proposals of a plan."""
    network = on_data.network_of(cache.data(), plan)
    bases = scenario.bases(cache.data(), plan, network)
    table = access.RoadTravel(network, plan.standard.unit).table(bases)
    rows = access.matrix_rows(MatrixTravel(tuple(bases["base_id"]), table, unit=plan.standard.unit), network.grid)
    return str(rows.to_csv(index=False)).encode()


def read(content: Any, name: str, unit: str) -> MatrixTravel:
    """
    Read and check a matrix in a file from outside; it is opened in a process of its own, under the limits of imports.

    Parameters
    ----------
    unit
        `min` or `km`: which column is taken if the file has both.

    Raises
    ------
    InputError
        One line with all that is wrong.
    """
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        reading = ingest.read(file, name=name)
    if reading.format not in FORMATS:
        raise InputError(
            _("{name}: found {format}, required a CSV or Parquet file.").format(name=name, format=reading.format)
        )
    if reading.faults:
        fault = f"{name}: {reading.faults[0]}"
        raise InputError(fault)
    (rows,) = reading.tables.values()
    other = {"min": "km", "km": "min"}[unit]
    wanted, instead = ("minutes", "km") if unit == "min" else ("km", "minutes")
    found = other if wanted not in rows and instead in rows else unit
    return access.matrix_from_rows(rows, on_data.cells_of(cache.data()).ids, unit=found, name=name)

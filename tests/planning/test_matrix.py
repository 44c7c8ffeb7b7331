"""A matrix of travel times of one's own: with a plan, in the store, and where it knows too little."""

from __future__ import annotations

import dataclasses

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from toy import toy_grid

import mssmap
from mssmap import store
from mssmap.errors import DataError, InputError, NotAllowedError, NotFoundError
from mssmap.planning import access, on_data, plan_file, scenario
from mssmap.planning.access import MatrixTravel, Standard
from mssmap.store import matrices, payloads, people, plans, tables
from mssmap.ui import cache
from mssmap.ui.planner import travel


@pytest.fixture
def own_store(tmp_path):
    return store.open_store(f"sqlite:///{tmp_path / 'store.db'}")


@pytest.fixture
def page(haiti, own_store, monkeypatch):
    """What the page reads: the shipped data and a store of its own."""
    monkeypatch.setattr(cache, "data", lambda: haiti.data)
    monkeypatch.setattr(cache, "plans", lambda: own_store)
    travel._matrix.cache_clear()
    return own_store


def by_road(haiti, factor=1.0, unit="min") -> MatrixTravel:
    """The times of the road model, multiplied, for every base and proposal of the baseline."""
    bases = scenario.bases(haiti.data, haiti.plan, haiti.ground.network)
    values = access.RoadTravel(haiti.ground.network, unit).table(bases) * np.float32(factor)
    return MatrixTravel(tuple(bases["base_id"]), values, source="ours.csv", unit=unit)


def on_matrix(plan, mark=""):
    return dataclasses.replace(plan, travel="matrix", matrix=mark)


def test_a_plan_judged_on_the_times_of_the_roads_has_the_figures_of_the_roads(haiti):
    plan = on_matrix(haiti.plan)
    same = on_data.evaluate(haiti.data, plan, by_road(haiti))
    roads = on_data.evaluate(haiti.data, haiti.plan)
    pd.testing.assert_frame_equal(same.figures, roads.figures)
    assert "Times from ours.csv; road status and zones do not act on them." in str(same.method)
    tested = [
        on_data.back_test(haiti.data, plan, matrix=by_road(haiti)),
        on_data.back_test(haiti.data, haiti.plan),
    ]
    assert tested[0].summary == tested[1].summary
    slow = on_data.evaluate(haiti.data, plan, by_road(haiti, 1e6))
    assert slow.figure("people_covered")["value"] < roads.figure("people_covered")["value"]


def test_best_sites_are_looked_for_among_the_sites_that_the_matrix_knows(haiti):
    cells = haiti.ground.grid.candidates["cell"].to_numpy()[:6]
    ids = tuple(haiti.ground.grid.ids[cell] for cell in cells.tolist())
    bases = by_road(haiti)
    values = np.vstack([bases.values, access.RoadTravel(haiti.ground.network).from_cells(cells)])
    matrix = MatrixTravel((*bases.site_ids, *ids), values)
    found = on_data.site(haiti.data, on_matrix(haiti.plan), 2, matrix=matrix)
    assert {row["id"] for row in found.sites} <= set(matrix.site_ids)
    with pytest.raises(InputError, match=r"travel is matrix, but no matrix was given"):
        on_data.site(haiti.data, on_matrix(haiti.plan), 2)


def test_a_base_that_is_on_has_to_be_known_and_one_that_is_off_adds_nothing(haiti):
    whole = by_road(haiti)
    active = sorted(haiti.plan.active)[0]
    off = next(item.id for item in haiti.plan.proposals if item.id not in haiti.plan.active)

    def without(site):
        keep = [i for i, known in enumerate(whole.site_ids) if known != site]
        return MatrixTravel(tuple(whole.site_ids[i] for i in keep), whole.values[keep])

    with pytest.raises(InputError, match=rf"^matrix: no times for {active}\. Add their rows, or use the road model\.$"):
        on_data.evaluate(haiti.data, on_matrix(haiti.plan), without(active))
    found = on_data.evaluate(haiti.data, on_matrix(haiti.plan), without(off))
    assert f"None for {off}: switched off, and counted as reaching nobody." in str(found.method)
    assert found.by_base.set_index("base_id").loc[off, "marginal_people"] == 0
    must = dataclasses.replace(next(item for item in haiti.plan.proposals if item.id == off), rule="required")
    with pytest.raises(InputError, match=rf"no times for {off}"):
        on_data.ground(haiti.data, on_matrix(haiti.plan.place(must, active=False)), without(off))


def test_minutes_are_not_compared_with_kilometres(haiti):
    with pytest.raises(InputError, match=r"^standard: found 60 min, but the travel model gives km"):
        on_data.ground(haiti.data, on_matrix(haiti.plan), by_road(haiti, unit="km"))
    plan = dataclasses.replace(on_matrix(haiti.plan), standard=Standard(40, "km"))
    told = str(on_data.evaluate(haiti.data, plan, by_road(haiti, unit="km")).method)
    assert told.count("Distances from ours.csv") == 1


def test_a_stored_matrix_comes_back_as_it_was_and_is_stored_once(haiti, own_store):
    matrix, cells = by_road(haiti), haiti.ground.grid
    mark = matrices.keep(own_store, matrix, cells)
    assert matrices.keep(own_store, matrix, cells) == mark
    reopened = store.open_store(str(own_store.engine.url))
    found = matrices.find(reopened, mark, cells)
    assert (found.site_ids, found.unit, found.source) == (matrix.site_ids, "min", "ours.csv")
    np.testing.assert_array_equal(found.values, matrix.values)
    with own_store.engine.connect() as session:
        assert session.execute(sa.select(sa.func.count()).select_from(tables.payloads)).scalar_one() == 1


def test_a_matrix_that_is_missing_or_was_changed_is_not_used(haiti, own_store):
    cells = haiti.ground.grid
    with pytest.raises(NotFoundError, match=r"^travel matrix 0{12}: it is not in this store\. Add the file again\.$"):
        matrices.find(own_store, "0" * 64, cells)
    mark = matrices.keep(own_store, by_road(haiti), cells)
    own_store.write(lambda session: session.execute(sa.update(tables.payloads).values(content=b"other")))
    with pytest.raises(DataError, match=rf"^travel matrix {mark[:12]}: it was changed in the store"):
        matrices.find(own_store, mark, cells)


def test_the_hash_of_the_matrix_is_part_of_the_plan(haiti):
    plan = on_matrix(haiti.plan, "ab" * 32)
    assert plan_file.from_json(plan_file.to_json(plan).encode())[0] == plan
    assert "matrix" not in plan_file.to_dict(haiti.plan), "files without a matrix read as before"
    rows = scenario.differences(haiti.plan, plan)
    assert rows.loc[rows["item"] == "matrix", "second"].tolist() == ["abababababab"]
    with pytest.raises(InputError, match=r"matrix 'x', required the SHA-256 of a matrix"):
        on_matrix(haiti.plan, "x")


def test_the_page_falls_back_on_the_roads_and_says_so(haiti, page):
    roads = on_data.evaluate(haiti.data, haiti.plan).figure("people_covered")
    for plan, note in (
        (on_matrix(haiti.plan), "no matrix was given"),
        (on_matrix(haiti.plan, "0" * 64), "not in this store"),
        (on_matrix(haiti.plan, matrices.keep(page, by_road(haiti, unit="km"), haiti.ground.grid)), "gives km"),
    ):
        judged = travel.judged(plan)
        assert note in judged.note
        assert judged.note.endswith(f"Until then all figures of “{plan.name}” are by the road model.")
        assert judged.asked == plan
        assert judged.evaluate().figure("people_covered")["value"] == roads["value"]
    mark = matrices.keep(page, by_road(haiti, 1e6), haiti.ground.grid)
    judged = travel.judged(on_matrix(haiti.plan, mark))
    assert judged.note == ""
    assert judged.evaluate().figure("people_covered")["value"] < roads["value"]


def test_the_file_to_start_from_reads_as_the_road_model(haiti, page):
    found = travel.read(travel.example(haiti.plan), "ours.csv", "min")
    np.testing.assert_allclose(found.values, by_road(haiti).values, rtol=1e-6)
    assert found.source == "ours.csv"


def written(rows: pd.DataFrame) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(rows), sink)
    return sink.getvalue().to_pybytes()


def test_parquet_and_the_other_unit_are_read(haiti, page):
    rows = access.matrix_rows(by_road(haiti), haiti.ground.grid).rename(columns={"minutes": "km"})
    found = travel.read(written(rows), "ours.parquet", "min")
    assert found.unit == "km"
    np.testing.assert_array_equal(found.values, by_road(haiti).values)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a,b\n1,2\n", r"^ours: found columns a, b, required site_id, demand_id, minutes"),
        (b'{"type": "FeatureCollection", "features": []}', r"^ours: found geojson, required a CSV or Parquet file"),
        (b"site_id,demand_id,minutes\nx,y,z\n", r"^ours: found 1 minutes that are not numbers \(x/y\); 1 unknown"),
        (b"PAR1 and nothing", r"ours: found a Parquet file that cannot be read"),
        (written(pd.DataFrame({"site_id": ["x"] * 600_000})), r"ours: found 600,000 rows, required at most 500,000"),
    ],
)
def test_a_file_that_is_no_matrix_is_refused_in_one_line(haiti, page, content, text):
    with pytest.raises(InputError, match=text) as caught:
        travel.read(content, "ours", "min")
    assert "\n" not in str(caught.value)


def test_a_stored_plan_on_a_matrix_gives_the_same_figures_to_programs(haiti, own_store, frozen_folder, monkeypatch):
    monkeypatch.setenv("MSSMAP_DATABASE_URL", str(own_store.engine.url))
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(frozen_folder))
    matrix = by_road(haiti, 2)
    plan = on_matrix(haiti.plan.copy("plan-ours", "Ours"), matrices.keep(own_store, matrix, haiti.ground.grid))
    plans.save(own_store, plan_file.to_dict(plan), version=0)
    expected = on_data.evaluate(haiti.data, plan, matrix)
    pd.testing.assert_frame_equal(mssmap.coverage("plan-ours").figures, expected.figures)


def test_a_plan_stored_before_the_official_boundaries_opens_and_keeps_its_matrix(haiti, own_store, monkeypatch):
    monkeypatch.setenv("MSSMAP_DATABASE_URL", str(own_store.engine.url))
    matrix = by_road(haiti)
    plan = on_matrix(haiti.plan.copy("plan-ours", "Ours"), matrices.keep(own_store, matrix, haiti.ground.grid))
    plans.save(own_store, plan_file.to_dict(plan), version=0)
    before, now = on_data.evaluate(haiti.data, plan, matrix), mssmap.coverage("plan-ours")
    assert "Cells newer than it: 12; they have the times of the nearest older one." in str(now.method)
    assert now.figure("people_covered")["value"] == pytest.approx(before.figure("people_covered")["value"], rel=0.02)


def test_a_matrix_is_stored_by_planners_only(haiti, own_store):
    people.grant(own_store, "bea@x", "briefer")
    with pytest.raises(NotAllowedError, match="needs the role planner; yours is briefer"):
        matrices.keep(own_store.acting("bea@x"), by_road(haiti), haiti.ground.grid)
    people.grant(own_store, "bea@x", "planner")
    assert matrices.keep(own_store.acting("bea@x"), by_road(haiti), haiti.ground.grid)


@pytest.mark.parametrize(
    "said", [None, {}, {b"mssmap_matrix": b"[]"}, {b"mssmap_matrix": b'{"unit": "min", "source": ""}'}]
)
def test_a_plan_that_names_rows_which_are_no_matrix_is_told(haiti, own_store, said):
    buffer = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": ["x"]}).replace_schema_metadata(said), buffer)
    rows = buffer.getvalue().to_pybytes()
    own_store.write(lambda session: payloads.put(session, rows))
    with pytest.raises(DataError, match=r"travel matrix .*: it was changed in the store"):
        matrices.find(own_store, payloads.digest(rows), haiti.ground.grid)


def sixty_cells():
    """Return the toy country with sixty cells in a row, 10 km apart."""
    around = sorted(h3.grid_disk(h3.latlng_to_cell(18.5, -72.4, 7), 5))
    return dataclasses.replace(toy_grid((10,) * 60), cells=np.array(around[:60], dtype="uint64"))


def stored(cells: dict[str, float]) -> pd.DataFrame:
    """Return the rows of a matrix of one base, as they were stored."""
    return pd.DataFrame({"site_id": "west", "demand_id": list(cells), "minutes": list(cells.values())})


def test_a_matrix_of_older_boundaries_fits_the_cells_of_today():
    grid = sixty_cells()
    first, second, *rest = grid.ids
    older = {second: 7.0, **dict.fromkeys(rest, 90.0), "87ffffffffffffff": 5.0}  # without the first, with one at sea
    found = access.fitted(stored(older), grid, unit="min", name="ours.csv")
    assert found.values[0, :3].tolist() == [7, 7, 90], "the first cell has the time of the second, 10 km from it"
    assert (found.values.shape, found.newer) == ((1, 60), 1)
    assert "Cells newer than it: 1; they have the times of the nearest older one." in str(found.method)
    assert access.fitted(stored({**older, first: 1.0}), grid, unit="min", name="ours.csv").newer == 0


def test_a_matrix_of_another_country_is_refused():
    grid = sixty_cells()
    with pytest.raises(InputError, match=r"^ours\.csv: found 20 pairs missing"):
        access.fitted(stored(dict.fromkeys(grid.ids[:40], 1.0)), grid, unit="min", name="ours.csv")

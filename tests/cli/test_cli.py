"""The command line: what is printed, on which stream, with which exit code."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from small_data import ROOT

import mssmap
from mssmap import cli
from mssmap.store import open_store


@pytest.fixture
def run(capsys, monkeypatch, small_folder):
    """Return a runner on the small data; it gives exit code, stdout and stderr."""
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(small_folder))
    monkeypatch.setenv("MSSMAP_TODAY", "2025-06-30")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = cli.run(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def run_real(run, monkeypatch):
    """Return the same on the shipped data."""
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(ROOT / "data"))
    monkeypatch.setenv("MSSMAP_TODAY", "2026-11-22")
    return run


def test_show_aligns_the_main_columns_and_tells_the_dials_on_stderr(run):
    code, out, err = run("show", "fobs", "--as-of", "2025-01-10", "--known-on", "2025-02-01")
    assert code == 0
    assert err == "mssmap: fobs as of 2025-01-10, known on 2025-02-01: 1 record\n"
    header, row = out.splitlines()
    assert header.split() == ["id", "name", "status", "operator", "since", "place", "precision", "grade", "sources"]
    assert row.startswith("fob-a  Base A  operational  Kenya")
    assert row.endswith("C2     press-3, press-2")


def test_show_json_is_a_feature_collection_with_sources(run):
    code, out, _ = run("show", "fobs", "--as-of", "2025-01-18", "--known-on", "2025-01-18", "--json")
    collection = json.loads(out)
    assert (code, collection["type"]) == (0, "FeatureCollection")
    base, plan = collection["features"]
    assert base["geometry"] == {"type": "Point", "coordinates": [-72.35, 18.55]}
    assert plan["geometry"] is None
    properties = base["properties"]
    assert (properties["status"], properties["status_from"], properties["operator"]) == (
        "operational",
        "2024-11-28",
        "Kenya",
    )
    assert (properties["armed_group"], properties["status_to"]) == (None, None)
    assert [source["source_id"] for source in properties["sources"]] == ["press-2"]


def test_a_table_in_json_is_a_list_of_objects(run):
    code, out, _ = run("show", "strength", "--json")
    assert code == 0
    assert [(row["strength_id"], row["personnel"], row["date"]) for row in json.loads(out)] == [
        ("s1", 200, "2024-06-25"),
        ("s2", 200, "2024-07-16"),
        ("s3", 430, "2024-11-08"),
    ]


@pytest.mark.parametrize("name", sorted(set(mssmap.load().datasets)))
def test_every_dataset_can_be_shown_both_ways(run_real, name):
    code, out, _ = run_real("show", name)
    assert (code, len(out.splitlines()) > 1) == (0, True)
    code, out, _ = run_real("show", name, "--json")
    found = json.loads(out)
    assert code == 0
    assert len(found["features"] if isinstance(found, dict) else found) > 0


def test_hidden_records_are_counted(run):
    _, out, err = run("show", "fobs", "--grade", "C3")
    assert "2 records, 1 below grade C3 hidden" in err
    _, out, err = run("show", "fobs", "--grade", "A1", "--text")
    assert "0 records, 3 below grade A1 hidden" in err
    assert "Below grade A1 and left out: bases 3." in out
    assert "Base B" not in out


def test_a_region_without_records_is_said_to_have_none_on_record(run):
    _, _, err = run("show", "prisons", "--region", "HT0121")
    assert "0 records: nothing is on record there (HT0121)" in err


def test_events_print_every_figure_with_its_source_underneath(run):
    code, out, _ = run("events", "--category", "prison_break", "--known-on", "2024-03-05")
    assert code == 0
    lines = [line.strip() for line in out.splitlines()]
    assert lines[0] == "2024-03-02  Prison A stormed"
    assert lines[1] == "place   place not stated, HT0111, HTI (site)"
    assert lines[2] == "claim   reported, figures disputed; grade A2; category prison_break; id break-a"
    assert lines[3:9] == [
        *("figure  inmates_escaped: 3,600 inmates", "Title of wire-1 - EFE"),
        *("figure  inmates_escaped: 3,700 inmates", "Title of press-1 - Daily"),
        *("figure  inmates_escaped: 4,600 inmates", "Title of un-1 - BINUH"),
    ]


def test_a_plan_whose_date_has_passed_reads_as_such(run):
    _, out, err = run("events", "--category", "deployment")
    assert out == "(none)\n"
    assert "0 records, 1 only announced left out (--plans adds them)" in err
    _, out, err = run("events", "--category", "deployment", "--plans")
    assert "claim   planned for 2025-01-31, outcome not known; grade C3" in out
    assert "left out" not in err
    _, out, err = run("show", "events")
    assert "200 more officers" not in out
    assert "1 only announced left out" in err
    _, out, _ = run("changes", "--since", "2025-01-17", "--until", "2025-01-18")
    assert "200 more officers" not in out
    _, out, _ = run("changes", "--since", "2025-01-17", "--until", "2025-01-18", "--plans")
    assert "planned 2025-01-31    2025-01-18          new        events      200 more officers [plan]" in out


def test_changes_print_what_differs(run):
    code, out, err = run("changes", "--since", "2025-01-22", "--until", "2025-01-23")
    assert (code, err) == (0, "mssmap: learnt after 2025-01-22 and up to 2025-01-23: 1 change\n")
    assert out.splitlines()[:5] == [
        "happened              learnt",
        "2025-01-21            2025-01-23          status     status      Base A [fob-a]",
        "            status: operational -> handed_over",
        "            valid_from: 2024-11-28 -> 2025-01-21",
        "            operator: Kenya -> Guatemala",
    ]
    code, out, _ = run("changes", "--since", "2025-01-22", "--until", "2025-01-23", "--json")
    (change,) = json.loads(out)
    assert (code, change["kind"], change["title"]) == (0, "status", "Base A")
    assert run("changes", "--since", "2025-06-29")[0] == 0


def test_layers_list_the_catalog(run):
    code, out, _ = run("layers")
    assert (code, out.splitlines()[1].split()[:2]) == (0, ["fobs", "layer"])
    code, out, _ = run("layers", "--json")
    assert json.loads(out)[0]["licence"] == "CC-BY-4.0"


def test_out_writes_a_file_and_nothing_to_stdout(run, tmp_path):
    path = tmp_path / "fobs.geojson"
    code, out, _ = run("show", "fobs", "--json", "--out", str(path))
    assert (code, out) == (0, "")
    assert json.loads(path.read_text(encoding="utf-8"))["type"] == "FeatureCollection"


def test_check_says_that_all_is_sound(run):
    code, out, _ = run("check")
    assert code == 0
    assert out.startswith("all 12 datasets sound: 39 rows in ")


def test_check_prints_every_fault_and_exits_with_1(run, folder, monkeypatch):
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(folder))
    (folder / "layers" / "fobs.geojson").write_text("{", encoding="utf-8")
    code, out, err = run("check")
    assert code == 1
    assert "layers/fobs.geojson: found JSON that breaks off" in out
    assert err.startswith("mssmap: 2 faults in 12 datasets")
    code, _, err = run("show", "prisons")
    assert code == 0, "the rest stays usable"
    assert err.startswith("mssmap: 2 faults in the data, mssmap check lists them\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "bases"], "'bases' is not a layer or table; there are fobs, prisons"),
        (["show", "fobs", "--as-of", "18/01/2025"], "--as-of: found '18/01/2025', required a date as YYYY-MM-DD"),
        (["show", "fobs", "--known-on", "2025-02-30"], "--known-on: found '2025-02-30', required a date"),
        (["show", "fobs", "--grade", "Z9"], "grade: found 'Z9', required a letter A-F"),
        (["show", "fobs", "--region", "Atlantis"], "region: 'Atlantis' is not a P-code or name"),
        (["show", "strength", "--region", "HT01"], "region: these records have no place"),
        (["show", "fobs", "--out", "/nowhere/at/all"], "--out: /nowhere/at/all cannot be written"),
        (["events", "--from", "2024-02-01", "--to", "2024-01-01"], "to: found 2024-01-01, required a day not before"),
        (["events", "--category", "party"], "category: 'party' does not exist; there are"),
        (["changes"], "Missing option '--since'"),
        (["changes", "--since", "2025-02-01", "--until", "2025-01-01"], "until: found 2025-01-01"),
        (["show"], "Missing argument 'LAYER'"),
        (["dance"], "No such command 'dance'"),
        (["show", "fobs", "--colour"], "No such option"),
        (["serve", "--port", "0"], "--port"),
    ],
)
def test_bad_input_is_one_clear_line_and_2(run, arguments, message):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    last = err.splitlines()[-1]
    assert last.startswith("mssmap: ")
    assert message in last
    assert "Traceback" not in err


def test_a_missing_data_folder_is_said_to_be_missing(run, monkeypatch):
    monkeypatch.setenv("MSSMAP_DATA_DIR", "/nowhere")
    code, _, err = run("layers")
    assert (code, "Set MSSMAP_DATA_DIR" in err) == (2, True)


def test_a_bug_is_one_line_too(run, monkeypatch):
    monkeypatch.setattr(mssmap, "load", lambda: 1 / 0)
    code, _, err = run("layers")
    assert (code, err.count("\n")) == (1, 1)
    assert "a bug, please report it: ZeroDivisionError" in err


def test_text_from_data_cannot_steer_the_terminal(run, folder, monkeypatch):
    monkeypatch.setenv("MSSMAP_DATA_DIR", str(folder))
    path = folder / "tables" / "events.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("Courts reopen", "Courts \x1b[2J reopen"), encoding="utf-8"
    )
    _, out, _ = run("events", "--category", "court_reopening")
    assert "\x1b" not in out


def test_without_arguments_it_helps(run):
    code, out, _ = run()
    assert code == 0
    for command in ("layers", "show", "events", "changes", "check", "serve"):
        assert f"  {command} " in out


@pytest.mark.parametrize("command", ["layers", "show", "events", "changes", "check", "serve"])
def test_every_command_has_help(run, command):
    code, out, _ = run(command, "--help")
    assert (code, out.startswith("Usage: mssmap " + command)) == (0, True)


def test_python_m_mssmap_runs_and_a_closed_pipe_is_no_error():
    command = f"{sys.executable} -m mssmap events --json | head -c 10"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout[:1]) == (0, "["), done.stderr
    assert "Traceback" not in done.stderr


def test_the_delmas_2_base_on_the_command_line(run_real):
    _, out, _ = run_real("show", "fobs", "--as-of", "2025-01-18", "--known-on", "2025-01-18")
    (line,) = [line for line in out.splitlines() if line.startswith("fob-04")]
    assert "Delmas 2" in line
    assert "  operational  Kenya " in line
    _, out, _ = run_real("show", "fobs", "--known-on", "2025-02-01", "--as-of", "2025-01-25")
    (line,) = [line for line in out.splitlines() if line.startswith("fob-04")]
    assert "  handed_over  Guatemala " in line


def test_prisons_before_and_after_march_2024_differ(run_real):
    before, after = (run_real("show", "prisons", "--as-of", day)[1] for day in ("2024-02-01", "2024-03-10"))
    assert before != after


def test_the_prison_breaks_on_the_command_line(run_real):
    _, out, _ = run_real("events", "--from", "2024-03-01", "--to", "2024-03-31", "--category", "prison_break")
    for words in ("Croix-des-Bouquets", "National Penitentiary", "3,600", "3,700", "4,600", "4,700"):
        assert words in out


def test_people_are_given_roles_and_lose_them(run, tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/store.db"
    monkeypatch.setenv("MSSMAP_DATABASE_URL", url)
    open_store(url)
    used = f"mssmap: store {url}\n"
    assert run("people") == (0, "(none)\n", used)
    assert run("people", "grant", "Ana@Example.org", "admin") == (0, "", f"{used}mssmap: ana@example.org: admin\n")
    assert run("people", "grant", "bea@example.org", "planner")[0] == 0
    lines = run("people", "list")[1].splitlines()
    assert [line.split()[:2] for line in lines] == [["admin", "ana@example.org"], ["planner", "bea@example.org"]]
    assert run("people", "revoke", "bea@example.org")[2] == f"{used}mssmap: bea@example.org: none\n"
    code, _out, err = run("people", "revoke", "ana@example.org")
    assert (code, err.count("\n")) == (2, 1)
    assert "is the last administrator" in err
    for arguments, words in (
        (("people", "fire", "x"), "people: found 'fire', required list, grant or revoke"),
        (("people", "grant", "x@y", "king"), "role: found 'king', required one of viewer"),
        (("people", "grant"), "role: found '', required one of viewer"),
    ):
        code, _out, err = run(*arguments)
        assert code == 2
        assert words in err


def test_site_says_whom_it_does_not_reach_beside_the_objective_and_coverage_which_bases_it_leaves_out(run_real):
    day = ("--as-of", "2026-04-01")
    code, out, err = run_real("site", "-k", "1", *day)
    assert code == 0
    assert "149,393 people cannot be reached" in out
    assert "149,393 people cannot be reached" in err
    code, out, err = run_real("coverage", *day)
    assert "operational_without_place" in out
    assert "Without one, and not counted in any figure here: Second Artibonite base" in out

"""Which tests `make check` leaves to `make test`, and which a machine with half an hour leaves to it, and why."""

from __future__ import annotations

from zlib import crc32

import pytest

ELSEWHERE = {
    "tests/browser": "drives Chromium",
    "tests/deploy": "starts servers and proxies",
    "tests/archive/test_engines.py": "asks PostgreSQL and Spark",
    "tests/archive/test_files.py": "a reading process for each file",
    "tests/archive/test_queries.py": "hundreds of questions drawn at random",
    "tests/archive/test_acts.py": "kills an act at each of its steps",
    "tests/brief": "makes whole packs",
    "tests/cli/test_cli.py": "starts the command each time",
    "tests/exports/test_formats.py": "writes every format",
    "tests/exports/test_verify.py": "a reading process for each file",
    "tests/exports/test_roundtrip.py": "writes and reads every format",
    "tests/ingest/test_attach.py": "starts the command each time",
    "tests/ingest/test_duplicates.py": "thousands of events, in a process whose memory is limited",
    "tests/ingest/test_field_copy.py": "a reading process for each file",
    "tests/ingest/test_fuzz.py": "a campaign",
    "tests/ingest/test_hostile.py": "a reading process for each file",
    "tests/ingest/test_hostile_copy.py": "a reading process for each file",
    "tests/ingest/test_kernel.py": "a reading process for each question",
    "tests/ingest/test_places.py": "fills every place for reading processes",
    "tests/ingest/test_read.py": "a reading process for each file",
    "tests/ingest/test_shapes.py": "a reading process for each file",
    "tests/maps/test_published.py": "publishes all files of the map again and again",
    "tests/planning/test_access.py": "random graphs",
    "tests/planning/test_matrix.py": "a reading process for each file",
    "tests/planning/test_method.py": "solves each model on the data of Haiti",
    "tests/planning/test_siting.py": "solves instances drawn at random",
    "tests/planning/test_siting_studies.py": "solves instances drawn at random",
    "tests/records/test_differences.py": "pairs of days drawn at random",
    "tests/server/test_connections.py": "opens thousands of connections",
    "tests/server/test_fonts.py": "cuts typefaces",
    "tests/server/test_start.py": "starts servers",
    "tests/store/test_backup.py": "a reading process for each file",
    "tests/store/test_copies.py": "a reading process for each file",
    "tests/store/test_desk_kill.py": "kills processes at random moments",
    "tests/store/test_faults.py": "pulls the cable of a database",
    "tests/store/test_hostile_backup.py": "a reading process for each file",
    "tests/store/test_identity.py": "starts the command each time",
    "tests/store/test_kill.py": "kills processes at random moments",
    "tests/store/test_leftovers.py": "kills processes",
    "tests/store/test_nonsense.py": "a campaign",
    "tests/store/test_power.py": "cuts the power at random moments",
    "tests/store/test_server_kill.py": "kills servers at random moments",
    "tests/store/test_which_store.py": "every command, with and without a store",
    "tests/test_limits.py": "a reading process for each file",
    "tests/test_after_import.py": "works out every part of the pages again",
    "tests/test_generated.py": "makes the example and the docs again",
    "tests/test_package.py": "checks the package with another program",
    "tests/test_switched_off.py": "copies the product and runs tests in the copy",
    "tests/ui/test_plain.py": "drives a terminal",
    "tests/views": "compares packs and pages with figures worked out apart",
}
"""Folder or file, and why it is not in `make check`."""

CAMPAIGNS = {
    "tests/archive/test_engines.py": "starts PostgreSQL and Spark; `make test` and `make soak`",
    "tests/browser/test_archive.py::test_a_large_csv_becomes_an_archive_and_is_on_the_map": "a million rows",
    "tests/browser/test_archive.py::test_removed_undone_put_back_and_made_of_an_old_import": "a server of its own",
    "tests/browser/test_damaged.py::test_every_page_shows_its_content_and_tells_each_fault_beside_its_list": (
        "every page of a server whose files are all damaged"
    ),
    "tests/browser/test_clicks.py": "random clicks on slow lines; `make soak` has the long form",
    "tests/browser/test_hand.py::test_acts_are_taken_from_our_own_pages_and_from_the_person_who_did_them": (
        "servers of its own"
    ),
    "tests/browser/test_live.py::test_a_click_into_a_dead_server_is_stored_by_the_next_one": "servers that are killed",
    "tests/browser/test_live.py::test_a_page_that_streamlit_gives_up_is_loaded_again": "servers that are killed",
    "tests/browser/test_live.py::test_a_store_that_was_removed_is_told_on_every_page_and_nothing_is_said_to_be_saved": (
        "a server of its own, and every page of it"
    ),
    "tests/browser/test_live.py::test_what_the_store_did_not_take_waits_and_is_stored_as_soon_as_it_can_be": (
        "a server of its own whose store is locked"
    ),
    "tests/browser/test_memory.py": "hundreds of acts in one window; `make soak` has the long form",
    "tests/browser/test_sinks.py::test_map_list_card_popup_and_tooltip": "every record with every harmful name",
    "tests/browser/test_sinks.py::test_standalone_map_and_exported_html": "a server of its own",
    "tests/browser/test_sinks.py::test_the_ordinary_way_is_harmed": "a server of its own",
    "tests/browser/test_timeline.py::test_the_dial_dragged_across_four_years_shows_each_day_it_passes": (
        "a hand of eighty steps in a second needs a machine with nothing beside it"
    ),
    "tests/deploy/test_crowd.py": "thousands of connections; `make soak` has the long form",
    "tests/deploy/test_drain.py": "servers that stop beside others",
    "tests/deploy/test_hour.py": "people come and go; `make soak` has the long form",
    "tests/deploy/test_replicas.py": "two servers, a database and a proxy, some of them killed",
    "tests/deploy/test_viewers.py": "many viewers at once; `make soak` has the long form",
    "tests/store/test_server_kill.py": "kills servers at random moments; `make soak` has the long form",
    "tests/ui/test_plain.py::test_a_terminal_is_not_steered_by_names": "every command, in a terminal",
    "tests/test_switched_off.py": "copies the product and runs tests in the copy; `scripts/switch_off.py` has them all",
}
"""Campaigns that `--lean` leaves out, for a machine that has half an hour on two cores; `make test` has them."""

CASES = 3
"""Of the cases of a test in `ELSEWHERE`, `--lean` runs one in so many, drawn by their names, and always one."""

TESTS = 2
"""Of what is left of a file in `ELSEWHERE`, `--lean` runs one in so many, drawn by their names, and always one."""


def in_check(item: pytest.Item) -> bool:
    """Whether a test belongs to `make check`: it is not in the list, and asks for no database server."""
    path = item.nodeid.partition("::")[0]
    asks = {str(value) for value in item.callspec.params.values()} if hasattr(item, "callspec") else set()
    asks |= set(getattr(item, "fixturenames", ()))
    return not path.startswith(tuple(ELSEWHERE)) and not asks & {"postgres", "postgresql", "postgis"}


def lean(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return what `--lean` runs: no campaign, and a share of what is slow."""
    return _drawn(_drawn([item for item in items if not _is_campaign(item)], "[", CASES), "::", TESTS)


def _drawn(items: list[pytest.Item], mark: str, share: int) -> list[pytest.Item]:
    """Return the items; of slow ones whose names are the same up to a mark one in so many, drawn by the names."""
    groups: dict[str, list[str]] = {}
    for item in items:
        groups.setdefault(item.nodeid.partition(mark)[0], []).append(item.nodeid)
    kept = set()
    for names in groups.values():
        some = [name for name in names if not crc32(name.encode()) // 7 % share] or names[:1]
        kept.update(some if names[0].startswith(tuple(ELSEWHERE)) else names)
    return [item for item in items if item.nodeid in kept]


def _is_campaign(item: pytest.Item) -> bool:
    return item.nodeid in CAMPAIGNS or item.nodeid.partition("::")[0] in CAMPAIGNS

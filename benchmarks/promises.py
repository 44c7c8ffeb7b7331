"""
The promises of mssmap about not losing work and staying there, each with the tests that prove it.

`python -m benchmarks.soak` measures them in full and writes docs/reliability.md; `make test` runs the same tests with
fewer rounds.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Promise:
    """
    One promise.

    Attributes
    ----------
    id
        Short name.
    sentence
        What is promised.
    tests
        Node ids of the tests that fail if it is broken; their property `figure` is what was measured.
    controls
        Node ids of the tests that show what happens without the protection; their property is `control`.
    """

    id: str
    sentence: str
    tests: tuple[str, ...]
    controls: tuple[str, ...]


PROMISES = (
    Promise(
        "kill-sqlite",
        "kill -9 of four writers on SQLite loses nothing that was acknowledged, and leaves nothing.",
        ("tests/store/test_kill.py::test_no_acknowledged_write_is_lost",),
        ("tests/store/test_kill.py::test_a_file_rewritten_whole_does_lose_writes",),
    ),
    Promise(
        "kill-postgresql",
        "kill -9 of the PostgreSQL server under four writers loses and leaves nothing, and they go on by themselves.",
        ("tests/store/test_server_kill.py::test_no_acknowledged_write_is_lost_when_the_server_is_killed",),
        ("tests/store/test_server_kill.py::test_acknowledged_before_it_is_on_disk_is_lost",),
    ),
    Promise(
        "kill-desk",
        "kill -9 at any moment of submit, accept and publish loses nothing acknowledged; no release is there by half.",
        ("tests/store/test_desk_kill.py::test_nothing_acknowledged_is_lost_and_no_release_is_there_by_half",),
        (),
    ),
    Promise(
        "accepted-once",
        "Two editors who accept the same submission at once have one effect; the second is told.",
        ("tests/store/test_desk_kill.py::test_two_editors_who_accept_the_same_one_have_one_effect",),
        (),
    ),
    Promise(
        "kill-work",
        "kill -9 of back-ups, field copies and archives leaves nothing after the next start.",
        ("tests/store/test_leftovers.py::test_work_that_is_killed_at_any_moment_leaves_nothing_after_the_next_start",),
        (),
    ),
    Promise(
        "power",
        "A power cut at any moment loses nothing that was acknowledged, and leaves nothing.",
        ("tests/store/test_power.py::test_no_acknowledged_write_is_lost_when_the_power_goes",),
        ("tests/store/test_power.py::test_with_synchronous_normal_some_are",),
    ),
    Promise(
        "replaced",
        "A SQLite file that is moved away under four writers takes no write that was acknowledged with it.",
        ("tests/store/test_identity.py::test_no_write_is_acknowledged_into_a_file_that_is_gone",),
        ("tests/store/test_identity.py::test_sqlite_itself_acknowledges_into_a_file_that_is_gone",),
    ),
    Promise(
        "edits",
        "Edits of one proposal by thirty people at once are all kept; who is refused is told both versions.",
        ("tests/store/test_edits.py::test_concurrent_edits_of_one_proposal",),
        ("tests/store/test_edits.py::test_without_the_version_most_edits_are_lost",),
    ),
    Promise(
        "clicks",
        "Four clicks in a fifth of a second end in the store as the screen shows them.",
        ("tests/browser/test_clicks.py::test_four_quick_clicks_are_stored",),
        (),
    ),
    Promise(
        "clicks-slow",
        "So do they over a line with a round trip of a second.",
        ("tests/browser/test_clicks.py::test_clicks_over_a_slow_line_are_stored",),
        (),
    ),
    Promise(
        "clicks-tabs",
        "Two tabs on different bases of one plan both count, and each sees the other.",
        ("tests/browser/test_clicks.py::test_two_tabs_on_different_bases_both_count",),
        (),
    ),
    Promise(
        "clicks-side-by-side",
        "Browsers at work at the same time keep all their clicks.",
        ("tests/browser/test_clicks.py::test_browsers_side_by_side_keep_all_their_clicks",),
        (),
    ),
    Promise(
        "clicks-reload",
        "A reload in the middle loses no click.",
        ("tests/browser/test_clicks.py::test_a_reload_in_the_middle_loses_no_click",),
        (),
    ),
    Promise(
        "clicks-cut",
        "A line that is cut for five seconds loses no click.",
        ("tests/browser/test_clicks.py::test_a_line_that_is_cut_loses_no_click",),
        (),
    ),
    Promise(
        "clicks-restart",
        "A server that is killed between two clicks and started again loses none.",
        ("tests/browser/test_clicks.py::test_a_server_that_is_started_again_loses_no_click",),
        (),
    ),
    Promise(
        "hand",
        "Whatever a planner does, what the page calls saved is what the store holds.",
        ("tests/browser/test_clicks.py::test_whatever_a_hand_does_what_the_page_calls_saved_is_what_the_store_holds",),
        (),
    ),
    Promise(
        "planners",
        "Thirty planners at work at once meet no error.",
        ("tests/store/test_edits.py::test_many_planners_each_with_a_plan",),
        ("tests/store/test_edits.py::test_an_ordinary_sqlite_file_gives_them_errors",),
    ),
    Promise(
        "disk-full",
        "A full disk is told, loses nothing, and work goes on as soon as there is room.",
        ("tests/store/test_faults.py::test_a_full_disk_is_told_and_work_goes_on_when_there_is_room",),
        ("tests/store/test_faults.py::test_a_file_rewritten_whole_does_not_survive_a_full_disk",),
    ),
    Promise(
        "clock",
        "A clock that jumps by hours changes neither the order nor what undo brings back.",
        ("tests/store/test_faults.py::test_order_is_by_sequence_whatever_the_clock_says",),
        ("tests/store/test_faults.py::test_ordered_by_the_clock_the_trail_would_be_another",),
    ),
    Promise(
        "restart",
        "A database that restarts in the middle of a commit: told, the same request has one effect.",
        ("tests/store/test_faults.py::test_a_database_that_restarts_in_the_middle_of_a_commit",),
        ("tests/store/test_faults.py::test_without_the_request_id_it_has_two",),
    ),
    Promise(
        "answer-lost",
        "A connection that drops after the COMMIT was sent: the same request has one effect.",
        ("tests/store/test_faults.py::test_an_answer_lost_after_the_commit_has_one_effect",),
        ("tests/store/test_faults.py::test_without_the_request_id_it_has_two",),
    ),
    Promise(
        "migrations",
        "Servers that start together on an empty database make its tables once.",
        ("tests/deploy/test_drain.py::test_servers_that_start_together_make_the_tables_once",),
        ("tests/deploy/test_drain.py::test_without_the_lock_one_of_both_fails",),
    ),
    Promise(
        "replicas",
        "Visit, upload and edit work through the proxy, and what is made on one server is there on the other.",
        ("tests/deploy/test_replicas.py::test_visit_upload_and_edit_work_through_the_proxy",),
        (),
    ),
    Promise(
        "sign-in",
        "Who signs in through the proxy is known to both servers, and nobody else is.",
        ("tests/deploy/test_sign_in_replicas.py::test_who_signs_in_through_the_proxy_is_known_to_both_servers",),
        (),
    ),
    Promise(
        "replica-killed",
        "With one of two servers killed the other serves within 10 s, and an open page has its plan back.",
        ("tests/deploy/test_replicas.py::test_one_server_killed_the_other_serves",),
        ("tests/deploy/test_replicas.py::test_without_the_proxy_a_killed_server_is_the_end",),
    ),
    Promise(
        "drain",
        "A server that is asked to stop says so at once, stores what is being done, and leaves with 0.",
        ("tests/deploy/test_drain.py::test_a_server_drains",),
        (),
    ),
    Promise(
        "viewers",
        "Thirty viewers who move the dial wait less than a third of the tutorial way's time (p95).",
        ("tests/deploy/test_viewers.py::test_many_viewers_move_the_dial",),
        ("tests/deploy/test_viewers.py::test_many_viewers_move_the_dial",),
    ),
    Promise(
        "memory",
        "A page on which much was done holds what it held after the first ten times.",
        ("tests/browser/test_memory.py::test_what_is_held_is_as_after_the_first_rounds",),
        (),
    ),
    Promise(
        "address",
        "On random walks by links, buttons, Back and Forward, address, dials, map and text say the same two days.",
        ("tests/browser/test_address.py::test_on_a_random_walk_address_dials_map_and_text_say_the_same_two_days",),
        (),
    ),
    Promise(
        "handed-over",
        "No odd file stops the process that reads it, keeps it over 10 s or takes it over 600 MB.",
        (
            "tests/ingest/test_fuzz.py::test_every_damaged_file_is_read_or_refused",
            "tests/ingest/test_fuzz.py::test_no_damaged_file_takes_long_or_much",
        ),
        (),
    ),
    Promise(
        "handed-over-doors",
        "Odd files through the doors themselves are taken or refused in one line, and the server does not grow.",
        ("tests/ingest/test_fuzz.py::test_odd_files_through_the_doors_themselves",),
        (),
    ),
    Promise(
        "crowd",
        "2,000 silent and 200 dripping connections cut no open page, keep nobody out and fill no log.",
        ("tests/deploy/test_crowd.py::test_a_crowd_at_the_door_cuts_no_page_and_keeps_nobody_out",),
        (),
    ),
    Promise(
        "come-and-go",
        "People who come and go leave nothing behind: memory keeps its level, descriptors and threads are given back.",
        ("tests/deploy/test_hour.py::test_people_come_and_go",),
        (),
    ),
    Promise(
        "switched-off",
        "Each check that a promise rests on has a test that fails once it is switched off.",
        ("tests/test_switched_off.py::test_a_check_that_is_switched_off_is_caught",),
        (),
    ),
)

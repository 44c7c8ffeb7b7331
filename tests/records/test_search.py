"""Anything a person may ask for is found."""

from __future__ import annotations

import pytest

from mssmap.records import search


def test_all_words_must_be_there_accents_and_marks_do_not_count(small, on):
    clocks = on("2025-01-01", "2025-02-01")
    assert search.find(small, clocks, "STORMED prison")["record_id"].tolist() == ["break-a"]
    assert search.find(small, clocks, "4,600")["record_id"].tolist() == ["break-a"]
    assert search.find(small, clocks, "stormed banana").empty
    assert search.find(small, clocks, "   ").empty


def test_what_was_not_yet_known_is_not_found(small, on):
    assert search.find(small, on("2025-01-01", "2024-03-04"), "4600").empty


def test_a_day_is_found_as_exactly_as_it_is_known(real, on):
    hit = search.find(real, on("2025-01-18", "2025-01-18"), "787 strength MSS").set_index("record_id").loc["str-18"]
    assert (str(hit["date"].date()), hit["precision"]) == ("2025-01-01", "month")


# ruff: noqa: E501
# One line of the 51 facts that the product must show -> words an ordinary user would type.
FACTS = [
    "217 Kenyan 18 Jan 2025", "various units National Police Service", "Interior Foreign Affairs flag", "Jomo Kenyatta",
    "Kenya Airways", "02:00", "US aviation officials", "airport closed until March 2025", "400 Kenyan officers",
    "200 more January 2025", "final group February", "restore law and order", "2,500", "Guatemala 150",
    "El Salvador", "Jamaica", "Belize", "Bahamas", "739 graduates", "five months", "four-month", "747",
    "forward operating bases most affected", "economic hardship", "Moïse", "two largest prisons", "3,700",
    "Rubio", "no easy solution", "formal UN peacekeeping", "legitimate transitional government", "Rapid Deployment Unit",
    "medical mechanics communications", "2699", "lead nation", "2 October 2024 schools", "7 October 2024 courts",
    "milestone courts", "drugs arms ammunition", "major funding", "Delmas 6 Chérizier", "Kraze Baryè Vitel", "Gran Grif Luckson",
    "Police Training School", "27 August 2024", "10 Jan 2025 graduation", "outreach", "community forums",
    "General Service Unit", "Anti-Stock Theft", "all-female SWAT", "peace beyond borders",
]  # fmt: skip


@pytest.mark.parametrize("words", FACTS)
def test_the_facts_behind_the_product_are_found(real, on, words):
    assert len(search.find(real, on("2026-04-01", "2026-11-22"), words)) >= 1

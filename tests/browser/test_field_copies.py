"""A laptop comes home: its copy is merged on the page, and a person decides what both sides changed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from archive.samples import TEN, rows, write

from mssmap.archive import acts, copies
from mssmap.archive.shelf import Shelf
from mssmap.planning import plan_file, scenario
from mssmap.records.catalog import Data
from mssmap.store import Store, backup, backup_file, open_store, plans

from .conftest import running

pytestmark = pytest.mark.browser


def store_at(path: Path) -> Store:
    return open_store(f"sqlite:///{path}")


def test_a_copy_is_merged_and_a_conflict_decided(visit: Any, tmp_path: Path, real: Data, on: Any) -> None:
    base = scenario.baseline(real, on("2026-04-01"))
    hq, laptop = store_at(tmp_path / "store.db"), store_at(tmp_path / "laptop.db")
    plans.save(hq, plan_file.to_dict(base.copy("p", "Three bases")), version=0, actor="ana")
    backup.backup(hq, tmp_path / "out.zip")
    backup.restore(laptop, tmp_path / "out.zip")
    fewer = base.copy("p", "Three bases, seen from Gonaïves")
    plans.save(laptop, {**plan_file.to_dict(fewer), "active": sorted(base.active)[1:]}, version=1, actor="bea")
    plans.save(hq, plan_file.to_dict(base.copy("p", "Three bases, ours")), version=1, actor="ana")
    away = Shelf(tmp_path / "laptop-archives")
    acts.added(laptop, away, write(away.folder, rows(TEN)))
    copies.make(laptop, away, tmp_path / "home.zip")
    with running(tmp_path, MSSMAP_DATABASE_URL=f"sqlite:///{tmp_path / 'store.db'}") as server:
        screen = visit("/data", at=server)
        page = screen.page
        page.get_by_role("tab", name="Field copies").click()
        page.get_by_label("Name of the laptop").fill("laptop 3")
        page.get_by_label("Name of the laptop").press("Enter")
        page.locator(".st-key-field_file input[type=file]").set_input_files(tmp_path / "home.zip")
        page.get_by_role("button", name="Merge it").click()
        page.get_by_text("Merged from laptop 3: 2 taken over, 1 known already. Ten events").wait_for()
        box = page.locator("[class*=st-key-conflict_]")
        box.get_by_text(re.compile(r"laptop 3 has changed it: bea")).wait_for()
        box.get_by_role("button", name="Keep both").click()
        box.wait_for(state="detached")
        assert sorted(plan.name for plan in plans.listed(hq)) == [
            "Three bases, ours",
            "Three bases, seen from Gonaïves (laptop 3)",
        ]

        def along() -> backup_file.Manifest:
            with page.expect_download() as download:
                page.get_by_role("button", name=re.compile("Download it")).click()
            download.value.save_as(tmp_path / "along.zip")
            return backup_file.read(tmp_path / "along.zip")

        page.get_by_role("button", name="Make a field copy").click()
        made = along()
        assert (made.tables["plan"]["rows"], [item.about["title"] for item in made.held]) == (2, ["Ten events"])
        page.get_by_text("With the archives (1 MB)").click()
        page.get_by_role("button", name="Make a field copy").click()
        page.get_by_text("Archives that are not in this copy: Ten events").wait_for()
        assert [item.about["title"] for item in along().absent] == ["Ten events"]
        page.goto("about:blank")

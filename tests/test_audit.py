"""`make audit` says that nothing is known where nothing could be looked up."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from small_data import ROOT, load_script

SOUND = {"name": "a", "version": "1", "vulns": []}
WEAK = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
UNKNOWN = {"name": "c", "skip_reason": "Dependency not found on PyPI and could not be audited: c (1)"}
NOT_LOOKED_UP = "1 of 2 packages could not be looked up (c). Run it where https://pypi.org can be reached."


@pytest.mark.parametrize(
    ("packages", "code", "lines"),
    [
        pytest.param([SOUND], 0, ["known weaknesses of the 1 that were looked up: none"], id="control: sound"),
        pytest.param(
            [WEAK], 1, ["b 2: PYSEC-1, mended in 3", "known weaknesses of the 1 that were looked up: 1"], id="weak"
        ),
        pytest.param(
            [SOUND, UNKNOWN], 1, [NOT_LOOKED_UP, "known weaknesses of the 1 that were looked up: none"], id="unknown"
        ),
    ],
)
def test_the_verdict(packages, code, lines):
    assert load_script("audit").verdict(packages) == (code, lines)


def test_without_a_network_it_fails_and_says_so():
    nowhere = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "audit.py"], env=os.environ | nowhere, capture_output=True, text=True,
        check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout.startswith("audit: nothing could be looked up (")
    assert done.stdout.count("\n") == 1

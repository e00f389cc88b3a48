"""A journal on a full disk: it never fails the task in the middle of which it is written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")
WRITES = """
from pathlib import Path
from harness.journal import Bell, Journal
Journal(Path("no/such/folder"), "worker-1", "worker", Bell(Path("bell"))).append("Waited")
print("went on")
"""


@pytest.mark.skipif(not FULL.exists(), reason="no full device here")
def test_a_log_on_the_same_full_disk_does_not_fail_the_task_either(tmp_path: Path) -> None:
    with FULL.open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", WRITES], stdout=subprocess.PIPE, stderr=full, cwd=tmp_path, text=True, check=False
        )
    assert (done.returncode, done.stdout) == (0, "went on\n")

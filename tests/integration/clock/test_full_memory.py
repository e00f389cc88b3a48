"""A shared memory that is full: real time with a reason, instead of a SIGBUS at the first touch of the page."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

MAKE_A_CLOCK = """
import json, pathlib, sys
from harness.clock.virtual_clock import VirtualClock
from harness.scenario import Conditions
from harness.testbed.timekeeping import make_clock

clock, reason = make_clock(Conditions(), pathlib.Path(sys.argv[1]) / "clock")
if isinstance(clock, VirtualClock):
    clock.statistics(), clock.report(), clock.pins(), clock._page.write("slots_used", 4096), list(clock._page.slots())
left = [path.name for path in pathlib.Path(sys.argv[1]).iterdir()]
print(json.dumps([clock.name, reason, left]))
"""


def make_clock_in_tmpfs(folder: Path, size: str) -> list[object]:
    """What becomes of a clock on a file system of this size, mounted in a namespace of its own."""
    mount = f'mount -t tmpfs -o size={size} tmpfs "$0" || exit 77; exec "$@"'
    namespaces = ["unshare", "--user", "--map-root-user", "--mount"]
    command = [*namespaces, "sh", "-c", mount, str(folder), sys.executable, "-P", "-c", MAKE_A_CLOCK, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"a file system may not be mounted here: {done.stderr.strip()}")
    assert done.returncode == 0, (done.returncode, done.stderr)
    answer: list[object] = json.loads(done.stdout)
    return answer


def test_a_full_shared_memory_means_real_time_and_says_so(tmp_path: Path) -> None:
    reason = f"the clock's page cannot be made in {tmp_path}: No space left on device"
    assert make_clock_in_tmpfs(tmp_path, "64k") == ["real", reason, []]


def test_a_shared_memory_with_just_enough_room_holds_the_whole_page(tmp_path: Path) -> None:
    assert make_clock_in_tmpfs(tmp_path, "1m") == ["virtual", None, ["clock"]]

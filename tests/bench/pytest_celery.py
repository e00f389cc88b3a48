"""One fresh test of pytest-celery's, from typing `pytest` to its last line: as it comes, observed, and without Docker.

    python tests/bench/pytest_celery.py [TIMES]

The suite is that of tests/integration/pytest_celery; as it comes, its conftest.py has no plugin line of ours. The three
go in turn, so that what the machine does meanwhile falls on all of them. Images are built before anything is measured.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness.testbed.engine import unavailable

SUITE = Path(__file__).parents[1] / "integration" / "pytest_celery" / "suite"
LINE = 'pytest_plugins = ["canvas_harness.pytest_celery"]'
TEST = "test_shop.py::test_a_setup_is_ready_and_a_task_answers"
AS_IT_COMES, OBSERVED, PROCESSES = "as it comes", "observed", "without Docker"


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "suite")
        shutil.copytree(SUITE, folder, ignore=shutil.ignore_patterns("__pycache__"))
        plain = shutil.copytree(folder, Path(place, "plain"))
        conftest = (plain / "conftest.py").read_text()
        assert LINE in conftest
        (plain / "conftest.py").write_text(conftest.replace(LINE, ""))
        ways = {PROCESSES: (folder, ["--testbed", "local"])}
        if why := unavailable():
            print(f"no containers here: {why}")
        else:
            ways = {AS_IT_COMES: (plain, []), OBSERVED: (folder, []), **ways}
        tell(ways, measure(ways, times))


def measure(ways: dict[str, tuple[Path, list[str]]], times: int) -> dict[str, list[float]]:
    """Return how many seconds each way took, time after time; a first one of each is not counted."""
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(times + 1):
        for way, (folder, arguments) in ways.items():
            took = seconds_of(folder, arguments)
            if number:
                seconds[way].append(took)
    return seconds


def seconds_of(folder: Path, arguments: list[str]) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, TEST]
    said = subprocess.run(command, cwd=folder, env=os.environ, capture_output=True, text=True, check=False)
    if said.returncode:
        sys.exit(said.stdout + said.stderr)
    return time.perf_counter() - began


def tell(ways: dict[str, tuple[Path, list[str]]], seconds: dict[str, list[float]]) -> None:
    whole = statistics.median(seconds[AS_IT_COMES]) if AS_IT_COMES in seconds else None
    print(f"one fresh test, median of {len(seconds[PROCESSES])}, with all of pytest's own start and end:")
    for way in ways:
        median = statistics.median(seconds[way])
        ratio = (
            ""
            if whole is None
            else f"   {median / whole:5.2f} of it as it comes   ({whole / median:.1f} times as fast)"
        )
        print(f"{median:7.2f} s  {way:<15}{ratio}   ({min(seconds[way]):.2f} to {max(seconds[way]):.2f})")


if __name__ == "__main__":
    main()

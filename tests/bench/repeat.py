"""All scenarios, many times in a row: is every run as expected, how exact are the delays, and is anything left?

    python tests/bench/repeat.py [TIMES] [--busy PROCESSES] [--clock virtual|real] [HARNESS RUN'S OPTIONS...]

Each time is one `harness run`, a process of its own with its own folder for temporary files. Counted as left: processes
that carry this script's mark in their environment, files in that folder, pages of clocks in shared memory that nobody
uses any more, and, with `--testbed containers`, containers, networks and volumes that were not there before. Prints
what differs as it comes, and the figures at the end; exits with 1 if anything did.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from pathlib import Path
from statistics import median

from busy import busy_processes

MARK = "CANVAS_HARNESS_BENCH_MARK"
SETTLING_S = 0.5
DOCKER_LISTS = (("ps", "-aq"), ("network", "ls", "-q"), ("volume", "ls", "-q"))


def docker_things() -> set[str]:
    """Return everything that Docker has, if this is about containers."""
    found: set[str] = set()
    for arguments in DOCKER_LISTS if "containers" in sys.argv else ():
        listed = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True)
        found.update(listed.stdout.split())
    return found


def pages() -> set[str]:
    """Return the pages of clocks that nobody uses; another suite on this machine may have some that it does use."""
    found = {str(path) for path in Path("/dev/shm").glob("canvas-harness-*")}  # noqa: S108 - that is where they are
    if not found:
        return found
    time.sleep(SETTLING_S)  # one that has just been made is not in use yet
    used = ""
    for maps in Path("/proc").glob("[0-9]*/maps"):
        with suppress(OSError):
            used += maps.read_text()
    return {path for path in found if path not in used and Path(path).exists()}


def marked_processes(mark: str) -> list[str]:
    """Return the processes that carry the mark."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def asked() -> tuple[argparse.Namespace, list[str]]:
    """Return what this script is asked for, and the options for `harness run`."""
    parser = argparse.ArgumentParser(allow_abbrev=False, description="All scenarios, many times in a row.")
    parser.add_argument("times", nargs="?", type=int, default=20)
    parser.add_argument("--busy", type=int, default=0, help="beside so many processes that burn CPU")
    parser.add_argument("--clock", choices=("virtual", "real"), help="as harness run takes it")
    mine, options = parser.parse_known_args()
    return mine, [*(("--clock", mine.clock) if mine.clock else ()), *options]


def main() -> int:
    """Run, count, print."""
    mine, options = asked()
    with busy_processes(mine.busy):
        return repeat(mine.times, options, f"beside {mine.busy} busy processes")


def repeat(times: int, options: list[str], surroundings: str) -> int:
    """Run so often; return the exit code."""
    errors_ms: list[float] = []
    walls_s: list[float] = []
    clocks: set[str] = set()
    differing = left = 0
    for number in range(times):
        mark, before, began = uuid.uuid4().hex, docker_things() | pages(), time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            temporary = Path(folder) / "tmp"
            temporary.mkdir()
            done = subprocess.run(
                [sys.executable, "-P", "-m", "harness", "run", "--directory", "runs", *options],
                cwd=folder,
                env=os.environ | {MARK: mark, "TMPDIR": str(temporary)},
                capture_output=True,
                text=True,
                check=False,
            )
            walls_s.append(time.monotonic() - began)
            if done.returncode:
                differing += 1
                print(f"run {number + 1}: exit code {done.returncode}\n{done.stdout}{done.stderr}", flush=True)
            files = [path.name for path in temporary.iterdir()]
            remains = marked_processes(mark) + files + sorted((docker_things() | pages()) - before)
            if remains:
                left += 1
                print(f"run {number + 1}: left: {remains}", flush=True)
            for summary in Path(folder).glob("runs/*/run.json"):
                found = json.loads(summary.read_text())
                clocks.add(found["clock"]["clock"] if "clock" in found else "none")
                delays = found.get("retry_delays", ())
                errors_ms.extend((delay["observed_s"] - delay["asked_s"]) * 1000 for delay in delays)
    print(
        f"{times} runs {' '.join(options)} {surroundings}: {differing} differing, {left} left something; "
        f"clock {' and '.join(clocks)}; wall time median {median(walls_s):.1f} s"
    )
    if errors_ms:
        print(
            f"retry delay observed minus asked: min {min(errors_ms):.1f}, median {median(errors_ms):.1f}, "
            f"max {max(errors_ms):.1f} ms ({len(errors_ms)} delays)"
        )
    return 1 if differing or left else 0


if __name__ == "__main__":
    sys.exit(main())

"""The figures that concern the clock alone: `python tests/integration/clock/bench.py [NAME...]`, nothing is asserted.

Every figure is given as minimum, median and maximum. Ratios are paired: on and off take turns within one run. Wall
times are this machine's. How late each kind of wait wakes is no figure but a test: cases/lateness.py.
"""

import contextlib
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[2]), str(HERE), str(HERE.parents[1] / "bench")]

import clocked  # noqa: E402
from busy import busy_processes  # noqa: E402

BENCHES = {}
PAGES = []  # where the page of every clock was
WRONG_MS = 50  # a retry that is off by more is a difference in a run (README)
SHORT_LADDER_S = (2, 4, 8)


def bench(function: Callable[[], None]) -> Callable[[], None]:
    BENCHES[function.__name__] = function
    return function


def figure(name: str, values: Any, unit: str = "") -> None:
    spread = f"min {min(values):.3f}, median {statistics.median(values):.3f}, max {max(values):.3f}"
    print(f"  {name}: {spread}{unit and ' '}{unit} ({len(values)})", flush=True)


def wall(function: Callable[..., Any], *arguments: Any, **options: Any) -> tuple[float, Any]:
    start = time.perf_counter()
    result = function(*arguments, **options)
    return time.perf_counter() - start, result


@contextlib.contextmanager
def jumping_clock() -> Iterator[clocked.Jumping]:
    jumping = clocked.Jumping()
    PAGES.append(jumping.directory)
    try:
        yield jumping
    finally:
        jumping.stop()


@contextlib.contextmanager
def fleet_under(pool: str = "prefork", concurrency: int = 2, *, is_clocked: bool = True) -> Iterator[clocked.Fleet]:
    with jumping_clock() as jumping:
        if not is_clocked:  # the same processes without the library, in real time
            jumping.clock.environment = dict
        fleet = clocked.Fleet(jumping, pool, sys.executable, concurrency=concurrency)
        try:
            yield fleet
        finally:
            fleet.stop()


def errors_ms(gaps: list[float], wanted: Any) -> list[float]:
    return [(gap - want) * 1000 for gap, want in zip(gaps, wanted, strict=True)]


def await_lines(fleet: clocked.Fleet, notes: Path, count: int) -> list[float]:
    with fleet.jumping.clock.released():
        while not notes.exists() or len(lines := notes.read_text().splitlines()) < count:
            time.sleep(0.002)
    return [json.loads(line)[0] for line in lines]


@bench
def ladder_of_1023_s() -> None:
    walls, errors = [], []
    with fleet_under() as fleet:
        for _ in range(5):
            notes = fleet.jumping.directory / "notes"
            notes.unlink(missing_ok=True)
            fleet.ask("send_ladder", 10)
            seconds, starts = wall(await_lines, fleet, notes, 11)
            walls.append(seconds)
            gaps = [later - earlier for earlier, later in itertools.pairwise(starts)]
            errors += errors_ms(gaps, [2**i for i in range(10)])
    figure("wall time", walls, "s")
    figure("observed minus asked", errors, "ms")


@bench
def round_trips_200_paired() -> None:
    with fleet_under() as on, fleet_under(is_clocked=False) as off:
        pairs = []
        for number in range(20):  # who goes first changes: whoever does finds the machine's caches as others left them
            first, second = (on, off) if number % 2 else (off, on)
            took = {fleet: fleet.ask("round_trips", 200) for fleet in (first, second)}
            pairs.append((took[on], took[off]))
    figure("on", [a for a, _ in pairs], "s")
    figure("off", [b for _, b in pairs], "s")
    figure("ratio", [a / b for a, b in pairs])
    print(f"  ratio of the best: {min(a for a, _ in pairs) / min(b for _, b in pairs):.3f}")


@bench
def requests_50_outside() -> None:
    server = clocked.SlowServer(("127.0.0.1", 0), clocked.Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    with fleet_under(concurrency=3) as fleet:
        rounds = [wall(fleet.ask, "fetch_outside", 50, url, 5) for _ in range(3)]
        pins = fleet.jumping.clock.statistics().pins
    figure("wall time", [seconds for seconds, _ in rounds], "s")
    figure("timed out", [50 - results.count(200) for _, results in rounds], "of 50")
    figure("pinned by a process", [total.pinned_ns / 1e9 for total in pins], "s")
    server.shutdown()


@bench
def children_40_of_100_ms() -> None:
    with fleet_under() as fleet:
        rounds = [wall(fleet.ask, "run_children", 40, 100, 5, timeout_s=60) for _ in range(3)]
    figure("wall time", [seconds for seconds, _ in rounds], "s")
    figure("timed out", [40 - results.count(0) for _, results in rounds], "of 40")


@bench
def time_limits() -> None:
    with fleet_under() as fleet:
        figure("soft limit of 3 s", [fleet.ask("soft_limit")[0] for _ in range(5)], "s")
        figure("hard limit of 5 s", [fleet.ask("hard_limit")[0] for _ in range(5)], "s")
        fleet.ask("move_on", 3600)
        figure("an hour later, a countdown of 10 s", [fleet.ask("countdown", 10)[0] for _ in range(5)], "s")
        print(f"  expires=30, due at 31: {fleet.ask('expires', 30, 31)}")


@bench
def two_busy_threads_paired() -> None:
    source = (
        "import resource, sys, time; sys.path.insert(0, '.')\n"
        "from cases.many_threads import context_switches_of_two_busy_threads as spin\n"
        "t = time.clock_gettime(4); n = spin(); print(n, time.clock_gettime(4) - t)"
    )
    rows = {"on": [], "off": []}
    with jumping_clock() as jumping, jumping.clock.released():
        for _ in range(5):
            for name, environment in (("on", jumping.environment()), ("off", {**os.environ, "PYTHONPATH": ""})):
                out = subprocess.run(
                    [sys.executable, "-c", source], env=environment, cwd=HERE, stdout=subprocess.PIPE, check=True
                )
                rows[name].append([float(word) for word in out.stdout.split()])
    for row, values in rows.items():
        switches, seconds = zip(*values, strict=True)
        figure(f"{row}, context switches", switches)
        figure(f"{row}, wall time", seconds, "s")


def batches_of_ladders(count: int) -> tuple[list[float], list[float], int]:
    """Run so many times 25 ladders; give their wall times, the delays' errors, and how many batches hung."""
    walls, errors, hung = [], [], 0
    while count:
        try:
            with fleet_under() as fleet:
                while count:
                    count -= 1
                    seconds, ladders = wall(fleet.ask, "short_ladders", 25, timeout_s=60)
                    walls.append(seconds)
                    for gaps in ladders:
                        errors += errors_ms([virtual_s for virtual_s, _ in gaps], SHORT_LADDER_S)
        except (pytest.fail.Exception, subprocess.TimeoutExpired) as trouble:
            hung += 1
            print(f"  hung: {trouble}")
    return walls, errors, hung


@bench
def ladders_1000() -> None:
    """2 + 4 + 8 s, half of them on an idle machine (if nobody else uses it), half beside 8 busy processes."""
    for busy in (0, 8):
        with busy_processes(busy):
            walls, errors, hung = batches_of_ladders(20)
        print(f"  500 ladders beside {busy} busy processes:")
        figure("  25 ladders", walls, "s")
        figure("  observed minus asked", errors, "ms")
        wrong, left = sum(abs(error) > WRONG_MS for error in errors), sum(page.exists() for page in PAGES)
        print(f"    {wrong} wrong delays of {len(errors)}, {hung} hangs, {left} pages left")


@bench
def jumps_per_second() -> None:
    source = (
        "import time\nt = time.clock_gettime(4)\nfor _ in range(2000): time.sleep(1)\n"
        "print(2000 / (time.clock_gettime(4) - t))"
    )
    rates, resolutions = [], []
    with jumping_clock() as jumping:
        for _ in range(5):
            with jumping.clock.released():
                out = subprocess.run(
                    [sys.executable, "-S", "-c", source], env=jumping.environment(), stdout=subprocess.PIPE, check=True
                )
            rates.append(float(out.stdout))
            resolutions.append(jumping.clock.measure_resolution() * 1000)
    figure("jumps of one sleeper a second", rates)
    figure("resolution", resolutions, "ms")


if __name__ == "__main__":
    if shutil.which("redis-server") is None:
        sys.exit("these benches need redis-server on PATH: install it")
    for chosen in sys.argv[1:] or BENCHES:
        print(chosen, flush=True)
        BENCHES[chosen]()
    sys.stdout.flush()
    os._exit(0)  # not held up by the threads of a server

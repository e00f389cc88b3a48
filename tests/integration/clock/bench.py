"""The figures that concern the clock alone: `python tests/integration/clock/bench.py [NAME...]`, nothing is asserted.

Ratios are paired: on and off take turns within one run. Wall times are this machine's.
"""

import contextlib
import itertools
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[2]), str(HERE)]

import clocked  # noqa: E402

BENCHES = {}
BURNER = "import os\nos.setsid()\nwhile True: pass"


def bench(function: Callable[[], None]) -> Callable[[], None]:
    BENCHES[function.__name__] = function
    return function


def wall(function: Callable[..., Any], *arguments: object) -> tuple[float, Any]:
    start = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - start, result


@contextlib.contextmanager
def fleet_under(pool: str = "prefork", concurrency: int = 2, *, is_clocked: bool = True) -> Iterator[clocked.Fleet]:
    jumping = clocked.Jumping()
    if not is_clocked:  # the same processes without the library, in real time
        jumping.clock.environment = dict
    fleet = clocked.Fleet(jumping, pool, sys.executable, concurrency=concurrency)
    try:
        yield fleet
    finally:
        fleet.stop()
        jumping.stop()


@contextlib.contextmanager
def burners(count: int) -> Iterator[None]:
    processes = [subprocess.Popen([sys.executable, "-S", "-c", BURNER]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def errors_ms(gaps: list[float], wanted: Any) -> list[float]:
    return [abs(gap - want) * 1000 for gap, want in zip(gaps, wanted, strict=True)]


def spread(values: Any) -> str:
    return f"min {min(values):.2f}, median {statistics.median(values):.2f}, max {max(values):.2f}"


def await_lines(fleet: clocked.Fleet, notes: Path, count: int) -> list[float]:
    with fleet.jumping.clock.released():
        while not notes.exists() or len(lines := notes.read_text().splitlines()) < count:
            time.sleep(0.002)
    return [float(line) for line in lines]


@bench
def ladder_of_1023_s() -> None:
    with fleet_under() as fleet:
        for _ in range(3):
            notes = fleet.jumping.directory / "notes"
            notes.unlink(missing_ok=True)
            fleet.ask("send_ladder", 10)
            seconds, starts = wall(await_lines, fleet, notes, 11)
            gaps = [later - earlier for earlier, later in itertools.pairwise(starts)]
            error = spread(errors_ms(gaps, [2**i for i in range(10)]))
            print(f"  {seconds:.2f} s wall, error in ms: {error}")


@bench
def round_trips_200_paired() -> None:
    with fleet_under() as on, fleet_under(is_clocked=False) as off:
        pairs = [(on.ask("round_trips", 200), off.ask("round_trips", 200)) for _ in range(8)]
    print("  on", [round(a, 3) for a, _ in pairs], "off", [round(b, 3) for _, b in pairs])
    best = min(a for a, _ in pairs) / min(b for _, b in pairs)
    print(f"  ratio: {spread([a / b for a, b in pairs])}; of the best: {best:.3f}")


@bench
def requests_50_outside() -> None:
    server = clocked.SlowServer(("127.0.0.1", 0), clocked.Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with fleet_under(concurrency=3) as fleet:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        seconds, results = wall(fleet.ask, "fetch_outside", 50, url, 5)
        print(f"  {results.count(200)} answered, {50 - results.count(200)} timed out, {seconds:.1f} s")
        for total in fleet.jumping.clock.statistics().pins:
            print(f"  process {total.pid} pinned {total.pinned_ns / 1e9:.2f} s for {total.peer} in {total.waits} waits")
    server.shutdown()


@bench
def children_40_of_100_ms() -> None:
    with fleet_under() as fleet:
        seconds, results = wall(fleet.ask, "run_children", 40, 100, 5)
        print(f"  {results.count(0)} done, {40 - results.count(0)} timed out, {seconds:.1f} s")


@bench
def time_limits() -> None:
    with fleet_under() as fleet:
        print(f"  soft limit of 3 s after {fleet.ask('soft_limit'):.3f} s")
        print(f"  hard limit of 5 s after {fleet.ask('hard_limit'):.3f} s")
        fleet.ask("move_on", 3600)
        print(f"  an hour later: countdown of 10 s after {fleet.ask('countdown', 10):.3f} s")
        print(f"  expires=30, due at 31: {fleet.ask('expires', 30, 31)}")


@bench
def two_busy_threads_paired() -> None:
    source = (
        "import resource, sys, time; sys.path.insert(0, '.')\n"
        "from cases.many_threads import context_switches_of_two_busy_threads as spin\n"
        "t = time.clock_gettime(4); n = spin(); print(n, time.clock_gettime(4) - t)"
    )
    jumping = clocked.Jumping()
    rows = {"on": [], "off": []}
    with jumping.clock.released():
        for _ in range(5):
            for name, environment in (("on", jumping.environment()), ("off", {**os.environ, "PYTHONPATH": ""})):
                out = subprocess.run(
                    [sys.executable, "-c", source], env=environment, cwd=HERE, stdout=subprocess.PIPE, check=True
                )
                rows[name].append([float(word) for word in out.stdout.split()])
    jumping.stop()
    for row, values in rows.items():
        switches, seconds = zip(*values, strict=True)
        print(f"  {row}: switches {spread(switches)}; seconds {spread(seconds)}")


@bench
def ladders_1000() -> None:
    """2 + 4 + 8 s, half of them beside 8 busy processes."""
    for busy in (0, 8):
        with burners(busy), fleet_under() as fleet:
            seconds, errors = 0.0, []
            for _ in range(20):
                more, ladders = wall(fleet.ask, "short_ladders", 25)
                seconds += more
                errors += itertools.chain.from_iterable(errors_ms(gaps, (2, 4, 8)) for gaps in ladders)
            print(f"  {busy} busy processes: 500 ladders in {seconds:.1f} s, error in ms: {spread(errors)}")
        print(f"  pages left: {len(list(Path('/dev/shm').glob('clock-*')))}")  # noqa: S108


@bench
def jumps_per_second() -> None:
    jumping = clocked.Jumping()
    source = (
        "import time\nt = time.clock_gettime(4)\nfor _ in range(2000): time.sleep(1)\n"
        "print(2000 / (time.clock_gettime(4) - t))"
    )
    with jumping.clock.released():
        environment = jumping.environment()
        out = subprocess.run([sys.executable, "-S", "-c", source], env=environment, stdout=subprocess.PIPE, check=True)
    resolution = jumping.clock.measure_resolution() * 1000
    print(f"  {float(out.stdout):.0f} jumps of one sleeper a second; resolution {resolution:.3f} ms")
    jumping.stop()


if __name__ == "__main__":
    for chosen in sys.argv[1:] or BENCHES:
        print(chosen, flush=True)
        try:
            BENCHES[chosen]()
        except json.JSONDecodeError as error:
            print(f"  failed: {error}")
    os._exit(0)

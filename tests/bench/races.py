"""What it costs chords to be raced: batches of a campaign against the same chords on bare Celery.

    python tests/bench/races.py [ROUNDS]

Two warm testbeds that take turns in this one run: one as `harness run races` has it, whose members sleep until their
instant in virtual time, and a bare one (no probe, no recorder, real time), to which a client of plain Celery sends the
same chords with instants that have passed: the same barrier, and nobody sleeps. A round is one batch: there from the
order to the end of the judgement, and here from `apply_async` to the last body's result. Prints for each size of header
the medians, and the median of the paired ratios.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from overhead import BareTestbed

from harness.campaign.fleets import fleets_for
from harness.catalog import find_race
from harness.history.overlap import finishes
from harness.run.run import carry_out
from harness.scenario import Conditions, Experiment
from harness.testbed.celery_commands import celery_environment
from harness.testbed.local import LocalTestbed

if TYPE_CHECKING:
    from harness.campaign.fleets import Fleet
    from harness.scenario import Batch

CLIENT = """
import json, sys, time
from scenarios.races.app import app
from scenarios.races.canvas import batch

while not app.control.ping(timeout=0.2):
    pass
print("ready", flush=True)
for line in sys.stdin:
    began = time.perf_counter()
    batch(**json.loads(line) | {"gap_s": -1}).apply_async().get(timeout=60)
    print(time.perf_counter() - began, flush=True)
"""
WARM_UP = 1


class Client:
    """A process of plain Celery that sends a batch whenever it is told to."""

    def __init__(self, testbed: LocalTestbed) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", CLIENT],
            env=celery_environment(testbed.inspector.server) | {"PATH": ""},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def round_s(self, arguments: object) -> float:
        """Send a batch and return how long it took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


def measure(fleet: Fleet, rounds: int) -> None:
    """Measure one fleet, and print what came of it."""
    batches = fleet.batches("bench")
    first = next(batches)
    scenario_of = find_race("races")
    scenario = scenario_of(first)
    with ExitStack() as ending:
        directory = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        bare = BareTestbed(scenario.app, replace(fleet.conditions, records_commands=False, clock="real"))
        raced = LocalTestbed(scenario.app, fleet.conditions)
        for testbed in (bare, raced):
            ending.callback(testbed.stop)
            testbed.start()
        client = Client(bare)
        ending.callback(client.close)
        numbers = count(1)
        figures = [
            (client.round_s(scenario.canvas.arguments), *raced_s(fleet, first, next(numbers), raced, directory))  # type: ignore[union-attr] # it is built
            for _ in range(WARM_UP + rounds)
        ][WARM_UP:]
    ratios = sorted(with_all / without for without, with_all, _, _ in figures)
    chords, races = first.chords * rounds, sum(races for *_, races in figures)
    print(
        f"{fleet.name}: {first.chords} chords a batch; bare: median {median(one[0] for one in figures):.2f} s; raced: "
        f"median {median(one[1] for one in figures):.2f} s, of these {median(one[2] for one in figures):.2f} s until "
        f"settled; ratio: median {median(ratios):.2f}, {ratios[0]:.2f} to {ratios[-1]:.2f}; {rounds} rounds, "
        f"{races} of {chords} chords were races",
        flush=True,
    )


def raced_s(
    fleet: Fleet, batch: Batch, number: int, testbed: LocalTestbed, directory: Path
) -> tuple[float, float, int]:
    """Run a batch as a campaign does; return how long it took, how long until it had settled, and its races."""
    scenario = find_race("races")(replace(batch, name=f"round-{number}"))
    began = time.perf_counter()
    run = carry_out(Experiment(scenario=scenario, conditions=fleet.conditions), testbed, directory / scenario.name)
    took_s = time.perf_counter() - began
    assert run.is_as_expected
    ends = [attempt.closed.wall_ns for attempt in run.history.attempts() if attempt.closed is not None]
    sent = min(event.wall_ns for event in run.history.events if type(event).__name__ == "Sent")
    return took_s, (max(ends) - sent) / 1e9, sum(one.is_race for one in finishes(run.history.events).values())


def main() -> None:
    """Measure every kind of fleet that a campaign has by default."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    for fleet in fleets_for([2, 8, 50], None, Conditions()):
        measure(fleet, rounds)


if __name__ == "__main__":
    main()

"""What it costs chords to be raced: batches of a campaign against the same chords on bare Celery.

    python tests/bench/races.py [ROUNDS [MEMBERS...]]

Two warm testbeds that take turns in this one run: one as `harness run races` has it, whose members sleep until their
instant in virtual time, and a bare one (no probe, no recorder, real time), to which a client of plain Celery sends the
same chords with instants that have passed: the same barrier, and nobody sleeps. A round is one batch: there from the
order to the end of the judgement, and here from `apply_async` to the last body's result. Prints for each size of header
the medians, and the median of the paired ratios: of wall time, and of the CPU time of all that take part, which tells
more where others use the machine as well.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from overhead import BareTestbed
from plain_client import Client

from harness.campaign.fleets import fleets_for
from harness.catalog import find_race
from harness.history.events import Sent
from harness.history.overlap import finishes
from harness.run.run import carry_out
from harness.scenario import Conditions, Experiment
from harness.testbed.local import LocalTestbed

if TYPE_CHECKING:
    from harness.campaign.fleets import Fleet
    from harness.scenario import Batch

CLIENT = """
import json, os, sys, time
from scenarios.races.app import app
from scenarios.races.canvas import batch

while not app.control.ping(timeout=0.2):
    pass
print("ready", flush=True)
for line in sys.stdin:
    began = time.perf_counter()
    batch(**json.loads(line) | {"gap_s": -1}).apply_async().get(timeout=60)
    print(time.perf_counter() - began, flush=True)
os._exit(0)  # results that are still subscribed to would complain
"""
WARM_UP = 1


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
        client = Client(bare, CLIENT)
        ending.callback(client.close)
        rounds_of = [
            round_of(fleet, first, number, (bare, client), raced, directory) for number in range(rounds + WARM_UP)
        ]
    show(fleet, first, rounds_of[WARM_UP:])


@dataclass(frozen=True, kw_only=True)
class Round:
    """One batch, bare and raced: wall time, CPU time, and how many of its chords were races."""

    bare_s: float
    bare_cpu_s: float
    raced_s: float
    settled_s: float
    raced_cpu_s: float
    races: int


def round_of(  # noqa: PLR0913, PLR0917 - what takes part
    fleet: Fleet, batch: Batch, number: int, bare: tuple[LocalTestbed, Client], raced: LocalTestbed, directory: Path
) -> Round:
    """Have both do the same batch."""
    scenario = find_race("races")(replace(batch, name=f"round-{number}"))
    testbed, client = bare
    before_s = cpu_s(testbed.supervisor.process.pid, client.pid)
    bare_s = client.round_s(scenario.canvas.arguments)  # type: ignore[union-attr] # it is built
    bare_cpu_s = cpu_s(testbed.supervisor.process.pid, client.pid) - before_s
    before_s, began = cpu_s(raced.supervisor.process.pid) + time.process_time(), time.perf_counter()
    run = carry_out(Experiment(scenario=scenario, conditions=fleet.conditions), raced, directory / scenario.name)
    raced_s = time.perf_counter() - began
    raced_cpu_s = cpu_s(raced.supervisor.process.pid) + time.process_time() - before_s
    assert run.is_as_expected
    ends = [attempt.closed.wall_ns for attempt in run.history.attempts() if attempt.closed is not None]
    began_ns = min(event.wall_ns for event in run.history.all_of(Sent))
    return Round(
        bare_s=bare_s,
        bare_cpu_s=bare_cpu_s,
        raced_s=raced_s,
        settled_s=(max(ends) - began_ns) / 1e9,
        raced_cpu_s=raced_cpu_s,
        races=sum(one.is_race for one in finishes(run.history.events).values()),
    )


def cpu_s(*roots: int) -> float:
    """Return the CPU time that processes and all that descend from them have used; those that have ended left out."""
    parents, used = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            parents[int(stat.parent.name)] = int(fields[1])
            used[int(stat.parent.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return sum(seconds for pid, seconds in used.items() if _descends(pid, roots, parents))


def _descends(pid: int, roots: tuple[int, ...], parents: dict[int, int]) -> bool:
    while pid and pid not in roots:
        pid = parents.get(pid, 0)
    return pid in roots


def show(fleet: Fleet, batch: Batch, rounds: list[Round]) -> None:
    """Print what came of it."""
    ratios = sorted(one.raced_s / one.bare_s for one in rounds)
    of_cpu = sorted(one.raced_cpu_s / one.bare_cpu_s for one in rounds)
    medians = {name: median(getattr(one, name) for one in rounds) for name in Round.__dataclass_fields__}
    print(
        f"{fleet.name}: {batch.chords} chords a batch, {len(rounds)} rounds\n"
        f"  bare: median {medians['bare_s']:.2f} s, CPU {medians['bare_cpu_s']:.2f} s; raced: median "
        f"{medians['raced_s']:.2f} s (until settled {medians['settled_s']:.2f} s), CPU {medians['raced_cpu_s']:.2f} s\n"
        f"  ratio of wall time: median {median(ratios):.2f}, {ratios[0]:.2f} to {ratios[-1]:.2f}; of CPU time: median "
        f"{median(of_cpu):.2f}, {of_cpu[0]:.2f} to {of_cpu[-1]:.2f}\n"
        f"  {sum(one.races for one in rounds)} of {batch.chords * len(rounds)} chords were races",
        flush=True,
    )


def main() -> None:
    """Measure every kind of fleet that a campaign has by default."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    for fleet in fleets_for([int(size) for size in sys.argv[2:]] or [2, 8, 50], None, Conditions()):
        measure(fleet, rounds)


if __name__ == "__main__":
    main()

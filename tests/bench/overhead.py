"""What it costs a canvas to be observed: the happy pipeline on a warm testbed against the same on a bare worker.

    python tests/bench/overhead.py [ROUNDS]

Three testbeds, all warm and taking turns in this one run: a bare worker (no probe, no recorder), a worker with the
probe, and a worker with the probe beside a recorder. A round is the time from `apply_async` to the last task's result,
measured by a client of plain Celery, the same for all three. Prints medians and the median of the paired ratios.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

from plain_client import Client

from harness.catalog import find_scenarios
from harness.scenario import Conditions
from harness.testbed.local import LocalTestbed

if TYPE_CHECKING:
    from collections.abc import Sequence

CLIENT = """
import os, sys, time
from scenarios.pipeline.app import app
from scenarios.pipeline.canvas import pipeline

def one_round():
    began = time.perf_counter()
    pipeline("a text", "happy").apply_async().get(timeout=30)
    print(time.perf_counter() - began, flush=True)

while not app.control.ping(timeout=0.2):
    pass
print("ready", flush=True)
for _ in sys.stdin:
    one_round()
os._exit(0)  # results that are still subscribed to would complain
"""
WARM_UP = 10


class BareTestbed(LocalTestbed):
    """The same processes without the probe in the worker."""

    def _start(self, name: str, role: str, command: Sequence[str], environment: dict[str, str]) -> None:
        if role == "worker":
            command = [part for part in command if part not in {"-I", "harness.probe"}]
        super()._start(name, role, command, environment)

    def _wait_until_up(self) -> None:
        """Nobody writes down that the worker consumes; the client asks it."""


def main() -> None:
    """Measure, and print one line for each kind of testbed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    scenario = find_scenarios(["happy"])[0]
    unrecorded = replace(Conditions(), records_commands=False)
    kinds = {
        "bare worker": BareTestbed(scenario.app, unrecorded, scenario.service),
        "probe": LocalTestbed(scenario.app, unrecorded, scenario.service),
        "probe and recorder": LocalTestbed(scenario.app, Conditions(), scenario.service),
    }
    with ExitStack() as ending:
        clients = {}
        for name, testbed in kinds.items():
            ending.callback(testbed.stop)
            testbed.start()
            clients[name] = Client(testbed, CLIENT)
            ending.callback(clients[name].close)
        figures = [{name: client.round_s() for name, client in clients.items()} for _ in range(WARM_UP + rounds)]
    figures = figures[WARM_UP:]
    for name in kinds:
        ratios = sorted(figure[name] / figure["bare worker"] for figure in figures)
        print(
            f"{name}: median {median(figure[name] for figure in figures) * 1000:.1f} ms, ratio to bare: median "
            f"{median(ratios):.3f}, quartiles {ratios[len(ratios) // 4]:.3f} to {ratios[3 * len(ratios) // 4]:.3f}, "
            f"{rounds} rounds"
        )


if __name__ == "__main__":
    main()

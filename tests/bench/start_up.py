"""How long a fresh local testbed takes from nothing to the first task's result.

    python tests/bench/start_up.py [RUNS]

From the call that makes the testbed (Redis, recorder, service, one worker, sender) to the moment at which the first
task's attempt is closed, that is, its result is stored. Prints minimum, median and maximum.
"""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from statistics import median

from harness.catalog import find_scenarios
from harness.history.attempt_events import AttemptClosed
from harness.scenario import Conditions
from harness.testbed.choose import make_testbed


def first_result_s(testbed_name: str) -> tuple[float, float]:
    """Return when the testbed was up and when the first result was there, from nothing."""
    scenario = find_scenarios(["happy"])[0]
    began = time.monotonic()
    testbed = make_testbed(scenario, Conditions(testbed=testbed_name))
    testbed.start()
    try:
        up = time.monotonic() - began
        testbed.order("send", canvas=asdict(scenario.canvas))
        while not any(isinstance(event, AttemptClosed) for event in testbed.feed.pull()):
            testbed.wait(30)
        return up, time.monotonic() - began
    finally:
        testbed.stop()


def main() -> None:
    """Measure, and print one line for each figure."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    testbed_name = sys.argv[2] if len(sys.argv) > 2 else "local"
    find_scenarios()  # what only the first of all runs would pay for
    figures = [first_result_s(testbed_name) for _ in range(runs)]
    for name, values in zip(("testbed up", "first result"), zip(*figures, strict=True), strict=True):
        print(f"{name}: min {min(values):.3f} s, median {median(values):.3f} s, max {max(values):.3f} s, {runs} runs")


if __name__ == "__main__":
    main()

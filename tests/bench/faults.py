"""What comes of each fault on the Celery that is installed, over and over, and whether it is the same each time.

python tests/bench/faults.py [--repeats 10] [--only PART-OF-A-NAME] [--json FILE]

Prints a line for each scenario of `harness run faults`; docs/faults.md is made of what it printed for four versions.
Ends with 1 if anything came otherwise than is known of it, or not the same each time.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from harness.catalog import find_scenarios
from harness.history.aftermath import aftermath_of
from harness.run.run import carry_out
from harness.scenario import Conditions, Experiment
from harness.testbed.choose import make_testbed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.run.run import Run
    from harness.scenario import Scenario


def runs(scenarios: Sequence[Scenario], repeats: int) -> Iterator[tuple[Scenario, Run]]:
    """Run all scenarios, so many times over, on one testbed as long as that is as good as new."""
    conditions = Conditions()
    with tempfile.TemporaryDirectory() as kept, ExitStack() as ending:
        testbed, made_for = None, None
        for number in range(repeats):
            for scenario in scenarios:
                if testbed is None or made_for != scenario.surroundings:
                    ending.close()
                    testbed, made_for = make_testbed(scenario, conditions), scenario.surroundings
                    ending.callback(testbed.stop)
                    testbed.start()
                    assert testbed.clock.name == "virtual", testbed.clock_reason
                experiment = Experiment(scenario=scenario, conditions=conditions)
                run = carry_out(experiment, testbed, Path(kept) / f"{scenario.name}-{number}")
                if run.settlement.ending != "settled" or any(fault.spoils_testbed for fault in scenario.faults):
                    ending.close()
                    testbed = None
                yield scenario, run


def told(run: Run) -> str:
    """Say what came of a run, in the words of the table."""
    after = aftermath_of(run.history)
    lost = ", ".join(sorted(left.task for left in run.settlement.left)) or "-"
    violated = ", ".join(sorted(verdict.law for verdict in run.violations)) or "-"
    attempts = " + ".join(str(one.attempts) for one in after.members)
    counts = " + ".join(str(one.counts) for one in after.members)
    states = ", ".join(str(one.state) for one in after.members)
    got = "; ".join(",".join(map(str, places)) for places in after.received) or "-"
    body = f"{after.sent} / {after.runs} | {got} | {after.errbacks} | {states}; {after.state}"
    return f"{attempts} | {counts} | {body} | {lost} | {violated}"


def main() -> bool:
    """Run, print what came of it, and return whether it is as known and the same each time."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeats", type=int, default=10)
    options.add_argument("--only", default="")
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    scenarios = [one for one in find_scenarios(["faults"]) if given.only in one.name]
    scenarios.sort(key=lambda one: one.surroundings.redis_keeps_data)
    versions = {name: version(name) for name in ("celery", "kombu", "billiard", "redis")}
    print(", ".join(f"{name} {found}" for name, found in versions.items()))
    print(
        "scenario | attempts | counts | body sent / run | of members | errbacks | states | lost | violated | the same"
    )
    began = time.monotonic()
    found: dict[str, Counter[str]] = {}
    unexpected = 0
    for scenario, run in runs(scenarios, given.repeats):
        outcomes = found.setdefault(scenario.name, Counter())
        outcomes[told(run)] += 1
        unexpected += not run.is_as_expected
        if given.json:  # as far as it has come: it takes a while
            text = json.dumps({"versions": versions, "outcomes": found}, indent=1)
            given.json.write_text(text + "\n")
    for name, outcomes in found.items():
        for outcome, times in outcomes.items():
            print(f"{name} | {outcome} | {times} of {outcomes.total()}")
    same = sum(len(outcomes) == 1 for outcomes in found.values())
    print(
        f"{same} of {len(found)} scenarios came to the same each of {given.repeats} times; {unexpected} runs came to "
        f"something else than is expected; {time.monotonic() - began:.0f} s"
    )
    return not unexpected and same == len(found)


if __name__ == "__main__":
    sys.exit(not main())

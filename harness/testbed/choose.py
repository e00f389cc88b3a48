"""Makes the testbed that an experiment's conditions ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.scenario import TESTBEDS
from harness.testbed.local import LocalTestbed

if TYPE_CHECKING:
    from harness.scenario import Conditions, Scenario
    from harness.testbed.testbed import Testbed


def make_testbed(scenario: Scenario, conditions: Conditions) -> Testbed:
    """Return a testbed for a scenario's app and service. It has not been started."""
    match conditions.testbed:
        case "local":
            return LocalTestbed(scenario.app, conditions, scenario.service, scenario.surroundings)
        case "containers":
            from harness.testbed.containers import ContainerTestbed  # noqa: PLC0415 - it needs an optional package

            return ContainerTestbed(scenario.app, conditions, scenario.service, scenario.surroundings)
        case other:
            raise UsageError(f"a testbed, one of {', '.join(TESTBEDS)}", other, "choose one of those")

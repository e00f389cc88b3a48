"""Makes the testbed that an experiment's conditions ask for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.journal import FAULTS_VARIABLE
from harness.scenario import IMAGES, TESTBEDS
from harness.testbed.local import LocalTestbed

if TYPE_CHECKING:
    from harness.scenario import Conditions, Scenario
    from harness.testbed.testbed import Testbed


def make_testbed(scenario: Scenario, conditions: Conditions) -> Testbed:
    """Return a testbed for a scenario's app and service. It has not been started."""
    surroundings = scenario.surroundings
    if scenario.faults:
        surroundings = replace(surroundings, environment={**surroundings.environment, FAULTS_VARIABLE: "1"})
    if conditions.testbed == "local":
        _refuse_containers_own(conditions)
    match conditions.testbed:
        case "local":
            return LocalTestbed(scenario.app, conditions, scenario.service, surroundings)
        case "containers":
            from harness.testbed.containers import ContainerTestbed  # noqa: PLC0415 - it needs an optional package

            return ContainerTestbed(scenario.app, conditions, scenario.service, surroundings)
        case other:
            raise UsageError(f"a testbed, one of {', '.join(TESTBEDS)}", other, "choose one of those")


def _refuse_containers_own(conditions: Conditions) -> None:
    """Fail where something is asked of local processes that only containers can be."""
    asked = [(f"--{name.replace('_', '-')}", value) for name in IMAGES if (value := getattr(conditions, name))]
    if conditions.broker != "redis":
        asked.append(("--broker", conditions.broker))
    for option, value in asked:
        raise UsageError(f"{option} with containers only", f"{option} {value}", "add --testbed containers")

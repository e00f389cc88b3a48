"""What a scenario needs of a testbed beyond running canvases. Refuses to run what would come to something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.testbed.testbed import Capability

if TYPE_CHECKING:
    from harness.faults import Strike
    from harness.scenario import Scenario
    from harness.testbed.testbed import Testbed

_OF_STRIKES: dict[Strike, Capability | None] = {
    "deliver_again": None,
    "kill_pool_process": Capability.KILL_POOL_PROCESS,
    "kill_worker": Capability.REPLACE_WORKER,
    "restart_redis": Capability.RESTART_REDIS,
}


def lacking(scenario: Scenario, testbed: Testbed) -> tuple[Capability, ...]:
    """Return what a testbed would need to be able to do for a scenario, and is not."""
    needed = [_OF_STRIKES[fault.strike] for fault in scenario.faults]
    # A main process that runs tasks itself cannot be stopped by one of them, and killed by it afterwards.
    needed += [Capability.KILL_POOL_PROCESS for fault in scenario.faults if fault.point == "on_its_way"]
    if scenario.surroundings.redis_keeps_data:
        needed.append(Capability.RESTART_REDIS)  # who cannot start it again has no use for that
    there = testbed.capabilities
    return tuple(dict.fromkeys(one for one in needed if one is not None and one not in there))


def _said(capabilities: tuple[Capability, ...]) -> str:
    return " and ".join(one.name.lower().replace("_", " ") for one in capabilities)


def refuse_lacking(scenario: Scenario, testbed: Testbed) -> None:
    """Fail where a testbed cannot do what a scenario needs of it."""
    if missing := lacking(scenario, testbed):
        raise UsageError(
            f"a testbed that can {_said(missing)}, for the faults of {scenario.name}",
            testbed.name,
            "use the local testbed on Linux, and the prefork pool",
        )

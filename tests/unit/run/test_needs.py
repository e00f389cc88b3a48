from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from harness.errors import UsageError
from harness.faults import Fault, Strike
from harness.run.needs import lacking, refuse_lacking
from harness.scenario import Canvas, Conditions, Scenario, Surroundings
from harness.testbed.local import LocalTestbed
from harness.testbed.testbed import Capability

PLAIN = Scenario(name="plain", title="", app="app:app", canvas=Canvas(call="app:canvas"))


def able_to(*capabilities: Capability) -> Any:
    return SimpleNamespace(name="weak", capabilities=frozenset(capabilities))


def with_fault(strike: Strike) -> Scenario:
    return replace(PLAIN, faults=(Fault(strike=strike, point="after_count", member=0),))


def test_a_scenario_in_which_nothing_is_broken_needs_nothing() -> None:
    refuse_lacking(PLAIN, able_to())


@pytest.mark.parametrize(
    ("strike", "needed"),
    [
        ("deliver_again", ()),
        ("kill_pool_process", (Capability.KILL_POOL_PROCESS,)),
        ("kill_worker", (Capability.REPLACE_WORKER,)),
        ("restart_redis", (Capability.RESTART_REDIS,)),
    ],
)
def test_what_a_fault_needs_is_told_in_advance(strike: Strike, needed: tuple[Capability, ...]) -> None:
    assert lacking(with_fault(strike), able_to()) == needed
    assert lacking(with_fault(strike), able_to(*needed)) == ()


def test_a_message_on_its_way_needs_a_pool_of_processes_as_well() -> None:
    scenario = replace(PLAIN, faults=(Fault(strike="kill_worker", point="on_its_way", member=1),))
    assert lacking(scenario, able_to(Capability.REPLACE_WORKER)) == (Capability.KILL_POOL_PROCESS,)


def test_what_is_lacking_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="a testbed that can restart redis, for the faults of plain"):
        refuse_lacking(with_fault("restart_redis"), able_to(Capability.REPLACE_WORKER))


def test_a_redis_that_keeps_its_data_is_for_testbeds_that_can_start_it_again() -> None:
    scenario = replace(PLAIN, surroundings=Surroundings(redis_keeps_data=True))
    assert lacking(scenario, able_to()) == (Capability.RESTART_REDIS,)


@pytest.mark.parametrize(("pool", "can"), [("prefork", True), ("threads", False), ("solo", False)])
def test_only_a_pool_of_processes_has_one_to_kill(pool: Any, can: bool) -> None:  # noqa: FBT001
    local = LocalTestbed("app:app", Conditions(pool=pool))
    assert (Capability.KILL_POOL_PROCESS in local.capabilities) is can

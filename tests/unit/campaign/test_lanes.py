"""Who shares a testbed with whom, and what becomes of a lane when something goes wrong in it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from harness.campaign import RunEnded, RunFailed, TestbedUp, TimeIsReal, carry_out_all
from harness.campaign import lanes as module
from harness.campaign.lanes import lanes
from harness.errors import HarnessError, InterruptedRunError
from harness.faults import Fault
from harness.scenario import Canvas, Conditions, Expected, Experiment, Scenario, Service, Surroundings
from harness.testbed import timekeeping

if TYPE_CHECKING:
    from pathlib import Path

    from harness.faults import Strike

VIRTUAL, REAL = Conditions(), Conditions(clock="real")


def experiment(name: str, conditions: Conditions = VIRTUAL, **changes: Any) -> Experiment:
    expected = Expected(outcome="success", attempts={})
    scenario = Scenario(name=name, title="", app="app:app", canvas=Canvas(call=name), expected=expected)
    return Experiment(scenario=replace(scenario, **changes), conditions=conditions)


def name_of(progress: Any) -> str:
    of = progress.run.experiment if isinstance(progress, RunEnded) else progress.experiment
    return str(of.scenario.name)


def names(found: list[list[Experiment]]) -> list[str]:
    return [" ".join(one.scenario.name for one in lane) for lane in found]


@pytest.fixture(autouse=True)
def _all_is_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether time can be virtual shall not depend on the machine."""
    monkeypatch.setattr(timekeeping, "why_not_virtual", lambda _: None)
    monkeypatch.setattr(module, "why_not_virtual", lambda _: None)


# ---- lanes -------------------------------------------------------------------------------------------------------


def test_in_virtual_time_experiments_that_differ_in_their_canvas_only_share_a_testbed() -> None:
    assert names(lanes([experiment("a"), experiment("b"), experiment("c")])) == ["a b c"]


def test_in_real_time_each_has_a_testbed_of_its_own() -> None:
    assert names(lanes([experiment("a", REAL), experiment("b", REAL)])) == ["a", "b"]


@pytest.mark.parametrize(
    "changes",
    [
        {"app": "other:app"},
        {"service": Service(module="service", url_variable="URL")},
        {"surroundings": Surroundings(redis_keeps_data=True)},
        {"faults": (Fault(strike="kill_worker", point="taken", member=0),)},
    ],
)
def test_another_app_or_service_or_something_that_goes_wrong_needs_another_testbed(changes: dict[str, Any]) -> None:
    found = lanes([experiment("a"), experiment("b", **changes), experiment("c"), experiment("d", **changes)])
    assert names(found) == ["a c", "b d"]


def test_other_conditions_need_another_testbed() -> None:
    assert names(lanes([experiment("a"), experiment("b", replace(VIRTUAL, workers=2))])) == ["a", "b"]


def test_where_time_cannot_be_virtual_lanes_are_those_of_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timekeeping, "why_not_virtual", lambda _: "no compiler")
    assert names(lanes([experiment("a"), experiment("b")])) == ["a", "b"]


# ---- what becomes of them ----------------------------------------------------------------------------------------


class World:
    """Testbeds that do nothing but count; runs that end as they are told to, by the name of their scenario."""

    def __init__(self) -> None:
        self.clock, self.reason = "virtual", None
        self.started: list[str] = []
        self.stopped = 0
        self.fails_to_start: Exception | None = None
        self.endings: dict[str, str | Exception] = {}

    def make_testbed(self, scenario: Scenario, conditions: Conditions) -> Any:
        clock = SimpleNamespace(name=conditions.clock if conditions.clock == "real" else self.clock)
        return SimpleNamespace(
            clock=clock,
            clock_reason=self.reason,
            start=lambda: self.start(scenario.name),
            stop=self.stop,
            interrupt=lambda: None,
        )

    def start(self, name: str) -> None:
        self.started.append(name)
        if self.fails_to_start is not None:
            raise self.fails_to_start

    def stop(self) -> None:
        self.stopped += 1

    def carry_out(self, experiment: Experiment, *_: object) -> Any:
        ending = self.endings.get(experiment.scenario.name, "settled")
        if isinstance(ending, Exception):
            raise ending
        return SimpleNamespace(experiment=experiment, settlement=SimpleNamespace(ending=ending))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A world without processes."""
    world = World()
    monkeypatch.setattr(module, "make_testbed", world.make_testbed)
    monkeypatch.setattr(module, "carry_out", world.carry_out)
    return world


def told(experiments: list[Experiment], path: Path) -> list[tuple[str, str]]:
    """Carry experiments out, and return what was told of each."""
    progress = [one for one in carry_out_all(experiments, path) if not isinstance(one, TimeIsReal)]
    return [(type(one).__name__, name_of(one)) for one in progress]


def test_a_lane_is_carried_out_on_one_testbed_in_its_order(world: World, tmp_path: Path) -> None:
    assert told([experiment("a"), experiment("b")], tmp_path) == [
        ("TestbedUp", "a"),
        ("TestbedUp", "b"),
        ("RunEnded", "a"),
        ("RunEnded", "b"),
    ]
    assert (world.started, world.stopped) == (["a"], 1)


@pytest.mark.parametrize("ending", ["timed out", "settled with loss", HarnessError("a", "b", "c")])
def test_after_a_run_that_left_something_the_rest_gets_a_new_testbed(
    world: World, tmp_path: Path, ending: str | Exception
) -> None:
    world.endings["a"] = ending
    progress = told([experiment("a"), experiment("b"), experiment("c")], tmp_path)
    assert [name for kind, name in progress if kind in {"RunEnded", "RunFailed"}] == ["a", "b", "c"]
    assert (world.started, world.stopped) == (["a", "b"], 2)


@pytest.mark.parametrize(("strike", "testbeds"), [("restart_redis", ["a", "b"]), ("kill_pool_process", ["a"])])
def test_after_a_fault_that_spoils_its_testbed_the_rest_gets_a_new_one(
    world: World, tmp_path: Path, strike: Strike, testbeds: list[str]
) -> None:
    faults = (Fault(strike=strike, point="after_count", member=0),)
    told([experiment("a", faults=faults), experiment("b", faults=faults)], tmp_path)
    assert (world.started, world.stopped) == (testbeds, len(testbeds))


def test_a_testbed_that_does_not_start_fails_all_that_need_it(world: World, tmp_path: Path) -> None:
    world.fails_to_start = HarnessError("a", "b", "c")
    assert told([experiment("a"), experiment("b")], tmp_path) == [("RunFailed", "a"), ("RunFailed", "b")]
    assert (world.started, world.stopped) == (["a"], 1)


def test_a_lane_whose_time_turns_out_to_be_real_is_split(world: World, tmp_path: Path) -> None:
    world.clock, world.reason = "real", "redis is static"
    progress = list(carry_out_all([experiment("a"), experiment("b"), experiment("c")], tmp_path))
    assert progress[0] == TimeIsReal("redis is static")
    assert [type(one) for one in progress].count(TimeIsReal) == 1
    assert sorted(name_of(one) for one in progress if isinstance(one, RunEnded)) == ["a", "b", "c"]
    assert sorted(world.started) == ["a", "b", "c"]
    assert world.stopped == 3


def test_nobody_runs_before_all_testbeds_stand(world: World, tmp_path: Path) -> None:
    kinds = [kind for kind, _ in told([experiment(name, REAL) for name in "abc"], tmp_path)]
    assert kinds[0] == "TestbedUp"
    assert sorted(world.started) == ["a", "b", "c"]
    assert kinds.count("RunEnded") == 3


def test_what_is_left_early_is_interrupted(world: World, tmp_path: Path) -> None:
    first = experiment("a")
    world.endings["a"] = InterruptedRunError()
    progress = carry_out_all([first, experiment("b", REAL)], tmp_path)
    assert isinstance(next(progress), TestbedUp)
    progress.close()  # type: ignore[attr-defined] # it is a generator
    assert world.stopped == len(world.started)


def test_a_failed_run_is_told_with_its_error(world: World, tmp_path: Path) -> None:
    error = HarnessError("a", "b", "c")
    world.endings["a"] = error
    failures = [one for one in carry_out_all([experiment("a")], tmp_path) if isinstance(one, RunFailed)]
    assert [failure.error for failure in failures] == [error]

"""Runs in turn: which testbed they get, and what becomes of the next one when something goes wrong."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from harness.campaign import RunEnded, RunFailed, TestbedUp, TimeIsReal, in_turn
from harness.campaign.in_turn import carry_out_in_turn
from harness.errors import HarnessError, InterruptedRunError
from harness.scenario import Canvas, Conditions, Experiment, Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TROUBLE = HarnessError("a", "b", "c")


def experiment(name: str, conditions: Conditions | None = None, app: str = "app:app") -> Experiment:
    scenario = Scenario(name=name, title="", app=app, canvas=Canvas(call=name))
    return Experiment(scenario=scenario, conditions=conditions or Conditions())


class World:
    """Testbeds that do nothing but say so; runs that end as they are told to, by the name of their scenario."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.endings: dict[str, str | Exception] = {}
        self.start_trouble: Exception | None = None
        self.stop_trouble: Exception | None = None
        self.reason: str | None = None
        self.interrupted = threading.Event()

    def make_testbed(self, scenario: Scenario, _: Conditions) -> Any:
        return SimpleNamespace(
            clock_reason=self.reason,
            start=lambda: self.start(scenario.name),
            stop=self.stop,
            interrupt=self.interrupted.set,
        )

    def start(self, name: str) -> None:
        self.told.append(f"start for {name}")
        if self.start_trouble is not None:
            raise self.start_trouble

    def stop(self) -> None:
        self.told.append("stop")
        if self.stop_trouble is not None:
            raise self.stop_trouble

    def carry_out(self, experiment: Experiment, *_: object) -> Any:
        name = experiment.scenario.name
        self.told.append(name)
        ending = self.endings.get(name, "settled")
        if ending == "when it is interrupted":
            self.interrupted.wait(10)
            raise InterruptedRunError
        if isinstance(ending, Exception):
            raise ending
        return SimpleNamespace(experiment=experiment, settlement=SimpleNamespace(ending=ending))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A world without processes."""
    world = World()
    monkeypatch.setattr(in_turn, "make_testbed", world.make_testbed)
    monkeypatch.setattr(in_turn, "carry_out", world.carry_out)
    return world


def kinds(experiments: list[Experiment], path: Path) -> list[str]:
    return [type(progress).__name__ for progress in carry_out_in_turn(experiments, path)]


@pytest.mark.parametrize("clock", ["virtual", "real"])
def test_those_in_a_row_share_a_testbed_whatever_the_clock(world: World, tmp_path: Path, clock: Any) -> None:
    conditions = Conditions(clock=clock)
    told = kinds([experiment("a", conditions), experiment("b", conditions)], tmp_path)
    assert told == ["TestbedUp", "RunEnded", "RunEnded"]
    assert world.told == ["start for a", "a", "b", "stop"]


@pytest.mark.parametrize("other", [experiment("b", Conditions(workers=2)), experiment("b", app="other:app")])
def test_other_conditions_or_another_app_get_a_testbed_of_their_own(
    world: World, tmp_path: Path, other: Experiment
) -> None:
    kinds([experiment("a"), other], tmp_path)
    assert world.told == ["start for a", "a", "stop", "start for b", "b", "stop"]


@pytest.mark.parametrize("ending", ["timed out", "settled with loss", TROUBLE])
def test_after_a_run_that_left_something_the_next_one_gets_a_new_testbed(
    world: World, tmp_path: Path, ending: str | Exception
) -> None:
    world.endings["a"] = ending
    kinds([experiment("a"), experiment("b")], tmp_path)
    assert world.told == ["start for a", "a", "stop", "start for b", "b", "stop"]


def test_the_next_experiment_is_chosen_when_the_former_has_ended(world: World, tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def experiments() -> Iterator[Experiment]:
        for name in ("a", "b"):
            seen.append(list(world.told))
            yield experiment(name)

    ended = [one for one in carry_out_in_turn(experiments(), tmp_path) if isinstance(one, RunEnded)]
    assert len(ended) == 2
    assert seen == [[], ["start for a", "a"]]


def test_a_testbed_that_does_not_start_fails_its_run_and_is_taken_away(world: World, tmp_path: Path) -> None:
    world.start_trouble = TROUBLE
    (failure,) = carry_out_in_turn([experiment("a")], tmp_path)
    assert isinstance(failure, RunFailed)
    assert failure.error is TROUBLE
    assert world.told == ["start for a", "stop"]


def test_that_a_testbed_does_not_go_either_hides_nothing(world: World, tmp_path: Path) -> None:
    world.endings["a"], world.stop_trouble = TROUBLE, HarnessError("x", "y", "z")
    _, failure = carry_out_in_turn([experiment("a")], tmp_path)
    assert isinstance(failure, RunFailed)
    assert failure.error is TROUBLE


def test_trouble_while_the_last_testbed_is_taken_away_is_told(world: World, tmp_path: Path) -> None:
    world.stop_trouble = TROUBLE
    with pytest.raises(HarnessError):
        kinds([experiment("a")], tmp_path)


def test_why_time_is_real_is_told_once(world: World, tmp_path: Path) -> None:
    world.reason = "no compiler"
    one, other = experiment("a"), experiment("b", Conditions(workers=2))
    told = list(carry_out_in_turn([one, other], tmp_path))
    assert told[0] == TimeIsReal("no compiler")
    assert [type(progress) for progress in told].count(TimeIsReal) == 1


def test_what_is_left_early_is_interrupted_and_its_testbed_taken_away(world: World, tmp_path: Path) -> None:
    world.endings["a"] = "when it is interrupted"
    progress = carry_out_in_turn([experiment("a"), experiment("b")], tmp_path)
    assert isinstance(next(progress), TestbedUp)
    progress.close()
    assert world.interrupted.is_set()
    assert world.told == ["start for a", "a", "stop"]


def test_nothing_is_started_where_nothing_is_to_be_run(world: World, tmp_path: Path) -> None:
    assert kinds([], tmp_path) == []
    assert world.told == []


def test_a_service_and_surroundings_are_a_part_of_a_testbed(world: World, tmp_path: Path) -> None:
    plain = experiment("a")
    surroundings = replace(plain.scenario.surroundings, queues=("mine",))
    other = replace(plain, scenario=replace(plain.scenario, name="b", surroundings=surroundings))
    kinds([plain, other], tmp_path)
    assert world.told.count("stop") == 2

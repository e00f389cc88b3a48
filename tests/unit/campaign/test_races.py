"""A campaign of races: fleet after fleet, batch after batch, until all is done or time is up."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from harness.campaign import EventsSeen, RunEnded, RunFailed, TestbedUp, races
from harness.campaign.fleets import Fleet, fleets_for
from harness.campaign.races import BatchEnded, FleetStarts, carry_out_races
from harness.errors import HarnessError
from harness.history.history import History
from harness.laws.verdict import Ruling, Verdict
from harness.run.settling import Settlement
from harness.scenario import Canvas, Conditions, Scenario

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from harness.scenario import Batch, Experiment

A_BATCH_S = 4.0


class World:
    """Runs that take four seconds each by a clock that nobody waits for."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.began: list[str] = []
        self.closed = 0
        self.failing: dict[str, Exception] = {}
        self.ended: dict[str, dict[str, Any]] = {}

    def carry_out_in_turn(self, experiments: Iterator[Experiment], _: Path) -> Generator[Any, None, None]:
        try:
            for experiment in experiments:
                name = experiment.scenario.name
                self.began.append(name)
                self.now_s += A_BATCH_S
                yield TestbedUp(experiment)
                yield EventsSeen(experiment, ())
                if name in self.failing:
                    yield RunFailed(experiment, self.failing[name])
                else:
                    yield RunEnded(self.run(experiment))
        finally:
            self.closed += 1

    def run(self, experiment: Experiment) -> Any:
        usual: dict[str, Any] = {
            "experiment": experiment,
            "history": History(()),
            "timing": SimpleNamespace(clock="virtual", virtual_s=10.0),
            "wall_s": A_BATCH_S,
            "is_as_expected": True,
            "settlement": Settlement(ending="settled"),
            "discrepancies": (),
            "verdicts": (),
            "violations": (),
            "unproved": (),
        }
        return SimpleNamespace(**(usual | self.ended.get(experiment.scenario.name, {})))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A world without processes, and its clock."""
    world = World()
    monkeypatch.setattr(races, "carry_out_in_turn", world.carry_out_in_turn)
    monkeypatch.setattr(races, "time", SimpleNamespace(monotonic=lambda: world.now_s))
    return world


def scenario_of(batch: Batch) -> Scenario:
    return Scenario(name=batch.name, title="", app="app:app", canvas=Canvas(call="app:batch"))


def fleets(*chords: int | None) -> list[Fleet]:
    sizes = [2, 8, 50][: len(chords)]
    found = [fleets_for([size], None, Conditions(), pools=["threads"])[0] for size in sizes]
    return [
        Fleet(members=one.members, conditions=one.conditions, chords=n) for one, n in zip(found, chords, strict=True)
    ]


def told(chosen: list[Fleet], budget_s: float | None = None) -> list[Any]:
    return list(carry_out_races("races", scenario_of, chosen, Path("nowhere"), budget_s=budget_s))


def test_every_fleet_runs_its_batches_before_the_next_one_starts(world: World) -> None:
    progress = told(fleets(60, 30))
    assert [type(one).__name__ for one in progress] == [
        *("FleetStarts", "TestbedUp", "BatchEnded", "TestbedUp", "BatchEnded"),
        *("FleetStarts", "TestbedUp", "BatchEnded", "TestbedUp", "BatchEnded"),
    ]
    assert world.began == [f"races-{name}-00{n}" for name in ("2-threads-2x2", "8-threads-2x8") for n in (1, 2)]
    assert world.closed == 2


def test_without_a_budget_all_chords_are_run_however_long_it_takes(world: World) -> None:
    told(fleets(1000))
    assert len(world.began) == 20


def test_of_a_budget_each_fleet_gets_an_equal_part_and_what_was_left_over(world: World) -> None:
    # 30 s: the first one needs 4 of its 10, the second has 13 and begins its fourth batch at 12, the third the rest.
    told(fleets(10, None, None), budget_s=30)
    of = [name.split("-")[1] for name in world.began]
    assert [of.count(size) for size in ("2", "8", "50")] == [1, 4, 3]


def test_of_every_fleet_at_least_one_batch_is_run(world: World) -> None:
    told(fleets(None, None, None), budget_s=1)
    assert len(world.began) == 3


def test_what_came_of_a_batch_is_told_and_its_history_let_go(world: World) -> None:
    verdict = Verdict(law="chord.body_once", ruling=Ruling.VIOLATED)
    world.ended["races-2-threads-2x2-001"] = {
        "is_as_expected": False,
        "discrepancies": ("a difference",),
        "violations": (verdict,),
        "verdicts": (verdict,),
        "settlement": Settlement(ending="timed out", reason="something was left"),
    }
    (ended,) = [one for one in told(fleets(1)) if isinstance(one, BatchEnded)]
    assert (ended.name, ended.clock, ended.is_as_expected) == ("races-2-threads-2x2-001", "virtual", False)
    assert (ended.discrepancies, ended.violations) == (("a difference",), (verdict,))
    assert ended.settlement.reason == "something was left"
    assert ended.figures.rulings == {"chord.body_once": Ruling.VIOLATED}
    assert not hasattr(ended, "history")


def test_a_batch_that_differs_keeps_nobody_from_the_next(world: World) -> None:
    world.ended["races-2-threads-2x2-001"] = {"is_as_expected": False}
    told(fleets(100))
    assert len(world.began) == 2


def test_trouble_ends_a_fleet_and_the_next_one_goes_on(world: World) -> None:
    world.failing["races-2-threads-2x2-001"] = HarnessError("a", "b", "c")
    progress = told(fleets(500, 8))
    assert [type(one).__name__ for one in progress if not isinstance(one, TestbedUp | FleetStarts)] == [
        "RunFailed",
        "BatchEnded",
    ]
    assert world.closed == 2


def test_leaving_early_leaves_the_runs_as_well(world: World) -> None:
    going_on = carry_out_races("races", scenario_of, fleets(500, 8), Path("nowhere"))
    while not isinstance(next(going_on), TestbedUp):
        pass
    going_on.close()
    assert (len(world.began), world.closed) == (1, 1)

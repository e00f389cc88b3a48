from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.history.outcome import outcome
from harness.laws.verdict import Ruling, Verdict
from harness.run.run import Run
from harness.run.settling import Settlement
from harness.run.timing import Timing
from harness.scenario import Canvas, Conditions, Expected, Experiment, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.conftest import Record


@pytest.fixture
def experiment() -> Callable[[str], Experiment]:
    """Return what makes an experiment of that name."""

    def experiment(name: str) -> Experiment:
        scenario = Scenario(
            name=name,
            title="",
            app="app:app",
            canvas=Canvas(call="app:canvas"),
            expected=Expected(outcome="success", attempts={"A": 1}),
        )
        return Experiment(scenario=scenario, conditions=Conditions())

    return experiment


HOLDS = Verdict(law="ordering.handed_on", ruling=Ruling.HOLDS, instances=2)


@pytest.fixture
def run_of(experiment: Callable[[str], Experiment], record: Record) -> Callable[..., Run]:
    """Return what makes a run of what was recorded."""

    def run_of(  # noqa: PLR0913 - each says one thing, by name
        name: str = "happy",
        settlement: Settlement | None = None,
        *discrepancies: str,
        verdicts: tuple[Verdict, ...] = (HOLDS,),
        laws: tuple[str, ...] = (),
        violates: tuple[str, ...] = (),
        loses: tuple[str, ...] = (),
    ) -> Run:
        history = record.history()
        return Run(
            experiment=replace(
                one := experiment(name),
                scenario=replace(one.scenario, laws=laws, violates=violates, loses=loses),
            ),
            directory=Path("runs") / name,
            settlement=settlement or Settlement(ending="settled"),
            history=history,
            outcome=outcome(history),
            discrepancies=discrepancies,
            verdicts=verdicts,
            timing=Timing(clock="virtual", virtual_s=34.04),
            wall_s=1.25,
        )

    return run_of

"""One testbed with a Celery that can be broken, and the table of what was caught."""

from __future__ import annotations

import os
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from breaking import SABOTAGE_VARIABLE

from harness.behaviour import encode
from harness.proof.canvases import canvas_of
from harness.proof.testbeds import Testbeds
from harness.proof.wishes import wishes_of
from harness.run.run import carry_out
from harness.scenario import Conditions, Experiment, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from harness.run.run import Run

BUDGET_S = 600
table: list[tuple[str, str, str, str]] = []


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Run]]:
    """Return what runs a canvas on a Celery that is broken in the way that is named, or in none."""
    control = tmp_path_factory.mktemp("control") / "sabotage"
    testbeds, numbers, option = Testbeds(), count(1), request.config.getoption

    def run(
        canvas: Any, behaviour: Mapping[str, Any] | None = None, *, sabotage: str = "", pool: str = "prefork"
    ) -> Run:
        environment = {SABOTAGE_VARIABLE: str(control)}
        wishes = wishes_of(
            {"app": "rare_shop:app", "environment": environment, "concurrency": 4, "pool": pool},
            Conditions(clock=option("--clock"), redis_server=option("--redis-server")),
            None,
            (str(Path(__file__).parent),),
        )
        control.write_text(sabotage)
        scenario = Scenario(
            name=f"{sabotage or 'unbroken'}-{next(numbers)}",
            title=sabotage or "a Celery as it is",
            app=wishes.app,
            canvas=canvas_of(canvas),
            behaviour=encode(behaviour or {}),
            surroundings=wishes.surroundings,
            budget_s=BUDGET_S,
        )
        testbed = testbeds.get(wishes, scenario, wishes.conditions)
        directory = tmp_path_factory.mktemp("runs") / scenario.name
        ran = carry_out(Experiment(scenario=scenario, conditions=wishes.conditions), testbed, directory)
        if ran.settlement.ending != "settled":
            testbeds.drop(wishes)
        return ran

    # The canvases are built here: importing the shop breaks this process's Celery too, in no way that is in force.
    os.environ.pop(SABOTAGE_VARIABLE, None)
    yield run
    testbeds.close()


@pytest.fixture
def tell() -> Callable[[str, str, str, str], None]:
    """Return what adds a line to the table that is shown at the end."""
    return lambda *line: table.append(line)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show what was broken, what was expected, what was caught, and by what evidence."""
    if not table:
        return
    terminalreporter.section("sabotages")
    for name, expected, caught, evidence in sorted(table):
        said = "caught as expected" if caught == expected else f"CAUGHT {caught}"
        terminalreporter.write_line(f"{name}: expected {expected}; {said}; {evidence}")

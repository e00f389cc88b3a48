"""The five scenarios are carried out once for each testbed; every proof looks at what came of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from harness.campaign import RunEnded, RunFailed, TimeIsReal, carry_out_all
from harness.catalog import find_scenarios
from harness.scenario import Experiment

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.run.run import Run
    from harness.scenario import Conditions

PIPELINE = ("happy", "flaky", "slow", "down", "partial_fail")


@pytest.fixture(scope="session")
def pipeline_runs(conditions: Conditions, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """Return what looks up the run of a scenario on the testbed at hand."""
    experiments = [Experiment(scenario=one, conditions=conditions) for one in find_scenarios(PIPELINE)]
    ended: dict[str, Run] = {}
    failed: dict[str, Exception] = {}
    for progress in carry_out_all(experiments, tmp_path_factory.mktemp("runs")):
        match progress:
            case RunEnded():
                ended[progress.run.experiment.scenario.name] = progress.run
            case TimeIsReal() if os.environ.get("CI"):
                pytest.fail(f"in CI time must be virtual where it was asked for; it is real: {progress.reason}")
            case RunFailed():
                failed[progress.experiment.scenario.name] = progress.error
            case _:
                pass

    def run_of(scenario: str) -> Run:
        if scenario in failed:
            raise failed[scenario]
        return ended[scenario]

    return run_of


@pytest.fixture
def run(pipeline_runs: Callable[[str], Run], scenario: str) -> Run:
    """Return the run of the scenario that the test is about."""
    return pipeline_runs(scenario)

from __future__ import annotations

import pytest

from scenarios.pipeline.script import ALWAYS, NO_TROUBLE, SCRIPT, Trouble, trouble_for

MODEL_TASKS = ("TASK_A", "TASK_B", "TASK_C")


def test_there_are_five_scenarios() -> None:
    assert list(SCRIPT) == ["happy", "flaky", "slow", "down", "partial_fail"]


@pytest.mark.parametrize(
    ("scenario", "task", "trouble"),
    [
        ("flaky", "TASK_A", Trouble(fail_times=2)),
        ("slow", "TASK_A", Trouble(delay_seconds=8.0)),
        ("down", "TASK_A", Trouble(fail_times=ALWAYS)),
        ("partial_fail", "TASK_B", Trouble(fail_times=ALWAYS)),
    ],
)
def test_a_scenario_troubles_one_task_and_no_other(scenario: str, task: str, trouble: Trouble) -> None:
    assert {name: trouble_for(name, scenario) for name in MODEL_TASKS} == dict.fromkeys(MODEL_TASKS, NO_TROUBLE) | {
        task: trouble
    }


@pytest.mark.parametrize("scenario", ["happy", "a name nobody wrote"])
def test_no_task_is_troubled_when_the_script_says_nothing(scenario: str) -> None:
    assert {trouble_for(task, scenario) for task in MODEL_TASKS} == {Trouble(fail_times=0, delay_seconds=0.0)}

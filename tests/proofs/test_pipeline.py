"""What the pipeline start -> A -> (B | C) -> D -> end does while its model service fails in five ways.

Real Redis, real workers, on every testbed. Read the table as the specification; the proofs below it say what its
columns mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from harness.history.events import WorkerStarted
from harness.laws.verdict import Ruling

if TYPE_CHECKING:
    from harness.history.history import Attempt
    from harness.run.run import Run

TASKS = ("start", "TASK_A", "TASK_B", "TASK_C", "TASK_D", "end")
EARLY_S = 0.005  # by the rounding of clocks


@dataclass(frozen=True)
class Row:
    """What a scenario comes to: attempts in the order of TASKS, the delays that retries ask for, whose fault it is."""

    outcome: str
    attempts: tuple[int, int, int, int, int, int]
    delays: dict[str, list[float]] = field(default_factory=dict)
    root_cause: str | None = None
    exception: str | None = None


TABLE = {
    "happy": Row("success", (1, 1, 1, 1, 1, 1)),
    "flaky": Row("success", (1, 3, 1, 1, 1, 1), {"TASK_A": [2, 4]}),
    "slow": Row("error", (1, 4, 0, 0, 0, 0), {"TASK_A": [2, 4, 8]}, "TASK_A", "requests.exceptions.ReadTimeout"),
    "down": Row("error", (1, 4, 0, 0, 0, 0), {"TASK_A": [2, 4, 8]}, "TASK_A", "requests.exceptions.HTTPError"),
    "partial_fail": Row("error", (1, 1, 4, 1, 0, 0), {"TASK_B": [3, 3, 3]}, "TASK_B", "requests.exceptions.HTTPError"),
}

in_every_scenario = pytest.mark.parametrize("scenario", TABLE)
where_a_task_fails_for_good = pytest.mark.parametrize(
    "scenario", [name for name, row in TABLE.items() if row.outcome == "error"]
)
where_all_succeed = pytest.mark.parametrize(
    "scenario", [name for name, row in TABLE.items() if row.outcome == "success"]
)


@in_every_scenario
def test_a_run_settles_and_loses_nothing(run: Run) -> None:
    assert run.settlement.ending == "settled", run.settlement.reason
    assert run.history.is_complete
    assert run.discrepancies == ()


@in_every_scenario
def test_no_law_is_violated_and_those_that_the_scenario_is_to_show_are_shown(run: Run) -> None:
    assert run.violations == ()
    assert run.unproved == ()
    assert [verdict for verdict in run.verdicts if verdict.ruling is Ruling.UNDECIDED] == []


@in_every_scenario
def test_the_outcome_and_its_root_cause_are_those_of_the_table(run: Run, scenario: str) -> None:
    row = TABLE[scenario]
    assert (run.outcome.kind, run.outcome.root_cause) == (row.outcome, row.root_cause)


@in_every_scenario
def test_each_task_is_attempted_as_often_as_its_retries_allow(run: Run, scenario: str) -> None:
    assert tuple(len(run.history.attempts(task)) for task in TASKS) == TABLE[scenario].attempts
    assert len(run.history.attempts()) == sum(TABLE[scenario].attempts)


@in_every_scenario
def test_retries_ask_for_the_delays_that_their_policy_states(run: Run, scenario: str) -> None:
    asked = {task: [delay.asked_s for delay in run.history.retry_delays(task)] for task in TASKS}
    assert {task: delays for task, delays in asked.items() if delays} == TABLE[scenario].delays


@in_every_scenario
def test_a_retry_starts_when_its_delay_is_over_and_not_before(run: Run, scenario: str) -> None:
    delays = run.history.retry_delays()
    assert all(delay.error_s >= -EARLY_S for delay in delays), delays
    # Nor later than its worker could: that is judged by what happened meanwhile, for machines may be busy.
    kept = next(verdict for verdict in run.verdicts if verdict.law == "retries.delay_kept")
    assert kept.ruling is (Ruling.HOLDS if delays else Ruling.NOT_EXERCISED)
    assert kept.instances == sum(map(len, TABLE[scenario].delays.values()))


@in_every_scenario
def test_a_task_keeps_its_id_over_all_its_attempts(run: Run) -> None:
    for task in TASKS:
        assert len({attempt.started.task_id for attempt in run.history.attempts(task)}) <= 1


@in_every_scenario
def test_a_task_starts_only_after_those_before_it_have_succeeded(run: Run) -> None:
    befores = {"TASK_A": ["start"], "TASK_B": ["TASK_A"], "TASK_C": ["TASK_A"], "TASK_D": ["TASK_B", "TASK_C"]}
    for task, former in (befores | {"end": ["TASK_D"]}).items():
        for attempt in run.history.attempts(task):
            for before in former:
                end = last(run, before).ended
                assert end is not None
                assert end.ending == "succeeded"
                assert end.index < attempt.started.index


@pytest.mark.parametrize("scenario", ["slow"])
def test_an_attempt_that_gets_no_answer_ends_with_its_read_timeout(run: Run) -> None:
    for attempt in run.history.attempts("TASK_A"):
        assert attempt.ended is not None
        took_s = (attempt.ended.virtual_ns - attempt.started.virtual_ns) / 1e9
        # Not when the answer came, after 8 s. How long its code took besides waiting is the machine's affair.
        assert 5 <= took_s < 8


@where_a_task_fails_for_good
def test_the_exception_at_the_end_is_the_one_that_the_task_raised(run: Run, scenario: str) -> None:
    for attempt in run.history.attempts(TABLE[scenario].root_cause):
        assert attempt.exception is not None
        assert attempt.exception.type == TABLE[scenario].exception
    assert run.outcome.exception is not None
    assert run.outcome.exception.type == TABLE[scenario].exception


@where_a_task_fails_for_good
def test_what_comes_after_a_failure_never_runs(run: Run, scenario: str) -> None:
    never = [task for task, count in zip(TASKS, TABLE[scenario].attempts, strict=True) if count == 0]
    assert sorted(run.outcome.never_ran) == sorted(never)


@where_a_task_fails_for_good
def test_the_stored_states_of_tasks_that_never_ran_depend_on_the_version_of_celery(run: Run, scenario: str) -> None:
    # Celery 5.7.0 stores FAILURE for a chord's body, and for what follows it, when they can no longer run; 5.4.0, 5.5.3
    # and 5.6.0 leave them PENDING. Header members whose chord was never reached are PENDING in all of them.
    version = next(event.versions["celery"] for event in run.history.events if isinstance(event, WorkerStarted))
    stored = "FAILURE" if version_tuple(version) >= (5, 7) else "PENDING"
    expected = {"TASK_D": stored, "end": stored}
    if scenario != "partial_fail":
        expected |= {"TASK_B": "PENDING", "TASK_C": "PENDING"}
    assert {task: run.history.states()[task] for task in run.outcome.never_ran} == expected


@where_all_succeed
def test_d_merges_what_b_and_c_returned(run: Run) -> None:
    assert returned(run, "TASK_D") == {
        "final": "merge complete",
        "from_b": "embedding by B: dim=8",
        "from_c": "classified by C: positive (0.92)",
        "b_retries": 0,
        "c_retries": 0,
    }


@where_all_succeed
def test_a_says_how_many_retries_it_took(run: Run, scenario: str) -> None:
    result = returned(run, "TASK_A")
    assert result["model"] == "text-preprocessor-v1"
    assert result["processed"].isupper()
    assert result["length"] == len(result["processed"])
    assert result["retries_used"] == len(TABLE[scenario].delays.get("TASK_A", []))


@where_all_succeed
def test_b_and_c_work_on_the_text_that_a_returned(run: Run) -> None:
    for task in ("TASK_B", "TASK_C"):
        assert last(run, task).started.args == [returned(run, "TASK_A")]
    assert returned(run, "TASK_B")["model"] == "embedding-v1"
    assert len(returned(run, "TASK_B")["embedding"]) == 8
    assert returned(run, "TASK_C")["model"] == "classifier-v1"


def last(run: Run, task: str) -> Attempt:
    """Return the last attempt of a task that was attempted."""
    return run.history.attempts(task)[-1]


def returned(run: Run, task: str) -> Any:
    """Return what the last attempt of a task returned."""
    end = last(run, task).ended
    assert end is not None
    return end.returned


def version_tuple(version: str) -> tuple[int, ...]:
    """Return the numbers of a version that matter here."""
    return tuple(int(part) for part in version.split(".")[:2])

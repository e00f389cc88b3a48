from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.faults import Fault
from harness.history.fault_events import FaultInjected
from harness.history.history import History
from harness.history.outcome import outcome
from harness.history.reader import CorruptLine
from harness.run.discrepancies import discrepancies
from harness.scenario import Canvas, Conditions, Expected, Experiment, Scenario

if TYPE_CHECKING:
    from tests.unit.conftest import Record


def found(history: History, **expected: Any) -> list[str]:
    scenario = Scenario(
        name="s",
        title="",
        app="",
        canvas=Canvas(call=""),
        expected=Expected(**{"outcome": "success", "attempts": {"A": 1}, **expected}),
    )
    experiment = Experiment(scenario=scenario, conditions=Conditions())
    return list(discrepancies(experiment, history, outcome(history)))


def retried_after(record: Record, seconds: float) -> History:
    """Return a history in which A asked for a delay of 2 s and was started again after so many."""
    record.process("sender").canvas("A")
    worker = record.process("worker-1")
    worker.retried("A", delay_s=2)
    asked = record.history().attempts("A")[0].asked
    assert asked is not None
    record.now_ns = asked.virtual_ns + round(seconds * 1e9) - 1_000_000
    worker.ran("A", 1)
    return record.history()


def test_a_run_that_came_as_expected_differs_in_nothing(record: Record) -> None:
    record.process("sender").canvas("A")
    record.process("worker-1").ran("A")
    assert found(record.history()) == []


def test_another_outcome_is_told_with_whose_fault_it_was(record: Record) -> None:
    record.process("sender").canvas("A")
    record.process("worker-1").failed("A")
    assert found(record.history()) == [
        "outcome: expected success, found error in A",
        "root cause: expected None, found A",
    ]


def test_another_root_cause_is_told(record: Record) -> None:
    record.process("sender").canvas("A")
    record.process("worker-1").failed("A")
    assert found(record.history(), outcome="error", root_cause="B") == ["root cause: expected B, found A"]


def test_too_many_and_too_few_attempts_are_told(record: Record) -> None:
    record.process("sender").canvas("A", "B")
    worker = record.process("worker-1")
    worker.ran("A")
    worker.ran("A")
    worker.ran("B")
    assert found(record.history(), attempts={"A": 1, "B": 2}) == [
        "A: expected 1 attempts, found 2",
        "B: expected 2 attempts, found 1",
    ]


def test_a_planned_task_that_the_scenario_says_nothing_of_must_not_run(record: Record) -> None:
    record.process("sender").canvas("A", "B")
    worker = record.process("worker-1")
    worker.ran("A")
    worker.ran("B")
    assert found(record.history()) == ["B: expected 0 attempts, found 1"]


def test_an_expected_task_that_was_never_planned_is_told(record: Record) -> None:
    record.process("sender").canvas("A")
    record.process("worker-1").ran("A")
    assert found(record.history(), attempts={"A": 1, "Z": 1}) == ["Z: expected 1 attempts, found 0"]


@pytest.mark.parametrize("expected", [{}, {"A": (2, 4)}, {"A": (3,)}])
def test_other_delays_than_expected_are_told(record: Record, expected: dict[str, tuple[float, ...]]) -> None:
    (line,) = found(retried_after(record, 2), attempts={"A": 2}, retry_delays=expected)
    assert "to be asked for, found 2" in line


def test_delays_that_were_never_asked_for_are_told(record: Record) -> None:
    record.process("sender").canvas("A")
    record.process("worker-1").ran("A")
    assert found(record.history(), retry_delays={"A": (2, 0.5)}) == [
        "A: expected retry delays of 2, 0.5 s to be asked for, found none"
    ]


def test_a_line_of_a_journal_that_could_not_be_read_is_told(record: Record) -> None:
    record.process("sender").canvas("A")
    record.process("worker-1").ran("A")
    history = replace(record.history(), corrupt=(CorruptLine(source="w-1", line=7, reason="no JSON"),))
    assert found(history) == ["journal w-1, line 7: expected an event, found no JSON"]


def test_a_run_in_which_nothing_was_sent_is_not_as_expected() -> None:
    assert found(History(())) == [
        "outcome: expected success, found incomplete",
        "A: expected 1 attempts, found 0",
    ]


def test_a_fault_that_has_not_struck_is_told(record: Record) -> None:
    record.process("sender").canvas("A")
    worker = record.process("worker-1")
    fault = Fault(strike="kill_worker", point="before_count", member=0)
    scenario = Scenario(
        name="s",
        title="",
        app="",
        canvas=Canvas(call=""),
        faults=(fault,),
        expected=Expected(outcome="success", attempts={"A": 1}),
    )
    experiment = Experiment(scenario=scenario, conditions=Conditions())
    worker.ran("A")
    history = record.history()
    assert list(discrepancies(experiment, history, outcome(history))) == [
        "fault: expected kill_worker at before_count of member 0, found that it has not struck"
    ]
    about = {"member": 0, "task_id": "id-A", "task": "A", "target": "worker-1"}
    worker.write(FaultInjected, strike="kill_worker", point="before_count", **about)
    history = record.history()
    assert list(discrepancies(experiment, history, outcome(history))) == []

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.history.history import History
from harness.history.outcome import outcome

if TYPE_CHECKING:
    from tests.unit.conftest import Record


def test_success_is_when_every_planned_task_succeeded(record: Record) -> None:
    record.process("sender").canvas("A", "B")
    worker = record.process("worker-1")
    worker.retried("A")
    worker.ran("A", 1)
    worker.ran("B")
    came = outcome(record.history())
    assert (came.kind, came.root_cause, came.never_ran) == ("success", None, ())
    assert str(came) == "success"


def test_an_ignored_task_is_no_error(record: Record) -> None:
    record.process("sender").canvas("A")
    record.process("worker-1").failed("A", ending="ignored")
    assert outcome(record.history()).kind == "success"


def test_an_error_names_the_task_whose_failure_came_first_and_what_it_raised(record: Record) -> None:
    record.process("sender").canvas("A", "B", "C", "D")
    one, two = record.process("worker-1"), record.process("worker-2")
    one.started("B")
    two.failed("C", message="first")
    one.ended("B", 0, "failed")
    came = outcome(record.history())
    assert (came.kind, came.root_cause, came.never_ran) == ("error", "C", ("A", "D"))
    assert came.exception is not None
    assert came.exception.message == "first"
    assert str(came) == "error in C"


def test_a_rejected_task_is_an_error(record: Record) -> None:
    record.process("sender").canvas("A")
    record.process("worker-1").failed("A", ending="rejected")
    assert outcome(record.history()).kind == "error"


def test_a_lost_attempt_is_an_error(record: Record) -> None:
    record.process("sender").canvas("A")
    main = record.process("worker-1")
    main.child().started("A")
    main.aborted("A")
    came = outcome(record.history())
    assert (came.kind, came.root_cause) == ("error", "A")


def test_a_failure_that_was_made_good_by_a_later_attempt_is_no_error(record: Record) -> None:
    record.process("sender").canvas("A")
    worker = record.process("worker-1")
    worker.failed("A", ending="rejected")
    worker.ran("A")
    assert outcome(record.history()).kind == "success"


def test_a_planned_task_that_never_ran_leaves_a_canvas_incomplete(record: Record) -> None:
    record.process("sender").canvas("A", "B")
    record.process("worker-1").ran("A")
    came = outcome(record.history())
    assert (came.kind, came.never_ran) == ("incomplete", ("B",))


@pytest.mark.parametrize("last", ["running", "retried", "killed"])
def test_a_task_that_came_to_no_end_leaves_a_canvas_incomplete(record: Record, last: str) -> None:
    record.process("sender").canvas("A")
    supervisor, worker = record.process("supervisor"), record.process("worker-1")
    if last == "retried":
        worker.retried("A")
    else:
        worker.started("A")
    if last == "killed":
        supervisor.died(worker)
    assert outcome(record.history()).kind == "incomplete"


def test_a_message_that_was_revoked_leaves_a_canvas_incomplete(record: Record) -> None:
    record.process("sender").canvas("A")
    record.process("worker-1").revoked("A")
    assert outcome(record.history()).kind == "incomplete"


def test_without_a_canvas_there_is_no_success(record: Record) -> None:
    record.process("worker-1").ran("A")
    assert outcome(record.history()).kind == "incomplete"
    assert outcome(History(())).kind == "incomplete"


def test_a_canvas_without_a_task_has_not_succeeded(record: Record) -> None:
    record.process("sender").canvas()
    assert outcome(record.history()).kind == "incomplete"


def test_two_tasks_of_one_name_must_both_succeed(record: Record) -> None:
    sender, worker = record.process("sender"), record.process("worker-1")
    sender.canvas("A", "A2")
    worker.ran("A")
    worker.started("A", task_id="id-A2")
    worker.ended("A", 0, "failed", task_id="id-A2")
    assert outcome(record.history()).kind == "error"


def test_the_outcome_is_the_same_in_whatever_order_journals_are_merged(record: Record) -> None:
    record.process("sender").canvas("B", "C")
    record.process("worker-1").failed("B", message="earlier")
    record.process("worker-2").failed("C", message="later")
    for journals in (record.journals(), reversed(record.journals())):
        assert outcome(History.of(journals)).root_cause == "B"


def test_what_celery_failed_after_its_code_had_succeeded_is_an_error(record: Record) -> None:
    record.process("sender").canvas("A")
    worker = record.process("worker-1")
    worker.started("A")
    worker.ended("A")
    worker.closed("A", 0, "FAILURE", exception="EncodeError")
    came = outcome(record.history())
    assert (came.kind, came.root_cause) == ("error", "A")
    assert came.exception is not None
    assert came.exception.type == "builtins.EncodeError"


def test_a_failure_beside_the_canvas_is_not_the_canvases(record: Record) -> None:
    record.process("sender").canvas("A")
    worker = record.process("worker-1")
    worker.ran("A")
    worker.failed("something that A sent by itself")
    assert outcome(record.history()).kind == "success"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.history.attempt_events import AttemptEnded, AttemptStarted
from harness.history.history import History
from harness.history.reader import CorruptLine

if TYPE_CHECKING:
    from tests.unit.conftest import Record


def endings(history: History, task: str | None = None) -> list[tuple[str, int, str | None]]:
    return [(one.started.task, one.started.retries, one.ending) for one in history.attempts(task)]


# ---- attempts ----------------------------------------------------------------------------------------------------


def test_an_attempt_is_all_that_is_known_from_its_start_to_its_close(record: Record) -> None:
    record.process("worker-1").retried("A")
    (attempt,) = record.history().attempts("A")
    assert attempt.asked is not None
    assert attempt.ended is not None
    assert attempt.closed is not None
    assert attempt.aborted is None
    order = [attempt.started, attempt.asked, attempt.ended, attempt.closed]
    assert [event.index for event in order] == sorted(event.index for event in order)


def test_attempts_come_in_the_order_in_which_they_started(record: Record) -> None:
    first, second = record.process("worker-1"), record.process("worker-2")
    second.started("B")
    first.started("A")
    first.ended("A")
    second.ended("B")
    assert endings(record.history()) == [("B", 0, "succeeded"), ("A", 0, "succeeded")]


def test_attempts_can_be_had_by_name_by_id_and_all_together(record: Record) -> None:
    worker = record.process("worker-1")
    worker.ran("A", task_id="1")
    worker.ran("A", task_id="2")
    worker.ran("B", task_id="3")
    history = record.history()
    assert [len(history.attempts(which)) for which in ("A", "1", "2", "B", "3", None)] == [2, 1, 1, 1, 1, 3]
    assert history.attempts("no such task") == ()


def test_an_attempt_that_has_not_ended_has_no_ending(record: Record) -> None:
    record.process("worker-1").started("A")
    (attempt,) = record.history().attempts()
    assert (attempt.ending, attempt.exception) == (None, None)


def test_interleaved_attempts_get_their_own_ends(record: Record) -> None:
    one, two = record.process("worker-1"), record.process("worker-1")
    one.started("A")
    two.started("B")
    one.started("B", 1)  # a thread pool runs many in one process
    two.ended("B", 0, "retried")
    one.ended("A", 0, "failed")
    one.ended("B", 1, "ignored")
    assert endings(record.history()) == [("A", 0, "failed"), ("B", 0, "retried"), ("B", 1, "ignored")]


def test_a_duplicate_beside_it_in_threads_of_one_process_has_its_own_end(record: Record) -> None:
    worker = record.process("worker-1")
    about: dict[str, Any] = {"task_id": "A", "task": "A", "retries": 0}
    worker.write(AttemptStarted, **about, start=1, args=[], kwargs={})
    worker.write(AttemptStarted, **about, start=2, args=[], kwargs={})
    worker.write(AttemptEnded, **about, start=1, ending="failed")
    worker.write(AttemptEnded, **about, start=2, ending="succeeded")
    assert endings(record.history()) == [("A", 0, "failed"), ("A", 0, "succeeded")]


def test_a_duplicate_is_an_attempt_of_its_own_with_an_end_of_its_own(record: Record) -> None:
    one, two = record.process("worker-1"), record.process("worker-2")
    one.started("A")
    two.started("A")
    one.ended("A", 0, "failed")
    two.ended("A")
    assert endings(record.history()) == [("A", 0, "failed"), ("A", 0, "succeeded")]


def test_a_second_start_in_the_same_process_leaves_the_first_as_it_was(record: Record) -> None:
    worker = record.process("worker-1")
    worker.ran("A", returned="first")
    worker.started("A")
    first, second = record.history().attempts()
    assert first.ended is not None
    assert first.ended.returned == "first"
    assert (second.ended, second.closed) == (None, None)


def test_an_end_without_a_start_is_no_attempt(record: Record) -> None:
    worker = record.process("worker-1")
    worker.ended("A")
    worker.closed("A")
    worker.aborted("A")
    assert record.history().attempts() == ()


def test_an_attempt_whose_process_was_lost_has_failed_with_the_loss(record: Record) -> None:
    main = record.process("worker-1")
    main.child().started("A")
    main.aborted("A")
    (attempt,) = record.history().attempts()
    assert attempt.ending == "failed"
    assert attempt.exception is not None
    assert attempt.exception.type == "builtins.WorkerLostError"


def test_what_the_code_itself_raised_counts_more_than_the_loss_after_it(record: Record) -> None:
    main = record.process("worker-1")
    main.child().failed("A", message="mine")
    main.aborted("A")
    (attempt,) = record.history().attempts()
    assert attempt.exception is not None
    assert attempt.exception.message == "mine"


def test_an_attempt_that_its_process_could_not_handle_is_over_when_its_worker_is_through_with_it(
    record: Record,
) -> None:
    main = record.process("worker-1")
    child = main.child()
    child.started("A")
    child.ended("A", ending="failed")
    child.closed("A", state=None)
    assert record.history().attempts()[0].last_index is None
    main.released("A")
    (attempt,) = record.history().attempts()
    assert (attempt.ending, attempt.last_index) == ("failed", len(record.events) - 1)


def test_a_loss_belongs_to_the_retry_that_was_lost(record: Record) -> None:
    main = record.process("worker-1")
    child = main.child()
    child.retried("A")
    child.started("A", 1)
    main.aborted("A", 1)
    assert endings(record.history()) == [("A", 0, "retried"), ("A", 1, "failed")]


def test_a_loss_belongs_to_the_worker_that_wrote_it_down(record: Record) -> None:
    one, two = record.process("worker-1"), record.process("worker-2")
    one.child().started("A")
    two.child().started("A")
    one.aborted("A")
    assert endings(record.history()) == [("A", 0, "failed"), ("A", 0, None)]


def test_a_loss_is_never_that_of_an_attempt_that_is_over(record: Record) -> None:
    main = record.process("worker-1")
    child, other = main.child(), main.child()
    child.started("A")
    other.ran("A")
    main.aborted("A")
    assert endings(record.history()) == [("A", 0, "failed"), ("A", 0, "succeeded")]
    assert record.history().attempts()[1].aborted is None


# ---- retry delays ------------------------------------------------------------------------------------------------


def test_a_retry_delay_is_from_the_asking_to_the_next_start(record: Record) -> None:
    worker = record.process("worker-1")
    worker.retried("A", delay_s=2)
    asked_ns = record.history().attempts()[0].asked.virtual_ns  # type: ignore[union-attr]
    record.now_ns = asked_ns + 2_250_000_000 - 1_000_000
    worker.started("A", 1)
    (delay,) = record.history().retry_delays()
    assert (delay.task, delay.task_id, delay.asked_s) == ("A", "id-A", 2)
    assert delay.observed_s == pytest.approx(2.25, abs=1e-9)
    assert delay.error_s == pytest.approx(0.25, abs=1e-9)


def test_without_an_asking_the_delay_is_from_the_end(record: Record) -> None:
    worker = record.process("worker-1")
    worker.started("A")
    worker.ended("A", 0, "retried", delay_s=1)
    record.wait(0.999)
    worker.started("A", 1)
    (delay,) = record.history().retry_delays()
    assert delay.observed_s == pytest.approx(1.0, abs=1e-9)


def test_a_start_that_came_too_early_has_a_negative_error(record: Record) -> None:
    worker = record.process("worker-1")
    worker.retried("A", delay_s=10)
    worker.started("A", 1)
    assert record.history().retry_delays()[0].error_s < 0


def test_a_delay_of_nothing_is_a_delay(record: Record) -> None:
    worker = record.process("worker-1")
    worker.retried("A", delay_s=0)
    worker.started("A", 1)
    assert [delay.asked_s for delay in record.history().retry_delays()] == [0]


def test_delays_of_interleaved_tasks_are_kept_apart(record: Record) -> None:
    one, two = record.process("worker-1"), record.process("worker-2")
    one.retried("A", delay_s=1)
    two.retried("B", delay_s=5)
    two.retried("A", 1, delay_s=2)
    one.ran("A", 2)
    one.ran("B", 1)
    history = record.history()
    assert [delay.asked_s for delay in history.retry_delays("A")] == [1, 2]
    assert [delay.asked_s for delay in history.retry_delays("B")] == [5]
    assert [delay.asked_s for delay in history.retry_delays()] == [1, 2, 5]


def test_two_tasks_of_one_name_have_their_own_delays(record: Record) -> None:
    worker = record.process("worker-1")
    worker.started("A", task_id="1")
    worker.ended("A", 0, "retried", task_id="1", delay_s=3)
    worker.started("A", 1, task_id="2")  # somebody else's first retry
    worker.started("A", 1, task_id="1")
    (delay,) = record.history().retry_delays("A")
    assert delay.task_id == "1"


def test_a_retry_that_never_started_has_no_delay_yet(record: Record) -> None:
    record.process("worker-1").retried("A")
    assert record.history().retry_delays() == ()


def test_a_duplicate_of_a_retry_has_no_delay_of_its_own(record: Record) -> None:
    one, two = record.process("worker-1"), record.process("worker-2")
    one.retried("A", delay_s=1)
    one.started("A", 1)
    two.started("A", 1)
    assert len(record.history().retry_delays()) == 1


def test_a_failure_is_followed_by_no_delay(record: Record) -> None:
    worker = record.process("worker-1")
    worker.failed("A")
    worker.started("A", 1)
    assert record.history().retry_delays() == ()


def test_a_retry_that_asked_for_no_delay_has_none(record: Record) -> None:
    worker = record.process("worker-1")
    worker.started("A")
    worker.ended("A", 0, "retried", delay_s=None)
    worker.started("A", 1)
    assert record.history().retry_delays() == ()


# ---- the rest ----------------------------------------------------------------------------------------------------


def test_the_canvas_is_the_one_that_was_sent(record: Record) -> None:
    record.process("sender").canvas("A", "B")
    canvas = record.history().canvas
    assert canvas is not None
    assert [planned.task for planned in canvas.planned] == ["A", "B"]


def test_a_history_in_which_nothing_was_sent_has_no_canvas(record: Record) -> None:
    record.process("sender")
    assert record.history().canvas is None
    assert History(()).canvas is None


def test_states_are_told_by_task(record: Record) -> None:
    sender = record.process("sender")
    sender.state("A", "SUCCESS")
    sender.state("B", "PENDING")
    assert record.history().states() == {"A": "SUCCESS", "B": "PENDING"}


def test_a_history_with_a_line_that_could_not_be_read_is_not_complete() -> None:
    assert History(()).is_complete
    assert not History.of([], [CorruptLine(source="a", line=1, reason="no JSON")]).is_complete


def test_a_history_does_not_depend_on_the_order_of_its_journals(record: Record) -> None:
    one, two = record.process("worker-1"), record.process("worker-2")
    one.retried("A")
    two.started("A", 1)
    one.ran("B")
    two.ended("A", 1)
    journals = record.journals()
    forth, back = History.of(journals), History.of(reversed(journals))
    assert forth.events == back.events
    assert forth.attempts() == back.attempts()

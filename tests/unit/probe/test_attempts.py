from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from celery.exceptions import Ignore, Reject, Retry

from harness.history.attempt_events import AttemptEnded
from harness.probe.attempts import _delay_s, _ending, _observed, identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from celery import Celery, Task

    from harness.history.events import AnyEvent
    from harness.journal import Journal

    Written = Callable[[], list[AnyEvent]]


@pytest.fixture
def observed(app: Celery, journal: Journal, running: Callable[..., Task]) -> Callable[..., Any]:
    """Return what runs a function as the code of a task's attempt, observed."""

    def observed(function: Callable[..., Any], *args: object, **request: object) -> Any:
        task = app.task(function, name="A", shared=False)
        task.run = _observed(task, journal)
        running(task, **request)
        return task.run(*args)

    return observed


# ---- how an attempt ended ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "ending", "exception"),
    [
        (ValueError("no"), "failed", "builtins.ValueError"),
        (SystemExit(1), "failed", "builtins.SystemExit"),
        (KeyboardInterrupt(), "failed", "builtins.KeyboardInterrupt"),
        (MemoryError(), "failed", "builtins.MemoryError"),
        (Ignore(), "ignored", "celery.exceptions.Ignore"),
        (Reject("no", requeue=True), "rejected", "celery.exceptions.Reject"),
        (Retry("again", exc=OSError("down"), when=3), "retried", "builtins.OSError"),
        (Retry("again", when=3), "retried", "celery.exceptions.Retry"),
        (Retry("again", exc="text only", when=3), "retried", "celery.exceptions.Retry"),
    ],
    ids=repr,
)
def test_an_exception_stands_for_one_of_celerys_endings(error: BaseException, ending: str, exception: str) -> None:
    end = _ending(error)
    assert (end["ending"], end["exception"]["type"]) == (ending, exception)


@pytest.mark.parametrize(("when", "asked_s"), [(3, 3), (0.25, 0.25), (0, 0), (None, None)])
def test_a_retry_says_what_delay_it_asked_for(when: float | None, asked_s: float | None) -> None:
    assert _ending(Retry("again", when=when))["retry_delay_s"] == asked_s


def test_only_a_retry_asks_for_a_delay() -> None:
    assert "retry_delay_s" not in _ending(ValueError())


@pytest.mark.parametrize("zone", [UTC, None])
def test_a_moment_to_retry_at_is_the_time_until_then(zone: Any) -> None:
    assert _delay_s(datetime.now(zone) + timedelta(seconds=90)) == pytest.approx(90, abs=1)


def test_a_moment_that_has_passed_is_a_delay_below_nothing() -> None:
    assert _delay_s(datetime.now(UTC) - timedelta(seconds=90)) == pytest.approx(-90, abs=1)


# ---- the observed code -------------------------------------------------------------------------------------------


def test_what_a_task_returns_goes_through_and_is_written_down(observed: Any, written: Written) -> None:
    def add(a: int, b: int) -> int:
        return a + b

    assert observed(add, 1, 2) == 3
    (end,) = written()
    assert isinstance(end, AttemptEnded)
    assert (end.task, end.task_id, end.retries, end.ending, end.returned) == ("A", "id-1", 0, "succeeded", 3)


def test_what_a_task_raises_goes_through_and_is_written_down(observed: Any, written: Written) -> None:
    error = ValueError("mine")

    def fails() -> None:
        raise error

    with pytest.raises(ValueError, match="mine") as caught:
        observed(fails, retries=2)
    assert caught.value is error
    (end,) = written()
    assert isinstance(end, AttemptEnded)
    assert (end.ending, end.retries) == ("failed", 2)
    assert end.exception is not None
    assert (end.exception.type, end.exception.message) == ("builtins.ValueError", "mine")
    assert "fails" in end.exception.traceback


def test_an_attempt_that_calls_its_own_code_again_ends_once(observed: Any, app: Celery, written: Written) -> None:
    def again(depth: int) -> int:
        return depth if depth == 0 else app.tasks["A"].run(depth - 1)

    assert observed(again, 3) == 0
    assert len(written()) == 1


@pytest.mark.parametrize("how", ["called_directly", "is_eager"])
def test_a_task_that_is_called_as_a_function_is_no_attempt(observed: Any, written: Written, how: str) -> None:
    def seven() -> int:
        return 7

    assert observed(seven, **{how: True}) == 7
    assert written() == []


def test_an_observed_task_still_looks_like_itself(app: Celery, journal: Journal) -> None:
    def documented(a: int) -> int:
        """Say what it does."""
        return a

    task = app.task(documented, name="A", shared=False)
    run = _observed(task, journal)
    assert run.__doc__ == "Say what it does."
    assert run.__wrapped__.__name__ == "documented"  # type: ignore[attr-defined]


def test_a_first_attempt_has_no_retries_behind_it(task: Task, running: Callable[..., Task]) -> None:
    assert identity(running(task, retries=None)) == {"task_id": "id-1", "task": "A", "retries": 0, "start": None}

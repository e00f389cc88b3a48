from __future__ import annotations

import pickle
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from billiard.einfo import ExceptionInfo
from billiard.exceptions import Terminated, TimeLimitExceeded, WorkerLostError
from celery.exceptions import Reject, Retry
from celery.worker.request import Request

from harness.history.attempt_events import AttemptAborted, AttemptReleased
from harness.probe.deliveries import _observe_lost_attempts

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.history.events import AnyEvent
    from harness.journal import Journal

    Written = Callable[[], list[AnyEvent]]


class Attempt:
    """As much of Celery's Request as the probe looks at."""

    id = "id-1"
    name = "A"
    request_dict: dict[str, Any] = {"retries": 2}  # noqa: RUF012 - Celery's

    def __init__(self) -> None:
        self.message = SimpleNamespace()


@pytest.fixture
def stored() -> list[str]:
    """The state that Celery finds stored for what was lost, if it looks; empty where it does not (before 5.7)."""
    return []


@pytest.fixture
def then(monkeypatch: pytest.MonkeyPatch, journal: Journal, written: Written, stored: list[str]) -> list[list[str]]:
    """What was written down when Celery came to deal with an end that the probe sees first."""
    seen: list[list[str]] = []

    def deal_with_it(request: Any, *_: object, **__: object) -> str:
        if stored:
            Request._success_was_stored(request)  # noqa: SLF001 - as 5.7 does
        seen.append([type(event).__name__ for event in written()])
        return "dealt with"

    monkeypatch.setattr(Request, "_success_was_stored", lambda _: stored[0] == "SUCCESS", raising=False)
    monkeypatch.setattr(Request, "on_timeout", deal_with_it)
    monkeypatch.setattr(Request, "on_failure", deal_with_it)
    _observe_lost_attempts(journal)
    return seen


def info_of(error: BaseException) -> ExceptionInfo:
    try:
        raise error  # noqa: TRY301 - it is what this is for
    except BaseException:  # noqa: BLE001 - any
        return ExceptionInfo()


@pytest.mark.parametrize("error", [WorkerLostError("exitcode 9"), Terminated(15), SystemExit(3)], ids=repr)
def test_an_attempt_whose_process_was_lost_is_aborted_and_then_released(
    then: list[list[str]], written: Written, error: Exception
) -> None:
    assert Request.on_failure(Attempt(), info_of(error)) == "dealt with"
    assert then == [["AttemptAborted"]]
    abort, release = written()
    assert isinstance(release, AttemptReleased)
    assert isinstance(abort, AttemptAborted)
    assert (abort.task_id, abort.task, abort.retries) == ("id-1", "A", 2)
    assert abort.exception.type.endswith(type(error).__name__)


@pytest.mark.parametrize("state", ["SUCCESS", "PENDING"])
def test_celerys_word_that_it_had_succeeded_is_written_down(
    then: list[list[str]], written: Written, stored: list[str], state: str
) -> None:
    stored.append(state)
    Request.on_failure(Attempt(), info_of(WorkerLostError("exitcode 9")))
    assert then == [["AttemptAborted"]]
    release = written()[-1]
    assert isinstance(release, AttemptReleased)
    assert release.had_succeeded is (state == "SUCCESS")


def test_an_attempt_past_its_hard_limit_is_aborted_and_then_released(then: list[list[str]], written: Written) -> None:
    assert Request.on_timeout(Attempt(), False, 30) == "dealt with"  # noqa: FBT003 - as billiard calls it
    assert then == [["AttemptAborted"]]
    abort, release = written()
    assert isinstance(abort, AttemptAborted)
    assert abort.exception.type.endswith("TimeLimitExceeded")
    assert isinstance(release, AttemptReleased)


def test_a_soft_limit_is_the_codes_own_matter(then: list[list[str]], written: Written) -> None:
    Request.on_timeout(Attempt(), True, 30)  # noqa: FBT003 - as billiard calls it
    assert then == [[]]
    assert written() == []


def test_a_rejected_attempt_is_released_and_was_not_aborted(then: list[list[str]], written: Written) -> None:
    Request.on_failure(Attempt(), info_of(Reject("no")))
    assert then == [[]]
    assert [type(event) for event in written()] == [AttemptReleased]


@pytest.mark.parametrize("cause", [Reject("no"), WorkerLostError("elsewhere")], ids=repr)
def test_a_retry_is_no_end_whatever_it_is_asked_for(then: list[list[str]], written: Written, cause: Exception) -> None:
    info = info_of(Retry("again", exc=cause, when=1))
    come = pickle.loads(pickle.dumps(info))  # noqa: S301 - as it comes from a pool's child
    Request.on_failure(Attempt(), come, return_ok=True)
    assert then == [[]]
    assert written() == []


def test_a_failure_of_a_tasks_own_is_no_abort(then: list[list[str]], written: Written) -> None:
    Request.on_failure(Attempt(), info_of(ValueError("mine")), return_ok=True)
    assert then == [[]]
    assert written() == []


def test_an_attempt_whose_handling_failed_in_its_process_is_released_by_the_worker(
    then: list[list[str]], written: Written
) -> None:
    Request.on_failure(Attempt(), info_of(ValueError("an errback's")))
    assert then == [[]]
    assert [type(event) for event in written()] == [AttemptReleased]


def test_a_hard_limit_is_told_when_the_worker_learns_of_it_and_is_over_when_it_is_through(
    then: list[list[str]], written: Written
) -> None:
    attempt = Attempt()
    Request.on_failure(attempt, info_of(TimeLimitExceeded(30)))
    Request.on_timeout(attempt, False, 30)  # noqa: FBT003 - as billiard calls it
    assert then == [["AttemptAborted"], ["AttemptAborted"]]
    assert [type(event) for event in written()] == [AttemptAborted, AttemptReleased]

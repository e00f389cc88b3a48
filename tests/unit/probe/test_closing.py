from __future__ import annotations

from typing import TYPE_CHECKING, Any

import celery.app.trace
import celery.worker.consumer.consumer
import pytest
from celery import signals
from celery.exceptions import Reject

from harness.history.attempt_events import AttemptClosed
from harness.probe import closing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from celery import Celery

    from harness.history.events import AnyEvent
    from harness.journal import Journal

    Written = Callable[[], list[AnyEvent]]

STORED = "stored, and counted"


@pytest.fixture
def trace(app: Celery, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Return what traces an attempt that fails, in a backend whose handling of that does what it is told."""
    for module in (celery.app.trace, celery.worker.consumer.consumer):
        monkeypatch.setattr(module, "build_tracer", module.build_tracer)
    connected = [(signal, list(signal.receivers)) for signal in (signals.task_failure, signals.task_postrun)]
    closing.observe(journal)

    def fails() -> None:
        raise ValueError("the code's")

    task = app.task(fails, name="A", shared=False)

    def trace(*handlings: BaseException | None) -> Any:
        left = list(handlings)

        def mark(*_: object, **__: object) -> None:
            journal.append("Published", task_id=STORED, retries=0)  # any event: that it was handled
            if left and (error := left.pop(0)) is not None:
                raise error

        monkeypatch.setattr(type(app.backend), "mark_as_failure", mark)
        return celery.app.trace.build_tracer("A", task, app=app)("id-1", (), {}, {"id": "id-1", "delivery_info": {}})

    yield trace
    for signal, receivers in connected:
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()


def told(written: Written) -> list[str | None]:
    return [event.state if isinstance(event, AttemptClosed) else event.task_id for event in written()]  # type: ignore[union-attr]


def test_an_attempt_that_failed_is_closed_when_that_is_handled(trace: Callable[..., Any], written: Written) -> None:
    trace()
    assert told(written) == [STORED, "FAILURE"]
    closed = written()[-1]
    assert isinstance(closed, AttemptClosed)
    assert closed.exception is not None
    assert closed.exception.message == "the code's"


@pytest.mark.filterwarnings("ignore:Exception raised outside body")
def test_what_is_handled_once_more_is_closed_after_that(trace: Callable[..., Any], written: Written) -> None:
    trace(OSError("no backend"))
    assert told(written) == [STORED, STORED, "FAILURE"]


@pytest.mark.filterwarnings("ignore:Exception raised outside body")
@pytest.mark.parametrize(("role", "state"), [("pool", None), ("worker", "FAILURE")])
def test_what_cannot_be_handled_at_all_is_left_to_the_worker_where_the_pool_is_one_of_processes(
    trace: Callable[..., Any], journal: Journal, written: Written, role: str, state: str | None
) -> None:
    journal.become(role)
    with pytest.raises(OSError, match="still"):
        trace(OSError("no backend"), OSError("still"))
    assert told(written) == [STORED, STORED, state]


@pytest.mark.parametrize("error", [MemoryError(), Reject("no")])
def test_a_process_that_will_end_says_so_at_once(
    trace: Callable[..., Any], written: Written, error: BaseException
) -> None:
    with pytest.raises(type(error)):
        trace(error)
    assert told(written) == [STORED, None]


@pytest.mark.filterwarnings("ignore:Exception raised outside body")
def test_an_attempt_is_closed_once_and_the_next_by_itself(trace: Callable[..., Any], written: Written) -> None:
    trace(OSError("no backend"))
    trace()
    assert told(written) == [STORED, STORED, "FAILURE", STORED, "FAILURE"]

"""Deliveries: what a worker's main process takes from the broker, and what it drops again."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from billiard.exceptions import Terminated, TimeLimitExceeded, WorkerLostError
from celery import signals
from celery.exceptions import Reject, Retry
from celery.worker.request import Request
from kombu.message import Message

from harness.probe.raised import raised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.journal import Journal


_HELD, _ABORTED = "_held_says_canvas_harness", "_aborted_says_canvas_harness"
_HAD_SUCCEEDED = "_had_succeeded_says_canvas_harness"
_LEFT_TO_THE_WORKER = (WorkerLostError, Terminated, Reject, SystemExit, KeyboardInterrupt)


def observe(journal: Journal) -> None:
    """Write down what arrives and what is dropped."""
    _observe_arrivals(journal)
    _observe_drops(journal)
    _observe_misfits(journal)
    _observe_lost_attempts(journal)
    _observe_acknowledgements(journal)


def _identity(request: Any) -> dict[str, Any]:
    return {"task_id": request.id, "task": request.name, "retries": request.request_dict.get("retries") or 0}


def _observe_arrivals(journal: Journal) -> None:
    def on_received(request: Any, **_: object) -> None:
        setattr(request.message, _HELD, True)
        journal.append(
            "Delivered",
            **_identity(request),
            delivery_tag=str(request.message.delivery_tag),
            redelivered=bool(request.delivery_info.get("redelivered")),
            eta=None if request.eta is None else str(request.eta),
        )

    signals.task_received.connect(on_received, weak=False)


def _observe_drops(journal: Journal) -> None:
    """See what is dropped because it was revoked or came too late.

    The signal does not say whether the message had been delivered before, or is dropped as it arrives: the request
    knows, and `Request._announce_revoked` (celery/worker/request.py, 5.4 to 5.7) sends the signal from within it.
    """
    announce = Request._announce_revoked  # noqa: SLF001 - see above

    @functools.wraps(announce)
    def announced(self: Any, reason: str, terminated: bool, signum: Any, expired: bool) -> Any:  # noqa: FBT001 - Celery's
        was_held = hasattr(self.message, _HELD) or terminated
        if expired:
            journal.append("Expired", **_identity(self), was_held=was_held)
        else:
            journal.append("Revoked", **_identity(self), terminated=bool(terminated), was_held=was_held)
        return announce(self, reason, terminated, signum, expired)

    Request._announce_revoked = announced  # noqa: SLF001 - see above


def _observe_misfits(journal: Journal) -> None:
    def on_unknown(message: Any, exc: Exception, name: str, id: str, **_: object) -> None:  # noqa: A002, ARG001 - Celery's
        journal.append("Discarded", task_id=id, task=name, reason=f"no such task: {exc}")

    def on_rejected(message: Any, exc: Exception | None, **_: object) -> None:
        headers = message.headers or {}
        reason = "not a task message" if exc is None else f"{type(exc).__name__}: {exc}"
        journal.append("Discarded", task_id=headers.get("id"), task=headers.get("task"), reason=reason)

    signals.task_unknown.connect(on_unknown, weak=False)
    signals.task_rejected.connect(on_rejected, weak=False)


def _observe_lost_attempts(journal: Journal) -> None:
    """See the end of attempts that their own process leaves to the worker: lost, rejected, or past their hard limit.

    No signal tells them apart in every version. `Request.on_failure` (celery/worker/request.py, 5.4 to 5.7) is where
    the main process learns of them; of a hard limit it learns there first, and is through with it after `on_timeout`
    (billiard/pool.py, `on_hard_timeout`). What failed in its own process comes with `return_ok`; without it the tracer
    itself has raised something (closing.py).
    """
    on_timeout, on_failure = Request.on_timeout, Request.on_failure

    @functools.wraps(on_timeout)
    def timed_out(self: Any, soft: bool, timeout: float) -> Any:  # noqa: FBT001 - Celery's
        if soft:
            return on_timeout(self, soft, timeout)
        with _released(journal, self, TimeLimitExceeded(timeout)):
            return on_timeout(self, soft, timeout)

    @functools.wraps(on_failure)
    def failed(self: Any, exc_info: Any, *args: Any, **kwargs: Any) -> Any:
        error = exc_info.exception
        if not isinstance(error, Retry):  # of which `exc` is what it is retried for
            error = getattr(error, "exc", error)  # billiard wraps what crossed a process border
        is_left = isinstance(error, _LEFT_TO_THE_WORKER)
        if isinstance(error, TimeLimitExceeded):
            _write_abort(journal, self, error)
        if isinstance(error, TimeLimitExceeded) or (kwargs.get("return_ok") and not is_left):
            return on_failure(self, exc_info, *args, **kwargs)
        with _released(journal, self, error if is_left else None):
            return on_failure(self, exc_info, *args, **kwargs)

    Request.on_timeout, Request.on_failure = timed_out, failed
    _observe_successes_before_a_loss()


@contextmanager
def _released(journal: Journal, request: Any, error: BaseException | None) -> Iterator[None]:
    """Write down what befell an attempt, if its process has not, and when the main process is through with it."""
    if error is not None and not isinstance(error, Reject):  # which is the code's own decision
        _write_abort(journal, request, error)
    try:
        yield
    finally:
        journal.append("AttemptReleased", **_identity(request), had_succeeded=hasattr(request.message, _HAD_SUCCEEDED))


def _observe_successes_before_a_loss() -> None:
    """See whether Celery takes an attempt whose process was lost for a success, as its state says.

    `Request._success_was_stored` (celery/worker/request.py, 5.7; former versions do not ask) is asked for nothing else.
    """
    was_stored = getattr(Request, "_success_was_stored", None)
    if was_stored is None:
        return

    @functools.wraps(was_stored)
    def asked(self: Any) -> Any:
        stored = was_stored(self)
        if stored:
            setattr(self.message, _HAD_SUCCEEDED, True)  # a request has slots
        return stored

    Request._success_was_stored = asked  # noqa: SLF001 - see above


def _write_abort(journal: Journal, request: Any, error: BaseException) -> None:
    if not hasattr(request, _ABORTED):
        setattr(request, _ABORTED, True)
        journal.append("AttemptAborted", **_identity(request), exception=raised(error))


def _observe_acknowledgements(journal: Journal) -> None:
    """Wake whoever waits for the broker to be empty: an acknowledgement is a fact of Redis's, not one of ours.

    Celery acknowledges from its event loop, after the attempt's last fact. `Message.ack` (kombu/message.py) returns
    when Redis has done it. A message that goes back to its queue is said to do so first.
    """

    def observed(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def ringing(self: Any, *args: Any, **kwargs: Any) -> Any:
            if name == "requeue" or (name == "reject" and (kwargs.get("requeue") or any(args))):
                _write_return(journal, self)
            try:
                return method(self, *args, **kwargs)
            finally:
                journal.ring()

        return ringing

    for name in ("ack", "reject", "requeue"):
        setattr(Message, name, observed(name, getattr(Message, name)))


def _write_return(journal: Journal, message: Any) -> None:
    """Write down that a message goes back: popped again, it will for a moment be nowhere else."""
    headers = message.headers or {}
    if "id" in headers:  # protocol 1 says it in the body, which is not decoded here
        journal.append("Returned", task_id=headers["id"], task=headers["task"], retries=headers.get("retries") or 0)

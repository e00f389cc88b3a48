"""Deliveries: what a worker's main process takes from the broker, and what it drops again."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from billiard.exceptions import Terminated, TimeLimitExceeded, WorkerLostError
from celery import signals
from celery.worker.request import Request
from kombu.message import Message

from harness.probe.raised import raised

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.journal import Journal


_ENDS_OF_PROCESSES = (WorkerLostError, Terminated, TimeLimitExceeded, SystemExit, KeyboardInterrupt)


def observe(journal: Journal) -> None:
    """Write down what arrives and what is dropped."""
    held: set[str] = set()  # the tags of what this worker was delivered and has not acknowledged
    _observe_arrivals(journal, held)
    _observe_drops(journal, held)
    _observe_misfits(journal)
    _observe_lost_attempts(journal)
    _ring_after_acknowledgements(journal, held)


def _identity(request: Any) -> dict[str, Any]:
    return {"task_id": request.id, "task": request.name, "retries": request.request_dict.get("retries") or 0}


def _observe_arrivals(journal: Journal, held: set[str]) -> None:
    def on_received(request: Any, **_: object) -> None:
        held.add(request.message.delivery_tag)
        journal.append(
            "Delivered",
            **_identity(request),
            delivery_tag=str(request.message.delivery_tag),
            redelivered=bool(request.delivery_info.get("redelivered")),
            eta=None if request.eta is None else str(request.eta),
        )

    signals.task_received.connect(on_received, weak=False)


def _observe_drops(journal: Journal, held: set[str]) -> None:
    """See what is dropped because it was revoked or came too late.

    The signal does not say whether the message had been delivered before, or is dropped as it arrives: the request
    knows, and `Request._announce_revoked` (celery/worker/request.py, 5.4 to 5.7) sends the signal from within it.
    """
    announce = Request._announce_revoked  # noqa: SLF001 - see above

    @functools.wraps(announce)
    def announced(self: Any, reason: str, terminated: bool, signum: Any, expired: bool) -> Any:  # noqa: FBT001 - Celery's
        was_held = self.message.delivery_tag in held or terminated
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
    """See the end of an attempt that its own process cannot write down: killed, gone, or past its hard limit.

    No signal tells them apart in every version. `Request.on_failure` (celery/worker/request.py, 5.4 to 5.7) is where
    the main process learns of them, after `on_timeout` in the case of a hard limit. It stores the state, fails the
    chord and sends the errbacks: only then is the attempt over.
    """
    on_failure = Request.on_failure

    @functools.wraps(on_failure)
    def failed(self: Any, exc_info: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return on_failure(self, exc_info, *args, **kwargs)
        finally:
            error = exc_info.exception
            error = getattr(error, "exc", error)  # billiard wraps what crossed a process border
            if isinstance(error, _ENDS_OF_PROCESSES):
                journal.append("AttemptAborted", **_identity(self), exception=raised(error))

    Request.on_failure = failed


def _ring_after_acknowledgements(journal: Journal, held: set[str]) -> None:
    """Wake whoever waits for the broker to be empty: an acknowledgement is a fact of Redis's, not one of ours.

    Celery acknowledges from its event loop, after the attempt's last fact. `Message.ack` (kombu/message.py) returns
    when Redis has done it.
    """

    def ringing(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def observed(self: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return method(self, *args, **kwargs)
            finally:
                held.discard(self.delivery_tag)
                journal.ring()

        return observed

    for name in ("ack", "reject", "requeue"):
        setattr(Message, name, ringing(getattr(Message, name)))

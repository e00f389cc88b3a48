"""Attempts: each start of a task's code, and the end of it."""

from __future__ import annotations

import functools
import sys
from datetime import datetime, timezone
from itertools import count
from typing import TYPE_CHECKING, Any

from celery import Task, signals
from celery.exceptions import Ignore, Reject, Retry

from harness.probe.raised import raised

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from harness.journal import Journal

_MARK = "_observed_by_canvas_harness"
_START = "_start_seen_by_canvas_harness"


def observe(journal: Journal) -> None:
    """Write down the attempts of every task that this worker knows."""
    starts = count(1)

    def on_init(sender: Any, **_: object) -> None:
        # Tracers take `task.run` when they are built (celery/app/trace.py), which is after this signal in every pool.
        for task in sender.app.tasks.values():
            if not hasattr(task.run, _MARK):
                task.run = _observed(task, journal)

    def on_start(task: Any, args: Any, kwargs: Any, **_: object) -> None:
        if not task.request.is_eager:
            setattr(task.request, _START, next(starts))
            journal.append("AttemptStarted", **identity(task), args=args, kwargs=kwargs)

    _observe_retries(journal)
    signals.worker_init.connect(on_init, weak=False)
    signals.task_prerun.connect(on_start, weak=False)
    # Before the handlers of an app that was imported earlier: what they send, the attempt sends.
    receivers = signals.task_prerun.receivers  # called in their order (celery/utils/dispatch/signal.py, 5.4 to 5.7)
    receivers.insert(0, receivers.pop())


def _observe_retries(journal: Journal) -> None:
    """See the moment from which Celery counts a retry's delay: no signal comes before the message is sent."""
    retry = Task.retry

    @functools.wraps(retry)
    def asked(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not self.request.called_directly and not self.request.is_eager:
            journal.append("RetryAsked", **identity(self), **_wanted(sys._getframe(1), *args, **kwargs))  # noqa: SLF001
        try:
            return retry(self, *args, **kwargs)
        except BaseException as error:
            if not isinstance(error, Retry) and not self.request.called_directly and not self.request.is_eager:
                journal.append("RetryRefused", **identity(self), exception=raised(error))
            raise

    Task.retry = asked


def _wanted(caller: FrameType, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Say what a call of `Task.retry` asks for, and whether it is autoretry's (celery/app/autoretry.py)."""
    # Its parameters by their order: args, kwargs, exc, throw, eta, countdown, max_retries (celery/app/task.py, 5.7).
    named = (
        dict(zip(("args", "kwargs", "exc", "throw", "eta", "countdown", "max_retries"), args, strict=False)) | kwargs
    )
    return {
        "automatic": caller.f_globals.get("__name__") == "celery.app.autoretry",
        "countdown_s": named.get("countdown"),
        "has_eta": bool(named.get("eta")),
        "max_retries": named.get("max_retries"),
        "exception": _named(named.get("exc")),
    }


def _named(exception: Any) -> dict[str, Any] | None:
    """Describe the exception that a call of `retry` names: one that was made, or a class to make one of."""
    if isinstance(exception, type) and issubclass(exception, BaseException):
        exception = exception.__new__(exception)
    return dict(raised(exception)) if isinstance(exception, BaseException) else None


def identity(task: Any) -> dict[str, Any]:
    """Say which attempt this is: by the task, its retry, and which start of this process it is."""
    request = task.request
    start = getattr(request, _START, None)
    return {"task_id": request.id, "task": task.name, "retries": request.retries or 0, "start": start}


def _observed(task: Any, journal: Journal) -> Callable[..., Any]:
    """Wrap a task's code, autoretry included, so that its end is known before Celery acts upon it."""
    run = task.run

    @functools.wraps(run)
    def observed(*args: Any, **kwargs: Any) -> Any:
        request = task.request
        # A task that is called as a function, or that calls its own `run`, is part of an attempt and not one itself.
        if request.called_directly or request.is_eager or hasattr(request, _MARK):
            return run(*args, **kwargs)
        setattr(request, _MARK, True)
        try:
            returned = run(*args, **kwargs)
        except BaseException as error:
            journal.append("AttemptEnded", **identity(task), **_ending(error))
            raise
        journal.append("AttemptEnded", **identity(task), ending="succeeded", returned=returned)
        return returned

    setattr(observed, _MARK, True)
    return observed


def _ending(error: BaseException) -> dict[str, Any]:
    """Say which of Celery's endings an exception stands for, and what a retry asked for."""
    match error:
        case Retry():
            cause = error.exc if isinstance(error.exc, BaseException) else error
            return {"ending": "retried", "exception": raised(cause), "retry_delay_s": _delay_s(error.when)}
        case Reject():
            return {"ending": "rejected", "exception": raised(error)}
        case Ignore():
            return {"ending": "ignored", "exception": raised(error)}
        case _:
            return {"ending": "failed", "exception": raised(error)}


def _delay_s(when: float | datetime | None) -> float | None:
    """Return the delay that a retry asked for: a countdown as it is, a moment as the time until then."""
    if isinstance(when, datetime):
        # The probe goes into other people's images as well, whose Python may be 3.10: pytest-celery's own is.
        now = datetime.now(timezone.utc) if when.tzinfo else datetime.now()  # noqa: DTZ005, UP017 - as naive as the eta
        return (when - now).total_seconds()
    return when

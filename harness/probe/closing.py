"""The moment when Celery is through with an attempt: its state is stored, what follows is sent, its chord counted it.

Mostly that is when `task_postrun` comes. Where Celery's own handling of an end has raised something, it reports that
and fails the attempt once more, after that signal and all others (celery/app/trace.py, build_tracer: the last `except`,
5.4 to 5.7): state, chord and errbacks a second time. Where that raises as well (before 5.7, an errback that is called
inline and raises), a pool's process hands the error to its worker, which fails the attempt a third time.
"""

from __future__ import annotations

import functools
import sys
import threading
from typing import TYPE_CHECKING, Any

import celery.app.trace
import celery.worker.consumer.consumer
from celery import signals
from celery.exceptions import Reject

from harness.probe.attempts import identity
from harness.probe.raised import raised

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.journal import Journal

_FAILURE = "_failure_seen_by_canvas_harness"


class _Failed(threading.local):
    """An attempt of this thread's whose handling has raised something, as it is to be written down in the end."""

    closing: dict[str, Any] | None = None


def observe(journal: Journal) -> None:
    """Write down when Celery is through with each attempt."""
    failed = _Failed()

    def on_failure(sender: Any, exception: BaseException, **_: object) -> None:
        # In a main process this tells of an attempt elsewhere, and there is no request.
        if sender.request.id is not None:
            setattr(sender.request, _FAILURE, exception)

    def on_close(task: Any, state: str | None, **_: object) -> None:
        if task.request.is_eager:
            return
        failure = getattr(task.request, _FAILURE, None)
        exception = None if failure is None else raised(failure)
        about = identity(task)
        if state is None and _lives_on(sys.exc_info()[1]):
            failed.closing = {**about, "exception": exception}
        else:
            journal.append("AttemptClosed", **about, state=state, exception=exception)

    signals.task_failure.connect(on_failure, weak=False)
    signals.task_postrun.connect(on_close, weak=False)
    for module in (celery.app.trace, celery.worker.consumer.consumer):  # the latter has it by its name
        module.build_tracer = _observed(module.build_tracer, failed, journal)


def _lives_on(error: BaseException | None) -> bool:
    """Say whether a process goes on after its handling of an attempt has raised this; else its worker finds out."""
    return isinstance(error, Exception) and not isinstance(error, MemoryError | Reject)


def _observed(build: Callable[..., Any], failed: _Failed, journal: Journal) -> Callable[..., Any]:
    """See the end of every call of a tracer, which is what runs an attempt and handles its end."""

    def close(task_id: str, state: str | None) -> None:
        closing = failed.closing
        if closing is not None and closing["task_id"] == task_id:
            failed.closing = None
            journal.append("AttemptClosed", **closing, state=state)

    @functools.wraps(build)
    def built(*args: Any, **kwargs: Any) -> Callable[..., Any]:
        trace = build(*args, **kwargs)

        @functools.wraps(trace)
        def traced(task_id: str, *args: Any, **kwargs: Any) -> Any:
            try:
                traced = trace(task_id, *args, **kwargs)
            except BaseException:
                # In a pool of processes the worker is told and fails it; in all others it stays as it is.
                close(task_id, None if journal.role == "pool" else "FAILURE")
                raise
            close(task_id, "FAILURE")
            return traced

        return traced

    return built

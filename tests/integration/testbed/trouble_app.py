"""An app whose tasks get into trouble that no code of theirs can report."""

from __future__ import annotations

import gc
import os
import time
from typing import TYPE_CHECKING, Any

from celery import Celery, chain
from celery.exceptions import Reject

if TYPE_CHECKING:
    from celery.canvas import Signature

app = Celery("trouble", broker="redis://localhost", backend="redis://localhost")


@app.task(name="exits")
def exits() -> None:
    """End the process behind Celery's back."""
    os._exit(3)


@app.task(name="asks_to_exit")
def asks_to_exit() -> None:
    """End the process with an exception that Celery lets through."""
    raise SystemExit(3)


@app.task(name="overruns", time_limit=1)
def overruns() -> None:
    """Run past the hard limit."""
    time.sleep(30)


@app.task(name="returns_an_object")
def returns_an_object() -> object:
    """Return what JSON cannot say."""
    return object()


@app.task(name="rejects", acks_late=True)
def rejects() -> None:
    """Give the message up for good."""
    raise Reject("not for me", requeue=False)


@app.task(name="gives_back_once", bind=True, acks_late=True)
def gives_back_once(self: Any) -> str:
    """Give the message back the first time it comes."""
    if not self.request.delivery_info["redelivered"]:
        raise Reject("not yet", requeue=True)
    return "now"


@app.task(name="follows")
def follows(_former: Any = None) -> None:
    """Come after another task."""


@app.task(name="errback")
def errback(_task_id: str) -> None:
    """Be called, as a message, when something has failed."""


@app.task(name="raising_errback")
def raising_errback(request: Any, exc: BaseException, traceback: Any) -> None:  # noqa: ARG001 - Celery's
    """Be called inline when something has failed, and fail as well."""
    raise OSError("nobody to tell")


@app.task(name="fails")
def fails() -> None:
    """Fail in an ordinary way."""
    raise ValueError("no")


def told_badly() -> Signature:
    """Return a task that fails, whose errbacks fail as well, all but the last."""
    return fails.s().on_error(raising_errback.s()).on_error(errback.s())


def looks_for_garbage() -> bool:
    """Send a task and say whether garbage may be collected meanwhile."""
    follows.delay()
    return gc.isenabled()


def one(task: str) -> Signature:
    """Return a canvas of one task with an errback, and of one that would follow it."""
    return chain(app.signature(task).on_error(errback.s()), follows.s())

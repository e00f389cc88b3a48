"""An app whose tasks get into trouble that no code of theirs can report."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from celery import Celery, chain

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


@app.task(name="follows")
def follows(_former: Any = None) -> None:
    """Come after another task."""


@app.task(name="errback")
def errback(_task_id: str) -> None:
    """Be called, as a message, when something has failed."""


def one(task: str) -> Signature:
    """Return a canvas of one task with an errback, and of one that would follow it."""
    return chain(app.signature(task).on_error(errback.s()), follows.s())

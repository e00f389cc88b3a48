"""The app that is sabotaged: a task for everything that a law speaks of, on a Celery that can be broken on demand.

Importing it breaks Celery, in workers and sender alike, before the probe comes in: whatever is broken lies below what
the probe writes down, and the probe still sees what really happens.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from celery import Celery

sys.path.insert(0, str(Path(__file__).parent))

import broken_chains
import broken_chords
import broken_deliveries
import broken_endings
import broken_retries

assert all((broken_chains, broken_chords, broken_deliveries, broken_endings, broken_retries))

app = Celery("sabotaged_shop")


@app.task(shared=False, name="add")
def add(first: int, second: int = 1) -> int:
    return first + second


@app.task(shared=False, name="pack")
def pack(*args: Any) -> list[Any]:
    return list(args)


@app.task(shared=False, name="ship")
def ship(*args: Any) -> list[Any]:
    return list(args)


@app.task(shared=False, name="total")
def total(*args: Any) -> list[Any]:
    return list(args)


@app.task(shared=False, name="charge")
def charge() -> None:
    raise ValueError("no money")


@app.task(shared=False, name="notify")
def notify(*args: Any) -> list[Any]:
    return list(args)


@app.task(shared=False, name="mourn")
def mourn(task_id: str) -> str:
    """Hear of a failure as a message."""
    return task_id


@app.task(shared=False, name="wail")
def wail(request: Any, exc: BaseException, traceback: Any) -> None:
    """Hear of a failure as a call, in the process that found it."""


@app.task(shared=False, name="patient", autoretry_for=(OSError,), retry_backoff=2, retry_jitter=False, max_retries=3)
def patient(*args: Any) -> list[Any]:
    return list(args)


@app.task(
    shared=False,
    name="capped",
    autoretry_for=(OSError,),
    retry_backoff=2,
    retry_backoff_max=3,
    retry_jitter=False,
    max_retries=3,
)
def capped(*args: Any) -> list[Any]:
    return list(args)


@app.task(shared=False, name="random", autoretry_for=(OSError,), retry_backoff=8, max_retries=3)
def random(*args: Any) -> list[Any]:
    return list(args)


@app.task(shared=False, name="stubborn", bind=True, max_retries=2)
def stubborn(self: Any, failures: int) -> int:
    if self.request.retries < failures:
        raise self.retry(exc=OSError("not yet"), countdown=3)
    return failures

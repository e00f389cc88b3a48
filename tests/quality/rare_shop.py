"""What is rare and right, on the app that can be broken: tasks that do what no law may take for a crime.

The quality suite's workers import this module, and by it the app.
"""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import meddling_shop
from celery import group
from celery.exceptions import Ignore, MaxRetriesExceededError, Reject, SoftTimeLimitExceeded
from sabotaged_shop import add, app, mourn, notify, pack

assert meddling_shop


@app.task(shared=False, name="replaced", bind=True)
def replaced(self: Any, by: str) -> Any:
    members = [add.s(1), add.s(2)]
    return self.replace({"task": pack.s("new"), "chain": add.s(1) | pack.s(), "group": group(members)}[by])


@app.task(shared=False, name="joins", bind=True)
def joins(self: Any) -> str:
    """Add one more member to the chord in whose header it is."""
    self.add_to_chord(add.si(5))
    return "joined"


@app.task(shared=False, name="sends")
def sends(*args: Any) -> str:
    """Send by itself what also follows it, and hears of it."""
    pack.delay("by itself")
    notify.delay("by itself")
    mourn.delay("by itself")
    return "sent"


@app.task(shared=False, name="sends_and_fails")
def sends_and_fails() -> None:
    mourn.delay("by itself")
    raise ValueError("no money")


@app.task(shared=False, name="quiet", ignore_result=True)
def quiet(*args: Any) -> str:
    return "nothing to see"


@app.task(shared=False, name="odd")
def odd(*args: Any) -> object:
    return object()


@app.task(shared=False, name="moment")
def moment(*args: Any) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC)


@app.task(shared=False, name="long_result")
def long(*args: Any) -> list[str]:
    return ["x" * 100_000]


class UnpickleableError(Exception):
    def __init__(self, one: object, two: object) -> None:
        super().__init__()
        self.kept = (one, two, lambda: None)


@app.task(shared=False, name="unpickleable")
def unpickleable() -> None:
    raise UnpickleableError(1, 2)


@app.task(shared=False, name="rejected")
def rejected() -> None:
    raise Reject("not mine", requeue=False)


@app.task(shared=False, name="ignored")
def ignored() -> None:
    raise Ignore


@app.task(shared=False, name="requeued", bind=True, acks_late=True)
def requeued(self: Any) -> str:
    if not self.request.delivery_info["redelivered"]:
        raise Reject("not now", requeue=True)
    return "the second time"


@app.task(shared=False, name="lost_for_good")
def lost_for_good() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@app.task(shared=False, name="lost_once", bind=True, acks_late=True, reject_on_worker_lost=True)
def lost_once(self: Any) -> str:
    if not self.request.delivery_info["redelivered"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return "the second time"


@app.task(shared=False, name="too_slow", time_limit=2)
def too_slow() -> None:
    time.sleep(60)


@app.task(
    shared=False, name="softly_too_slow", soft_time_limit=2, autoretry_for=(SoftTimeLimitExceeded,), max_retries=1
)
def softly_too_slow() -> None:
    time.sleep(60)


@app.task(shared=False, name="catches", bind=True, max_retries=1)
def catches(self: Any) -> None:
    """Make something else of having no retries left, as many tasks do."""
    try:
        self.retry(countdown=1)
    except MaxRetriesExceededError:
        raise ValueError("given up") from None


@app.task(shared=False, name="goes_on", bind=True, max_retries=1)
def goes_on(self: Any) -> str:
    if not self.request.retries:
        self.retry(countdown=1, throw=False)
    return "done, and once more"


@app.task(shared=False, name="at_a_moment", bind=True)
def at_a_moment(self: Any) -> str:
    if not self.request.retries:
        raise self.retry(eta=datetime.now(UTC) + timedelta(seconds=30))
    return "then"


@app.task(shared=False, name="as_often_as_it_says", bind=True, max_retries=1)
def as_often_as_it_says(self: Any) -> None:
    raise self.retry(exc=ValueError("not yet"), countdown=1, max_retries=2)


@app.task(shared=False, name="eager")
def eager() -> list[Any]:
    return [add.apply((1,)).get(), add(1), (add.si(1) | pack.s()).apply().get()]


@app.task(shared=False, name="withdraws", bind=True)
def withdraws(self: Any, task_id: str) -> None:
    self.app.control.revoke(task_id)


@app.task(shared=False, name="ignores_under_autoretry", autoretry_for=(Exception,), default_retry_delay=1)
def ignores_under_autoretry() -> None:
    raise Ignore


@app.task(
    shared=False, name="rejects_under_autoretry", autoretry_for=(Exception,), default_retry_delay=1, max_retries=1
)
def rejects_under_autoretry() -> None:
    raise Reject("not mine", requeue=False)

"""The app of `test_ways_out.py`: a task that leaves by one of Celery's own words, and one that hears of failures."""

from __future__ import annotations

from celery import Celery
from celery.exceptions import Ignore, Reject

app = Celery("ways_out_app")


@app.task(name="ways_out.leave", autoretry_for=(Exception,), default_retry_delay=2, max_retries=2)
def leave(how: str) -> None:
    raise {"ignored": Ignore("of no account"), "rejected": Reject("not mine", requeue=False)}[how]


@app.task(name="ways_out.mourn")
def mourn(task_id: str) -> str:
    return task_id

"""Tasks that last until their worker is killed, and end at once if they are handed out again; one acknowledges late."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from celery import Celery, Signature

if TYPE_CHECKING:
    from celery import Task

app = Celery("late")


@app.task(bind=True, acks_late=True)
def late(self: Task) -> str:
    return lasts(self)


@app.task(bind=True)
def early(self: Task) -> str:
    return lasts(self)


def lasts(task: Task) -> str:
    if not task.request.delivery_info.get("redelivered"):
        time.sleep(100)
    return "at last"


def one(task: str) -> Signature:
    return app.tasks[f"late_app.{task}"].s()

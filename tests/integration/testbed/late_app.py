"""An app whose task is acknowledged late and lasts until its worker is killed; handed out again, it ends at once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from celery import Celery, Signature

if TYPE_CHECKING:
    from celery import Task

app = Celery("late")


@app.task(bind=True, acks_late=True)
def lasts(self: Task) -> str:
    if not self.request.delivery_info.get("redelivered"):
        time.sleep(60)
    return "at last"


def one() -> Signature:
    return lasts.s()

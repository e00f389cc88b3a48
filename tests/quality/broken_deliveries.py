"""Deliveries, broken: what a worker makes of a message that it was handed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from breaking import breaks
from celery import Task
from celery.app.trace import trace_task
from celery.backends.base import Backend
from celery.worker import WorkController
from celery.worker.request import Request


@breaks(WorkController, "_process_task")
def started_twice(process: Any, self: Any, request: Any) -> None:
    process(self, request)
    process(self, request)


@breaks(Request, "reject")
def lost_attempt_acknowledged(reject: Any, self: Any, requeue: bool = False) -> Any:  # noqa: FBT001, FBT002 - Celery's
    return self.acknowledge() if requeue else reject(self, requeue)


@breaks(Backend, "mark_as_done")
def started_without_a_message(mark: Any, self: Any, task_id: str, result: Any, request: Any, *args: Any) -> Any:
    if request.task == "pack":
        add = self.app.tasks["add"]
        trace_task(add, str(uuid4()), (1,), {}, {"id": str(uuid4()), "task": "add", "delivery_info": {}}, app=self.app)
    return mark(self, task_id, result, request, *args)


def handled_twice(handle: Any, message: Any, body: Any, ack: Any, reject: Any, *args: Any, **options: Any) -> Any:
    handle(message, body, ack, reject, *args, **options)
    return handle(message, body, _nothing, _nothing, *args, **options)


def _nothing(*_: Any) -> None:
    pass


# What handles a task's messages is made when a worker starts (celery/worker/consumer/consumer.py, 5.4 to 5.7).
_start_strategy = Task.start_strategy


def _start_breakable_strategy(self: Any, *args: Any, **options: Any) -> Any:
    made = SimpleNamespace(handle=_start_strategy(self, *args, **options))
    breaks(made, "handle")(handled_twice)
    return made.handle


Task.start_strategy = _start_breakable_strategy

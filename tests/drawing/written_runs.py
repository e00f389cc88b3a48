"""Runs of `chain(A.s(1), group(B.s(2), C.si(3)), D.s())`, a callback on A, errbacks on A and D, written by hand.

And what they are written with, for others.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from harness.history import events

if TYPE_CHECKING:
    from tests.unit.conftest import Process, Record


def signature(task: str, *args: Any, immutable: bool = False, **options: Any) -> dict[str, Any]:
    return {"task": task, "args": list(args), "kwargs": {}, "options": options, "immutable": immutable}


CANVAS = {
    "task": "celery.chain",
    "args": [],
    "options": {},
    "kwargs": {
        "tasks": [
            signature("A", 1, link=[signature("L")], link_error=[signature("E", "a")]),
            {"task": "celery.group", "kwargs": {"tasks": [signature("B", 2), signature("C", 3, immutable=True)]}},
            signature("D", link_error=[signature("E", "d")]),
        ]
    },
}


def send(
    process: Process,
    task: str,
    /,
    *args: Any,
    by: str = "task",
    sender: str | None = None,
    name: str = "",
    **kwargs: Any,
) -> None:
    process.write(
        events.Sent,
        task_id=f"id-{task}",
        task=name or task,
        retries=0,
        by=by,
        sender_id=sender and f"id-{sender}",
        args=list(args),
        kwargs=kwargs,
        queue="celery",
        **dict.fromkeys(("eta", "expires", "root_id", "parent_id", "group_id", "group_index", "chord_id")),
    )


def start(process: Process, task: str, /, *args: Any, retries: int = 0, name: str = "", **kwargs: Any) -> None:
    about = {"task_id": f"id-{task}", "task": name or task, "retries": retries}
    process.write(events.AttemptStarted, **about, args=list(args), kwargs=kwargs)


def run(process: Process, task: str, /, *args: Any, returned: Any, name: str = "", **kwargs: Any) -> None:
    start(process, task, *args, name=name, **kwargs)
    process.ended(name or task, task_id=f"id-{task}", returned=returned)
    process.closed(name or task, task_id=f"id-{task}")


def settle(process: Process, result: Any) -> None:
    process.write(events.StateRead, order="2", task_id="id-B", task="B", state="SUCCESS", result="b")
    process.write(
        events.ResultRead,
        order="3",
        content_type="application/json",
        content_encoding="utf-8",
        body=base64.b64encode(json.dumps(result).encode()).decode(),
        part=0,
        parts=1,
    )


def until_the_group(record: Record) -> tuple[Process, Process]:
    sender, worker = record.process("sender"), record.process("worker-1")
    send(sender, "A", 1, by="experiment")
    sender.write(events.CanvasSent, order="1", canvas=CANVAS, result_id="id-D", planned=[])
    start(worker, "A", 1)
    worker.ended("A", returned="a")
    send(worker, "L", "a", sender="A")
    send(worker, "B", "a", 2, sender="A")
    send(worker, "C", 3, sender="A")
    worker.closed("A")
    run(worker, "L", "a", returned="l")
    return sender, worker


def all_well(record: Record) -> None:
    sender, worker = until_the_group(record)
    run(worker, "B", "a", 2, returned="b")
    start(worker, "C", 3)
    worker.ended("C", returned="c")
    send(worker, "D", ["b", "c"], by="chord", sender="C")
    worker.closed("C")
    run(worker, "D", ["b", "c"], returned="d")
    settle(sender, "d")


def a_member_fails(record: Record) -> None:
    _, worker = until_the_group(record)
    start(worker, "B", "a", 2)
    worker.ended("B", ending="failed")
    worker.closed("B", state="FAILURE")
    start(worker, "C", 3)
    worker.ended("C", returned="c")
    send(worker, "E", "id-D", "d", sender="C")
    worker.closed("C")
    run(worker, "E", "id-D", "d", returned=None)

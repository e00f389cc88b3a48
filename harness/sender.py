"""The process that sends: inside the testbed and under its clock, so that countdowns and expiries mean what they say.

It imports the app as a worker would, takes orders as JSON lines from a FIFO of the testbed, and answers through its
journal like everybody else. Owns how a canvas is sent and how states are read. Refuses to wait for results: what became
of a canvas is read off the record.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celery import signals
from celery.app.utils import find_app

from harness.errors import UsageError
from harness.journal import ORDERS, TESTBED_VARIABLE
from harness.probe import journal as probe_journal
from harness.probe.raised import raised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from harness.journal import Journal

_CANVAS_KINDS = {"celery.chain": ("tasks",), "celery.group": ("tasks",), "celery.chord": ("header", "body")}
_PING_TIMEOUT_S = 5.0


def main() -> None:
    """Serve orders until the testbed ends."""
    if probe_journal is None:
        raise UsageError("to be started by a testbed", None, "use `harness run` or pytest")
    sender = Sender(find_app(sys.argv[1]), probe_journal)
    # Opened for reading and writing: a FIFO ends whenever its last writer leaves, and orders come one by one.
    with open(os.open(Path(os.environ[TESTBED_VARIABLE]) / ORDERS, os.O_RDWR | os.O_CLOEXEC), "rb") as orders:  # noqa: PTH123
        for line in orders:
            sender.carry_out(json.loads(line))


class Sender:
    """Carries out orders: `send` a canvas, `read_states` of tasks, ask the workers to `answer`."""

    def __init__(self, app: Any, journal: Journal) -> None:
        self._app = app
        self._journal = journal
        app.set_current()
        app.loader.import_default_modules()
        app.finalize()

    def carry_out(self, order: dict[str, Any]) -> None:
        """Do what an order says; what it raises is an answer too."""
        actions: dict[str, Callable[..., None]] = {
            "send": self._send,
            "read_states": self._read_states,
            "answer": self._answer,
        }
        try:
            actions[order["do"]](order["order"], **order["with"])
        except Exception as error:  # noqa: BLE001 - whatever the app raises is reported, not swallowed
            self._journal.append("OrderFailed", order=order["order"], exception=raised(error))

    def _send(self, order: str, call: str, kwargs: dict[str, Any]) -> None:
        """Build a canvas by calling `module:function` and send it."""
        module, _, function = call.partition(":")
        signature = getattr(import_module(module), function)(**kwargs)
        canvas = json.loads(json.dumps(signature, default=repr))
        planned: dict[str, str] = {}

        def on_publish(sender: str, body: Any, headers: dict[str, Any], **_: object) -> None:
            # Message protocol 2 is a tuple, the rest in the headers; protocol 1 a dict that holds everything.
            embed, about = (body, body) if isinstance(body, dict) else (body[2], headers)
            planned.setdefault(about["id"], sender)
            planned.update(_tasks([*reversed(embed.get("chain") or ()), embed.get("chord")]))

        signals.before_task_publish.connect(on_publish)
        try:
            result = signature.apply_async()
        finally:
            signals.before_task_publish.disconnect(on_publish)
        self._journal.append(
            "CanvasSent",
            order=order,
            canvas=canvas,
            result_id=result.id,
            planned=[{"task_id": task_id, "task": task} for task_id, task in planned.items()],
        )

    def _read_states(self, order: str, tasks: dict[str, str]) -> None:
        """Read what the backend has stored for each task (id: name)."""
        for task_id, task in tasks.items():
            meta = self._app.backend.get_task_meta(task_id)
            result = meta.get("result")
            self._journal.append(
                "StateRead",
                order=order,
                task_id=task_id,
                task=task,
                state=meta["status"],
                result=raised(result) if isinstance(result, BaseException) else result,
            )
        self._journal.append("StatesRead", order=order)

    def _answer(self, order: str, workers: int) -> None:
        """Have every worker's main loop go round three times.

        The first answer may come from the round in which the worker asks Redis for a message again, the second from
        the one in which that message waits at its socket, behind the ping; the third comes when that one is over.
        """
        for _ in range(3):
            answers = self._app.control.broadcast("ping", reply=True, timeout=_PING_TIMEOUT_S, limit=workers)
        self._journal.append("WorkersAnswered", order=order, workers=[name for answer in answers for name in answer])


def _tasks(signatures: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """List the tasks, id and name, of signatures that travel inside a message, in the order of the canvas."""
    for signature in signatures:
        if signature is None:
            continue
        parts = _CANVAS_KINDS.get(signature["task"])
        if parts is None:
            if task_id := signature["options"].get("task_id"):
                yield task_id, signature["task"]
            continue
        for part in parts:
            inner = signature["kwargs"][part]
            yield from _tasks(inner if isinstance(inner, list | tuple) else [inner])


if __name__ == "__main__":
    main()

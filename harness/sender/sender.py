"""Takes orders as JSON lines from a FIFO of the testbed, and answers through its journal like everybody else.

Owns what orders there are. Refuses to wait for results: what became of a canvas is read off the record, and what its
result is, when everything has settled.
"""

from __future__ import annotations

import base64
import gc
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celery.result import GroupResult, ResultBase

from harness.app.armed import faults_at_hand
from harness.app.scripted import behaviour_at_hand
from harness.app.serial import encode
from harness.errors import TroubleError, UsageError
from harness.journal import ORDERS, TESTBED_VARIABLE
from harness.probe import journal as probe_journal
from harness.probe.raised import raised
from harness.sender.sending import Sending, refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.journal import Journal

_PING_TIMEOUT_S = 5.0
_LONGEST_PART = 4096


def serve(app: Any) -> None:
    """Serve orders until the testbed ends."""
    if probe_journal is None:
        raise UsageError("to be started by a testbed", None, "use `harness run` or pytest")
    sender = Sender(app, probe_journal)
    # Garbage is collected between orders only. A result that is collected while another is being sent deadlocks its
    # process: `AsyncResult.__del__` unsubscribes (celery/backends/redis.py, cancel_for) within `subscribe`, which holds
    # a lock that cannot be had twice (redis/client.py, PubSub, 5.3). Seen once in 150 canvases with Celery 5.4.0.
    gc.freeze()
    gc.disable()
    # Opened for reading and writing: a FIFO ends whenever its last writer leaves, and orders come one by one.
    with open(os.open(Path(os.environ[TESTBED_VARIABLE]) / ORDERS, os.O_RDWR | os.O_CLOEXEC), "rb") as orders:  # noqa: PTH123
        for line in orders:
            sender.carry_out(json.loads(line))
            gc.collect()


class Sender:
    """Carries out orders: `send` a canvas, read states and results, ask the workers to `answer`."""

    def __init__(self, app: Any, journal: Journal) -> None:
        self._app = app
        self._journal = journal
        self._results: dict[str, Any] = {}
        app.set_current()
        app.loader.import_default_modules()
        app.finalize()

    def carry_out(self, order: dict[str, Any]) -> None:
        """Do what an order says; what it raises is an answer too."""
        actions: dict[str, Callable[..., None]] = {
            "script": self._script,
            "send": self._send,
            "read_states": self._read_states,
            "read_result": self._read_result,
            "answer": self._answer,
        }
        try:
            actions[order["do"]](order["order"], **order["with"])
        except TroubleError as trouble:  # the author's, to be told in its three parts
            self._journal.append(
                "OrderRefused",
                order=order["order"],
                expected=trouble.expected,
                found=str(trouble.found),
                remedy=trouble.remedy,
            )
        except BaseException as error:  # noqa: BLE001 - whatever the app raises is reported, not swallowed
            self._journal.append("OrderFailed", order=order["order"], exception=raised(error))

    def _script(self, order: str, behaviour: dict[str, Any], faults: list[dict[str, Any]] | None = None) -> None:
        """Have tasks do what a script says, and have these faults strike, until the next script comes."""
        refuse_unknown(self._app, behaviour)
        behaviour_at_hand().write(behaviour)
        faults_at_hand().write(order, faults or [])
        self._journal.append("BehaviourScripted", order=order, behaviour=behaviour, faults=faults or [])

    def _send(self, order: str, canvas: dict[str, Any], ahead_s: float = 0.0) -> None:
        """Send a canvas: build it, take it as it was given, or have the author's own code send."""
        sending = Sending(self._app)
        sent, result = sending.send(canvas, ahead_s)
        self._results[order] = result
        self._journal.append(
            "CanvasSent",
            order=order,
            canvas=sent,
            result_id=result.id if isinstance(result, ResultBase) else "",
            planned=[{"task_id": task_id, "task": task} for task_id, task in sending.planned.items()],
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

    def _read_result(self, order: str, of: str) -> None:
        """Read what a canvas came to, in the serializer in which the app itself would have got it."""
        kind, encoding, body = self._encoded(self._results.pop(of, None))
        text = base64.b64encode(body).decode()
        # Journals cut what is long, for they are meant to be read; this is not.
        parts = [text[at : at + _LONGEST_PART] for at in range(0, len(text), _LONGEST_PART)] or [""]
        for number, part in enumerate(parts):
            self._journal.append(
                "ResultRead",
                order=order,
                content_type=kind,
                content_encoding=encoding,
                body=part,
                part=number,
                parts=len(parts),
            )

    def _encoded(self, result: Any) -> tuple[str, str, bytes]:
        """Return content type, encoding and bytes of what there is to read; all of them empty where nothing is."""
        nothing = "", "", b""
        if not _is_there(result):
            return nothing
        try:
            return encode(_value(result), self._app.conf.result_serializer)
        except Exception:
            if _is_stored(result):
                raise
            return nothing  # an author's own code may return anything: the response of a view, say

    def _answer(self, order: str, workers: int) -> None:
        """Have every worker's main loop go round three times.

        The first answer may come from the round in which the worker asks Redis for a message again, the second from
        the one in which that message waits at its socket, behind the ping; the third comes when that one is over.
        """
        for _ in range(3):
            answers = self._app.control.broadcast("ping", reply=True, timeout=_PING_TIMEOUT_S, limit=workers)
        self._journal.append("WorkersAnswered", order=order, workers=[name for answer in answers for name in answer])


def _members(result: Any) -> list[Any] | None:
    """Return what a result is made of: a group's, and those that own code returned in a list."""
    if isinstance(result, GroupResult):
        return list(result.results or ())
    return list(result) if isinstance(result, list | tuple) else None


def _is_stored(result: Any) -> bool:
    """Say whether a result is one of Celery's."""
    members = _members(result)
    return isinstance(result, ResultBase) if members is None else any(map(_is_stored, members))


def _is_there(result: Any) -> bool:
    """Say whether everything that a result stands for has succeeded and was stored."""
    members = _members(result)
    if members is not None:
        return all(map(_is_there, members))
    return not isinstance(result, ResultBase) or result.state == "SUCCESS"


def _value(result: Any) -> Any:
    """Return what a settled result holds: a group's as a list, and what is no result of Celery's as it is."""
    members = _members(result)
    if members is not None and _is_stored(result):
        return [_value(member) for member in members]
    return result.result if isinstance(result, ResultBase) else result

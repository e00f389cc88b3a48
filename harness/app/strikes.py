"""Faults, carried out: a guest in the worker that strikes when a header member comes to the point that is named.

What it is about to do it writes down before it does it: the journal survives a SIGKILL. A process that is to be started
again is killed by the testbed's supervisor, which this one asks and waits for: it stands at the exact point meanwhile,
and because it waits for somebody outside of the testbed's time, no virtual time passes either. Standard library, Celery
and redis-py only.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import redis

from harness.app import points
from harness.app.armed import faults_at_hand
from harness.journal import BROKER_VARIABLE, PLEAS, PROCESS_VARIABLE, TESTBED_VARIABLE, real_ns
from harness.probe import journal as probe_journal

if TYPE_CHECKING:
    from harness.app.armed import Armed
    from harness.faults import Fault
    from harness.journal import Journal

_RECORDER_TIMEOUT_S, _LOOK_AGAIN_S = 10, 0.002
_MONITOR, _BLOCKED = "O", "b"  # among a client's flags (CLIENT LIST)
_TRIES, _BODY_RUNS_S = 1000, 1


def make_breakable() -> None:
    """Let the faults that are armed strike in this worker. To be called when the probe is in."""
    assert probe_journal is not None, "there is a testbed, so there is a probe"
    guest = Guest(faults_at_hand(), probe_journal)
    points.watch(guest.reach)


class Guest:
    """Strikes."""

    def __init__(self, armed: Armed, journal: Journal) -> None:
        self._armed = armed
        self._journal = journal

    def reach(self, point: str, request: Any) -> None:
        """Strike with what is armed for this point of this member, once."""
        member = _place(request)
        if point == "taken" and self._armed.wants_message_of(member):
            self._armed.keep_message(member, _as_taken(request.message))
        if point == "before_body" and self._armed.is_ahead("kill_worker", "on_its_way", member):
            assert self._journal.role == "pool", "it is refused where there is no pool of processes"
            _freeze_in_its_wait(os.getppid())
        if point == "after_count":
            for fault in self._armed.at("on_its_way", member):
                self._strike(fault, request, member)
        for fault in self._armed.at(point, member):
            if fault.point == "after_body":
                time.sleep(_BODY_RUNS_S)  # how far the body has come would be a race
            self._strike(fault, request, member)

    def _strike(self, fault: Fault, request: Any, member: int) -> None:
        told = {"point": fault.point, "member": member, "task_id": request.id, "task": _name(request)}
        match fault.strike:
            case "deliver_again":
                whose = self._armed.message(member if fault.message_of is None else fault.message_of)
                self._tell(fault, told, target=whose["payload"]["headers"]["id"])
                _deliver(whose)
            case "kill_pool_process":
                self._tell(fault, told, target=f"{os.environ[PROCESS_VARIABLE]}-{os.getpid()}")
                os.kill(os.getpid(), signal.SIGKILL)
            case "kill_worker":
                worker = os.environ[PROCESS_VARIABLE]
                self._tell(fault, told, target=worker)
                _plead({"do": "replace", "name": worker})
                _wait_for_the_end()
            case "restart_redis":
                with _redis() as client:
                    keeps = client.config_get("appendonly")["appendonly"] == "yes"
                    is_recorded = _is_recorded(client)
                    self._tell(fault, told, target="redis", loses_data=not keeps)
                    _plead({"do": "restart", "name": "redis"})
                    if is_recorded:
                        _await_recorder(client)

    def _tell(self, fault: Fault, told: dict[str, Any], *, target: str, loses_data: bool = False) -> None:
        self._journal.append("FaultInjected", strike=fault.strike, target=target, loses_data=loses_data, **told)


def _freeze_in_its_wait(worker: int) -> None:
    """Stop a worker's main process while it waits for a message, so that the next one is sent to it and never read.

    It waits in a BRPOP of one second, and then in the next one (kombu/transport/redis.py, `_brpop_start`, 5.4 to 5.7):
    one that was about to end is ended first, as if its second were over.
    """
    with _redis() as client:
        for one in _blocked(client):
            client.client_unblock(one)
        for _ in range(_TRIES):
            os.kill(worker, signal.SIGSTOP)
            if _blocked(client):
                return
            os.kill(worker, signal.SIGCONT)
            time.sleep(_LOOK_AGAIN_S)
    os.write(2, b"canvas-harness: the worker was never seen to wait for a message\n")


def _blocked(client: redis.Redis) -> list[int]:
    return [int(one["id"]) for one in client.client_list() if _BLOCKED in one["flags"]]


def _place(request: Any) -> int:
    """Return a member's place in its header: of a worker's request (a message), or of a task's (its context)."""
    about = getattr(request, "request_dict", None)
    place = request.group_index if about is None else about["group_index"]
    return -1 if place is None else int(place)


def _name(request: Any) -> str:
    return str(request.task if isinstance(request.task, str) else request.name)


def _as_taken(message: Any) -> dict[str, Any]:
    """Return a message as kombu would give it back: `_do_restore_message` (kombu/transport/redis.py, 5.4 to 5.7)."""
    payload = json.loads(json.dumps(message._raw))  # noqa: SLF001 - a copy of what came out of Redis
    payload["headers"]["redelivered"] = payload["properties"]["delivery_info"]["redelivered"] = True
    info = message.delivery_info
    queues = message.channel._lookup(info["exchange"], info["routing_key"])  # noqa: SLF001 - as there
    return {"payload": payload, "queues": list(queues)}


def _deliver(message: dict[str, Any]) -> None:
    with _redis() as client:
        for queue in message["queues"]:
            client.rpush(queue, json.dumps(message["payload"]))


def _redis() -> redis.Redis:
    return redis.Redis.from_url(os.environ[BROKER_VARIABLE], decode_responses=True)


def _plead(plea: dict[str, str]) -> None:
    """Ask the testbed's supervisor, and return when it has done what it was asked for."""
    folder = os.open(Path(os.environ[TESTBED_VARIABLE]), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with socket.socket(socket.AF_UNIX) as supervisor:
            # An address of a unix socket holds 107 bytes, less than some folders' names.
            supervisor.connect(f"/proc/self/fd/{folder}/{PLEAS}")
            supervisor.sendall(json.dumps(plea).encode() + b"\n")
            answer = supervisor.recv(1)
    finally:
        os.close(folder)
    if not answer:
        os.write(2, f"canvas-harness: the supervisor did not {plea}\n".encode())


def _wait_for_the_end() -> NoReturn:
    """Wait to be killed together with this worker."""
    while True:
        signal.pause()


def _is_recorded(client: redis.Redis) -> bool:
    return any(_MONITOR in one["flags"] for one in client.client_list())


def _await_recorder(client: redis.Redis) -> None:
    """Return when Redis's command stream is recorded again, so that nothing that follows is missing from it."""
    deadline_ns = real_ns() + _RECORDER_TIMEOUT_S * 1_000_000_000
    while real_ns() < deadline_ns:
        try:
            if _is_recorded(client):
                return
        except redis.ConnectionError:  # it is just coming up
            pass
        time.sleep(_LOOK_AGAIN_S)

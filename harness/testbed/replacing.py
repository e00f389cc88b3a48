"""The supervisor's door for its own processes: one of them asks for one of them to be killed and started again.

restart   kill it, start it again under its name, answer when it says that it is ready
replace   start another one in its place, then kill it; whoever is killed with it hears no answer

Whoever asks waits for the answer meanwhile. The door leads out of the testbed's time, so that it stands still: what is
killed is gone, and what comes after it lives under the clock, before anything else can happen. Standard library only;
refuses to know what the processes are for.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from typing import TYPE_CHECKING, Any

from harness.journal import PLEAS, PROCESS_VARIABLE

if TYPE_CHECKING:
    import selectors
    from pathlib import Path

    from harness.testbed.supervise import Child, Supervisor

# A new process is under the clock before its first line runs. In real time there is no clock to wait for.
_REGISTRATION_TIMEOUT_S, _REGISTRATION_LOOK_S = 5.0, 0.001


class Door:
    """Where pleas come in."""

    def __init__(self, supervisor: Supervisor, selector: selectors.BaseSelector, directory: Path, page: Path) -> None:
        self._supervisor = supervisor
        self._selector = selector
        self._page = page
        self._listener = socket.socket(socket.AF_UNIX)
        # An address of a unix socket holds 107 bytes, less than some folders' names.
        folder = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._listener.bind(f"/proc/self/fd/{folder}/{PLEAS}")
        finally:
            os.close(folder)
        self._listener.listen()
        selector.register(self._listener, 1, self._open)  # 1 is EVENT_READ

    def _open(self) -> None:
        visitor, _ = self._listener.accept()
        self._selector.register(visitor, 1, lambda: self._hear(visitor))

    def _hear(self, visitor: socket.socket) -> None:
        data = b""
        with contextlib.suppress(OSError):
            data = visitor.recv(1 << 16)
        if not data:
            self._selector.unregister(visitor)
            visitor.close()
            return
        plea: dict[str, Any] = json.loads(data)
        # Whoever asks knows a process by its name, or the only one of its kind by that.
        child = next((one for one in self._supervisor.children() if plea["name"] in (one.name, one.role)), None)
        if child is None:
            visitor.shutdown(socket.SHUT_RDWR)
        elif plea["do"] == "restart":
            self._restart(child, visitor)
        else:
            self._replace(child, visitor)

    def _restart(self, child: Child, visitor: socket.socket) -> None:
        child.is_stopping = True
        self._supervisor.kill(child, signal.SIGKILL)
        self._supervisor.await_death(child)
        successor = self._supervisor.start(child.plan)
        if successor.ready is None:
            _answer(visitor)
        else:
            successor.on_ready = lambda: _answer(visitor)

    def _replace(self, child: Child, visitor: socket.socket) -> None:
        plan = _in_the_place_of(child)
        successor = self._supervisor.start(plan)
        self._await_registration(successor)
        self._supervisor.say("replaced", name=child.name, by=successor.name)
        child.is_stopping = True
        self._supervisor.kill(child, signal.SIGKILL)
        self._supervisor.await_death(child)
        _answer(visitor)

    def _await_registration(self, child: Child) -> None:
        """Return when a process lives under the clock, if there is one: until then time could jump over its start."""
        from harness.clock.page import processes_in  # noqa: PLC0415 - most testbeds live and end without needing it

        deadline = time.monotonic() + _REGISTRATION_TIMEOUT_S
        while (registered := processes_in(self._page)) is not None and child.pid not in registered:
            if time.monotonic() > deadline:
                return  # then it is none of the clock's, which does not jump beside a process that it does not know
            time.sleep(_REGISTRATION_LOOK_S)


def _in_the_place_of(child: Child) -> dict[str, Any]:
    """Return the plan of a process like this one, by a name of its own: journals and logs are told apart by it."""
    name, _, number = child.name.partition(".")
    successor = f"{name}.{int(number or 1) + 1}"
    return {
        **child.plan,
        "name": successor,
        "log": str(child.log.with_name(f"{successor}.log")),
        "environment": {**child.plan["environment"], PROCESS_VARIABLE: successor},
    }


def _answer(visitor: socket.socket) -> None:
    with contextlib.suppress(OSError):  # who asked may have been killed with what it asked about
        visitor.sendall(b"!")

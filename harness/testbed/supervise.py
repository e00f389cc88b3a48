"""The supervisor's own process: it owns every process of one testbed, and nothing of them outlives it.

It is the subreaper of its descendants. When its channel to the harness closes, however the harness ended, it stops
them all, kills what is left and removes the testbed's folder. If it is itself killed, the kernel kills its children
(they ask for that at their start; a parent-death signal is safe here because this process has one thread only), and
the harness the rest, if it lives.

It refuses to know what its processes are for. Its channel carries JSON, one object a line.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from harness.journal import BELL, JOURNALS, Bell, Journal
from harness.testbed.readiness import await_ready

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST_SOCKET = 3  # its number under systemd's socket activation
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_GRACE_S = 2.0


class Child:
    """One process that was asked for, and what is known of it."""

    def __init__(self, plan: dict[str, Any], pid: int, output: int | None) -> None:
        self.name: str = plan["name"]
        self.role: str = plan["role"]
        self.log = Path(plan["log"])
        self.ready = re.compile(plan["ready"].encode()) if plan["ready"] else None
        self.pid = pid
        self.output = output
        self.is_stopping = False
        self.plan = plan
        self.on_ready: Callable[[], None] = lambda: None


class Supervisor:
    """Starts, watches and stops."""

    def __init__(self, channel: socket.socket, directory: Path, page: Path) -> None:
        channel.set_inheritable(False)
        self._channel = channel
        self._directory = directory
        self._page = page
        self._journal = Journal(directory / JOURNALS, "supervisor", "supervisor", Bell(directory / BELL))
        self._children: dict[int, Child] = {}
        self._farewells: list[list[str]] = []
        self._selector = selectors.DefaultSelector()
        self._input = b""
        self._libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def serve(self) -> None:
        """Do as told until the channel closes, then leave nothing behind."""
        if self._libc is not None:
            self._libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        # A signal becomes a byte, so that one wait covers orders, output and deaths.
        self._wake, wake_in = socket.socketpair()
        for end in (self._wake, wake_in):
            end.setblocking(False)  # noqa: FBT003
        signal.set_wakeup_fd(wake_in.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(self._channel, selectors.EVENT_READ, self._take_orders)
        self._selector.register(self._wake, selectors.EVENT_READ, self._reap)
        signal.signal(signal.SIGTERM, lambda *_: self._channel.shutdown(socket.SHUT_RD))
        try:
            while self._selector.get_map().get(self._channel.fileno()):
                for key, _ in self._selector.select():
                    key.data()
        finally:
            self._end()

    # ---- orders ------------------------------------------------------------------------------------------------

    def _take_orders(self) -> None:
        data = b""
        with contextlib.suppress(OSError):
            data = self._channel.recv(1 << 20)
        if not data:
            self._selector.unregister(self._channel)
            return
        *lines, self._input = (self._input + data).split(b"\n")
        for line in lines:
            order = json.loads(line)
            {
                "start": self.start,
                "open door": self._open_door,
                "signal": self._signal,
                "bury": self._bury_stranger,
                "farewell": self._farewell,
            }[order["do"]](order)

    def start(self, plan: dict[str, Any]) -> Child:
        """Fork and execute. (`subprocess` could not give a socket the number that its program expects.)."""
        source = os.pipe() if plan["input"] is not None else None
        sink = os.pipe() if plan["ready"] else None
        pid = os.fork()
        if not pid:
            self._become(plan, source and source[0], sink and sink[1])
        if source is not None:
            os.close(source[0])
            with os.fdopen(source[1], "w") as stream, contextlib.suppress(BrokenPipeError):
                stream.write(plan["input"])
        child = self._children[pid] = Child(plan, pid, sink and sink[0])
        if sink is not None:
            os.close(sink[1])
            os.set_blocking(sink[0], False)
            self._selector.register(sink[0], selectors.EVENT_READ, lambda: self._listen(child))
        if plan["listener"] is not None:
            os.close(plan["listener"])
        self.say("started", name=child.name, pid=pid)
        return child

    def _become(self, plan: dict[str, Any], source: int | None, sink: int | None) -> NoReturn:
        """Turn the forked child into what the plan says. Whatever is not passed on here closes at the exec."""
        try:
            if self._libc is not None:
                self._libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            log = os.open(plan["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.dup2(os.open(os.devnull, os.O_RDONLY) if source is None else source, 0)
            os.dup2(log if sink is None else sink, 1)
            os.dup2(1, 2)
            if plan["listener"] is not None:
                os.dup2(plan["listener"], _FIRST_SOCKET)
                os.set_inheritable(_FIRST_SOCKET, True)  # noqa: FBT003
            os.chdir(plan["cwd"])
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and that would be inherited
            os.execvpe(plan["argv"][0], plan["argv"], plan["environment"])  # noqa: S606
        except BaseException as error:  # noqa: BLE001 - nothing may ever return from here
            os.write(2, f"{plan['argv'][0]}: {error}\n".encode())
        os._exit(127)

    def _signal(self, order: dict[str, Any]) -> None:
        for child in self._children.values():
            if child.name == order["name"]:
                child.is_stopping = order["expected"]
                self.kill(child, order["signal"])

    def _open_door(self, _: dict[str, Any]) -> None:
        """Let our processes ask for one of them to be started again."""
        from harness.testbed.replacing import Door  # noqa: PLC0415 - most testbeds need none

        self._door = Door(self, self._selector, self._directory, self._page)

    def _farewell(self, order: dict[str, Any]) -> None:
        """Remember a command to run at the end, for what is not a process of ours (a container)."""
        self._farewells.append(order["argv"])

    def children(self) -> list[Child]:
        """Return the processes that were asked for and live."""
        return list(self._children.values())

    # ---- what children do --------------------------------------------------------------------------------------

    def _listen(self, child: Child) -> None:
        """Copy a child's output to its log, and say when it says that it is ready."""
        assert child.output is not None
        with contextlib.suppress(BlockingIOError):
            while data := os.read(child.output, 1 << 16):
                with contextlib.suppress(OSError), child.log.open("ab") as log:  # a full disk: the harness sees it too
                    log.write(data)
                if child.ready is not None and child.ready.search(data):
                    child.ready = None
                    self.say("ready", name=child.name)
                    child.on_ready()
            self._selector.unregister(child.output)
            os.close(child.output)
            child.output = None

    def _reap(self) -> None:
        """Take the exit status of every child that has ended: those asked for, and orphans that fell to us."""
        with contextlib.suppress(BlockingIOError):
            self._wake.recv(4096)
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            if child := self._children.pop(pid, None):
                self._bury(child, os.waitstatus_to_exitcode(status))

    def await_death(self, child: Child) -> None:
        """Return when a child that was killed is dead and buried."""
        _, status = os.waitpid(child.pid, 0)
        del self._children[child.pid]
        self._bury(child, os.waitstatus_to_exitcode(status))

    def _bury(self, child: Child, code: int) -> None:
        if child.output is not None:
            self._listen(child)  # its last words, before anybody asks for them
        self._report_death(child.name, child.role, child.pid, code, expected=child.is_stopping)

    def _bury_stranger(self, order: dict[str, Any]) -> None:
        """Report the death of what is not a process of ours (a container, whose first process has number 1)."""
        self._report_death(order["name"], order["role"], 1, order["exit_code"], expected=order["expected"])

    def _report_death(self, name: str, role: str, pid: int, code: int, *, expected: bool) -> None:
        exit_code, number = (code, None) if code >= 0 else (None, -code)
        if self._directory.exists():
            how: dict[str, Any] = {"exit_code": exit_code, "signal": number, "expected": expected}
            now_ns = self._virtual_ns()
            self._journal.append("ProcessDied", process=name, role=role, pid=pid, virtual_ns=now_ns, **how)
        self.say("died", name=name, role=role, exit_code=exit_code, signal=number, expected=expected)

    def _virtual_ns(self) -> int:
        """Return the testbed's time: this process lives outside of it."""
        from harness.clock.page import offset_in  # noqa: PLC0415 - most testbeds live and end without needing it

        return time.time_ns() + offset_in(self._page)

    # ---- the end -----------------------------------------------------------------------------------------------

    def _end(self) -> None:
        """Leave nothing behind.

        Workers are killed, not asked: what they did is on record, their Redis ends with them, and a worker that is
        asked takes 1 to 2.6 s (measured with Celery 5.7.0; it waits for its broker and its pool). A service is
        somebody's own program, and may have something of its own to put away.
        """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for child in self._children.values():
            child.is_stopping = True
            self.kill(child, signal.SIGTERM if child.role == "service" else signal.SIGKILL)
        self._await_deaths(_GRACE_S)
        self._kill_descendants()
        for argv in self._farewells:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
        # The folder last: as long as it is there, a later testbed finds what was left, should this be cut short.
        for directory in (self._page, self._directory):
            shutil.rmtree(directory, ignore_errors=True)

    def _await_deaths(self, patience_s: float) -> None:
        deadline = time.monotonic() + patience_s
        while self._children and (left_s := deadline - time.monotonic()) > 0:
            await_ready([self._wake], left_s)
            self._reap()

    def kill(self, child: Child, number: int) -> None:
        """Send a signal to a child, unless it has been reaped: its number may be somebody else's by now."""
        if child.pid in self._children:
            os.kill(child.pid, number)

    def _kill_descendants(self) -> None:
        """Kill what our children left to us, generation by generation, until we have no child."""
        for child in self._children.values():
            self.kill(child, signal.SIGKILL)
        while True:
            for pid in _children_of(os.getpid()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                return

    def say(self, what: str, **fields: object) -> None:
        """Tell the harness."""
        with contextlib.suppress(OSError):  # nobody may be listening any more
            self._channel.sendall(json.dumps({"event": what, **fields}).encode() + b"\n")


def _children_of(parent: int) -> list[int]:
    children = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # the name, in parentheses, may hold anything; the state and the parent follow it
            if int(stat.read_text(errors="replace").rpartition(")")[2].split()[1]) == parent:
                children.append(int(stat.parent.name))
    return children


if __name__ == "__main__":
    for handed_on in sys.argv[4:]:
        os.set_inheritable(int(handed_on), False)  # noqa: FBT003 - but to the one process that it is meant for
    Supervisor(socket.socket(fileno=int(sys.argv[1])), Path(sys.argv[2]), Path(sys.argv[3])).serve()

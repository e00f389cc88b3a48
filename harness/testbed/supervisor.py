"""The harness's end of a testbed's supervisor: start processes, hear of them, and let go."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from harness import last_words
from harness.errors import HarnessError
from harness.testbed.leftovers import kill_processes_of
from harness.testbed.premises import no_place
from harness.testbed.readiness import await_ready

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_END_TIMEOUT_S = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessPlan:
    """A process to start: what the supervisor needs to know."""

    name: str
    role: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    cwd: Path
    log: Path
    input: str | None = None
    ready: str | None = None
    listener: int | None = None  # a bound socket, by the number under which the supervisor was given it


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """A process of the testbed that has ended."""

    name: str
    role: str
    exit_code: int | None
    signal: int | None
    expected: bool

    def __str__(self) -> str:
        how = f"exit code {self.exit_code}" if self.signal is None else signal.Signals(self.signal).name
        return f"{self.name} ended with {how}"


@dataclass
class Supervisor:
    """One supervisor. Used by one thread; `fileno` is readable when it has something to say."""

    directory: Path
    process: subprocess.Popen[bytes]
    channel: socket.socket
    log: IO[bytes]  # what it prints; its own, for it prints when the folder is gone as well
    deaths: list[Death] = field(default_factory=list)
    ready: set[str] = field(default_factory=set)
    pids: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)  # who came in whose place
    _input: bytes = b""

    @classmethod
    def start(cls, directory: Path, page: Path, descriptors: Sequence[int] = ()) -> Supervisor:
        """Start a supervisor for a testbed's folder, which need not be there yet, and the one of its clock's page.

        `descriptors` are handed on to processes by number.
        """
        with contextlib.ExitStack() as undo:
            try:
                log = undo.enter_context(tempfile.TemporaryFile())  # nobody can see it; it ends with who has it open
            except OSError as error:
                raise no_place(error) from error
            try:
                ours, theirs = map(undo.enter_context, socket.socketpair())
                process = _begin(theirs, log, directory, page, descriptors)
            except OSError as error:
                raise HarnessError(
                    f"to start the testbed's supervisor with {sys.executable}",
                    error.strerror or str(error),
                    "see whether the limits of this user (`ulimit -a`) leave room for more processes and open files",
                ) from error
            theirs.close()
            undo.pop_all()
        return cls(directory, process, ours, log)

    def fileno(self) -> int:
        """Let the supervisor take part in a `select`."""
        return self.channel.fileno()

    def start_process(self, plan: ProcessPlan) -> None:
        """Start a process. Its death, should it come, is heard of by `hear`."""
        self._order(
            "start",
            name=plan.name,
            role=plan.role,
            argv=list(plan.argv),
            environment=dict(plan.environment),
            cwd=str(plan.cwd),
            log=str(plan.log),
            input=plan.input,
            ready=plan.ready,
            listener=plan.listener,
        )

    def signal(self, name: str, number: int, *, expected: bool) -> None:
        """Send a signal to a process; `expected` says whether its death is part of the plan."""
        self._order("signal", name=name, signal=number, expected=expected)

    def bury(self, name: str, role: str, exit_code: int, *, expected: bool) -> None:
        """Have a death written down and heard of that the supervisor could not see itself. From any thread."""
        self._order("bury", name=name, role=role, exit_code=exit_code, expected=expected)

    def open_door(self) -> None:
        """Let its processes ask for one of them to be started again (`replacing`). The folder must be there."""
        self._order("open door")

    def farewell(self, argv: Sequence[str]) -> None:
        """Have a command run after everything else has ended, also when the harness was killed."""
        self._order("farewell", argv=list(argv))

    def hear(self, timeout_s: float = 0.0) -> None:
        """Take in what the supervisor has to say; wait for it at most this long."""
        if not await_ready([self.channel], timeout_s):
            return
        data = self.channel.recv(1 << 20)
        if not data:
            code = self.process.wait()
            said = last_words.of_log(os.pread(self.log.fileno(), 1 << 16, 0).decode(errors="replace"))
            raise HarnessError(
                "the testbed's supervisor to live as long as its testbed",
                f"it ended with {signal.Signals(-code).name if code < 0 else f'exit code {code}'}\n{said}".strip(),
                "see whether the machine ran out of memory; everything it had started has been ended with it",
            )
        *lines, self._input = (self._input + data).split(b"\n")
        for line in lines:
            self._take_in(json.loads(line))

    def wait_ready(self, name: str, timeout_s: float) -> None:
        """Wait until a process has said that it is ready."""
        deadline = time.monotonic() + timeout_s
        while name not in self.ready:
            for death in self.deaths:
                if death.name == name:
                    raise self.trouble(f"{name} to become ready", str(death), name)
            left = deadline - time.monotonic()
            if left <= 0:
                raise self.trouble(f"{name} to become ready within {timeout_s} s", "silence", name)
            self.hear(left)

    def forgive(self, name: str) -> None:
        """Take a death as no trouble: what has died has been replaced."""
        self.deaths = [death for death in self.deaths if death.name != name]

    def end(self) -> None:
        """Stop everything, and return when nothing is left."""
        self.channel.close()
        try:
            self.process.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        if self.process.returncode:
            kill_processes_of(self.directory)

    def trouble(self, expected: str, found: str, name: str) -> HarnessError:
        """Describe trouble with a process by the end of what it printed."""
        said = last_words.of_log(self.printed(name))
        return HarnessError(expected, f"{found}\n{said}".strip(), "mend what its log says, shown above")

    def printed(self, name: str) -> str:
        """Return what a process has printed so far."""
        log = self.directory / "logs" / f"{name}.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def _take_in(self, said: dict[str, Any]) -> None:
        match said["event"]:
            case "started":
                self.pids[said["name"]] = said["pid"]
            case "ready":
                self.ready.add(said["name"])
            case "replaced":
                self.replaced[said["name"]] = said["by"]
            case "died":
                self.pids.pop(said["name"], None)
                self.deaths.append(
                    Death(
                        name=said["name"],
                        role=said["role"],
                        exit_code=said["exit_code"],
                        signal=said["signal"],
                        expected=said["expected"],
                    )
                )

    def _order(self, what: str, **fields: object) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its end is noticed by `hear`
            self.channel.sendall(json.dumps({"do": what, **fields}).encode() + b"\n")


def _begin(
    theirs: socket.socket, log: IO[bytes], directory: Path, page: Path, descriptors: Sequence[int]
) -> subprocess.Popen[bytes]:
    """Start the process that is at the other end."""
    return subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "harness.testbed.supervise"),
            *(str(theirs.fileno()), str(directory), str(page)),
            *map(str, descriptors),
        ],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=[theirs.fileno(), *descriptors],
        start_new_session=True,  # a Ctrl-C in the terminal is for the harness, which then ends this in order
    )

"""Appends facts to a journal: one JSON object a line, one unbuffered write per line.

Owns how a fact reaches the disk. Refuses to know what facts there are (`history.events` does) and to read them back
(`history.reader` does). It loads inside every worker, so it uses the standard library only.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# How a process of a testbed learns where its facts go, under which name, and as what.
TESTBED_VARIABLE = "CANVAS_HARNESS_TESTBED"
PROCESS_VARIABLE = "CANVAS_HARNESS_PROCESS"
ROLE_VARIABLE = "CANVAS_HARNESS_ROLE"
# The two that Celery itself prefers to an app's own settings.
BROKER_VARIABLE, RESULTS_VARIABLE = "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND"
# What the recorder is told, and by what it knows the harness's own commands.
REDIS_VARIABLE, REDIS_PASSWORD_VARIABLE = "CANVAS_HARNESS_REDIS", "CANVAS_HARNESS_REDIS_PASSWORD"
MARKER = "canvas-harness-marker:"
# How a process says, among what it prints, that its journal is not whole.
BROKEN = "canvas-harness: cannot write the journal of"
# How a process says, as its last words, what its user shall be told: three parts, as JSON.
TROUBLE = "canvas-harness: trouble "
# How a process ends that could not import its app (EX_CONFIG of sysexits.h); the traceback is in what it printed.
UNUSABLE = 78
JOURNALS, BELL, ORDERS = "journals", "bell", "orders"
# Where a testbed's processes ask its supervisor to start one of them again, and what says that they may have to.
PLEAS, FAULTS_VARIABLE = "pleas", "CANVAS_HARNESS_FAULTS"

_LONGEST_LINE, _LONGEST_VALUE = 64 * 1024, 8 * 1024
# The fields that hold whatever a user's task was given or gave back. All others have the form that `events` says.
_USERS_DATA = frozenset({"args", "kwargs", "returned", "result", "canvas", "behaviour"})
_CREATE = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def journal_from(environment: Mapping[str, str]) -> Journal:
    """Return the journal that the testbed assigned to this process."""
    testbed = Path(environment[TESTBED_VARIABLE])
    return Journal(testbed / JOURNALS, environment[PROCESS_VARIABLE], environment[ROLE_VARIABLE], Bell(testbed / BELL))


def real_ns() -> int:
    """Real time since boot: the one clock that virtual time never moves, the same for all processes of a host."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)


class Bell:
    """A FIFO that wakes whoever watches the journals: the reader waits for a byte instead of looking now and then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def ring(self) -> None:
        """Wake the reader; nobody listening and a full FIFO (it has been rung already) are both fine."""
        with contextlib.suppress(OSError):
            if self._fd is None:
                self._fd = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            os.write(self._fd, b"!")

    def close(self) -> None:
        """Let go of the FIFO."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


class Journal:
    """The journal of this process: `<process>-<pid>.jsonl` in the testbed's folder.

    The file is opened at the first fact and again after a fork: a journal that was open before the fork would be
    written by two processes under one name. A line is one `write` on a descriptor in append mode, so that whatever was
    written survives a SIGKILL whole.
    """

    def __init__(self, directory: Path, process: str, role: str, bell: Bell) -> None:
        self._directory = directory
        self._process = process
        self.role = role
        self._bell = bell
        self._lock = threading.RLock()
        self._is_broken = False
        self._pid = -1
        self._forked_from: int | None = None
        self._fd = -1
        self._index = 0
        # A fork while another thread writes would leave the child with a lock that nobody will ever release.
        os.register_at_fork(after_in_child=self._forget)

    def append(self, kind: str, *, virtual_ns: int | None = None, **fields: object) -> None:
        """Write one fact down, stamped with the testbed's time and real time, and ring the bell.

        Never fails: it is called in the middle of a user's task, whose business our trouble is not.
        """
        # Before the lock: looking at a user's objects runs his code, and that may come back here.
        said = encode(fields)
        with self._lock, self._trouble_told():
            self._open_here()
            self._write(kind, said, virtual_ns)
        self._bell.ring()

    def begin(self) -> None:
        """Write down that this process is there, where it may have nothing else to say."""
        with self._lock, self._trouble_told():
            self._open_here()
        self._bell.ring()

    def become(self, role: str) -> None:
        """Say what this process turned out to be (a pool's child learns it only after the fork)."""
        self.role = role

    def ring(self) -> None:
        """Wake the reader without a fact: something outside the journals may have changed."""
        self._bell.ring()

    def close(self) -> None:
        """Let go of the file and the bell, where the process goes on without them."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = self._pid = -1
        self._bell.close()

    def _forget(self) -> None:
        """Begin anew in a child. What it came of is the nearest with a journal: its own parent may be gone by then."""
        self._lock = threading.RLock()
        if self._pid > 0:
            self._forked_from = self._pid
        self._pid = -1

    @contextlib.contextmanager
    def _trouble_told(self) -> Iterator[None]:
        """Say once, where the harness will find it, that facts are missing from here on."""
        try:
            yield
        except OSError as error:
            if not self._is_broken:
                self._is_broken = True
                with contextlib.suppress(OSError):  # what it prints may go to the same full disk
                    os.write(2, f"\n{BROKEN} {self._process}-{os.getpid()}: {error}\n".encode())

    def _open_here(self) -> None:
        """Open the journal of this process, if what is open is none or its parent's."""
        if self._pid == os.getpid():
            return
        if self._fd >= 0:
            os.close(self._fd)
        self._pid, self._index = os.getpid(), 0
        self._fd = self._create()
        about = {
            "process": self._process,
            "role": self.role,
            "pid": self._pid,
            "parent_pid": self._forked_from or os.getppid(),
            "host": socket.gethostname(),
        }
        self._write("ProcessStarted", encode(about))

    def _create(self) -> int:
        # Process ids come round again in a long campaign; a journal is never continued by somebody else.
        for again in range(1000):
            name = f"{self._process}-{self._pid}{f'.{again}' if again else ''}.jsonl"
            with contextlib.suppress(FileExistsError):
                return os.open(self._directory / name, _CREATE, 0o600)
        message = f"no free journal name for {self._process}-{self._pid} in {self._directory}"
        raise OSError(message)

    def _write(self, kind: str, said: bytes, virtual_ns: int | None = None) -> None:
        stamp = {
            "kind": kind,
            "source_index": self._index,
            "wall_ns": real_ns(),
            "virtual_ns": time.time_ns() if virtual_ns is None else virtual_ns,
        }
        self._index += 1
        line = encode(stamp)[:-1] + (b"," + said[1:] if said != b"{}" else b"}") + b"\n"
        if os.write(self._fd, line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def encode(line: dict[str, object]) -> bytes:
    """Turn a fact into JSON. What JSON cannot say, or says at too great a length, is described instead."""
    try:
        encoded = _encoder.encode(line).encode()
    except Exception:  # noqa: BLE001 - arguments are a user's objects, and looking at them runs his code
        encoded = _encoder.encode({name: _encodable(value) for name, value in line.items()}).encode()
    if len(encoded) > _LONGEST_LINE:
        encoded = _encoder.encode({name: _shortened(name, value) for name, value in line.items()}).encode()
    return encoded


def _describe(value: object) -> object:
    kind = type(value)
    return {"type": f"{kind.__module__}.{kind.__qualname__}", "repr": _repr(value)}


def _encodable(value: object) -> object:
    try:
        _encoder.encode(value).encode()
    except Exception:  # noqa: BLE001 - as above
        return _describe(value)
    return value


def _shortened(name: str, value: object) -> object:
    """Describe a long value where it may be anything; where the vocabulary gives it a form, cut its texts only."""
    return described(value) if name in _USERS_DATA else _cut(value)


def described(value: object) -> object:
    """Return data of a user's as JSON can say it; where it is long, what it begins with."""
    text = _encoder.encode(_encodable(value))
    if len(text.encode()) <= _LONGEST_VALUE:
        return _encodable(value)
    return {"length": len(text), "begins": text[:1024]}


def _cut(value: object) -> object:
    if isinstance(value, str) and len(value) > _LONGEST_VALUE:
        return f"{value[:_LONGEST_VALUE]}... ({len(value)} characters)"
    if isinstance(value, dict):
        return {key: _cut(part) for key, part in value.items()}
    return value


def _repr(value: object) -> str:
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - it is the user's code, and anything may be in it
        text = f"<its repr raised {type(error).__name__}>"
    return text.encode(errors="backslashreplace").decode()


# NaN and lone surrogates are no JSON: better described than a line that nobody can read.
_encoder = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_describe)

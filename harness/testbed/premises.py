"""The private folder of a testbed: where journals, logs and the two FIFOs are, and how its reader is woken.

journals/   one file per process, written by the processes themselves
logs/       what the processes print
files/      what the app keeps in files that its surroundings give it
bell        a byte arrives whenever there may be something new
orders      what the sender shall do, one JSON object a line
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.journal import (
    BELL,
    JOURNALS,
    ORDERS,
    PROCESS_VARIABLE,
    ROLE_VARIABLE,
    TESTBED_VARIABLE,
)
from harness.testbed.abandoned import PREFIX, own
from harness.testbed.readiness import await_ready

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from _typeshed import HasFileno

FILES = "files"
_LEAST_ROOM = 8 * 1024


@dataclass
class Premises:
    """A testbed's folder, made for its owner alone."""

    directory: Path
    _bell: int
    _orders: int
    lock: int  # whoever has it open owns the folder (`abandoned`)
    others: list[Path] = field(default_factory=list)  # folders elsewhere that go with this one
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _closing: threading.Lock = field(default_factory=threading.Lock)
    _is_closed: bool = False

    @classmethod
    def create(cls, directory: Path | None = None) -> Premises:
        """Make the folder and open both FIFOs, so that nobody who writes to them ever waits for a reader."""
        directory = directory or choose_directory()
        try:
            directory.mkdir(mode=0o700)
        except OSError as error:
            raise no_place(error) from error
        try:
            with contextlib.ExitStack() as undo:
                undo.callback(shutil.rmtree, directory, ignore_errors=True)
                for name in (JOURNALS, "logs", FILES, "tmp"):
                    (directory / name).mkdir(mode=0o700)
                undo.callback(os.close, bell := _fifo(directory / BELL))
                undo.callback(os.close, orders := _fifo(directory / ORDERS))
                premises = cls(directory, bell, orders, own(directory))
                undo.pop_all()
        except OSError as error:
            raise no_place(error) from error
        return premises

    @property
    def journals(self) -> Path:
        """Where processes write what they see."""
        return self.directory / JOURNALS

    @property
    def logs(self) -> Path:
        """Where what processes print is kept."""
        return self.directory / "logs"

    @property
    def files(self) -> Path:
        """Where the app keeps files that its surroundings give it."""
        return self.directory / FILES

    def environment(self, process: str, role: str, directory: Path | None = None) -> dict[str, str]:
        """Return what tells a process its name and where to write; `directory` is the folder's name as it sees it."""
        directory = directory or self.directory
        return {
            # Billiard's pools make folders of their own there, which nobody removes when a worker is killed.
            "TMPDIR": str(directory / "tmp"),
            TESTBED_VARIABLE: str(directory),
            PROCESS_VARIABLE: process,
            ROLE_VARIABLE: role,
        }

    def word_order(self, do: str, arguments: Mapping[str, object]) -> tuple[str, bytes]:
        """Return the name of a new order, under which the sender will answer, and its line."""
        name = f"order-{next(self._numbers)}"
        return name, json.dumps({"order": name, "do": do, "with": arguments}).encode() + b"\n"

    def pass_on(self, line: bytes) -> bytes:
        """Give the sender as much of a line as it can be given now, and return the rest."""
        with contextlib.suppress(BlockingIOError):  # the FIFO is full: nobody has read what it was given before
            while line:
                line = line[os.write(self._orders, line) :]
        return line

    def wait(self, others: Sequence[HasFileno], timeout_s: float, *, for_room: bool = False) -> None:
        """Sleep until the bell rings, one of the others has something to say, or the time is over.

        `for_room`: or until the sender can be given more.
        """
        ready = await_ready([self._bell, *others], timeout_s, [self._orders] if for_room else [])
        if self._bell in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._bell, 1 << 16)

    def ring(self) -> None:
        """Ring the bell ourselves, to wake the thread that waits for it."""
        with self._closing, contextlib.suppress(BlockingIOError):  # full: it has been rung
            if not self._is_closed:
                os.write(self._bell, b"!")

    def close(self) -> None:
        """Remove the folder and what goes with it, unless the supervisor has done so already."""
        with self._closing:  # another thread may be ringing
            if not self._is_closed:
                os.close(self._bell)
                os.close(self._orders)
            is_open, self._is_closed = not self._is_closed, True
        # The folder last: as long as it is there, a later testbed finds what was left, should this be cut short.
        for directory in (*self.others, self.directory):
            shutil.rmtree(directory, ignore_errors=True)
        if is_open:
            os.close(self.lock)

    def refuse_full_disk(self) -> None:
        """Fail when there is no room: journals would end in the middle, and the logs that could say so as well."""
        try:
            room = os.statvfs(self.directory)
        except OSError:  # the folder is gone; who needs it will say so
            return
        left = room.f_frsize * (room.f_bavail if os.geteuid() else room.f_bfree)
        if room.f_blocks and left < _LEAST_ROOM:
            raise HarnessError(
                f"room on the disk for the testbed's folder, {self.directory}",
                f"{os.strerror(errno.ENOSPC)}: {left} bytes are left",
                "make room there, or set TMPDIR to a folder on another disk",
            )


def choose_directory() -> Path:
    """Return where a testbed's folder may be made: a name that nobody has, and nobody can guess."""
    try:
        return Path(tempfile.gettempdir()) / f"{PREFIX}{secrets.token_hex(6)}"
    except OSError as error:
        raise no_place(error) from error


def no_place(error: OSError) -> HarnessError:
    """Say that temporary files cannot be made."""
    return HarnessError(
        "a folder for temporary files that can be written to",
        f"{error.strerror or error}",
        "make room there, or set TMPDIR to a folder that you may write to",
    )


def _fifo(path: Path) -> int:
    """Make a FIFO and open it both ways: without another end it then neither blocks nor ends."""
    os.mkfifo(path, 0o600)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

"""The private folder of a testbed: where journals, logs and the two FIFOs are, and how its reader is woken.

journals/   one file per process, written by the processes themselves
logs/       what the processes print
bell        a byte arrives whenever there may be something new
orders      what the sender shall do, one JSON object a line
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from harness.journal import (
    BELL,
    JOURNALS,
    ORDERS,
    PROCESS_VARIABLE,
    ROLE_VARIABLE,
    TESTBED_VARIABLE,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import HasFileno


@dataclass
class Premises:
    """A testbed's folder, made for its owner alone."""

    directory: Path
    _bell: int
    _orders: int
    others: list[Path] = field(default_factory=list)  # folders elsewhere that go with this one
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _closing: threading.Lock = field(default_factory=threading.Lock)
    _is_closed: bool = False

    @classmethod
    def create(cls) -> Premises:
        """Make the folder and open both FIFOs, so that nobody who writes to them ever waits for a reader."""
        directory = Path(tempfile.mkdtemp(prefix="canvas-harness-"))
        for name in (JOURNALS, "logs", "tmp"):
            (directory / name).mkdir(mode=0o700)
        return cls(directory, _fifo(directory / BELL), _fifo(directory / ORDERS))

    @property
    def journals(self) -> Path:
        """Where processes write what they see."""
        return self.directory / JOURNALS

    @property
    def logs(self) -> Path:
        """Where what processes print is kept."""
        return self.directory / "logs"

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

    def order(self, do: str, **arguments: object) -> str:
        """Give the sender an order and return the name under which it will answer."""
        name = f"order-{next(self._numbers)}"
        line = json.dumps({"order": name, "do": do, "with": arguments}).encode() + b"\n"
        while line:
            select.select([], [self._orders], [])
            line = line[os.write(self._orders, line) :]
        return name

    def wait(self, others: Sequence[HasFileno], timeout_s: float) -> None:
        """Sleep until the bell rings, one of the others has something to say, or the time is over."""
        watched: list[int | HasFileno] = [self._bell, *others]
        readable, _, _ = select.select(watched, [], [], max(0.0, timeout_s))
        if self._bell in readable:
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
            self._is_closed = True
        for directory in (self.directory, *self.others):
            shutil.rmtree(directory, ignore_errors=True)


def _fifo(path: Path) -> int:
    """Make a FIFO and open it both ways: without another end it then neither blocks nor ends."""
    os.mkfifo(path, 0o600)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

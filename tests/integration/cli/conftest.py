"""`harness` as a person runs it: a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MARK = "CANVAS_HARNESS_TEST_MARK"
PATIENCE_S = 20.0


def environment_of(pid: int) -> list[bytes]:
    """Return the variables of a process; none of one that has just ended."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


class Command:
    """One run of the command, and every process that came of it."""

    def __init__(
        self, arguments: tuple[str, ...], folder: Path, environment: dict[str, str], wrapper: tuple[str, ...]
    ) -> None:
        self.mark = uuid.uuid4().hex
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [*wrapper, sys.executable, "-P", "-m", "harness", *arguments],
            cwd=folder,
            env=os.environ | environment | {MARK: self.mark, "TMPDIR": str(folder / "tmp")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""

    def read_until(self, text: str) -> None:
        """Read its output up to the line that holds this text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if text in line:
                return
        pytest.fail(f"expected a line with {text!r}, found\n{self.output}")

    def finish(self) -> int:
        """Read the rest of its output and return its exit code."""
        assert self.process.stdout is not None
        self.output += self.process.stdout.read()
        self.process.stdout.close()
        return self.process.wait(PATIENCE_S)

    def family(self) -> dict[int, str]:
        """Return the processes that live and came of this command, itself left out."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if self.mark.encode() in (process / "environ").read_bytes() and int(process.name) != self.process.pid:
                    found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def process_of(self, name: str) -> int:
        """Return the first process of a testbed's part, which has started the others of that name."""
        mark = f"CANVAS_HARNESS_PROCESS={name}".encode()
        pids = [pid for pid in self.family() if mark in environment_of(pid)]
        (first,) = (pid for pid in pids if _parent(pid) not in pids)
        return first

    def await_end_of(self, family: dict[int, str]) -> None:
        """Wait, by the kernel's word, until all of these processes have ended."""
        deadline = time.monotonic() + PATIENCE_S
        for pid, command in family.items():
            with suppress(ProcessLookupError):
                handle = os.pidfd_open(pid)
                ended, _, _ = select.select([handle], [], [], max(0.0, deadline - time.monotonic()))
                os.close(handle)
                assert ended, f"still there: {command}"


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder in which the command is run; its temporary files go into `tmp` there."""
    (tmp_path / "tmp").mkdir()
    return tmp_path


@pytest.fixture
def harness(folder: Path) -> Iterator[Callable[..., Command]]:
    """Return what starts the command, and see that none of them lives on."""
    started: list[Command] = []

    def start(*arguments: str, wrapper: tuple[str, ...] = (), **environment: str) -> Command:
        started.append(Command(arguments, folder, environment, wrapper))
        return started[-1]

    yield start
    for command in started:
        if command.process.poll() is None:
            command.process.kill()
        assert command.process.stdout is not None
        command.process.stdout.close()
        command.process.wait(PATIENCE_S)

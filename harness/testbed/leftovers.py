"""What is left of a testbed whose supervisor was killed: found by the folder that its environment names."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

from harness.journal import TESTBED_VARIABLE


def processes_of(directory: Path) -> list[int]:
    """Return the processes that were started in, or by, the testbed with this folder."""
    mark = f"{TESTBED_VARIABLE}={directory}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is somebody else's
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found


def kill_processes_of(directory: Path) -> None:
    """Kill them, and what they start meanwhile."""
    while pids := processes_of(directory):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

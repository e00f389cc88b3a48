"""Processes that only burn CPU, each in a session of its own, so that the scheduler owes them their share."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Run so many of them for a block."""
    burner = [sys.executable, "-S", "-c", "while True: pass"]
    processes = [subprocess.Popen(burner, start_new_session=True) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()

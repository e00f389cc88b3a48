"""A process of plain Celery beside a testbed: does a round whenever it is told to, and says how long that took."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from harness.testbed.celery_commands import celery_environment

if TYPE_CHECKING:
    from harness.testbed.local import LocalTestbed


class Client:
    """Runs a program that prints `ready`, and for each line that it reads the seconds that a round took."""

    def __init__(self, testbed: LocalTestbed, program: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", program],
            env=celery_environment(testbed.inspector.server) | {"PATH": ""},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def round_s(self, arguments: object = None) -> float:
        """Have it do a round with these arguments, and return how long it took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

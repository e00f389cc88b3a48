"""However a pytest ends that has its nodes as processes: nothing of it is left."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Suite

# It says through a FIFO that its nodes are up, and then waits for nothing, which no clock can jump over.
WAITS = """
    import os, threading

    def test_waits(celery_setup):
        open(os.environ["UP"], "w").close()
        threading.Event().wait()
"""
PATIENCE_S = 30.0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda one: one.name)
def test_nothing_is_left(suite: Suite, monkeypatch: pytest.MonkeyPatch, number: signal.Signals) -> None:
    fifo = suite.folder / "up"
    os.mkfifo(fifo)
    monkeypatch.setenv("UP", str(fifo))
    suite.write("test_waits", WAITS)
    with suite.start("--testbed", "local", "test_waits.py") as process:
        try:
            fifo.open().close()
            assert len(suite.left()) > 5  # pytest, supervisor, clock, two Redis, a worker and its pool
            process.send_signal(number)
            process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
    deadline = time.monotonic() + PATIENCE_S
    while (left := suite.left()) and time.monotonic() < deadline:
        time.sleep(0.05)  # those that it had started hear of its end by themselves
    assert left == []

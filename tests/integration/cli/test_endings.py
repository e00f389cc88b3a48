"""However `harness run` ends, nothing of it is left: no process, no folder, no socket."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Command

# `down` takes 14 s of real time; nobody here waits for its end.
RUNNING = "TASK_A, attempt 1: HTTPError"


def left_in(folder: Path) -> list[str]:
    return [path.name for path in (folder / "tmp").iterdir()]


def test_after_its_end_nothing_is_left(harness: Callable[..., Command], folder: Path) -> None:
    command = harness("run", "happy")
    command.read_until("testbed up")
    assert len(command.family()) >= 6
    assert command.finish() == 0
    assert command.family() == {}
    assert left_in(folder) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_when_it_is_interrupted_it_takes_everything_with_it(
    number: signal.Signals, code: int, harness: Callable[..., Command], folder: Path
) -> None:
    command = harness("run", "down", "slow")
    command.read_until(RUNNING)
    command.process.send_signal(number)
    assert command.finish() == code
    assert "Traceback" not in command.output
    assert command.family() == {}
    assert left_in(folder) == []


@pytest.mark.parametrize("victim", ["the harness", "the supervisor", "both"])
def test_when_something_is_killed_nothing_outlives_it(
    victim: str, harness: Callable[..., Command], folder: Path
) -> None:
    command = harness("run", "down")
    command.read_until(RUNNING)
    family = command.family()
    supervisors = [pid for pid, line in family.items() if "harness.testbed.supervise" in line]
    assert len(supervisors) == 1
    if victim != "the harness":
        os.kill(supervisors[0], signal.SIGKILL)
    if victim != "the supervisor":
        command.process.kill()
    code = command.finish()
    command.await_end_of(family)
    assert command.family() == {}
    if victim == "the supervisor":
        assert code == 3
        assert "supervisor" in command.output
    if victim != "both":  # nobody is left who could remove it
        assert left_in(folder) == []

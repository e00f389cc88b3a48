"""However `harness run` ends, nothing of it is left: no process, no folder, no socket, no page of a clock."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Command

# In real time `down` takes 14 s, and nobody here waits for its end. In virtual time everything would be over before one
# has read that it runs: there it is ended as soon as the testbed is up, which is a third of the way.
RUNNING = {"real": "TASK_A, attempt 1: HTTPError", "virtual": "testbed up"}
SCENARIOS = {"real": ["down"], "virtual": ["down", "slow", "partial_fail"]}
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where testbeds have a private folder each

in_both_times = pytest.mark.parametrize("clock", RUNNING)


def left_in(folder: Path) -> list[str]:
    return [path.name for path in (folder / "tmp").iterdir()]


def pages_of(folder: Path) -> list[Path]:
    return [SHARED_MEMORY / name for name in left_in(folder) if (SHARED_MEMORY / name).exists()]


def test_after_its_end_nothing_is_left(harness: Callable[..., Command], folder: Path) -> None:
    command = harness("run", "happy")
    command.read_until("testbed up")
    pages = pages_of(folder)
    assert len(pages) == 1
    assert len(command.family()) >= 6
    assert command.finish() == 0
    assert command.family() == {}
    assert left_in(folder) == []
    assert not pages[0].exists()


@in_both_times
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_when_it_is_interrupted_it_takes_everything_with_it(
    number: signal.Signals, code: int, clock: str, harness: Callable[..., Command], folder: Path
) -> None:
    command = harness("run", *SCENARIOS[clock], "--clock", clock)
    command.read_until(RUNNING[clock])
    pages = pages_of(folder)
    assert len(pages) == (clock == "virtual")
    command.process.send_signal(number)
    assert command.finish() == code
    assert "Traceback" not in command.output
    assert command.family() == {}
    assert left_in(folder) == []
    assert not any(page.exists() for page in pages)


@in_both_times
@pytest.mark.parametrize("victim", ["the harness", "the supervisor", "both"])
def test_when_something_is_killed_nothing_outlives_it(
    victim: str, clock: str, harness: Callable[..., Command], folder: Path
) -> None:
    command = harness("run", *SCENARIOS[clock], "--clock", clock)
    command.read_until(RUNNING[clock])
    pages = pages_of(folder)
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
    if victim == "both":  # nobody is left who could remove it: the next run does
        assert harness("run", "happy").finish() == 0
    assert left_in(folder) == []
    assert not any(page.exists() for page in pages)

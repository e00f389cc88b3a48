"""What is killed on purpose is started again, by the supervisor, and the testbed is as good as before."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.faults import Fault
from harness.history.events import ProcessDied, ProcessStarted, WorkerStarted
from harness.history.redis_events import RecorderStarted
from harness.journal import PLEAS
from harness.run.run import carry_out
from harness.run.settling import Settler
from harness.scenario import Experiment, Surroundings
from harness.testbed.testbed import Capability

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from harness.history.events import AnyEvent
    from harness.scenario import Conditions, Scenario
    from harness.testbed.testbed import Testbed

    Fresh = Callable[..., AbstractContextManager[Testbed]]

PATIENCE_S = 60
SOME_FAULT = Fault(strike="kill_worker", point="taken", member=0)  # the happy pipeline's header comes to none of these


@pytest.fixture(scope="module", params=[False, True], ids=["keeps nothing", "keeps data"])
def testbed(fresh: Fresh, happy: Scenario, request: pytest.FixtureRequest) -> Iterator[Testbed]:
    """Return a testbed whose supervisor hears pleas."""
    scenario = replace(happy, faults=(SOME_FAULT,), surroundings=Surroundings(redis_keeps_data=request.param))
    with fresh(scenario) as testbed:
        if Capability.RESTART_REDIS not in testbed.capabilities:
            pytest.skip(f"{testbed.name} cannot restart what is killed")
        yield testbed


def plead(testbed: Testbed, **plea: str) -> bytes:
    """Ask the supervisor as a guest in a worker does; return what it answers."""
    folder = os.open(testbed.feed.journals.parent, os.O_PATH)
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(PATIENCE_S)
        door.connect(f"/proc/self/fd/{folder}/{PLEAS}")
        os.close(folder)
        door.sendall(json.dumps(plea).encode())
        return door.recv(1)


def await_event(testbed: Testbed, is_it: Callable[[AnyEvent], bool]) -> AnyEvent:
    """Return an event as soon as it is written down."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for event in testbed.feed.pull():
            if is_it(event):
                return event
        testbed.wait(1)
    raise AssertionError("it never came")


def test_redis_is_started_again_under_the_same_address_and_the_recorder_with_it(testbed: Testbed) -> None:
    testbed.feed.pull()
    assert plead(testbed, do="restart", name="redis") == b"!"
    await_event(testbed, lambda event: isinstance(event, RecorderStarted))
    assert testbed.backlog().unacked == 0  # it answers
    testbed.wait(0.1)
    assert [(death.name, death.expected) for death in testbed.deaths if death.role == "redis"] == [("redis", True)]


def test_a_worker_has_a_successor_with_a_name_of_its_own(testbed: Testbed) -> None:
    testbed.feed.pull()
    (before,) = testbed.workers
    assert plead(testbed, do="replace", name=before) == b"!"
    events: list[AnyEvent] = []

    def is_up(event: AnyEvent) -> bool:
        events.append(event)
        return isinstance(event, WorkerStarted)

    started = await_event(testbed, is_up)
    (after,) = testbed.workers
    assert after != before
    born = next(event for event in events if isinstance(event, ProcessStarted) and event.source == started.source)
    assert (born.process, born.role) == (after, "worker")
    died = next(event for event in events if isinstance(event, ProcessDied))
    assert (died.process, died.signal, died.expected) == (before, 9, True)


def test_who_asks_for_a_process_that_there_is_not_hears_no_answer(testbed: Testbed) -> None:
    assert plead(testbed, do="restart", name="postgres") == b""


def test_after_all_that_a_canvas_runs_as_before(
    testbed: Testbed, conditions: Conditions, happy: Scenario, tmp_path: Path
) -> None:
    run = carry_out(Experiment(scenario=happy, conditions=conditions), testbed, tmp_path / "run")
    assert run.is_as_expected, (run.settlement, run.discrepancies, run.surprises)
    assert Settler(testbed, lambda _: None).pull() is False
    if testbed.clock.name == "virtual":
        assert testbed.clock_reason is None


def test_a_testbed_without_faults_has_no_door(fresh: Fresh) -> None:
    with fresh() as testbed:
        assert not (testbed.feed.journals.parent / PLEAS).exists()

"""Workers that the harness adds, pauses and restarts in a testbed that lives, whatever it is made of."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from harness.history.attempt_events import AttemptStarted
from harness.history.events import CanvasSent, Delivered, ProcessStarted, WorkerStarted
from harness.journal import real_ns
from harness.run.run import carry_out
from harness.scenario import Experiment
from harness.testbed.testbed import Capability

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from harness.history.events import AnyEvent
    from harness.run.run import Run
    from harness.scenario import Conditions, Scenario
    from harness.testbed.supervised import SupervisedTestbed
    from harness.testbed.testbed import Testbed

    Fresh = Callable[..., AbstractContextManager[SupervisedTestbed]]

PATIENCE_S = 60


def skip_unless(testbed: Testbed, capability: Capability) -> None:
    if capability not in testbed.capabilities:
        pytest.skip(f"{testbed.name} cannot {capability.name.lower().replace('_', ' ')}")


def await_death(testbed: Testbed, name: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while name not in {death.name for death in testbed.deaths}:
        assert time.monotonic() < deadline, f"{name} did not die"
        testbed.wait(1)


def who_ran(run: Run) -> set[str]:
    """Return the workers that ran anything."""
    process_of = {event.source: event.process for event in run.history.events if isinstance(event, ProcessStarted)}
    return {process_of[event.source] for event in run.history.events if isinstance(event, AttemptStarted)}


def assert_time_is_as_before(testbed: Testbed, conditions: Conditions) -> None:
    if conditions.clock == "virtual":
        assert (testbed.clock.name, testbed.clock_reason) == ("virtual", None)


def test_a_worker_that_was_added_works_like_the_others(
    fresh: Fresh, conditions: Conditions, happy: Scenario, tmp_path: Path
) -> None:
    with fresh() as testbed:
        skip_unless(testbed, Capability.ADD_WORKER)
        assert testbed.add_worker() == "worker-2"
        assert testbed.workers == ("worker-1", "worker-2")
        # Alone, it does everything.
        testbed.kill_worker("worker-1")
        await_death(testbed, "worker-1")
        assert testbed.workers == ("worker-2",)
        run = carry_out(Experiment(scenario=happy, conditions=conditions), testbed, tmp_path / "run")
        assert_time_is_as_before(testbed, conditions)
    assert run.is_as_expected, (run.settlement, run.discrepancies, run.surprises)
    assert who_ran(run) == {"worker-2"}


def test_a_worker_may_come_while_a_canvas_runs_and_no_time_is_jumped_over_meanwhile(
    fresh: Fresh, conditions: Conditions, slow: Scenario, tmp_path: Path
) -> None:
    with fresh() as testbed:
        skip_unless(testbed, Capability.ADD_WORKER)
        added: list[str] = []

        def add_when_a_has_started(events: Sequence[AnyEvent]) -> None:
            if not added and any(isinstance(event, AttemptStarted) and event.task == "TASK_A" for event in events):
                added.append(testbed.add_worker())

        experiment = Experiment(scenario=slow, conditions=conditions)
        run = carry_out(experiment, testbed, tmp_path / "run", add_when_a_has_started)
        assert_time_is_as_before(testbed, conditions)
    assert added == ["worker-2"]
    assert run.is_as_expected, (run.settlement, run.discrepancies, run.surprises)
    own = [event for event in run.history.events if event.source.startswith("worker-2-")]
    born, consumes = (
        next(event for event in own if isinstance(event, kind)) for kind in (ProcessStarted, WorkerStarted)
    )
    took_s = [(consumes.virtual_ns - born.virtual_ns) / 1e9, (consumes.wall_ns - born.wall_ns) / 1e9]
    assert took_s[0] == pytest.approx(took_s[1], abs=0.05)


def test_a_worker_that_is_paused_does_nothing_until_it_is_resumed(
    fresh: Fresh, conditions: Conditions, happy: Scenario, tmp_path: Path
) -> None:
    with fresh() as testbed:
        skip_unless(testbed, Capability.PAUSE_WORKER)
        testbed.pause_worker("worker-1")
        pid = testbed.pids()["worker-1"]
        assert [state_of(one) for one in family_of(pid)] == ["T"] * (1 + conditions.concurrency)
        resumed_ns: list[int] = []

        def resume_when_sent(events: Sequence[AnyEvent]) -> None:
            if any(isinstance(event, CanvasSent) for event in events):
                resumed_ns.append(real_ns())
                testbed.resume_worker("worker-1")

        run = carry_out(Experiment(scenario=happy, conditions=conditions), testbed, tmp_path / "run", resume_when_sent)
        assert "T" not in [state_of(one) for one in family_of(pid)]
        assert_time_is_as_before(testbed, conditions)
    assert run.is_as_expected, (run.settlement, run.discrepancies, run.surprises)
    delivered = [event.wall_ns for event in run.history.events if isinstance(event, Delivered)]
    assert min(delivered) > resumed_ns[0]


def family_of(pid: int) -> list[int]:
    """Return a process and its children."""
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def state_of(pid: int) -> str:
    """Return the state of a process once a stop that was sent to it has reached it."""
    deadline = time.monotonic() + 1
    while (state := Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]) == "R":
        if time.monotonic() > deadline:
            break
    return state


def test_who_was_restarted_has_a_process_name_of_its_own_and_the_same_name_to_celery(
    fresh: Fresh, conditions: Conditions, happy: Scenario, tmp_path: Path
) -> None:
    with fresh() as testbed:
        skip_unless(testbed, Capability.RESTART_WORKER)
        assert testbed.restart_worker("worker-1") == "worker-1.2"
        assert testbed.restart_worker("worker-1.2") == "worker-1.3"
        assert testbed.workers == ("worker-1.3",)
        run = carry_out(Experiment(scenario=happy, conditions=conditions), testbed, tmp_path / "run")
        assert_time_is_as_before(testbed, conditions)
        assert {"worker-1", "worker-1.2", "worker-1.3"} <= set(testbed.logs())
    assert run.is_as_expected, (run.settlement, run.discrepancies, run.surprises)
    assert who_ran(run) == {"worker-1.3"}
    names = [event.hostname for event in run.history.events if isinstance(event, WorkerStarted)]
    assert len(names) == 3
    assert {name.partition("@")[0] for name in names} == {"worker-1"}


def test_a_worker_that_there_is_not_is_named_with_those_that_live(fresh: Fresh) -> None:
    with fresh() as testbed:
        for order in (testbed.restart_worker, testbed.pause_worker, testbed.resume_worker):
            with pytest.raises(HarnessError) as caught:
                order("worker-7")
            assert (caught.value.found, caught.value.remedy) == ("worker-7", "name one of worker-1")

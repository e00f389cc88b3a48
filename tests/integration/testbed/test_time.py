"""What a local testbed does with time: it jumps while a run settles, and then only; or it is real, for a reason."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.clock.virtual_clock import VirtualClock
from harness.history.attempt_events import AttemptStarted
from harness.history.events import ClockMoved, Delivered, Expired, ProcessDied, Sent
from harness.history.outstanding import Outstanding
from harness.history.redis_events import Acked
from harness.run.run import carry_out
from harness.run.settling import Settler
from harness.scenario import Canvas, Conditions, Experiment
from harness.testbed.choose import make_testbed
from harness.testbed.redis_server import find_program
from harness.testbed.testbed import Capability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.history.events import AnyEvent
    from harness.run.run import Run
    from harness.scenario import Scenario
    from harness.testbed.testbed import Testbed

HOUR_S = 3600


@pytest.fixture(scope="module")
def here(request: pytest.FixtureRequest) -> Conditions:
    """Return conditions for a local testbed; skip where others, or another clock, are asked for."""
    if request.config.getoption("--testbed") == "containers":
        pytest.skip("only containers were asked for")
    if request.config.getoption("--clock") == "real":
        pytest.skip("only real time was asked for")
    return Conditions(redis_server=request.config.getoption("--redis-server"))


@contextmanager
def started(scenario: Scenario, conditions: Conditions) -> Iterator[Testbed]:
    testbed = make_testbed(scenario, conditions)
    testbed.start()
    try:
        yield testbed
    finally:
        testbed.stop()


@pytest.fixture(scope="module")
def delayed(here: Conditions, happy: Scenario) -> Iterator[Testbed]:
    """Return a testbed for the app in this folder, an hour after its start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        with started(replace(happy, app="delayed_app:app", service=None), here) as testbed:
            testbed.clock.advance(HOUR_S)
            yield testbed


def sent_with(testbed: Testbed, happy: Scenario, path: Path, **options: float) -> Run:
    canvas = Canvas(call="delayed_app:sent_with", arguments=options)
    scenario = replace(happy, app="delayed_app:app", service=None, canvas=canvas)
    return carry_out(Experiment(scenario=scenario, conditions=Conditions()), testbed, path)


def came_after(run: Run, kind: type[AnyEvent], seconds: float) -> bool:
    """Say whether something happened so long after the message was made, by the testbed's clock.

    Never before; and time jumped over no more than that, so it was late by the real time only that the work took.
    """
    sent = next(event for event in run.history.events if isinstance(event, Sent))
    came = next(event for event in run.history.events if isinstance(event, kind))
    assert sent.eta is not None
    early_s = datetime.fromisoformat(sent.eta).timestamp() - came.virtual_ns / 1e9
    skipped_s = (came.virtual_ns - sent.virtual_ns - (came.wall_ns - sent.wall_ns)) / 1e9
    return early_s < 0.005 and seconds / 2 < skipped_s < seconds + 0.02


def test_a_countdown_is_kept(delayed: Testbed, happy: Scenario, tmp_path: Path) -> None:
    run = sent_with(delayed, happy, tmp_path / "run", countdown=10)
    assert came_after(run, AttemptStarted, 10)


def test_what_expires_before_its_countdown_is_over_never_runs(
    delayed: Testbed, happy: Scenario, tmp_path: Path
) -> None:
    run = sent_with(delayed, happy, tmp_path / "run", countdown=31, expires=30)
    assert run.history.attempts() == ()
    assert came_after(run, Expired, 31)  # Celery looks when the countdown is over


def test_what_expires_after_its_countdown_is_over_runs(delayed: Testbed, happy: Scenario, tmp_path: Path) -> None:
    run = sent_with(delayed, happy, tmp_path / "run", countdown=29, expires=30)
    assert came_after(run, AttemptStarted, 29)


def test_half_an_hour_passes_in_a_moment(delayed: Testbed, happy: Scenario, tmp_path: Path) -> None:
    canvas = Canvas(call="delayed_app:sent_with", arguments={"countdown": HOUR_S / 2})
    scenario = replace(happy, app="delayed_app:app", service=None, canvas=canvas, budget_s=HOUR_S)
    run = carry_out(Experiment(scenario=scenario, conditions=Conditions()), delayed, tmp_path / "run")
    assert came_after(run, AttemptStarted, HOUR_S / 2)


def test_time_jumps_while_a_run_settles_and_at_no_other_time(
    here: Conditions, happy: Scenario, slow: Scenario, tmp_path: Path
) -> None:
    with started(happy, here) as testbed:
        clock = testbed.clock
        assert isinstance(clock, VirtualClock)
        assert Capability.VIRTUAL_TIME in testbed.capabilities
        assert testbed.clock_reason is None
        assert (clock.is_held(), clock.offset_ns()) == (True, 0)
        run = carry_out(Experiment(scenario=slow, conditions=here), testbed, tmp_path / "run")
        offset_ns = clock.offset_ns()
        assert clock.is_held()
        assert not clock.is_at_limit()
        moves = [event for event in run.history.events if isinstance(event, ClockMoved)]
        assert [move.offset_ns for move in moves] == [offset_ns]
        assert moves[0].skipped_s == pytest.approx(offset_ns / 1e9)
        assert run.timing.virtual_s >= 34  # four read time-outs of 5 s, and delays of 2, 4 and 8 s
        testbed.order("answer", workers=1)
        testbed.wait(5)
        assert clock.offset_ns() == offset_ns
        page = clock.directory
        assert (page.stat().st_mode & 0o777) == 0o700
    assert not page.exists()


def test_a_runs_events_are_in_the_order_in_which_they_happened(
    here: Conditions, slow: Scenario, tmp_path: Path
) -> None:
    with started(slow, here) as testbed:
        first, second = (
            carry_out(Experiment(scenario=slow, conditions=here), testbed, tmp_path / name) for name in "ab"
        )
    for run in (first, second):
        assert run.is_as_expected, run.discrepancies
        by_wall = sorted(run.history.events, key=lambda event: event.wall_ns)
        # The recorder writes down later what Redis did, and stamps it with Redis's time.
        own = [event for event in by_wall if not event.source.startswith("recorder")]
        assert all(left.virtual_ns <= right.virtual_ns + 2_000_000 for left, right in pairwise(own))


def test_what_a_killed_worker_held_is_a_loss_and_its_death_is_stamped_with_the_testbeds_time(
    here: Conditions, slow: Scenario
) -> None:
    with started(slow, here) as testbed:
        testbed.clock.advance(60)
        events: list[AnyEvent] = list(testbed.feed.founding_events)
        settler = Settler(testbed, events.extend)
        order = testbed.order("send", canvas=asdict(slow.canvas))
        deadline = time.monotonic() + 20
        while not settler.carried_out(order, 20) or not is_all_that_runs(events, "TASK_A"):
            assert time.monotonic() < deadline, events
            testbed.wait(1)
        testbed.kill_worker("worker-1")  # the clock is held, so A still waits for its answer
        settlement = settler.settle([order], 120)
    assert settlement.ending == "settled with loss", settlement.reason
    assert [left.task for left in settlement.left] == ["TASK_A"]
    began = next(event for event in events if isinstance(event, Sent))
    died = next(event for event in events if isinstance(event, ProcessDied))
    assert 0 <= died.virtual_ns - began.virtual_ns < 200 * 1e9
    assert died.virtual_ns - died.wall_ns == pytest.approx(began.virtual_ns - began.wall_ns, abs=150 * 1e9)


def is_all_that_runs(events: list[AnyEvent], task: str) -> bool:
    """Say whether one task runs and nothing else does, and its message is acknowledged, so that it will not come back.

    A task starts while the one that sent it still has its own books to close: killed then, both would be lost.
    """
    outstanding = Outstanding()
    outstanding.see_all(events)
    tags = {event.delivery_tag for event in events if isinstance(event, Delivered) and event.task == task}
    acked = {event.delivery_tag for event in events if isinstance(event, Acked)}
    started = any(isinstance(event, AttemptStarted) and event.task == task for event in events)
    return started and bool(tags & acked) and [left.task for left in outstanding.unfinished()] == [task]


def test_a_redis_that_is_not_under_the_clock_makes_time_real(here: Conditions, happy: Scenario, tmp_path: Path) -> None:
    program = tmp_path / "redis-server"
    program.write_text(f'#!/bin/sh\nunset LD_PRELOAD\nexec {find_program(here.redis_server)} "$@"\n')
    program.chmod(0o700)
    conditions = replace(here, redis_server=str(program))
    with started(happy, conditions) as testbed:
        assert testbed.clock.name == "real"
        assert testbed.clock_reason is not None
        assert "did not load the clock library" in testbed.clock_reason
        assert Capability.VIRTUAL_TIME not in testbed.capabilities
        run = carry_out(Experiment(scenario=happy, conditions=conditions), testbed, tmp_path / "run")
        assert run.is_as_expected, run.discrepancies
        assert (run.timing.clock, run.timing.reason) == ("real", testbed.clock_reason)


def test_an_autojump_loop_that_does_not_start_makes_time_real(
    here: Conditions, happy: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = [sys.executable, "-c", "raise SystemExit(7)"]
    monkeypatch.setattr(VirtualClock, "autojump_command", lambda *_, **__: fails)
    wait = VirtualClock.await_autojump
    monkeypatch.setattr(VirtualClock, "await_autojump", lambda clock: wait(clock, 0.1))
    with started(happy, here) as testbed:
        assert testbed.clock.name == "real"
        assert testbed.clock_reason is not None
        run = carry_out(Experiment(scenario=happy, conditions=here), testbed, tmp_path / "run")
    assert run.is_as_expected, run.discrepancies


def test_real_time_that_was_asked_for_needs_no_reason(here: Conditions, happy: Scenario, tmp_path: Path) -> None:
    with started(happy, replace(here, clock="real")) as testbed:
        assert (testbed.clock.name, testbed.clock_reason) == ("real", None)
        assert "clock" not in testbed.logs()
        run = carry_out(Experiment(scenario=happy, conditions=here), testbed, tmp_path / "run")
    assert not any(isinstance(event, ClockMoved) for event in run.history.events)

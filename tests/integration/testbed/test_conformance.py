"""What every testbed must do, whatever it is made of."""

from __future__ import annotations

import os
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import UsageError
from harness.history.attempt_events import AttemptClosed, AttemptStarted
from harness.history.events import ConnectionOpened, Delivered, ProcessDied, ProcessStarted, Sent, WorkerStarted
from harness.history.redis_events import Acked, BodyClaimed, ChordCounted, Queued, RecorderStarted
from harness.run.run import carry_out
from harness.scenario import POOLS, Experiment
from harness.testbed.choose import make_testbed
from harness.testbed.testbed import Capability

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from harness.history.events import AnyEvent
    from harness.scenario import Conditions, Scenario
    from harness.testbed.testbed import Testbed

    Fresh = Callable[..., AbstractContextManager[Testbed]]


def experiment(scenario: Scenario, conditions: Conditions) -> Experiment:
    return Experiment(scenario=scenario, conditions=conditions)


def test_a_canvas_runs_to_its_end_and_everything_about_it_is_recorded(
    shared: Testbed, conditions: Conditions, happy: Scenario, tmp_path: Path
) -> None:
    run = carry_out(experiment(happy, conditions), shared, tmp_path / "run")
    assert run.settlement.ending == "settled"
    assert run.discrepancies == ()
    kinds = {type(event) for event in run.history.events}
    assert {WorkerStarted, RecorderStarted, Sent, Queued, AttemptStarted, ChordCounted} <= kinds


def test_a_second_run_on_the_same_testbed_holds_nothing_of_the_first(
    shared: Testbed, conditions: Conditions, happy: Scenario, tmp_path: Path
) -> None:
    first = carry_out(experiment(happy, conditions), shared, tmp_path / "first")
    second = carry_out(experiment(happy, conditions), shared, tmp_path / "second")
    ids = [{sent.task_id for sent in run.history.events if isinstance(sent, Sent)} for run in (first, second)]
    assert len(ids[0]) == len(ids[1]) == 6
    assert not ids[0] & ids[1]
    # Who the processes are was said before either run began.
    for run in (first, second):
        assert {"worker", "recorder"} <= {
            event.role for event in run.history.events if isinstance(event, ProcessStarted)
        }


def test_every_command_of_redis_can_be_put_down_to_a_process(
    shared: Testbed, conditions: Conditions, happy: Scenario, tmp_path: Path
) -> None:
    run = carry_out(experiment(happy, conditions), shared, tmp_path / "run")
    opened = {event.address for event in run.history.events if isinstance(event, ConnectionOpened)}
    clients = {event.client for event in run.history.events if isinstance(event, Queued | ChordCounted | BodyClaimed)}
    assert clients
    assert clients <= opened


def test_two_testbeds_side_by_side_do_not_disturb_each_other(
    shared: Testbed, fresh: Fresh, conditions: Conditions, happy: Scenario, tmp_path: Path
) -> None:
    with fresh() as other:
        order = other.order("send", canvas=asdict(happy.canvas))
        run = carry_out(experiment(happy, conditions), shared, tmp_path / "here")
        there = carry_out(experiment(happy, conditions), other, tmp_path / "there")
    assert order
    assert len([event for event in run.history.events if isinstance(event, Sent)]) == 6
    # The other one ran its own two canvases, and all of both.
    assert len([event for event in there.history.events if isinstance(event, Sent)]) == 12


@pytest.mark.parametrize("pool", POOLS)
def test_every_pool_runs_the_canvas(
    pool: str, fresh: Fresh, conditions: Conditions, happy: Scenario, tmp_path: Path
) -> None:
    with fresh(pool=pool, workers=2) as testbed:
        run = carry_out(experiment(happy, replace(conditions, pool=pool, workers=2)), testbed, tmp_path / "run")
    assert run.is_as_expected, run.discrepancies
    started = [event for event in run.history.events if isinstance(event, WorkerStarted)]
    assert [event.pool for event in started] == [{"threads": "thread"}.get(pool, pool)] * 2


def test_without_the_recorder_a_run_is_the_same_but_for_redis(
    fresh: Fresh, conditions: Conditions, happy: Scenario, tmp_path: Path
) -> None:
    with fresh(records_commands=False) as testbed:
        run = carry_out(experiment(happy, replace(conditions, records_commands=False)), testbed, tmp_path / "run")
    assert run.is_as_expected, run.discrepancies
    assert not any(isinstance(event, Queued | RecorderStarted) for event in run.history.events)


def test_a_worker_killed_in_the_middle_of_a_task_is_a_loss_that_is_named(
    fresh: Fresh, conditions: Conditions, slow: Scenario, tmp_path: Path
) -> None:
    # In real time: a virtual clock would jump over A's five seconds before we have reacted to its start.
    with fresh(clock="real") as testbed:
        if Capability.KILL_WORKER not in testbed.capabilities:
            pytest.skip(f"{testbed.name} cannot kill a worker")
        run = carry_out(experiment(slow, conditions), testbed, tmp_path / "run", KillWhoeverRunsA(testbed))
        assert testbed.workers == ()
    # Celery acknowledges a message when its task starts, unless it is told otherwise: nobody will run A again.
    assert run.settlement.ending == "settled with loss"
    assert [(left.task, left.where) for left in run.settlement.left] == [("TASK_A", "was with worker-1, which died")]
    assert run.outcome.kind == "incomplete"
    deaths = [event for event in run.history.events if isinstance(event, ProcessDied)]
    assert [(death.process, death.signal, death.expected) for death in deaths] == [("worker-1", 9, True)]


def test_what_a_killed_worker_held_is_a_loss_although_others_live(
    fresh: Fresh, conditions: Conditions, slow: Scenario, tmp_path: Path
) -> None:
    with fresh(clock="real", workers=2) as testbed:
        if Capability.KILL_WORKER not in testbed.capabilities:
            pytest.skip(f"{testbed.name} cannot kill a worker")
        run = carry_out(experiment(slow, conditions), testbed, tmp_path / "run", KillWhoeverRunsA(testbed))
        assert len(testbed.workers) == 1
    assert run.settlement.ending == "settled with loss"
    assert [left.task for left in run.settlement.left] == ["TASK_A"]


class KillWhoeverRunsA:
    """Kills the worker that runs A, once `start` is done with and A's message is acknowledged.

    A starts while the process that ran `start` still stores its result: killed then, `start` would be lost as well. And
    it starts a moment before its message is acknowledged: killed then, A would come back when Redis's broker has waited
    for an hour.
    """

    def __init__(self, testbed: Testbed) -> None:
        self._testbed = testbed
        self._process_of: dict[str, str] = {}
        self._is_start_closed = False
        self._tag: str | None = None
        self._acked: set[str] = set()
        self._victim: str | None = None

    def __call__(self, events: Sequence[AnyEvent]) -> None:
        """Follow the run."""
        for event in events:
            match event:
                case ProcessStarted():
                    self._process_of[event.source] = event.process
                case AttemptClosed(task="start"):
                    self._is_start_closed = True
                case Delivered(task="TASK_A"):
                    self._tag = event.delivery_tag
                case Acked():
                    self._acked.add(event.delivery_tag)
                case AttemptStarted(task="TASK_A"):
                    self._victim = self._process_of[event.source]
                case _:
                    pass
        if self._is_start_closed and self._victim is not None and self._tag in self._acked:
            self._testbed.kill_worker(self._victim)
            self._victim = None


def test_a_run_that_does_not_end_in_its_budget_says_what_it_waited_for(
    fresh: Fresh, conditions: Conditions, slow: Scenario, tmp_path: Path
) -> None:
    with fresh() as testbed:
        run = carry_out(experiment(replace(slow, budget_s=1.5), conditions), testbed, tmp_path / "run")
    assert run.settlement.ending == "timed out"
    assert re.search(r"TASK_A\[.*\], retry 0: running in worker-1", run.settlement.reason)


def test_an_app_that_cannot_be_imported_is_its_authors_trouble(conditions: Conditions, happy: Scenario) -> None:
    testbed = make_testbed(replace(happy, app="scenarios.pipeline.no_such_app:app"), conditions)
    with pytest.raises(UsageError, match="no_such_app"):
        testbed.start()
    assert testbed.deaths == []  # it has been stopped, and knows nothing any more


def test_a_canvas_that_cannot_be_made_is_told_with_its_exception(
    shared: Testbed, conditions: Conditions, happy: Scenario, tmp_path: Path
) -> None:
    broken = replace(happy, canvas=replace(happy.canvas, arguments={"raw": "text", "scenario": "no such scenario"}))
    with pytest.raises(UsageError, match="no such scenario"):
        carry_out(experiment(broken, conditions), shared, tmp_path / "run")
    # The testbed is as good as before.
    assert carry_out(experiment(happy, conditions), shared, tmp_path / "next").is_as_expected


def test_logs_are_kept_and_hold_no_password(
    fresh: Fresh, conditions: Conditions, happy: Scenario, tmp_path: Path
) -> None:
    with fresh() as testbed:
        directory = testbed.feed.journals.parent
        carry_out(experiment(happy, conditions), testbed, tmp_path / "run")
        assert {"redis", "worker-1", "sender", "service", "recorder"} <= set(testbed.logs())
        password = testbed.inspector.server.password
        assert len(password) >= 24
        kept = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
        assert len(kept) > 8
        assert [path for path in kept if password in path.read_text(errors="replace")] == []
    assert not directory.exists()


def test_stopping_leaves_no_process_and_no_folder(fresh: Fresh) -> None:
    with fresh() as testbed:
        directory = testbed.feed.journals.parent
        assert (directory.stat().st_mode & 0o777) == 0o700
        assert processes_that_name(directory)
    assert processes_that_name(directory) == []
    assert not directory.exists()
    testbed.stop()  # once more does no harm


def processes_that_name(directory: Path) -> list[str]:
    """Return the processes whose environment or command line names a testbed's folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(directory) in told:
            found.append((process / "cmdline").read_bytes().decode(errors="replace"))
    return found

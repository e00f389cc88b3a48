"""RabbitMQ as the broker, results in Redis: what is recorded, what `settled` means, and what comes back."""

from __future__ import annotations

import os
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from harness.history.attempt_events import AttemptStarted
from harness.history.events import BrokerStarted, Delivered, ProcessStarted, Published, WorkersAnswered
from harness.history.redis_events import Acked, ChordCounted, Queued, ResultStored, Unacked
from harness.run.run import carry_out
from harness.run.settling import Settler
from harness.scenario import Canvas, Conditions, Experiment
from harness.testbed.containers import ContainerTestbed, unavailable
from harness.testbed.engine import connect
from harness.testbed.images import RABBITMQ_IMAGE, is_here
from harness.testbed.timekeeping import BEYOND_CLOCKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.history.events import AnyEvent
    from harness.run.run import Run
    from harness.scenario import Scenario

PATIENCE_S = 60


@pytest.fixture(scope="module")
def here(request: pytest.FixtureRequest) -> Conditions:
    """Return conditions with RabbitMQ; skip, with the reason, where there can be none."""
    option = request.config.getoption
    if option("--testbed") == "local":
        pytest.skip("only local testbeds were asked for")
    in_ci = bool(os.environ.get("CI"))
    if reason := unavailable():
        (pytest.fail if in_ci else pytest.skip)(f"no containers here: {reason}")
    # In CI it is pulled.
    if not in_ci and not is_here(name := RABBITMQ_IMAGE.name(option("--rabbitmq-image"))):
        pytest.skip(f"no RabbitMQ here: the image {name} is not on this machine")
    return Conditions(testbed="containers", broker="rabbitmq", rabbitmq_image=option("--rabbitmq-image"))


@contextmanager
def started(scenario: Scenario, conditions: Conditions) -> Iterator[ContainerTestbed]:
    testbed = ContainerTestbed(scenario.app, conditions, scenario.service, scenario.surroundings)
    testbed.start()
    try:
        yield testbed
    finally:
        testbed.stop()


@pytest.fixture(scope="module")
def shared_testbed(here: Conditions, happy: Scenario) -> Iterator[ContainerTestbed]:
    """Return a testbed that several tests use one after another."""
    with started(happy, here) as testbed:
        yield testbed


@pytest.fixture
def run(shared_testbed: ContainerTestbed, here: Conditions, happy: Scenario, tmp_path: Path) -> Run:
    """Return a run of the happy pipeline."""
    return carry_out(Experiment(scenario=happy, conditions=here), shared_testbed, tmp_path / "run")


def test_a_canvas_runs_to_its_end_in_real_time_and_the_run_says_why(run: Run, shared_testbed: ContainerTestbed) -> None:
    assert run.is_as_expected, (run.settlement, run.discrepancies, run.surprises)
    assert (run.timing.clock, run.timing.reason) == ("real", BEYOND_CLOCKS)
    assert "rabbitmq image" in shared_testbed.description


def test_what_workers_see_and_what_redis_sees_is_recorded_and_nothing_is_said_of_queues(run: Run) -> None:
    (broker,) = run.history.all_of(BrokerStarted)
    assert broker.product == "RabbitMQ"
    assert broker.version[0].isdigit()
    kinds = {type(event) for event in run.history.events}
    assert {Published, Delivered, AttemptStarted, ResultStored, ChordCounted} <= kinds
    assert not {Queued, Unacked, Acked} & kinds


def test_no_password_is_kept(run: Run, shared_testbed: ContainerTestbed) -> None:
    told = (shared_testbed.premises.directory / "rabbitmq" / "rabbitmq.conf").read_text()
    password = next(line.partition(" = ")[2] for line in told.splitlines() if line.startswith("default_pass"))
    assert len(password) >= 24
    kept = [path for path in run.directory.rglob("*") if path.is_file()]
    assert len(kept) > 8
    assert [path for path in kept if password in path.read_text(errors="replace")] == []


def test_a_message_that_nobody_takes_is_counted_in_its_queue(here: Conditions, happy: Scenario) -> None:
    with started(happy, here) as testbed:
        assert testbed.backlog().is_empty
        testbed.kill_worker("worker-1")
        await_death(testbed, "worker-1")
        settler = Settler(testbed, lambda _: None)
        assert settler.carried_out(testbed.order("send", canvas=canvas_of(happy)), PATIENCE_S)
        await_backlog(testbed, {"celery": 1})
        assert testbed.backlog().may_move({"celery"})
        assert testbed.backlog().lingering == 0


def canvas_of(scenario: Scenario) -> dict[str, object]:
    assert isinstance(scenario.canvas, Canvas)
    return {"call": scenario.canvas.call, "arguments": dict(scenario.canvas.arguments), "kind": "built"}


def await_death(testbed: ContainerTestbed, name: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while name not in {death.name for death in testbed.deaths}:
        assert time.monotonic() < deadline, f"{name} did not die"
        testbed.wait(1)


def await_backlog(testbed: ContainerTestbed, queued: dict[str, int]) -> None:
    """Return when RabbitMQ holds this: it counts a message some time after it was handed to it."""
    deadline = time.monotonic() + PATIENCE_S
    while testbed.backlog().queued != queued or testbed.backlog().lingering:
        assert time.monotonic() < deadline, testbed.backlog()
        testbed.wait(0.01)


class KillWhoeverRuns:
    """Kills the worker that first starts a task; or, if it is to be `acknowledged`, when that must have gone out.

    A worker acknowledges from its main loop, which has gone round when it has answered.
    """

    def __init__(self, testbed: ContainerTestbed, *, acknowledged: bool = False) -> None:
        self._testbed = testbed
        self._is_awaited = acknowledged
        founding = testbed.feed.founding_events
        self._process_of = {event.source: event.process for event in founding if isinstance(event, ProcessStarted)}
        self._order: str | None = None
        self.victim: str | None = None

    def __call__(self, events: Sequence[AnyEvent]) -> None:
        """Follow the run."""
        for event in events:
            match event:
                case ProcessStarted():
                    self._process_of[event.source] = event.process
                case AttemptStarted() if self.victim is None:
                    self.victim = self._process_of[event.source]
                    if self._is_awaited:
                        self._order = self._testbed.order("answer", workers=len(self._testbed.workers))
                    else:
                        self._testbed.kill_worker(self.victim)
                case WorkersAnswered() if event.order == self._order and self.victim is not None:
                    self._testbed.kill_worker(self.victim)
                case _:
                    pass


def lasting(happy: Scenario, task: str) -> Scenario:
    """Return the scenario of one task that lasts longer than its run may, unless its worker is killed."""
    canvas = Canvas(call="late_app:one", arguments={"task": task})
    return replace(happy, app="late_app:app", service=None, canvas=canvas, expected=None, laws=(), budget_s=90)


def test_what_a_killed_worker_had_not_acknowledged_comes_back_at_once(
    here: Conditions, happy: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    scenario = lasting(happy, "late")
    with started(scenario, replace(here, workers=2)) as testbed:
        kill = KillWhoeverRuns(testbed)
        run = carry_out(Experiment(scenario=scenario, conditions=here), testbed, tmp_path / "run", kill)
        assert len(testbed.workers) == 1
    assert run.settlement.ending == "settled", run.settlement.reason
    assert run.outcome.kind == "success"
    assert [event.redelivered for event in run.history.all_of(Delivered)] == [False, True]
    assert run.violations == ()


def test_what_a_killed_worker_had_acknowledged_is_a_loss_although_others_live(
    here: Conditions, happy: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    scenario = lasting(happy, "early")
    with started(scenario, replace(here, workers=2)) as testbed:
        kill = KillWhoeverRuns(testbed, acknowledged=True)
        run = carry_out(Experiment(scenario=scenario, conditions=here), testbed, tmp_path / "run", kill)
        assert len(testbed.workers) == 1
    assert run.settlement.ending == "settled with loss"
    assert [(left.task, left.where) for left in run.settlement.left] == [
        ("late_app.early", f"was with {kill.victim}, which died")
    ]
    assert "RabbitMQ: queues empty" in run.settlement.reason


def test_a_rabbitmq_that_dies_is_trouble_that_is_named(here: Conditions, happy: Scenario, tmp_path: Path) -> None:
    with started(happy, here) as testbed:
        with closing(connect()) as engine:
            engine.api.kill(f"{testbed.premises.directory.name}-rabbitmq", "SIGKILL")
        await_death(testbed, "rabbitmq")
        with pytest.raises(HarnessError, match="rabbitmq to live as long as its testbed"):
            carry_out(Experiment(scenario=happy, conditions=here), testbed, tmp_path / "run")

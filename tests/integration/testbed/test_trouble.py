"""Tasks whose end no code of theirs reports: what is recorded, when the run has settled, and whose fault it is."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from harness.history.events import Sent
from harness.run.run import carry_out
from harness.run.settling import Settler
from harness.scenario import Canvas, Conditions, Expected, Experiment, Scenario
from harness.testbed import local, supervised
from harness.testbed.choose import make_testbed
from harness.testbed.redis_server import free_port
from harness.testbed.supervised import SupervisedTestbed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.run.run import Run
    from harness.testbed.testbed import Testbed

# As Celery 5.7 has it; earlier versions leave some of these without a state or an errback.
TROUBLES = {
    "exits": "billiard.exceptions.WorkerLostError",
    "asks_to_exit": None,  # its code says SystemExit, and so may Celery; 5.7 makes a WorkerLostError of it
    "overruns": "billiard.exceptions.TimeLimitExceeded",
    "rejects": "celery.exceptions.Reject",
    "returns_an_object": "kombu.exceptions.EncodeError",
}
CONDITIONS = Conditions(concurrency=1)


def scenario(task: str) -> Scenario:
    return Scenario(
        name=task,
        title=task,
        app="trouble_app:app",
        canvas=Canvas(call="trouble_app:one", arguments={"task": task}),
        expected=Expected(outcome="error", root_cause=task, attempts={task: 1}),
        budget_s=20,
    )


@pytest.fixture(scope="module")
def testbed() -> Iterator[Testbed]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        testbed = make_testbed(scenario("exits"), CONDITIONS)
        testbed.start()
    yield testbed
    testbed.stop()


def carried_out(testbed: Testbed, task: str, path: Path) -> Run:
    return carry_out(Experiment(scenario=scenario(task), conditions=CONDITIONS), testbed, path)


@pytest.mark.parametrize("task", TROUBLES)
def test_a_task_that_cannot_say_so_itself_has_failed_all_the_same(testbed: Testbed, task: str, tmp_path: Path) -> None:
    run = carried_out(testbed, task, tmp_path / "run")
    assert run.settlement.ending == "settled", run.settlement.reason
    assert (run.outcome.kind, run.outcome.root_cause) == ("error", task)
    assert run.outcome.exception is not None
    assert run.outcome.exception.type == (TROUBLES[task] or run.outcome.exception.type)
    assert run.history.states()[task] == "FAILURE"
    assert len(run.history.attempts(task)) == 1
    assert run.history.attempts("follows") == ()
    assert run.history.attempts("errback")


@pytest.mark.parametrize("task", TROUBLES)
def test_nothing_of_a_run_that_had_trouble_is_left_for_the_next(testbed: Testbed, task: str, tmp_path: Path) -> None:
    first = carried_out(testbed, task, tmp_path / "first")
    second = carried_out(testbed, "returns_an_object", tmp_path / "second")
    roots = [{event.root_id for event in run.history.events if isinstance(event, Sent)} for run in (first, second)]
    assert roots[0]
    assert not roots[0] & roots[1]


@pytest.mark.parametrize("again", range(5))
def test_a_message_that_is_given_back_is_waited_for(testbed: Testbed, again: int, tmp_path: Path) -> None:
    run = carried_out(testbed, "gives_back_once", tmp_path / f"run-{again}")
    assert run.settlement.ending == "settled", run.settlement.reason
    assert [attempt.ending for attempt in run.history.attempts("gives_back_once")] == ["rejected", "succeeded"]
    assert len(run.history.attempts("follows")) == 1
    assert run.outcome.kind == "success"


# Four times what a FIFO holds: it is full before the sender has read all of it.
LONG = "x" * 256 * 1024


@pytest.fixture
def doomed(monkeypatch: pytest.MonkeyPatch) -> Iterator[SupervisedTestbed]:
    """A testbed that nobody shares."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    testbed = make_testbed(scenario("exits"), CONDITIONS)
    assert isinstance(testbed, SupervisedTestbed)
    testbed.start()
    yield testbed
    testbed.stop()


def test_nobody_waits_for_a_sender_that_is_dead_to_take_an_order(doomed: SupervisedTestbed) -> None:
    doomed.supervisor.signal("sender", signal.SIGKILL, expected=False)
    deadline = time.monotonic() + 20
    while not any(death.name == "sender" for death in doomed.deaths):  # till then it may still take the order
        assert time.monotonic() < deadline
        doomed.wait(1)
    with pytest.raises(HarnessError, match="the sender to live") as caught:
        doomed.order("send", canvas=LONG)
    assert str(caught.value.found).startswith("sender ended with SIGKILL")


def test_nobody_waits_for_ever_for_a_sender_that_takes_no_order(
    doomed: SupervisedTestbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervised, "_ORDER_TIMEOUT_S", 0.2)
    doomed.supervisor.signal("sender", signal.SIGSTOP, expected=False)
    with pytest.raises(HarnessError, match="the sender to take an order") as caught:
        doomed.order("send", canvas=LONG)
    assert str(caught.value.found).startswith("silence")


def test_an_order_that_is_longer_than_a_fifo_is_carried_out(doomed: SupervisedTestbed) -> None:
    settler = Settler(doomed, lambda _: None)
    assert settler.carried_out(doomed.order("read_states", tasks={LONG: "a task"}), timeout_s=30)


def test_a_port_that_somebody_takes_first_is_no_trouble(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import socket  # noqa: PLC0415 - for this one

    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = iter([taken.getsockname()[1]])
        monkeypatch.setattr(local, "free_port", lambda: next(ports, None) or free_port())
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
        testbed = make_testbed(scenario("exits"), CONDITIONS)
        testbed.start()
        try:
            assert next(ports, None) is None
            assert carried_out(testbed, "returns_an_object", tmp_path / "run").settlement.ending == "settled"
        finally:
            testbed.stop()

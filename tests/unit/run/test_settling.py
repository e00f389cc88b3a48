from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.clock.clock import Statistics
from harness.clock.page import PinTotal
from harness.clock.waits import ThreadWait
from harness.errors import HarnessError, InterruptedRunError
from harness.history.events import WorkerStarted
from harness.run.settling import Settlement, Settler
from harness.testbed.supervisor import Death
from harness.testbed.testbed import Backlog

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.history.events import AnyEvent
    from tests.unit.conftest import Process, Record
    from tests.unit.run.conftest import Script

    Step = Callable[[], object]

EMPTY = Backlog()
UNACKED = Backlog(unacked=1)
QUEUED = Backlog(queued={"celery": 2})


@pytest.fixture
def sender(record: Record) -> Process:
    """The sender."""
    return record.process("sender")


@pytest.fixture
def worker(record: Record) -> Process:
    """A worker that runs its tasks itself."""
    return record.process("worker-1")


def settle(script: Script, budget_s: float = 60) -> Settlement:
    """Settle a run that has given the order to send its canvas."""
    return Settler(script, lambda _: None).settle(["order-0"], budget_s)


def death(name: str, role: str, *, expected: bool = False) -> Death:
    return Death(name=name, role=role, exit_code=1, signal=None, expected=expected)


def sent_and_taken(sender: Process, worker: Process) -> Step:
    def sent_and_taken() -> None:
        sender.sent("A")
        sender.canvas("A", order="order-0")
        worker.delivered("A")
        worker.started("A")

    return sent_and_taken


# ---- settled -----------------------------------------------------------------------------------------------------


def test_a_run_has_settled_when_everything_has_come_to_its_end(
    script: Script, sender: Process, worker: Process
) -> None:
    script.steps += [sent_and_taken(sender, worker), lambda: worker.ended("A"), lambda: worker.closed("A")]
    assert settle(script) == Settlement(ending="settled")
    assert not script.steps
    assert script.orders == []


def test_while_something_runs_there_is_no_need_to_look_into_redis(
    script: Script, sender: Process, worker: Process
) -> None:
    script.steps += [sent_and_taken(sender, worker), lambda: worker.ended("A")]
    assert settle(script).ending == "timed out"
    assert script.looked == 1  # for the reason


def test_a_message_that_redis_still_holds_is_waited_for(script: Script, sender: Process, worker: Process) -> None:
    script.looks += [UNACKED, QUEUED, EMPTY]
    script.steps += [sent_and_taken(sender, worker), lambda: worker.ended("A"), lambda: worker.closed("A")]
    assert settle(script).ending == "settled"
    assert script.waits[-2:] == [0.2, 0.2]  # Redis rings no bell


def test_what_happens_while_redis_is_looked_into_is_taken_in_first(
    script: Script, sender: Process, worker: Process
) -> None:
    def redelivered() -> None:
        worker.delivered("A", redelivered=True)
        worker.started("A")

    script.looks += [redelivered, EMPTY]
    script.steps += [sent_and_taken(sender, worker), lambda: worker.closed("A"), lambda: worker.closed("A")]
    assert settle(script).ending == "settled"
    assert not script.steps


def test_an_order_that_was_not_carried_out_is_waited_for(script: Script, sender: Process, worker: Process) -> None:
    script.steps += [
        lambda: sender.sent("A"),
        lambda: worker.delivered("A"),
        lambda: worker.ran("A"),
        lambda: sender.canvas("A", order="order-0"),
    ]
    assert settle(script).ending == "settled"
    assert not script.steps


def test_an_order_that_failed_leaves_nothing_to_wait_for(script: Script, sender: Process) -> None:
    script.steps += [lambda: sender.order_failed("order-0")]
    assert settle(script).ending == "settled"


def test_whoever_follows_a_run_gets_every_event_once(script: Script, sender: Process, worker: Process) -> None:
    got: list[AnyEvent] = []
    script.steps += [sent_and_taken(sender, worker), lambda: worker.closed("A")]
    Settler(script, got.extend).settle(["order-0"], 60)
    kinds = [type(event).__name__ for event in got]
    started = ["ProcessStarted", "ProcessStarted"]
    assert sorted(kinds) == sorted(
        [*started, "Sent", "Published", "CanvasSent", "Delivered", "AttemptStarted", "AttemptClosed"]
    )


# ---- settled with loss -------------------------------------------------------------------------------------------


def killed(script: Script, record: Record, worker: Process) -> Step:
    supervisor = record.process("supervisor")

    def killed() -> None:
        supervisor.died(worker)
        script.deaths.append(death("worker-1", "worker", expected=True))
        script.workers = tuple(name for name in script.workers if name != "worker-1")

    return killed


def test_what_a_killed_worker_had_is_lost_when_no_worker_is_left(
    script: Script, record: Record, sender: Process, worker: Process
) -> None:
    script.steps += [sent_and_taken(sender, worker), killed(script, record, worker)]
    settlement = settle(script)
    assert settlement.ending == "settled with loss"
    assert [(message.task, message.is_held) for message in settlement.left] == [("A", False)]
    assert "A[id-A], retry 0: was with worker-1, which died" in settlement.reason
    assert "Redis: queues empty; 0 not acknowledged" in settlement.reason
    assert script.orders == []


def test_what_redis_holds_and_no_worker_is_there_to_take_is_a_loss(
    script: Script, record: Record, sender: Process, worker: Process
) -> None:
    script.looks += [QUEUED]
    script.steps += [sent_and_taken(sender, worker), killed(script, record, worker)]
    settlement = settle(script)
    assert settlement.ending == "settled with loss"
    assert "2 in queue 'celery'" in settlement.reason


def test_where_workers_are_left_they_are_asked_before_a_message_is_called_lost(
    script: Script, record: Record, sender: Process, worker: Process
) -> None:
    script.workers = ("worker-1", "worker-2")
    script.on_answer = lambda: sender.workers_answered("order-1", "worker-2")  # the other one is dead
    script.steps += [sent_and_taken(sender, worker), killed(script, record, worker)]
    assert settle(script).ending == "settled with loss"
    assert script.orders == ["answer"]


@pytest.mark.parametrize("is_up", [True, False])
def test_a_worker_in_anothers_place_answers_by_the_name_that_celery_has_for_both(
    script: Script, record: Record, sender: Process, worker: Process, *, is_up: bool
) -> None:
    said = {"queues": ["celery"], "pool": "prefork", "concurrency": 1, "versions": {}}

    def replaced() -> None:
        record.process("supervisor").died(worker)
        script.deaths.append(death("worker-1", "worker", expected=True))
        script.workers = ("worker-1.2",)
        if is_up:
            record.process("worker-1.2").write(WorkerStarted, hostname="worker-1@here", **said)

    script.on_answer = lambda: sender.workers_answered(f"order-{len(script.orders)}", "worker-1")
    script.steps += [sent_and_taken(sender, worker), replaced]
    # One that is not up has said nothing: what answers by that name may be the one that died.
    assert settle(script, budget_s=5).ending == ("settled with loss" if is_up else "timed out")


def test_what_a_worker_had_just_taken_is_no_loss(
    script: Script, record: Record, sender: Process, worker: Process
) -> None:
    def answer() -> None:
        worker.delivered("A")  # popped from Redis, and not written down until now
        sender.workers_answered("order-1")

    script.on_answer = answer
    script.steps += [lambda: sender.sent("A"), lambda: sender.canvas("A", order="order-0"), lambda: None]
    settler = Settler(script, lambda _: None)
    script.looks += [EMPTY]
    assert settler.settle(["order-0"], budget_s=5).ending == "timed out"  # held now, and nobody runs it in this script
    assert script.orders == ["answer"]
    script.steps += [lambda: worker.ran("A")]
    assert settler.settle([], budget_s=5).ending == "settled"
    assert record.history().attempts("A")


def test_workers_that_do_not_answer_make_nothing_a_loss(script: Script, sender: Process) -> None:
    script.steps += [lambda: sender.sent("A"), lambda: sender.canvas("A", order="order-0")]
    settlement = settle(script, budget_s=100)
    assert settlement.ending == "timed out"
    assert "A[id-A], retry 0: sent, and taken by no worker" in settlement.reason


def test_one_worker_that_answers_does_not_speak_for_another(
    script: Script, sender: Process, worker: Process, record: Record
) -> None:
    script.workers = ("worker-1", "worker-2")
    script.on_answer = lambda: sender.workers_answered(f"order-{len(script.orders)}")  # worker-1 alone
    script.steps += [lambda: sender.sent("A"), lambda: sender.canvas("A", order="order-0")]
    assert settle(script, budget_s=5).ending == "timed out"
    assert (worker.name, record.history().attempts()) == ("worker-1", ())


def test_what_is_not_acknowledged_comes_back_in_time_and_is_no_loss(
    script: Script, record: Record, sender: Process, worker: Process
) -> None:
    other = record.process("worker-2")
    script.workers = ("worker-1", "worker-2")
    script.looks += [UNACKED, UNACKED, UNACKED, EMPTY]
    script.steps += [
        sent_and_taken(sender, worker),
        killed(script, record, worker),
        lambda: None,
        lambda: None,
        lambda: other.delivered("A", redelivered=True),
        lambda: other.ran("A"),
    ]
    assert settle(script).ending == "settled"
    assert script.orders == []


# ---- timed out ---------------------------------------------------------------------------------------------------


def test_a_run_that_does_not_settle_in_time_says_what_is_running(
    script: Script, sender: Process, worker: Process
) -> None:
    script.steps += [sent_and_taken(sender, worker)]
    settlement = settle(script, budget_s=30)
    assert settlement.ending == "timed out"
    assert "A[id-A], retry 0: running in worker-1" in settlement.reason
    assert "Redis: queues empty; 0 not acknowledged" in settlement.reason
    assert script.now_s == pytest.approx(30, abs=0.25)
    assert set(script.waits[1:]) == {0.25}  # a look at the clock, which rings no bell


def test_a_sender_that_does_nothing_is_named_by_its_order(script: Script) -> None:
    settlement = settle(script, budget_s=30)
    assert settlement.ending == "timed out"
    assert "the sender has not carried out order-0" in settlement.reason


def test_messages_that_stay_in_a_queue_are_named_by_the_queue(script: Script, sender: Process, worker: Process) -> None:
    script.looks += [QUEUED]
    script.steps += [sent_and_taken(sender, worker), lambda: worker.closed("A")]
    settlement = settle(script, budget_s=3)
    assert settlement.ending == "timed out"
    assert "2 in queue 'celery'" in settlement.reason


def test_without_a_budget_it_is_looked_once(script: Script, sender: Process) -> None:
    script.do(lambda: sender.canvas(order="order-0"))
    assert settle(script, budget_s=0).ending == "settled"
    assert script.waits == []


# ---- the testbed's clock ----------------------------------------------------------------------------------------


PIN = PinTotal(pid=7, descriptor=3, pinned_ns=2 * 10**9, waits=4, peer="192.0.2.1:80")


def test_time_runs_while_somebody_waits_for_the_run_to_settle_and_at_no_other_time(
    script: Script, sender: Process, worker: Process
) -> None:
    seen: list[bool] = []
    script.steps += [sent_and_taken(sender, worker), lambda: worker.closed("A")]
    script.steps.append(lambda: seen.append(script.clock.is_released))
    script.looks += [QUEUED, EMPTY]
    assert settle(script).ending == "settled"
    assert seen == [True]
    assert not script.clock.is_released


@pytest.mark.parametrize("trouble", [InterruptedRunError(), ZeroDivisionError()])
def test_the_clock_is_held_again_whatever_happens(script: Script, trouble: Exception) -> None:
    def fail() -> None:
        raise trouble

    script.steps += [lambda: None, fail]
    with pytest.raises(type(trouble)):
        settle(script)
    assert script.clock.was_released
    assert not script.clock.is_released


def test_what_the_clock_did_is_written_down(script: Script, sender: Process) -> None:
    script.clock.counts += [
        Statistics(jumps=1, skipped_s=10, pins=(PIN,)),
        Statistics(jumps=5, skipped_s=70, pins=(PIN, replace(PIN, descriptor=4, pinned_ns=10**9, waits=1))),
    ]
    script.steps += [lambda: sender.canvas(order="order-0")]
    settle(script)
    pin = {"pid": 7, "peer": "192.0.2.1:80", "pinned_s": 1.0, "waits": 1}
    assert script.written == [("ClockMoved", {"offset_ns": 0, "jumps": 4, "skipped_s": 60.0, "pins": [pin]})]


def test_a_clock_that_has_not_moved_is_not_mentioned(script: Script, sender: Process) -> None:
    script.steps += [lambda: sender.canvas(order="order-0")]
    settle(script)
    assert script.written == []


def test_a_run_that_does_not_settle_in_time_says_what_every_thread_waited_for(
    script: Script, sender: Process, worker: Process
) -> None:
    script.clock.waits.append(ThreadWait(pid=7, tid=8, name="celery", kind="sleep", due_in_s=12.5))
    script.steps += [sent_and_taken(sender, worker)]
    reason = settle(script, budget_s=3).reason
    assert "Clock: it was released, all the same" in reason
    assert "celery (process 7, thread 8): sleep, due in 12.500 s" in reason


# ---- trouble -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["service", "redis", "sender", "recorder"])
def test_a_part_that_must_live_and_died_is_trouble(script: Script, role: str) -> None:
    script.steps += [lambda: script.deaths.append(death(f"the-{role}", role))]
    with pytest.raises(HarnessError, match=f"the-{role} to live") as caught:
        settle(script)
    assert f"logs/the-{role}.log" in caught.value.remedy
    assert "exit code 1" in str(caught.value.found)


@pytest.mark.parametrize(("role", "expected"), [("worker", False), ("worker", True), ("service", True)])
def test_the_death_of_a_worker_and_a_death_that_was_planned_are_no_trouble(
    script: Script,
    sender: Process,
    role: str,
    expected: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    script.deaths.append(death("it", role, expected=expected))
    script.steps += [lambda: sender.canvas(order="order-0")]
    assert settle(script).ending == "settled"


def test_a_run_that_is_interrupted_ends_at_once(script: Script, sender: Process, worker: Process) -> None:
    script.steps += [sent_and_taken(sender, worker)]
    script.interrupt()
    with pytest.raises(InterruptedRunError):
        settle(script)
    assert len(script.waits) == 1


# ---- single orders, and runs one after another -------------------------------------------------------------------


def test_an_order_has_been_carried_out_when_the_sender_says_so(script: Script, sender: Process) -> None:
    script.steps += [lambda: None, lambda: sender.states_read("order-7")]
    assert Settler(script, lambda _: None).carried_out("order-7", 10)
    assert not script.steps


def test_an_order_that_is_not_carried_out_in_time_is_not_waited_for_any_longer(script: Script, sender: Process) -> None:
    script.steps += [lambda: sender.states_read("another order")]
    assert not Settler(script, lambda _: None).carried_out("order-7", 10)
    assert script.now_s == pytest.approx(10)


def test_a_run_knows_the_processes_that_were_there_before_it(
    script: Script, record: Record, sender: Process, worker: Process
) -> None:
    script.do(lambda: None)
    script.feed.pull()  # an earlier run has read who is who
    script.steps += [sent_and_taken(sender, worker), killed(script, record, worker)]
    settlement = settle(script)
    assert settlement.ending == "settled with loss"
    assert "was with worker-1, which died" in settlement.reason

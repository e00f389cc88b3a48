from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

import pytest

from harness.history.fault_events import FaultInjected
from harness.history.outstanding import Outstanding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from harness.history.events import AnyEvent
    from tests.unit.conftest import Record

    Story = Callable[[Record], None]


def left_after(events: Iterable[AnyEvent]) -> list[tuple[str, int, bool]]:
    """Return what is unfinished after these events: task, retries, and whether a process that lives has it."""
    outstanding = Outstanding()
    outstanding.see_all(events)
    return sorted((message.task, message.retries, message.is_held) for message in outstanding.unfinished())


def moments(record: Record) -> Iterator[list[AnyEvent]]:
    """Return all that had been written at each moment between the first message and the end."""
    first = next(at for at, event in enumerate(record.events) if type(event).__name__ == "Sent")
    for moment in range(first + 1, len(record.events) + 1):
        yield record.events[:moment]


def journals_of(events: Iterable[AnyEvent]) -> list[list[AnyEvent]]:
    by_source: dict[str, list[AnyEvent]] = {}
    for event in events:
        by_source.setdefault(event.source, []).append(event)
    return list(by_source.values())


def test_something_is_left_until_the_last_event_and_nothing_after_it(record: Record, story: Story) -> None:
    story(record)
    *before, end = moments(record)
    assert all(left_after(events) for events in before)
    assert left_after(end) == []


def test_journals_say_the_same_in_whatever_order_they_are_read(record: Record, story: Story) -> None:
    story(record)
    for events in moments(record):
        in_time = left_after(events)
        for order in itertools.permutations(journals_of(events)):
            assert left_after(itertools.chain(*order)) == in_time


def test_however_journals_are_read_in_pieces_the_end_is_found(record: Record, story: Story) -> None:
    story(record)
    random.seed(story.__name__)
    for _ in range(50):
        outstanding = Outstanding()
        left = [list(journal) for journal in journals_of(record.events)]
        while left := [journal for journal in left if journal]:
            journal = random.choice(left)  # noqa: S311 - no secret
            outstanding.see(journal.pop(0))
        assert outstanding.unfinished() == []


def test_who_asks_after_every_event_is_told_what_they_are_told_who_ask_once(record: Record, story: Story) -> None:
    story(record)
    for journals in itertools.permutations(journals_of(record.events)):
        events = list(itertools.chain(*journals))
        outstanding = Outstanding()
        for seen, event in enumerate(events, start=1):
            outstanding.see(event)
            told = outstanding.unfinished()
            assert sorted((one.task, one.retries, one.is_held) for one in told) == left_after(events[:seen])


def test_a_message_that_was_not_published_is_due_again_while_its_sender_runs_again(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    main.delivered("A")
    main.started("A")
    main.sent("B", by="task", sender="A", is_published=False)
    main.closed("A", 0, "FAILURE")
    outstanding = Outstanding()
    outstanding.see_all(record.events)
    assert outstanding.unfinished() == []
    seen = len(record.events)
    main.delivered("A", redelivered=True)
    main.started("A")
    outstanding.see_all(record.events[seen:])
    assert sorted(one.task for one in outstanding.unfinished()) == ["A", "B"]


# ---- what dead processes had -------------------------------------------------------------------------------------


@pytest.mark.parametrize("was", ["holding", "running"])
def test_what_a_killed_worker_had_is_left_and_nobody_holds_it(record: Record, was: str) -> None:
    supervisor, sender, main = record.process("supervisor"), record.process("sender"), record.process("worker-1")
    sender.sent("A")
    main.delivered("A")
    if was == "running":
        main.child().started("A")
    assert left_after(record.events) == [("A", 0, True)]
    supervisor.died(main)
    assert left_after(record.events) == [("A", 0, False)]


@pytest.mark.parametrize("was", ["holding", "running"])
def test_the_last_lines_of_a_killed_worker_may_be_read_after_its_death(record: Record, was: str) -> None:
    supervisor, sender, main = record.process("supervisor"), record.process("sender"), record.process("worker-1")
    sender.sent("A")
    main.delivered("A")
    if was == "running":
        main.child().started("A")
    supervisor.died(main)
    for order in itertools.permutations(journals_of(record.events)):
        assert left_after(itertools.chain(*order)) == [("A", 0, False)]


def test_what_was_lost_is_named_with_where_it_was_last(record: Record) -> None:
    supervisor, sender, main = record.process("supervisor"), record.process("sender"), record.process("worker-1")
    sender.sent("A", 2)
    main.delivered("A", 2)
    supervisor.died(main)
    outstanding = Outstanding()
    outstanding.see_all(record.events)
    (message,) = outstanding.unfinished()
    assert str(message) == "A[id-A], retry 2: was with worker-1, which died"


def test_the_death_of_a_worker_is_no_matter_to_what_it_had_finished(record: Record) -> None:
    supervisor, sender, main = record.process("supervisor"), record.process("sender"), record.process("worker-1")
    sender.sent("A")
    main.delivered("A")
    main.ran("A")
    supervisor.died(main)
    assert left_after(record.events) == []


def test_the_death_of_one_worker_is_no_matter_to_another(record: Record) -> None:
    supervisor, sender = record.process("supervisor"), record.process("sender")
    first, second = record.process("worker-1"), record.process("worker-10")
    sender.sent("A")
    second.delivered("A")
    second.started("A")
    supervisor.died(first)
    assert left_after(record.events) == [("A", 0, True)]


def test_what_was_finished_and_not_acknowledged_and_came_back_is_waited_for(record: Record) -> None:
    supervisor, sender = record.process("supervisor"), record.process("sender")
    first, second = record.process("worker-1"), record.process("worker-2")
    sender.sent("A")
    first.delivered("A")
    first.ran("A")
    supervisor.died(first)
    second.delivered("A", redelivered=True)
    assert left_after(record.events) == [("A", 0, True)]
    second.ran("A")
    assert left_after(record.events) == []


def test_what_was_rejected_and_came_back_is_waited_for(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child = main.child()
    sender.sent("A")
    main.delivered("A")
    child.failed("A", ending="rejected")
    main.returned("A")
    main.released("A")
    assert left_after(record.events) == [("A", 0, False)]
    main.delivered("A", redelivered=True)
    assert left_after(record.events) == [("A", 0, True)]
    child.started("A")
    assert left_after(record.events) == [("A", 0, True)]
    child.ended("A")
    child.closed("A")
    assert left_after(record.events) == []


def test_a_message_that_nobody_took_is_left_and_not_held(record: Record) -> None:
    record.process("sender").sent("A")
    outstanding = Outstanding()
    outstanding.see_all(record.events)
    (message,) = outstanding.unfinished()
    assert (message.where, message.is_held) == ("sent, and taken by no worker", False)


def test_a_message_says_who_has_it(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-2")
    sender.sent("A")
    main.delivered("A")
    outstanding = Outstanding()
    outstanding.see_all(record.events)
    assert outstanding.unfinished()[0].where == "taken by worker-2"
    main.started("A")
    outstanding.see(record.events[-1])
    assert outstanding.unfinished()[0].where == "running in worker-2"


# ---- one task is not another -------------------------------------------------------------------------------------


def test_tasks_of_one_name_are_told_apart_by_their_ids(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    for task_id in ("1", "2"):
        sender.sent("A", task_id=task_id)
        main.delivered("A", task_id=task_id)
    main.ran("A", task_id="1")
    assert left_after(record.events) == [("A", 0, True)]


def test_the_end_of_one_attempt_is_not_that_of_its_retry(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    main.delivered("A")
    main.retried("A")
    assert left_after(record.events) == [("A", 1, False)]


def test_the_end_of_a_tasks_code_is_not_its_end_for_celery(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    main.delivered("A")
    main.started("A")
    main.ended("A")
    assert left_after(record.events) == [("A", 0, True)]


def test_a_message_that_makes_no_sense_and_names_no_task_ends_nothing(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    main.discarded(None)
    assert left_after(record.events) == [("A", 0, False)]


def test_a_discarded_message_of_an_earlier_run_ends_nothing(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    main.discarded("something else")
    assert left_after(record.events) == [("A", 0, False)]


# ---- orders ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["canvas", "order_failed", "states_read", "workers_answered"])
def test_an_order_is_outstanding_until_it_is_answered(record: Record, answer: str) -> None:
    sender = record.process("sender")
    outstanding = Outstanding()
    outstanding.expect("order-1")
    outstanding.expect("order-2")
    getattr(sender, answer)(order="order-1")
    outstanding.see_all(record.events)
    assert outstanding.orders == {"order-2"}


def test_one_state_is_not_all_that_was_asked_for(record: Record) -> None:
    outstanding = Outstanding()
    outstanding.expect("order-2")
    record.process("sender").state("A", "SUCCESS")
    outstanding.see_all(record.events)
    assert outstanding.orders == {"order-2"}


def test_nothing_is_outstanding_to_begin_with() -> None:
    outstanding = Outstanding()
    assert (outstanding.orders, outstanding.unfinished()) == (frozenset(), [])


# ---- what was never published ------------------------------------------------------------------------------------


def test_a_message_whose_publishing_failed_is_not_waited_for_once_its_attempt_is_over(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    main.delivered("A")
    main.started("A")
    main.ended("A")
    main.sent("B", by="task", sender="A", is_published=False)  # its argument cannot be encoded
    assert left_after(record.events) == [("A", 0, True), ("B", 0, False)]
    main.closed("A", 0, "FAILURE")
    assert left_after(record.events) == []


def test_a_message_that_was_published_is_waited_for_although_its_attempt_is_over(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    main.delivered("A")
    main.started("A")
    main.sent("B", by="task", sender="A")
    main.closed("A")
    assert left_after(record.events) == [("B", 0, False)]


def test_a_message_that_somebody_has_taken_did_go_out_though_its_sender_was_killed_before_it_could_say_so(
    record: Record,
) -> None:
    supervisor, sender = record.process("supervisor"), record.process("sender")
    main, other = record.process("worker-1"), record.process("worker-2")
    sender.sent("A")
    main.delivered("A")
    main.started("A")
    main.sent("B", by="task", sender="A", is_published=False)
    main.closed("A", 0, "FAILURE")
    other.delivered("B")
    supervisor.died(other)
    assert left_after(record.events) == [("B", 0, False)]  # it comes back


def test_an_attempt_that_its_process_leaves_without_a_state_is_not_over(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child = main.child()
    sender.sent("A")
    main.delivered("A")
    child.started("A")
    child.ended("A", 0, "failed")
    child.closed("A", 0, None)  # SystemExit
    assert left_after(record.events) == [("A", 0, True)]
    main.aborted("A")
    assert left_after(record.events) == [("A", 0, True)]  # Celery has not dealt with it
    main.released("A")
    assert left_after(record.events) == []


def test_a_message_that_was_delivered_again_on_purpose_has_an_end_of_its_own_to_come_to(record: Record) -> None:
    sender, worker = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    worker.delivered("A")
    about = {"point": "taken", "member": 0, "task_id": "id-A", "task": "A", "target": "id-A"}
    worker.write(FaultInjected, strike="deliver_again", **about)
    worker.ran("A")
    assert left_after(record.events) == [("A", 0, False)]
    worker.delivered("A", redelivered=True)
    assert left_after(record.events) == [("A", 0, True)]
    worker.ran("A")
    assert left_after(record.events) == []


def test_a_worker_that_took_the_place_of_another_is_not_dead(record: Record) -> None:
    sender, worker = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    worker.delivered("A")
    worker.started("A")
    record.process("supervisor").died(worker)
    assert left_after(record.events) == [("A", 0, False)]
    successor = record.process("worker-1.2")
    successor.delivered("A", redelivered=True)
    assert left_after(record.events) == [("A", 0, True)]
    successor.ran("A")
    assert left_after(record.events) == []

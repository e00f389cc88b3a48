from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

import pytest

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


# ---- stories: the last event of each is the one with which everything has come to its end ------------------------


def chain_and_retry(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child, other = main.child(), main.child()
    sender.sent("A")
    main.delivered("A")
    child.retried("A")
    main.delivered("A", 1)
    other.started("A", 1)
    other.ended("A", 1)
    other.sent("B", by="task", sender="A")
    other.closed("A", 1)
    main.delivered("B")
    child.ran("B")


def chord(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    children = main.child(), main.child()
    for task in ("B", "C"):
        sender.sent(task)
        main.delivered(task)
    children[0].started("B")
    children[1].started("C")
    children[0].ended("B")
    children[0].closed("B")
    children[1].ended("C")
    children[1].sent("D", by="chord", sender="C")
    children[1].closed("C")
    main.delivered("D")
    children[0].ran("D")


def delivered_twice_side_by_side(record: Record) -> None:
    sender, first, second = record.process("sender"), record.process("worker-1"), record.process("worker-2")
    sender.sent("A")
    first.delivered("A")
    first.started("A")
    second.delivered("A", redelivered=True)
    first.ended("A")
    first.closed("A")
    second.ran("A")


def delivered_twice_to_one_worker(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child, other = main.child(), main.child()
    sender.sent("A")
    main.delivered("A")
    child.started("A")
    main.delivered("A", redelivered=True)
    other.started("A")
    other.ended("A")
    other.closed("A")
    child.ended("A")
    child.closed("A")


def delivered_twice_and_the_second_held_while_the_first_ends(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child = main.child()
    sender.sent("A")
    main.delivered("A")
    child.started("A")
    main.delivered("A", redelivered=True)
    child.ended("A")
    child.closed("A")
    child.ran("A")


def sent_twice(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    sender.sent("A")
    main.delivered("A")
    main.ran("A")
    main.delivered("A")
    main.ran("A")


def a_duplicate_retries_as_well(record: Record) -> None:
    sender, first, second = record.process("sender"), record.process("worker-1"), record.process("worker-2")
    sender.sent("A")
    first.delivered("A")
    first.started("A")
    second.delivered("A", redelivered=True)
    second.retried("A")
    first.sent("A", 1, by="retry", sender="A")
    first.ended("A", 0, "retried", delay_s=1)
    first.closed("A", 0, "RETRY")
    first.delivered("A", 1)
    first.ran("A", 1)
    first.delivered("A", 1)
    first.ran("A", 1)


def lost_by_its_pool(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child = main.child()
    sender.sent("A")
    main.delivered("A")
    child.started("A")
    main.aborted("A")


def lost_by_its_pool_after_its_code_had_ended(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child = main.child()
    sender.sent("A")
    main.delivered("A")
    child.started("A")
    child.ended("A")
    main.aborted("A")


def lost_by_its_pool_while_another_runs(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child, other = main.child(), main.child()
    for task in ("A", "B"):
        sender.sent(task)
        main.delivered(task)
    child.started("A")
    other.started("B")
    main.aborted("A")
    other.ended("B")
    other.closed("B")


def lost_by_its_pool_and_delivered_again(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child, other = main.child(), main.child()
    sender.sent("A")
    main.delivered("A")
    child.started("A")
    main.delivered("A", redelivered=True)
    other.started("A")
    main.aborted("A")
    other.ended("A")
    other.closed("A")


def killed_while_it_ran_and_delivered_to_another(record: Record) -> None:
    supervisor, sender = record.process("supervisor"), record.process("sender")
    first, second = record.process("worker-1"), record.process("worker-2")
    child, other = first.child(), second.child()
    sender.sent("A")
    first.delivered("A")
    child.started("A")
    supervisor.died(first)
    second.delivered("A", redelivered=True)
    other.ran("A")


def killed_while_it_held_and_delivered_to_another(record: Record) -> None:
    supervisor, sender = record.process("supervisor"), record.process("sender")
    first, second = record.process("worker-1"), record.process("worker-2")
    sender.sent("A")
    first.delivered("A")
    supervisor.died(first)
    second.delivered("A", redelivered=True)
    second.ran("A")


def killed_with_a_message_that_it_had_not_written_down(record: Record) -> None:
    supervisor, sender = record.process("supervisor"), record.process("sender")
    first, second = record.process("worker-1"), record.process("worker-2")
    sender.sent("A")
    supervisor.died(first)
    second.delivered("A")
    second.ran("A")


def killed_while_its_duplicate_ran_elsewhere(record: Record) -> None:
    supervisor, sender = record.process("supervisor"), record.process("sender")
    first, second = record.process("worker-1"), record.process("worker-2")
    sender.sent("A")
    first.delivered("A")
    first.started("A")
    second.delivered("A", redelivered=True)
    second.started("A")
    supervisor.died(first)
    second.ended("A")
    second.closed("A")


def killed_after_it_had_sent_what_comes_next(record: Record) -> None:
    supervisor, sender = record.process("supervisor"), record.process("sender")
    first, second = record.process("worker-1"), record.process("worker-2")
    sender.sent("A")
    first.delivered("A")
    first.started("A")
    first.ended("A")
    first.sent("B", by="task", sender="A")
    supervisor.died(first)
    second.delivered("B")
    second.ran("B")
    second.delivered("A", redelivered=True)
    second.started("A")
    second.ended("A")
    second.sent("B", by="task", sender="A", task_id="id-B2")
    second.closed("A")
    second.delivered("B", task_id="id-B2")
    second.ran("B", task_id="id-B2")


def revoked_when_it_arrived(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    main.revoked("A")


def revoked_while_it_was_held(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    main.delivered("A")
    main.revoked("A", was_held=True)


def revoked_as_a_duplicate_while_the_first_runs(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child = main.child()
    sender.sent("A")
    main.delivered("A")
    child.started("A")
    main.revoked("A")
    child.ended("A")
    child.closed("A")


def terminated_by_a_signal_that_its_code_sees(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child = main.child()
    sender.sent("A")
    main.delivered("A")
    child.started("A")
    main.revoked("A", terminated=True)
    child.ended("A", 0, "failed")
    child.closed("A", 0, "None")


def terminated_by_a_signal_that_nothing_survives(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child = main.child()
    sender.sent("A")
    main.delivered("A")
    child.started("A")
    main.revoked("A", terminated=True)
    main.aborted("A")


def expired(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    main.expired("A")


def a_retry_that_expired(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    main.delivered("A")
    main.retried("A")
    main.delivered("A", 1)
    main.expired("A", 1, was_held=True)


def discarded(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    main.discarded("A")


def discarded_when_a_task_had_sent_it(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child = main.child()
    sender.sent("A")
    main.delivered("A")
    child.started("A")
    child.sent("B", by="task", sender="A")
    child.ended("A")
    child.closed("A")
    main.discarded("B")


STORIES: list[Story] = [
    chain_and_retry,
    chord,
    delivered_twice_side_by_side,
    delivered_twice_to_one_worker,
    delivered_twice_and_the_second_held_while_the_first_ends,
    sent_twice,
    a_duplicate_retries_as_well,
    lost_by_its_pool,
    lost_by_its_pool_after_its_code_had_ended,
    lost_by_its_pool_while_another_runs,
    lost_by_its_pool_and_delivered_again,
    killed_while_it_ran_and_delivered_to_another,
    killed_while_it_held_and_delivered_to_another,
    killed_with_a_message_that_it_had_not_written_down,
    killed_while_its_duplicate_ran_elsewhere,
    killed_after_it_had_sent_what_comes_next,
    revoked_when_it_arrived,
    revoked_while_it_was_held,
    revoked_as_a_duplicate_while_the_first_runs,
    terminated_by_a_signal_that_its_code_sees,
    terminated_by_a_signal_that_nothing_survives,
    expired,
    a_retry_that_expired,
    discarded,
    discarded_when_a_task_had_sent_it,
]


in_every_story = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)


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


@in_every_story
def test_something_is_left_until_the_last_event_and_nothing_after_it(record: Record, story: Story) -> None:
    story(record)
    *before, end = moments(record)
    assert all(left_after(events) for events in before)
    assert left_after(end) == []


@in_every_story
def test_journals_say_the_same_in_whatever_order_they_are_read(record: Record, story: Story) -> None:
    story(record)
    for events in moments(record):
        in_time = left_after(events)
        for order in itertools.permutations(journals_of(events)):
            assert left_after(itertools.chain(*order)) == in_time


@in_every_story
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

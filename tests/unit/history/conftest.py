"""Stories of messages, from the first that is sent to the event with which everything has come to its end.

A test that asks for `story` is run with each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.unit.conftest import Record

    Story = Callable[[Record], None]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "story" in metafunc.fixturenames:
        metafunc.parametrize("story", STORIES, ids=lambda story: story.__name__)


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
    main.released("A")


def lost_by_its_pool_after_its_code_had_ended(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child = main.child()
    sender.sent("A")
    main.delivered("A")
    child.started("A")
    child.ended("A")
    main.aborted("A")
    main.released("A")


def lost_by_its_pool_while_another_runs(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child, other = main.child(), main.child()
    for task in ("A", "B"):
        sender.sent(task)
        main.delivered(task)
    child.started("A")
    other.started("B")
    main.aborted("A")
    main.released("A")
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
    main.released("A")
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


def lost_by_its_pool_with_an_errback_to_call(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child, other = main.child(), main.child()
    sender.sent("A")
    main.delivered("A")
    child.started("A")
    main.aborted("A")
    main.sent("errback", by="worker")
    main.released("A")
    main.delivered("errback")
    other.ran("errback")


def rejected_for_good_with_an_errback_to_call(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child = main.child()
    sender.sent("A")
    main.delivered("A")
    child.started("A")
    child.ended("A", 0, "rejected")
    child.closed("A", 0, "REJECTED")
    main.sent("errback", by="worker")
    main.released("A")
    main.delivered("errback")
    child.ran("errback")


def rejected_and_given_back_to_its_queue(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child = main.child()
    sender.sent("A")
    main.delivered("A")
    child.started("A")
    child.ended("A", 0, "rejected")
    child.closed("A", 0, "REJECTED")
    main.returned("A")
    main.released("A")
    main.delivered("A", redelivered=True)
    child.ran("A")


def exited_in_a_thread(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    main.delivered("A")
    main.started("A")
    main.ended("A", 0, "failed")
    main.closed("A", 0, None)


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
    child.closed("A", 0, None)
    main.aborted("A")
    main.released("A")


def terminated_by_a_signal_that_nothing_survives(record: Record) -> None:
    sender, main = record.process("sender"), record.process("worker-1")
    child = main.child()
    sender.sent("A")
    main.delivered("A")
    child.started("A")
    main.revoked("A", terminated=True)
    main.aborted("A")
    main.released("A")


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
    lost_by_its_pool_with_an_errback_to_call,
    rejected_for_good_with_an_errback_to_call,
    rejected_and_given_back_to_its_queue,
    exited_in_a_thread,
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

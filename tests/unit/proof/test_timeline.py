from __future__ import annotations

from typing import TYPE_CHECKING

from harness.proof.timeline import timeline
from tests.unit.conftest import raised

if TYPE_CHECKING:
    from tests.unit.conftest import Record


def lines(record: Record) -> list[str]:
    return list(timeline(record.history()))


def test_each_attempt_has_a_line_with_its_time_since_the_first_message(record: Record) -> None:
    sender, worker = record.process("sender"), record.process("worker-1")
    record.wait(100)
    sender.sent("shop.charge")
    record.wait(2)
    worker.retried("shop.charge", delay_s=4)
    record.wait(4)
    worker.ran("shop.charge", retries=1, returned={"a": 1})
    worker.failed("ship", message="no stock")
    assert lines(record) == [
        "    2.002 s  shop.charge  attempt 1  retried after 4 s: builtins.OSError: ",
        "    6.008 s  shop.charge  attempt 2  returned {'a': 1}",
        "    6.011 s  ship         attempt 1  failed: builtins.ValueError: no stock",
    ]


def test_an_attempt_without_an_end_never_ended(record: Record) -> None:
    record.process("sender").sent("A")
    record.process("worker-1").started("A")
    assert lines(record)[0].endswith("A  attempt 1  never ended")


def test_an_attempt_that_was_lost_says_with_what(record: Record) -> None:
    worker = record.process("worker-1")
    record.process("sender").sent("A")
    worker.started("A")
    worker.aborted("A", exception=raised("WorkerLostError", "signal 9"))
    assert lines(record)[0].endswith("failed: builtins.WorkerLostError: signal 9")


def test_where_nothing_began_it_says_so(record: Record) -> None:
    assert lines(record) == ["no task was ever started"]


def test_what_never_ran_is_named_with_what_became_of_its_message(record: Record) -> None:
    sender, worker = record.process("sender"), record.process("worker-1")
    for task in ("ran", "expired", "revoked", "unknown", "waits"):
        sender.sent(task)
    sender.canvas("ran", "expired", "revoked", "unknown", "waits", "follows")
    worker.ran("ran")
    worker.expired("expired")
    worker.revoked("revoked")
    worker.discarded("unknown")
    assert lines(record)[1:] == [
        "never ran: expired, which expired before its time came",
        "never ran: revoked, which was revoked",
        "never ran: unknown, which its worker discarded: no such task",
        "never ran: waits, which was sent to queue 'celery'",
        "never ran: follows, which was never sent",
    ]

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.clock.real_clock import RealClock
from harness.history.events import ClockMoved
from harness.history.parts import Pinned
from harness.run.timing import Timing, timing

if TYPE_CHECKING:
    from tests.unit.conftest import Record


def test_what_the_clock_did_is_added_up_and_who_pinned_it_is_named(record: Record) -> None:
    worker, harness = record.process("worker-1"), record.process("harness")
    pins = [
        Pinned(pid=worker.pid, peer="192.0.2.1:80", pinned_s=0.3, waits=2),
        Pinned(pid=7, peer="192.0.2.2:53", pinned_s=1, waits=1),
    ]
    harness.write(ClockMoved, offset_ns=10**9, jumps=3, skipped_s=1.0, pins=pins[:1])
    harness.write(ClockMoved, offset_ns=3 * 10**9, jumps=4, skipped_s=2.0, pins=pins[1:])
    found = timing(record.history(), RealClock(), "a reason")
    assert found == Timing(
        clock="real",
        reason="a reason",
        jumps=7,
        skipped_s=3.0,
        pins=(
            "worker-1 pinned the clock 2 times, 0.300 s in all, for 192.0.2.1:80",
            "process 7 pinned the clock 1 times, 1.000 s in all, for 192.0.2.2:53",
        ),
    )


def test_who_was_answered_at_once_kept_nothing_from_jumping(record: Record) -> None:
    pins = [
        Pinned(pid=7, peer="/run/uuidd/request", pinned_s=0.000_9, waits=2),
        Pinned(pid=7, peer="192.0.2.2:53", pinned_s=0.001, waits=1),
    ]
    record.process("harness").write(ClockMoved, offset_ns=0, jumps=0, skipped_s=0.0, pins=pins)
    (told,) = timing(record.history(), RealClock(), None).pins
    assert told.endswith(" for 192.0.2.2:53")


def test_a_run_lasts_from_its_first_message_to_the_last_thing_that_happened_to_a_task(record: Record) -> None:
    worker = record.process("worker-1")
    record.now_ns += 5 * 10**9
    record.process("sender").sent("A")
    record.now_ns += 2 * 10**9
    worker.closed("A")
    record.now_ns += 7 * 10**9
    record.process("sender").states_read("order-1")
    assert timing(record.history(), RealClock(), None).virtual_s == pytest.approx(2.002)


def test_where_nothing_was_sent_no_time_has_passed(record: Record) -> None:
    assert timing(record.history(), RealClock(), None) == Timing(clock="real")

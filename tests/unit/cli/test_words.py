from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.cli import words
from harness.history.parts import Raised
from harness.printable import printable
from harness.run.settling import Settlement

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.run.run import Run
    from tests.unit.conftest import Record

TIMEOUT = Raised(type="requests.exceptions.ReadTimeout", message="5 s")


def test_the_start_of_an_attempt_is_news(record: Record) -> None:
    record.process("worker-1").started("A", 2)
    assert words.latest_news(record.events) == "A, attempt 3"


def test_the_latest_news_is_what_is_told(record: Record) -> None:
    worker = record.process("worker-1")
    worker.started("A")
    worker.started("B")
    worker.ended("A")  # that one succeeded is no news
    worker.closed("A")
    assert words.latest_news(record.events) == "B, attempt 1"


def test_a_retry_is_told_with_its_reason_and_its_delay(record: Record) -> None:
    record.process("worker-1").ended("A", 1, "retried", exception=TIMEOUT, delay_s=2.5)
    assert words.latest_news(record.events) == "A, attempt 2: ReadTimeout, retry in 2.5 s"


def test_a_retry_without_a_delay_is_told_as_well(record: Record) -> None:
    record.process("worker-1").ended("A", 0, "retried", exception=TIMEOUT, delay_s=None)
    news = words.latest_news(record.events)
    assert news is not None
    assert news.startswith("A, attempt 1: ReadTimeout, retry")


@pytest.mark.parametrize(("exception", "reason"), [(TIMEOUT, "ReadTimeout"), (None, "no reason given")])
def test_a_failure_is_told_with_its_reason(record: Record, exception: Raised | None, reason: str) -> None:
    record.process("worker-1").ended("A", 0, "failed", exception=exception)
    assert words.latest_news(record.events) == f"A, attempt 1: {reason}, failed"


def test_no_attempts_no_news(record: Record) -> None:
    record.process("sender").sent("A")
    assert words.latest_news(record.events) is None
    assert words.latest_news([]) is None


def test_attempts_are_told_for_each_task_of_the_canvas_in_its_order(record: Record, run_of: Callable[..., Run]) -> None:
    record.process("sender").canvas("B", "A", "C")
    worker = record.process("worker-1")
    worker.retried("A")
    worker.ran("A", 1)
    worker.ran("B")
    worker.ran("an errback")
    assert words.attempts(run_of()) == [("B", 1), ("A", 2), ("C", 0)]


def test_without_a_canvas_there_are_no_attempts_to_tell(run_of: Callable[..., Run]) -> None:
    assert words.attempts(run_of()) == []


def test_delays_are_told_as_asked_and_as_observed(record: Record, run_of: Callable[..., Run]) -> None:
    worker = record.process("worker-1")
    worker.retried("A", delay_s=2)
    asked = record.history().attempts()[0].asked
    assert asked is not None
    record.now_ns = asked.virtual_ns + 2_011_000_000
    worker.started("A", 1)
    assert words.delays(run_of()) == ["A 2 s: 2.012 s (+12 ms)"]


def test_the_outcome_says_more_only_where_a_run_did_not_settle(record: Record, run_of: Callable[..., Run]) -> None:
    record.process("sender").canvas("A")
    record.process("worker-1").failed("A")
    assert words.outcome(run_of()) == "error in A"
    assert words.outcome(run_of("s", Settlement(ending="timed out"))) == "error in A (timed out)"
    assert words.outcome(run_of("s", Settlement(ending="settled with loss"))) == "error in A (settled with loss)"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;owned\x07", r"\x1b[2J\x1b]0;owned\x07"),
        ("a\rb\x9b31m", r"a\rb\x9b31m"),
        ("\u202eright to left", r"\u202eright to left"),
        ("naïve 𝄞\n\tsecond line", "naïve 𝄞\n\tsecond line"),
    ],
)
def test_nothing_that_came_out_of_a_run_gives_orders_to_a_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_tasks_name_is_shown_and_not_obeyed(record: Record) -> None:
    record.process("worker-1").started("\x1b[31mA")
    assert words.latest_news(record.events) == r"\x1b[31mA, attempt 1"

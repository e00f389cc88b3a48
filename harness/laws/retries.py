"""Retries: how many, under which id, how long they wait, and what is raised when there are no more."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from harness.history.events import Sent
from harness.laws.law import HELD, Law
from harness.laws.slots import Slots
from harness.laws.verdict import Evidence
from harness.semantics.retrying import delay_of, is_retried_automatically, most_attempts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.history.history import Attempt, History
    from harness.history.parts import TaskOptions
    from harness.laws.case import Case
    from harness.laws.law import Finding

_MAX_RETRIES_EXCEEDED = "celery.exceptions.MaxRetriesExceededError"


def _limited(case: Case) -> Iterator[Finding]:
    """Judge a task that asked for a retry."""
    for attempts in _by_task(case.history).values():
        asked = [attempt.asked for attempt in attempts if attempt.asked is not None]
        if not asked:
            continue
        limits = [one.max_retries for one in asked if one.max_retries is not None]
        most = most_attempts(_options(case.history, attempts[0]), limits)
        latest = max(attempts, key=lambda attempt: attempt.started.retries)
        if most is None or latest.started.retries < most:
            yield HELD
        else:
            yield Evidence(
                claim=f"{latest.started.task} is attempted at most {most} times",
                expected=f"{most} attempts",
                observed=f"attempt {latest.started.retries + 1}",
                events=tuple(attempt.started.index for attempt in attempts),
                steps=tuple(_told(attempt) for attempt in attempts),
            )


def _exhausted(case: Case) -> Iterator[Finding]:
    """Judge an attempt that ended with an exception which autoretry takes up."""
    for attempts in _by_task(case.history).values():
        for attempt in attempts:
            options = _options(case.history, attempt)
            if attempt.ended is None or attempt.ended.exception is None or attempt.aborted is not None:
                continue
            if not is_retried_automatically(options, attempt.ended.exception):
                continue
            limits = [one.asked.max_retries for one in attempts if one.asked and one.asked.max_retries is not None]
            most = most_attempts(options, limits)
            if attempt.ending == "retried" or (most is not None and attempt.started.retries + 1 >= most):
                yield HELD
            else:
                yield Evidence(
                    claim=f"{attempt.started.task} is retried while it may be, after {attempt.ended.exception.type}",
                    expected=f"a retry, for {'any number of' if most is None else most} attempts are allowed",
                    observed=f"attempt {attempt.started.retries + 1} was the last, and ended as {attempt.ending}",
                    events=(attempt.started.index, attempt.ended.index),
                    steps=(_told(attempt),),
                )


def _sent_under_its_id(case: Case) -> Iterator[Finding]:
    """Judge an attempt that ended as a retry."""
    sent: defaultdict[tuple[str, int], list[Sent]] = defaultdict(list)
    for event in case.history.events:
        if isinstance(event, Sent) and event.retries:
            sent[event.task_id, event.retries].append(event)
    for attempt in case.history.attempts():
        if attempt.ended is None or attempt.ending != "retried":
            continue
        start = attempt.started
        found = [event for event in sent[start.task_id, start.retries + 1] if event.source == start.source]
        if found:
            yield HELD
        else:
            others = [
                event
                for event in case.history.events[start.index : attempt.ended.index]
                if isinstance(event, Sent) and event.source == start.source and event.sender_id == start.task_id
            ]
            yield Evidence(
                claim=f"a retry of {start.task} is the same task once more",
                expected=f"a message of {start.task_id} with {start.retries + 1} retries",
                observed=", ".join(f"one of {event.task_id} with {event.retries}" for event in others) or "no message",
                events=(attempt.ended.index, *(event.index for event in others)),
                steps=(_told(attempt),),
            )


def _delay_asked(case: Case) -> Iterator[Finding]:
    """Judge an attempt that asked for a retry after some seconds."""
    for attempt in case.history.attempts():
        if attempt.asked is None or attempt.ended is None or attempt.ended.retry_delay_s is None:
            continue
        promised = delay_of(_options(case.history, attempt), attempt.asked)
        if promised is None or promised.allows(attempt.ended.retry_delay_s):
            yield HELD
        else:
            least, most = promised.least_s, promised.most_s
            yield Evidence(
                claim=f"{attempt.started.task} asks for a retry after {promised.rule} s",
                expected=f"{least:g} s" if least == most else f"{least:g} to {most:g} s",
                observed=f"{attempt.ended.retry_delay_s:g} s",
                events=(attempt.asked.index, attempt.ended.index),
                steps=(_told(attempt),),
            )


def _delay_kept(case: Case) -> Iterator[Finding]:
    """Judge a retry that was started. Late is what came late although a worker had room for it."""
    slots = Slots(case.history)
    for delay in case.history.retry_delays():
        start = delay.next.started
        due_ns = start.virtual_ns - round(delay.error_s * 1e9)
        room_ns = slots.free_since(due_ns, start)
        late_s = (start.virtual_ns - max(due_ns, room_ns)) / 1e9
        if delay.error_s >= -case.early_s and late_s <= case.late_s:
            yield HELD
        else:
            yield Evidence(
                claim=f"{delay.task} is started when its retry delay is over, and not before",
                expected=f"a start {delay.asked_s:g} s after the retry was asked for, at most {case.late_s:g} s late",
                observed=f"a start after {delay.observed_s:.3f} s",
                events=(delay.former.started.index, start.index),
                steps=(_told(delay.former), _told(delay.next)),
            )


def _original_exception(case: Case) -> Iterator[Finding]:
    """Judge an attempt that asked for a retry and had none left."""
    for attempt in case.history.attempts():
        if attempt.asked is None or attempt.ended is None or attempt.ending != "failed" or attempt.aborted is not None:
            continue
        cause = attempt.asked.exception
        expected = _MAX_RETRIES_EXCEEDED if cause is None else cause.type
        stored = attempt.closed.exception if attempt.closed is not None else None
        found = [one.type for one in (attempt.ended.exception, stored) if one is not None]
        if found and all(one == expected for one in found):
            yield HELD
        else:
            yield Evidence(
                claim=f"{attempt.started.task} fails with the exception that it wanted to be retried for",
                expected=expected,
                observed=" and ".join(dict.fromkeys(found)) or "none",
                events=(attempt.asked.index, attempt.ended.index),
                steps=(_told(attempt),),
            )


LAWS = (
    Law(
        name="retries.limited",
        statement="A task is attempted at most max_retries + 1 times, all under one id.",
        source="celery/app/task.py, Task.retry: `retries > max_retries` raises (5.4.0 to 5.7.0)",
        findings=_limited,
    ),
    Law(
        name="retries.exhausted",
        statement="What autoretry takes up is retried for as long as max_retries allows.",
        source="celery/app/autoretry.py (5.4.0 to 5.7.0)",
        findings=_exhausted,
    ),
    Law(
        name="retries.same_task",
        statement="A retry is a message of the same task id, with one retry more.",
        source="celery/app/task.py, signature_from_request (5.4.0 to 5.7.0)",
        findings=_sent_under_its_id,
    ),
    Law(
        name="retries.delay_asked",
        statement="A retry asks for the delay that the task's options stand for.",
        source="celery/utils/time.py, get_exponential_backoff_interval; celery/app/task.py, retry (5.4.0 to 5.7.0)",
        findings=_delay_asked,
    ),
    Law(
        name="retries.delay_kept",
        statement="A retry starts when its delay is over: never before, and no later than a worker has room for it.",
        source="documentation, Calling Tasks: ETA and Countdown",
        findings=_delay_kept,
    ),
    Law(
        name="retries.original_exception",
        statement="When there are no retries left, a task fails with the exception that it wanted to be retried for.",
        source="documentation, Tasks: Retrying; celery/app/task.py, retry: raise_with_context(exc) (5.4.0 to 5.7.0)",
        findings=_original_exception,
    ),
)


def _by_task(history: History) -> dict[str, list[Attempt]]:
    found: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in history.attempts():
        found[attempt.started.task_id].append(attempt)
    return found


def _options(history: History, attempt: Attempt) -> TaskOptions:
    return history.options_of(attempt.started.task)


def _told(attempt: Attempt) -> str:
    return f"attempt {attempt.started.retries + 1} of {attempt.started.task} ended as {attempt.ending}"

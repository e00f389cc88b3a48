"""Retries: how many, under which id, how long they wait, and what is raised when there are no more."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from harness.history.events import Sent
from harness.laws.law import HELD, Law
from harness.laws.slots import Slots
from harness.laws.verdict import Evidence
from harness.semantics.retrying import delay_of, is_retried_automatically, retries_allowed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.history.attempt_events import AttemptStarted
    from harness.history.history import Attempt
    from harness.laws.case import Case
    from harness.laws.law import Finding

_MAX_RETRIES_EXCEEDED = "celery.exceptions.MaxRetriesExceededError"
_REJECT = "celery.exceptions.Reject"


def _limited(case: Case) -> Iterator[Finding]:
    """Judge an attempt that asked for a retry and had none left."""
    sent = _retries_sent(case)
    for attempt in case.history.attempts():
        limit = _limit(case, attempt)
        if attempt.asked is None or limit is None or attempt.started.retries < limit:
            continue
        start = attempt.started
        more = [event for event in sent.get((start.task_id, start.retries + 1), ()) if event.source == start.source]
        if not more:
            yield HELD
        else:
            yield Evidence(
                claim=f"{start.task} is attempted at most {limit + 1} times",
                expected=f"no retry after attempt {start.retries + 1}",
                observed=f"a message for attempt {start.retries + 2}",
                events=(attempt.asked.index, *(event.index for event in more)),
                steps=(_told(attempt),),
            )


def _exhausted(case: Case) -> Iterator[Finding]:
    """Judge an attempt that autoretry should have taken up, or that asked for a retry and had one left."""
    for attempt in case.history.attempts():
        ended, start = attempt.ended, attempt.started
        limit = _limit(case, attempt)
        if ended is None or attempt.aborted is not None or (limit is not None and start.retries >= limit):
            continue
        options = case.history.options_of(start.task)
        # Of Ignore autoretry makes no retry, whatever it is told to take up; of Reject it does, and then has asked.
        raised = ended.exception if ended.ending in ("failed", "rejected") else None
        is_due = raised is not None and is_retried_automatically(options, raised)
        is_turned_down = attempt.refused is not None and attempt.refused.exception.type != _REJECT
        if not (attempt.asked is not None or is_due):
            continue
        if ended.ending == "retried" or (attempt.asked is not None and not is_turned_down):
            yield HELD
        else:
            why = ended.exception.type if ended.exception is not None else "it asked"
            yield Evidence(
                claim=f"{start.task} is retried while it may be, after {why}",
                expected=f"a retry, for {'any number of' if limit is None else limit + 1} attempts are allowed",
                observed=f"attempt {start.retries + 1} was the last, and ended as {attempt.ending}",
                events=(start.index, ended.index),
                steps=(_told(attempt),),
            )


def _sent_under_its_id(case: Case) -> Iterator[Finding]:
    """Judge an attempt that ended as a retry."""
    sent = _retries_sent(case)
    for attempt in case.history.attempts():
        if attempt.ended is None or attempt.ending != "retried":
            continue
        start = attempt.started
        found = [one for one in sent.get((start.task_id, start.retries + 1), ()) if one.source == start.source]
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
    """Judge an attempt that asked for a retry after some seconds, not at a moment."""
    for attempt in case.history.attempts():
        if attempt.asked is None or attempt.ended is None or attempt.ended.retry_delay_s is None:
            continue
        promised = delay_of(case.history.options_of(attempt.started.task), attempt.asked)
        if promised is None:
            continue
        if promised.allows(attempt.ended.retry_delay_s):
            yield HELD
        else:
            yield Evidence(
                claim=f"{attempt.started.task} asks for a retry after {promised.rule} s",
                expected=str(promised),
                observed=f"{attempt.ended.retry_delay_s:g} s",
                events=(attempt.asked.index, attempt.ended.index),
                steps=(_told(attempt),),
            )


def _delay_kept(case: Case) -> Iterator[Finding]:
    """Judge a retry that was started. Late is what came late although its worker had room, and nothing happened."""
    slots, sent = Slots(case.history), _retries_sent(case)
    for delay in case.history.retry_delays():
        start = delay.next.started
        # Celery counts from some moment between the call of `retry` and the message: early is what comes before the
        # one and its delay, late what comes after the other.
        own = [one for one in sent.get((start.task_id, start.retries), ()) if one.index < start.index]
        counted_ns = [one.virtual_ns for one in own] + [(delay.former.asked or delay.former.started).virtual_ns]
        due_ns = max(counted_ns) + round(delay.asked_s * 1e9)
        late_s = (start.virtual_ns - due_ns) / 1e9
        is_late = late_s > case.late_s and _was_idle(slots, due_ns, start, case.late_s)
        if delay.error_s >= -case.early_s and not is_late:
            yield HELD
        else:
            yield Evidence(
                claim=f"{delay.task} is started when its retry delay is over, and not before",
                expected=f"a start {delay.asked_s:g} s after the retry was asked for, at most {case.late_s:g} s late",
                observed=f"a start after {delay.observed_s:.3f} s",
                events=(delay.former.started.index, start.index),
                steps=(_told(delay.former), _told(delay.next)),
            )


def _was_idle(slots: Slots, due_ns: int, start: AttemptStarted, late_s: float) -> bool:
    """Say whether a worker had room for an attempt, and nothing happened, for longer than it takes to start one."""
    return slots.idle_before(slots.free_since(due_ns, start), start) / 1e9 > late_s


def _original_exception(case: Case) -> Iterator[Finding]:
    """Judge an attempt that asked for a retry and was refused. What its code makes of that is its own business."""
    for attempt in case.history.attempts():
        if attempt.asked is None or attempt.refused is None:
            continue
        cause, raised = attempt.asked.exception, attempt.refused.exception
        expected = _MAX_RETRIES_EXCEEDED if cause is None else cause.type
        if raised.type == _REJECT != expected:
            continue  # its message could not be sent (celery/app/task.py, Task.retry)
        # A task may name a class of its own for that, by inheriting from Celery's.
        if expected in ([raised.type] if cause is not None else [raised.type, *raised.bases]):
            yield HELD
        else:
            yield Evidence(
                claim=f"{attempt.started.task} is left with the exception for which it wanted to be retried",
                expected=expected,
                observed=attempt.refused.exception.type,
                events=(attempt.asked.index, attempt.refused.index),
                steps=(_told(attempt),),
            )


LAWS = (
    Law(
        name="retries.limited",
        statement="A task is attempted at most max_retries + 1 times.",
        source="celery/app/task.py, Task.retry: `retries > max_retries` raises (5.4.0 to 5.7.0)",
        findings=_limited,
    ),
    Law(
        name="retries.exhausted",
        statement="Who asks for a retry, or is due one by autoretry, gets it for as long as max_retries allows.",
        source="celery/app/autoretry.py; celery/app/task.py, Task.retry (5.4.0 to 5.7.0)",
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
        statement="A retry starts when its delay is over: never before, and no later than its worker can.",
        source="documentation, Calling Tasks: ETA and Countdown",
        findings=_delay_kept,
    ),
    Law(
        name="retries.original_exception",
        statement="When there are no retries left, asking for one raises the exception for which it was asked.",
        source="documentation, Tasks: Retrying; celery/app/task.py, retry: raise_with_context(exc) (5.4.0 to 5.7.0)",
        findings=_original_exception,
    ),
)


def _retries_sent(case: Case) -> dict[tuple[str, int], list[Sent]]:
    found: defaultdict[tuple[str, int], list[Sent]] = defaultdict(list)
    for event in case.messages.sent:
        if event.retries:
            found[event.task_id, event.retries].append(event)
    return dict(found)


def _limit(case: Case, attempt: Attempt) -> int | None:
    return retries_allowed(case.history.options_of(attempt.started.task), attempt.asked)


def _told(attempt: Attempt) -> str:
    return f"attempt {attempt.started.retries + 1} of {attempt.started.task} ended as {attempt.ending}"

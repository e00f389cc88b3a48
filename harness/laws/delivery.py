"""Delivery: what is put on the broker, by whom, and that nothing is run that was not handed over, or twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from harness.history.events import AttemptEnded, AttemptStarted, CanvasSent, Delivered, Sent
from harness.laws.law import HELD, Law
from harness.laws.verdict import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.laws.case import Case
    from harness.laws.law import Finding

_CANVASES = frozenset({"celery.chain", "celery.group", "celery.chord", "celery.chunks", "celery.map", "celery.starmap"})


def _one_message_for_a_chain(case: Case) -> Iterator[Finding]:
    """Judge a chain that was sent and begins with a task."""
    for canvas in (event for event in case.history.events if isinstance(event, CanvasSent)):
        signature = canvas.canvas
        if not isinstance(signature, dict) or signature.get("task") != "celery.chain":
            continue
        steps = signature.get("kwargs", {}).get("tasks") or []
        if not steps or steps[0].get("task") in _CANVASES:
            continue
        sent = [event for event in case.history.events if isinstance(event, Sent) and event.source == canvas.source]
        before = [event for event in sent if event.index < canvas.index]
        if len(before) == 1:
            yield HELD
        else:
            yield Evidence(
                claim="sending a chain puts one message on the broker, that of its first step",
                expected="1 message",
                observed=f"{len(before)}: {', '.join(event.task for event in before)}",
                events=tuple(event.index for event in before),
            )


def _attempts_are_delivered(case: Case) -> Iterator[Finding]:
    """Judge an attempt."""
    left: Counter[tuple[str, int]] = Counter()
    for event in case.history.events:
        if isinstance(event, Delivered):
            left[event.task_id, event.retries] += 1
        elif isinstance(event, AttemptStarted):
            if left[event.task_id, event.retries] > 0:
                left[event.task_id, event.retries] -= 1
                yield HELD
            else:
                yield Evidence(
                    claim=f"every attempt of {event.task} belongs to a delivery of its own",
                    expected="a message that was handed over before, for this attempt",
                    observed=f"attempt {event.retries + 1} of {event.task_id} without one",
                    events=(event.index,),
                )


def _ended_is_ended(case: Case) -> Iterator[Finding]:
    """Judge a task that came to its end."""
    ends: dict[str, AttemptEnded] = {}
    again: defaultdict[str, list[AttemptStarted]] = defaultdict(list)
    for event in case.history.events:
        if isinstance(event, AttemptEnded) and event.ending in ("succeeded", "failed"):
            ends.setdefault(event.task_id, event)
        elif isinstance(event, AttemptStarted) and event.task_id in ends:
            again[event.task_id].append(event)
    for task_id, end in ends.items():
        if not again[task_id]:
            yield HELD
        else:
            yield Evidence(
                claim=f"{end.task} is not started again after it has {end.ending}",
                expected="no further attempt",
                observed=f"{len(again[task_id])} more of {task_id}",
                events=(end.index, *(event.index for event in again[task_id])),
            )


def _senders_are_running(case: Case) -> Iterator[Finding]:
    """Judge a message that a task is said to have sent."""
    running: defaultdict[str, set[str]] = defaultdict(set)  # by process
    for event in case.history.events:
        if isinstance(event, AttemptStarted):
            running[event.source].add(event.task_id)
        elif isinstance(event, Sent) and event.sender_id is not None:
            if event.sender_id in running[event.source]:
                yield HELD
            else:
                yield Evidence(
                    claim=f"{event.task} is sent by an attempt that runs where it is sent",
                    expected=f"an attempt of {event.sender_id} in {event.source}",
                    observed="none was ever started there",
                    events=(event.index,),
                )


LAWS = (
    Law(
        name="delivery.one_message_for_a_chain",
        statement="Sending a chain puts exactly one message on the broker; the rest travels inside it.",
        source="celery/canvas.py, _chain.run (5.4.0 to 5.7.0)",
        findings=_one_message_for_a_chain,
    ),
    Law(
        name="delivery.attempts_are_delivered",
        statement="Every attempt belongs to a delivery.",
        source="celery/worker/strategy.py (5.4.0 to 5.7.0)",
        findings=_attempts_are_delivered,
    ),
    Law(
        name="delivery.ended_is_ended",
        statement="A task that has succeeded, or failed for good, is not started again.",
        source="documentation, Tasks: acks_early; with acks_late a worker that dies may run a task twice",
        findings=_ended_is_ended,
    ),
    Law(
        name="delivery.sent_by_a_running_task",
        statement="What a task is said to have sent was sent by an attempt of it, where that ran.",
        source="celery/app/base.py, send_task: parent_id and root_id (5.4.0 to 5.7.0)",
        findings=_senders_are_running,
    ),
)

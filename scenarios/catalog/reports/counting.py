"""How often a callback ran, and whether it was sent in time: what the laws of both forms ask in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.laws.law import HELD, Open
from harness.laws.verdict import Evidence
from scenarios.catalog.reports.case import end_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.history.history import Attempt
    from harness.laws.fates import Fate
    from harness.laws.law import Finding
    from scenarios.catalog.reports.case import Call, Report


def ran(report: Report, callback: str, wanted: int, why: str) -> Finding:
    """Judge how often a callback ran, once everything that may lead to it is over."""
    calls = report.calls_of(callback)
    if len(calls) <= wanted and (report.open or any(call.fate.last is None for call in calls)):
        return Open(f"{report} has not come to its end")
    runs = [attempt for call in calls for attempt in call.fate.attempts]
    if len(runs) == wanted:
        return HELD
    return Evidence(
        claim=f"{callback} of {report} runs as often as is due: {why}",
        expected=_times(wanted),
        observed=_times(len(runs)),
        events=(*_ends(report.members), *(attempt.started.index for attempt in runs)),
        steps=tuple(f"sent by {call.sent.sender_id}, in {call.sent.source}" for call in calls),
    )


def sent_by(report: Report, call: Call, senders: Sequence[Fate]) -> Finding:
    """Judge whether a callback was sent by one of these members, between the end of its code and Celery's with it."""
    for fate in senders:
        if fate.sent.task_id != call.sent.sender_id:
            continue
        end = end_of(fate)
        if end is None or end.ended is None or end.last_index is None:
            return Open(f"{fate.sent.task} of {report} has not come to its end")
        if end.ended.index < call.sent.index < end.last_index:
            return HELD
    return Evidence(
        claim=f"{call.sent.task} of {report} is sent at once, by the member whose end it follows",
        expected=f"sent by {_names(senders, ' or ')}, when its code has ended and before Celery is through with it",
        observed=f"sent by {call.sent.sender_id} in {call.sent.source}",
        events=(*_ends(senders), call.sent.index),
    )


def sent_after_all(report: Report, call: Call) -> Finding:
    """Judge whether a callback was sent when all members had ended, and not before, nor later than that."""
    waits_for = report.unended_at(call.sent.index)
    if not waits_for:
        # Not by the one whose code ended last: of two that end at the same time either may be counted last.
        return sent_by(report, call, report.members)
    return Evidence(
        claim=f"{call.sent.task} of {report} is sent when all members have come to their end",
        expected=f"sent after {_names(report.members)}",
        observed=f"sent before the end of {_names(waits_for)}",
        events=(call.sent.index, *_ends(waits_for)),
    )


def _ends(fates: Sequence[Fate]) -> tuple[int, ...]:
    ends: list[Attempt | None] = [end_of(fate) for fate in fates]
    return tuple(end.ended.index for end in ends if end is not None and end.ended is not None)


def _names(fates: Sequence[Fate], between: str = ", ") -> str:
    return between.join(fate.sent.task for fate in fates) or "nobody"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"

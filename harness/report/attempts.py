"""Attempts as bars: from where to where, in which process, and how they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report.format import AttemptTold

if TYPE_CHECKING:
    from harness.history.history import Attempt
    from harness.report.format import AttemptEnding
    from harness.report.told import Told

_PARTS = ("started", "asked", "refused", "ended", "closed", "aborted", "released")


def attempts(told: Told, message_of: dict[int, int]) -> list[AttemptTold]:
    """Return the attempts in the order in which they started. `message_of` says which message led to each."""
    return [_attempt(told, attempt, message_of.get(place)) for place, attempt in enumerate(told.attempts)]


def _attempt(told: Told, attempt: Attempt, message: int | None) -> AttemptTold:
    started, ended, optional = attempt.started, attempt.ended, told.values.optional
    through = attempt.released or attempt.closed
    parts = [getattr(attempt, part) for part in _PARTS]
    death = told.case.deaths.of(attempt)
    end = ended or attempt.aborted or death
    return AttemptTold(
        task=told.tasks[started.task_id],
        process=told.sources[started.source],
        retries=started.retries,
        start=told.moments.of(started),
        end=None if end is None else told.moments.of(end),
        closed=None if through is None else told.moments.of(through),
        ending=ending_of(told, attempt),
        events=sorted(part.index for part in parts if part is not None),
        message=message,
        exception=optional(attempt.exception),
        args=optional(started.args),
        kwargs=optional(started.kwargs),
        returned=optional(ended.returned if ended is not None else None),
    )


def ending_of(told: Told, attempt: Attempt) -> AttemptEnding:
    """Say how an attempt ended. One whose process was lost is lost, whatever Celery made of that."""
    was_lost = attempt.aborted is not None and attempt.aborted.exception.type.rpartition(".")[2] == "WorkerLostError"
    if was_lost and attempt.ending != "succeeded":
        return "lost"
    if attempt.ending is not None:
        return attempt.ending
    return "lost" if told.case.deaths.of(attempt) is not None else "running"

"""Redelivery: what is acknowledged late comes back when whoever ran it is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.history.attempt_events import AttemptStarted
from harness.history.events import Returned, StatesRead
from harness.laws.law import HELD, Law, Open
from harness.laws.verdict import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.history.history import Attempt
    from harness.laws.case import Case
    from harness.laws.law import Finding

_LOST = "billiard.exceptions.WorkerLostError"


def _late_acknowledgements(case: Case) -> Iterator[Finding]:
    """Judge an attempt of a task that acknowledges late, whose worker died, or whose process did and that asks for it.

    Of a process that had stored its success Celery 5.7 says that the task has been executed, and gives nothing back;
    the documentation says nothing of that. A chord that is lost by it is for other laws to tell.
    """
    starts = case.history.all_of(AttemptStarted)
    has_settled = bool(case.history.all_of(StatesRead))
    returned = {(event.task_id, event.retries) for event in case.history.all_of(Returned)}
    for attempt in case.history.attempts():
        start = attempt.started
        lost_at, how = _loss(case, attempt)
        if lost_at is None or case.is_forgotten(attempt):
            continue
        # Not after the death, as it was told: RabbitMQ hands a message out again before anybody has heard of that.
        again = [one for one in starts if one.index > start.index and _key(one) == _key(start)]
        if again:
            yield HELD
        elif not has_settled:
            yield Open(f"{start.task} may yet be run again: the history ends before everything has settled")
        else:
            yield Evidence(
                claim=f"{start.task}, which is acknowledged late, is run again when {how}",
                expected=f"a later start of {start.task_id}",
                observed="none" + (", though its message went back" if _key(start) in returned else ""),
                events=(start.index, lost_at),
            )


def _loss(case: Case, attempt: Attempt) -> tuple[int | None, str]:
    """Return where a loss is told that must bring a message back, and what was lost."""
    options = case.history.options_of(attempt.started.task)
    if not options.acks_late:
        return None, ""
    if (death := case.deaths.of(attempt)) is not None:
        return death.index, "its worker dies"
    if not options.reject_on_worker_lost or attempt.aborted is None or attempt.ending == "succeeded":
        return None, ""
    is_lost = attempt.aborted.exception.type == _LOST
    return (attempt.aborted.index, "its process is lost") if is_lost else (None, "")


def _key(start: AttemptStarted) -> tuple[str, int]:
    return start.task_id, start.retries


LAWS = (
    Law(
        name="redelivery.late_acknowledgements",
        statement="A task that acknowledges late is run again if its worker dies; if it asks for that, also if its "
        "process does, but from 5.7 on not if that had stored a success.",
        source="documentation, Tasks: acks_late, reject_on_worker_lost; Redis: visibility time-out (5.4.0 to 5.7.0); "
        "celery/worker/request.py, Request.on_failure (5.7.0)",
        findings=_late_acknowledgements,
    ),
)

"""States: what the result backend says of a task when everything has settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.history.events import CanvasSent, StateRead, WorkerStarted
from harness.laws.law import HELD, Law
from harness.laws.verdict import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.laws.case import Case
    from harness.laws.law import Finding

_STATE_OF = {"succeeded": "SUCCESS", "failed": "FAILURE"}
# Since this version Celery fails a chord's body, and what follows it, when it can no longer run.
_FAILS_BODIES = (5, 7)


def _of_what_ran(case: Case) -> Iterator[Finding]:
    """Judge a task that came to its end and stores its result."""
    fates = case.messages.fates
    for read in (event for event in case.history.events if isinstance(event, StateRead)):
        last = fates[read.task_id].last if read.task_id in fates else None
        expected = _STATE_OF.get(last.ending or "") if last is not None else None
        if expected is None or last is None or case.history.options_of(read.task).ignore_result:
            continue
        if read.state == expected:
            yield HELD
        else:
            yield Evidence(
                claim=f"{read.task}, which has {last.ending}, is stored as {expected}",
                expected=expected,
                observed=read.state,
                events=(last.started.index, read.index),
            )


def _of_what_never_ran(case: Case) -> Iterator[Finding]:
    """Judge a task of the canvas that was never sent."""
    version = next((event.versions["celery"] for event in case.history.events if isinstance(event, WorkerStarted)), "0")
    fails_bodies = tuple(int(part) for part in version.split(".")[:2]) >= _FAILS_BODIES
    fates = case.messages.fates
    planned = {task.task_id for event in case.history.events if isinstance(event, CanvasSent) for task in event.planned}
    for read in (event for event in case.history.events if isinstance(event, StateRead)):
        if read.task_id in fates or read.task_id not in planned:
            continue
        allowed = ("PENDING", "FAILURE") if fails_bodies else ("PENDING",)
        if read.state in allowed:
            yield HELD
        else:
            yield Evidence(
                claim=f"{read.task}, which never ran, is not stored as if it had",
                expected=" or ".join(allowed),
                observed=read.state,
                events=(read.index,),
            )


LAWS = (
    Law(
        name="states.of_what_ran",
        statement="What has succeeded is stored as SUCCESS, and what failed for good as FAILURE.",
        source="documentation, Tasks: Built-in States (5.4.0 to 5.7.0)",
        findings=_of_what_ran,
    ),
    Law(
        name="states.of_what_never_ran",
        statement="What never ran is PENDING; from 5.7 on, FAILURE where it follows from a chord that failed.",
        source="celery/backends/base.py, fail_from_current_stack and chord errors (5.7.0); measured for 5.4.0 to 5.6.0",
        findings=_of_what_never_ran,
    ),
)

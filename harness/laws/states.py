"""States: what the result backend says of a task when everything has settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.history.events import CanvasSent, Expired, Revoked, StateRead
from harness.laws.fates import has_returned
from harness.laws.law import HELD, Law
from harness.laws.verdict import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.laws.case import Case
    from harness.laws.fates import Fate
    from harness.laws.law import Finding

_STATE_OF = {"succeeded": "SUCCESS", "failed": "FAILURE"}
# Celery 5.6 revokes the tasks of a group that is the body of a chord that has failed, then stores their failures, and
# which of the two comes last is a race (celery/backends/base.py, _handle_group_chord_error; 5.7 stores them first).
_REVOKES_GROUP_BODIES = ((5, 6), (5, 7))
_STATES_BEHIND_A_FAILURE = {False: ("PENDING", "FAILURE"), True: ("PENDING", "FAILURE", "REVOKED")}
_UNPICKLEABLE = "celery.utils.serialization.UnpickleableExceptionWrapper"


def _of_what_ran(case: Case) -> Iterator[Finding]:
    """Judge a task that came to its end and stores its result."""
    fates, withdrawn, overtaken = case.messages.fates, _withdrawn(case), _overtaken(case)
    for read in case.history.all_of(StateRead):
        fate = fates.get(read.task_id)
        if fate is None or not fate.ends or read.task_id in withdrawn or _ignores_result(case, fate):
            continue
        if all(case.deaths.of(end) is not None or case.is_forgotten(end) for end in fate.ends):
            continue  # who was to store it was lost before it was through; or it was stored, and is no more
        # Of two that ran side by side, either may have been the last to store its state.
        allowed = {_STATE_OF.get(end.ending or "") for end in fate.ends}
        if fate.last is None or fate.last.ending not in _STATE_OF or None in allowed:
            continue
        if read.task_id in overtaken:
            allowed.add("FAILURE")
        if any(end.aborted is not None and has_returned(end) for end in fate.ends):
            # Its process may have stored the success before it was lost, and that is not overwritten
            # (celery/backends/base.py, `_store_result`, 5.4.0 to 5.7.0).
            allowed.add("SUCCESS")
        if read.state in allowed:
            yield HELD
        else:
            yield Evidence(
                claim=f"{read.task}, which has {fate.last.ending}, is stored as {_STATE_OF[fate.last.ending]}",
                expected=_STATE_OF[fate.last.ending],
                observed=read.state,
                events=(fate.last.started.index, read.index),
            )


def _overtaken(case: Case) -> set[str]:
    """Return the steps after a task whose code returned what cannot be stored.

    Celery sends the next step, then fails the task, and all steps with it (celery/app/trace.py, build_tracer, and
    celery/backends/base.py, mark_as_failure, 5.4.0 to 5.7.0): what is stored of them last is a race.
    """
    failed = [fate for fate in case.messages.fates.values() if any(has_returned(one) for one in fate.failures)]
    return {step.task_id for fate in failed for step in fate.sent.chain if step.task_id is not None}


def _of_what_never_ran(case: Case) -> Iterator[Finding]:
    """Judge a task of the canvas that was never sent."""
    fates, withdrawn = case.messages.fates, _withdrawn(case)
    planned = {task.task_id for event in case.history.all_of(CanvasSent) for task in event.planned}
    must_fail, may_fail = _behind_failures(case)
    is_revoking = _REVOKES_GROUP_BODIES[0] <= case.version < _REVOKES_GROUP_BODIES[1]
    for read in case.history.all_of(StateRead):
        if read.task_id in fates or read.task_id not in planned or read.task_id in withdrawn:
            continue
        if read.task_id in must_fail:
            allowed: tuple[str, ...] = ("FAILURE",)
        else:
            allowed = _STATES_BEHIND_A_FAILURE[is_revoking] if read.task_id in may_fail else ("PENDING",)
        if read.state in allowed:
            yield HELD
        else:
            yield Evidence(
                claim=f"{read.task}, which never ran, is not stored as if it had",
                expected=" or ".join(allowed),
                observed=read.state,
                events=(read.index,),
            )


def _behind_failures(case: Case) -> tuple[set[str], set[str]]:
    """Return the tasks that wait for one that failed: those that Celery fails with it, and all of them."""
    must: set[str] = set()
    may: set[str] = set()
    withdrawn = _withdrawn(case)
    for fate in case.messages.fates.values():
        if fate.failure is None and fate.sent.task_id not in withdrawn:
            continue
        followings = fate.sent.followings
        for following in followings:
            may.update(following.ids)
            may.update(join.task_id for join in following.joins)
        if fate.failure is not None and fate.failure.ending == "failed" and not _ignores_result(case, fate):
            must.update(
                step.task_id for step in fate.sent.chain if step.task_id and not step.task.startswith("celery.")
            )
    if may:
        # What lies behind a chord that cannot begin is told by no message; it is failed, or it is left.
        may.update(task.task_id for event in case.history.all_of(CanvasSent) for task in event.planned)
    return must, may


def _failure_is_the_codes(case: Case) -> Iterator[Finding]:
    """Judge an attempt that failed because its code raised something."""
    for attempt in case.history.attempts():
        ended, closed = attempt.ended, attempt.closed
        if ended is None or closed is None or attempt.aborted is not None:
            continue
        if ended.ending != "failed" or ended.exception is None or closed.exception is None:
            continue
        # What cannot be pickled is failed as one of its bases, or in a wrapper (celery/utils/serialization.py).
        if closed.exception.type in (ended.exception.type, *ended.exception.bases, _UNPICKLEABLE):
            yield HELD
        else:
            yield Evidence(
                claim=f"{ended.task} fails with what its code has raised",
                expected=ended.exception.type,
                observed=closed.exception.type,
                events=(ended.index, closed.index),
            )


def _withdrawn(case: Case) -> set[str]:
    """Return the tasks that were revoked or whose time was over: Celery calls them REVOKED, whatever they had done."""
    revoked = {event.task_id for event in case.history.all_of(Revoked)}
    return revoked | {event.task_id for event in case.history.all_of(Expired)}


def _ignores_result(case: Case, fate: Fate) -> bool:
    last = fate.last.started.task if fate.last is not None else fate.sent.task
    return fate.sent.ignore_result or case.history.options_of(last).ignore_result


LAWS = (
    Law(
        name="states.of_what_ran",
        statement="What has succeeded is stored as SUCCESS, and what failed for good as FAILURE.",
        source="documentation, Tasks: Built-in States (5.4.0 to 5.7.0)",
        findings=_of_what_ran,
    ),
    Law(
        name="states.of_what_never_ran",
        statement="What never ran is PENDING; FAILURE only where it waits for what failed, and there if it is a step.",
        source="celery/backends/base.py, mark_as_failure and, for chords, fail_from_current_stack (5.4.0 to 5.7.0)",
        findings=_of_what_never_ran,
    ),
    Law(
        name="states.failure_is_the_codes",
        statement="A task fails with the exception that its code has raised.",
        source="celery/app/trace.py, TraceInfo.handle_failure (5.4.0 to 5.7.0)",
        findings=_failure_is_the_codes,
    ),
)

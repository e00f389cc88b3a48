"""Tasks: what became of each in the end, and why of those that never ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.history.events import Discarded, Expired, Revoked, Sent, StateRead
from harness.report.attempts import ending_of
from harness.report.chords import bodies
from harness.report.dag import steps, waits
from harness.report.format import TaskTold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.report.dag import Node
    from harness.report.format import AttemptTold, Final
    from harness.report.told import Told

_BROKEN = frozenset({"failed", "rejected", "lost", "expired", "revoked", "discarded"})


def tasks(told: Told, attempts: Sequence[AttemptTold], canvas: Node | None) -> list[TaskTold]:
    """Return the tasks of the canvas, in its order, and then all others."""
    planned = {one.task_id for sent in told.canvases for one in sent.planned}
    of_canvas = steps(canvas)
    states = {event.task_id: event.state for event in told.history.all_of(StateRead)}
    sent: dict[str, Sent] = {}
    for event in told.history.all_of(Sent):
        sent.setdefault(event.task_id, event)
    drops = _drops(told)
    are_bodies = bodies(told)
    found = [_task(told, task_id, sent.get(task_id), attempts, drops.get(task_id)) for task_id in told.names]
    for place, task in enumerate(found):
        task.planned = task.id in planned or place in of_canvas
        task.state = states.get(task.id)
        task.is_body = task.id in are_bodies
    _explain(found, sent, waits(canvas))
    return found


def _drops(told: Told) -> dict[str, Final]:
    """Return of which tasks a message was dropped, and how."""
    found: dict[str, Final] = {}
    found |= {event.task_id: "expired" for event in told.history.all_of(Expired)}
    found |= {event.task_id: "revoked" for event in told.history.all_of(Revoked)}
    found |= {event.task_id: "discarded" for event in told.history.all_of(Discarded) if event.task_id is not None}
    return found


def _task(
    told: Told, task_id: str, sent: Sent | None, attempts: Sequence[AttemptTold], dropped: Final | None
) -> TaskTold:
    its = told.attempts_of.get(task_id, [])
    places = [place for place, _ in its]
    final = _final(told, task_id, is_sent=sent is not None, dropped=dropped)
    ends = [end for place in places if (end := attempts[place].end) is not None]
    began = attempts[places[0]].start if places else None
    return TaskTold(
        id=task_id,
        name=told.names[task_id],
        planned=False,
        state=None,
        final=final,
        attempts=places,
        parent=None if sent is None else told.tasks.get(sent.sender_id or sent.parent_id or ""),
        sender=None if sent is None else sent.by,
        group=None if sent is None else sent.group_id,
        is_body=False,
        why_not=None,
        exception=attempts[places[-1]].exception if places and final in _BROKEN else None,
        began_us=began,
        ended_us=ends[-1] if ends and final not in ("waiting", "running") else None,
    )


def _final(told: Told, task_id: str, *, is_sent: bool, dropped: Final | None) -> Final:
    """Say what became of a task in the end. One that has ever succeeded has succeeded, whatever came after."""
    its = [attempt for _, attempt in told.attempts_of.get(task_id, [])]
    if not its:
        return dropped or ("waiting" if is_sent else "never ran")
    endings = [ending_of(told, attempt) for attempt in its]
    if "succeeded" in endings:
        return "succeeded"
    if endings[-1] == "retried":
        return dropped or "waiting"
    return endings[-1]


def _explain(tasks: Sequence[TaskTold], sent: Mapping[str, Sent], waits: Mapping[int, Sequence[int]]) -> None:
    """Say of each task that never ran what kept it from running."""
    blockers: dict[int, list[int]] = {}
    for place, before in waits.items():  # what comes before stands before
        found: list[int] = []
        for former in before:
            found += [former] if tasks[former].final in _BROKEN else blockers.get(former, [])
        blockers[place] = list(dict.fromkeys(found))
    behind = _behind(tasks, sent)
    for place, task in enumerate(tasks):
        if not task.attempts:
            guilty = blockers.get(place) or behind.get(task.id, [])
            task.why_not = _why(task, [tasks[one] for one in guilty], sent.get(task.id))


def _behind(tasks: Sequence[TaskTold], sent: Mapping[str, Sent]) -> dict[str, list[int]]:
    """Return what failed before each task, as far as messages tell: for whoever sends by code of an own."""
    found: dict[str, list[int]] = {}
    for place, task in enumerate(tasks):
        event = sent.get(task.id)
        if task.final not in _BROKEN or event is None:
            continue
        for following in event.followings:
            for task_id in following.ids:
                found.setdefault(task_id, []).append(place)
    return found


def _why(task: TaskTold, guilty: Sequence[TaskTold], sent: Sent | None) -> str:
    if task.final in _BROKEN:
        return f"its message was {task.final}" if task.final == "revoked" else f"its message {_dropped(task.final)}"
    if sent is not None:
        return f"its message was sent to queue {sent.queue}, and nobody is known to have run it"
    if guilty:
        names = list(dict.fromkeys(one.name for one in guilty))
        how = {one.final for one in guilty}
        verb = next(iter(how)) if len(how) == 1 else "did not succeed"
        return f"it comes after {_named(names)}, which {'was lost' if verb == 'lost' else verb}"
    return "it was never sent"


def _named(names: Sequence[str]) -> str:
    shown = 3
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")


def _dropped(final: str) -> str:
    return {"expired": "expired before it could run", "discarded": "was discarded by its worker"}.get(final, final)

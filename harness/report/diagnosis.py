"""The diagnosis: what became of the canvas, which task it was, what succeeded, and what never ran and why.

Reads as a check-list, from the top down. Owns words; what became of each task, `tasks` has said.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from harness.report.format import Diagnosis, DiagnosisStep
from harness.report.saying import raised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.history.outcome import Outcome
    from harness.report.format import TaskTold
    from harness.report.told import Told

_GOOD = frozenset({"succeeded", "ignored"})
_SHOWN = 5
_UNFINISHED: dict[str, tuple[Literal["lost", "note"], str]] = {
    "lost": ("lost", "was lost with its process"),
    "waiting": ("note", "was still to be run"),
    "running": ("note", "still ran"),
}


def diagnosis(
    told: Told, tasks: Sequence[TaskTold], outcome: Outcome, *, ending: str | None, unfinished: Sequence[str]
) -> Diagnosis:
    """Return what there is to say of a canvas."""
    steps = [
        *_root_cause(told, tasks, outcome),
        *_other_failures(tasks, outcome),
        *_succeeded(tasks),
        *_never_ran(tasks),
        *_lost(tasks),
        *(DiagnosisStep(kind="note", says=line, tasks=[]) for line in unfinished),
    ]
    return Diagnosis(state=_state(tasks, outcome, ending), steps=steps)


def _state(tasks: Sequence[TaskTold], outcome: Outcome, ending: str | None) -> str:
    planned = [task for task in tasks if task.planned]
    if not planned:
        return "Nothing is known to have been sent."
    good = sum(task.final in _GOOD for task in planned)
    count = f"{good} of {_tasks(len(planned))} succeeded"
    match outcome.kind:
        case "success" if good < len(planned):  # an outcome looks at tasks whose ids were known beforehand
            state = f"All that was known beforehand of the canvas succeeded, but not the rest: {count}."
        case "success":
            state = f"The canvas succeeded: {count}."
        case "error":
            state = f"The canvas failed in {outcome.root_cause}: {count}."
        case _:
            state = f"The canvas did not come to its end: {count}."
    match ending:
        case "timed out":
            return f"{state} Its time was over before that."
        case "settled with loss":
            return f"{state} A message was lost, so nothing more can happen."
        case _:
            return state


def _root_cause(told: Told, tasks: Sequence[TaskTold], outcome: Outcome) -> Iterator[DiagnosisStep]:
    if outcome.kind != "error":
        return
    failed = [place for place, task in enumerate(tasks) if task.planned and task.name == outcome.root_cause]
    ends = [(tasks[place].ended_us, place) for place in failed if tasks[place].ended_us is not None]
    place = min(ends, default=(None, None))[1]
    if place is None:
        return
    number = len(tasks[place].attempts)
    attempt = tasks[place].attempts[-1]
    why = raised(outcome.exception)
    yield DiagnosisStep(
        kind="root cause",
        says=f"{tasks[place].name} {_verb(tasks[place])} after {_attempts(number)}{_asked(told, attempt)}: {why}",
        tasks=[place],
        attempt=attempt,
    )


def _asked(told: Told, attempt: int) -> str:
    """Say why there was no further attempt, where one was asked for."""
    return ", the last of which got no retry" if told.attempts[attempt].refused is not None else ""


def _other_failures(tasks: Sequence[TaskTold], outcome: Outcome) -> Iterator[DiagnosisStep]:
    others = [
        (place, task)
        for place, task in enumerate(tasks)
        if task.final in ("failed", "rejected") and not (task.planned and task.name == outcome.root_cause)
    ]
    for final in ("failed", "rejected"):
        places = [place for place, task in others if task.final == final]
        if places:
            names = _named(tasks[place].name for place in places)
            yield DiagnosisStep(kind="note", says=f"{names} {final} as well", tasks=places)


def _succeeded(tasks: Sequence[TaskTold]) -> Iterator[DiagnosisStep]:
    places = [place for place, task in enumerate(tasks) if task.final in _GOOD]
    if not places:
        return
    again = [place for place in places if len(tasks[place].attempts) > 1]
    says = f"{_named(tasks[place].name for place in places)} succeeded"
    if again and len(again) <= _SHOWN:
        more = ", ".join(f"{tasks[place].name} at attempt {len(tasks[place].attempts)}" for place in again)
        says = f"{says}; {more}"
    elif again:
        says = f"{says}; {len(again)} of them not at the first attempt"
    yield DiagnosisStep(kind="succeeded", says=says, tasks=places)


def _never_ran(tasks: Sequence[TaskTold]) -> Iterator[DiagnosisStep]:
    """Say it once of all that were kept from running by the same thing."""
    by_reason: dict[str, list[int]] = {}
    for place, task in enumerate(tasks):
        if task.why_not is not None:
            by_reason.setdefault(task.why_not, []).append(place)
    for reason, places in by_reason.items():
        names = _named(tasks[place].name for place in places)
        why = reason if len(places) == 1 else _plural(reason)
        yield DiagnosisStep(kind="never ran", says=f"{names} never ran: {why}", tasks=places)


def _plural(reason: str) -> str:
    for one, many in (("it comes", "they come"), ("it was", "they were"), ("its message was", "their messages were")):
        if reason.startswith(one):
            return many + reason.removeprefix(one)
    return reason


def _lost(tasks: Sequence[TaskTold]) -> Iterator[DiagnosisStep]:
    for final, (kind, says) in _UNFINISHED.items():
        places = [place for place, task in enumerate(tasks) if task.final == final and task.attempts]
        if places:
            names = _named(tasks[place].name for place in places)
            attempt = tasks[places[0]].attempts[-1]
            yield DiagnosisStep(kind=kind, says=f"{names} {says}", tasks=places, attempt=attempt)


def _verb(task: TaskTold) -> str:
    return "was rejected" if task.final == "rejected" else "failed"


def _named(names: Iterable[str]) -> str:
    """Name tasks, each once and with how many there were."""
    count = Counter(names)
    told = [name if number == 1 else f"{name} ({number} times)" for name, number in count.items()]
    if len(told) <= _SHOWN + 1:
        return ", ".join(told)
    return f"{', '.join(told[:_SHOWN])} and {len(told) - _SHOWN} others"


def _attempts(number: int) -> str:
    return "1 attempt" if number == 1 else f"{number} attempts"


def _tasks(number: int) -> str:
    return "1 task" if number == 1 else f"{number} tasks"

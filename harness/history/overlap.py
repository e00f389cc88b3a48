"""Whether the last members of a chord ended at the same time, by the order in which Redis took their commands.

A member ends in two steps: its result is stored, then it is counted, and whoever finds that his count was the last one
sends the body. Two members that take these steps one after the other say nothing about what Celery does when they do
not; a race is a chord whose last two members did not. Owns this one question, and asks the recorder's events alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.history.redis_events import ChordCounted, ResultStored

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.history.events import AnyEvent


# Of n trials without a failure: with 95 % certainty failures are no more frequent than 3/n (the rule of three).
_RULE_OF_THREE = 3.0


def bound_of(races: int) -> float | None:
    """Return how frequent failures may be at most, at 95 %, if there was none in so many races; None without a race."""
    return min(1.0, _RULE_OF_THREE / races) if races else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps:
    """Where in Redis's order a member's result was stored (None: never seen) and the member counted."""

    task_id: str
    stored: int | None
    counted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """How a chord came to its end: which members were counted last, the very last one at the end."""

    group_id: str
    counted: int  # members
    last: tuple[str, ...]  # the ids of the last two; of one where no more were counted
    is_race: bool  # whether these two overlapped

    def is_race_of(self, members: int) -> bool:
        """Say whether a chord of so many members was one: where a count is missing, nobody knows which were last."""
        return self.is_race and self.counted == members


def finishes(events: Iterable[AnyEvent]) -> dict[str, Finish]:
    """Say of every chord that was counted, by the id of its group, whether its last two members overlapped.

    They did if the second one's result or count came between the first one's result and its count; the first one is
    whose result was stored first. `events` are in the recorder's order, as a history has them.
    """
    stored: dict[str, int] = {}
    chords: dict[str, dict[str, _Steps]] = {}
    for place, event in enumerate(events):
        if isinstance(event, ResultStored):
            stored[event.task_id] = place  # of a task that is retried, the state that comes before its count
        elif isinstance(event, ChordCounted) and event.task_id is not None:
            steps = _Steps(task_id=event.task_id, stored=stored.get(event.task_id), counted=place)
            # One that is counted again was handed over again: it is the first count that may have been the last one.
            chords.setdefault(event.group_id, {}).setdefault(event.task_id, steps)
    return {group_id: _finish(group_id, list(members.values())) for group_id, members in chords.items()}


def _finish(group_id: str, members: list[_Steps]) -> Finish:
    last = members[-2:]
    return Finish(
        group_id=group_id,
        counted=len(members),
        last=tuple(steps.task_id for steps in last),
        is_race=len(last) == 2 and _overlapped(*last),  # noqa: PLR2004 - two make a race
    )


def _overlapped(one: _Steps, other: _Steps) -> bool:
    """Say whether two members ended at the same time. A result that nobody stored tells of no beginning."""
    first, second = (one, other) if _begun(one) < _begun(other) else (other, one)
    if first.stored is None:
        return False
    return any(place is not None and first.stored < place < first.counted for place in (second.stored, second.counted))


def _begun(steps: _Steps) -> int:
    return steps.counted if steps.stored is None else steps.stored

"""Chords: who was counted when, by the order of Redis's commands; when the body was sent; whether it was a race."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from harness.history.overlap import bound_of, finishes
from harness.history.redis_events import BodyClaimed, ChordCounted
from harness.report.format import ChordTold, CountTold, OverlapTold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.history.overlap import Finish
    from harness.laws.chords import Chord
    from harness.report.told import Told


def chords(told: Told) -> list[ChordTold]:
    """Return the chords of which a member was sent, in that order."""
    counts: defaultdict[str, list[CountTold]] = defaultdict(list)
    for event in told.history.all_of(ChordCounted):
        task = told.tasks.get(event.task_id or "")
        counts[event.group_id].append(CountTold(at=told.moments.of(event), task=task, event=event.index))
    claims = {event.group_id: event for event in reversed(told.history.all_of(BodyClaimed))}
    ends = finishes(told.history.events)
    found = []
    for chord in told.case.chords:
        claim = claims.get(chord.group_id)
        found.append(
            ChordTold(
                group=chord.group_id,
                body=_body(told, chord),
                members=[told.tasks[fate.sent.task_id] for fate in chord.members],
                size=chord.size,
                counts=counts[chord.group_id],
                claimed=None if claim is None else told.moments.of(claim),
                claim_event=None if claim is None else claim.index,
                triggered=told.moments.of(chord.bodies[0]) if chord.bodies else None,
                overlap=_overlap(chord, counts[chord.group_id], told, ends.get(chord.group_id)),
            )
        )
    return found


def bodies(told: Told) -> frozenset[str]:
    """Return the ids of all bodies, and of the tasks with which they begin."""
    return frozenset(task_id for chord in told.case.chords for task_id in _body_ids(chord))


def races(chords: Sequence[ChordTold], *, is_as_expected: bool | None) -> dict[str, Any] | None:
    """Return how the members of many chords overlapped; nothing of less than two."""
    overlaps = [chord.overlap for chord in chords if chord.overlap is not None]
    if len(overlaps) < 2:  # noqa: PLR2004 - one is no distribution
        return None
    count = sum(overlap.is_race for overlap in overlaps)
    return {
        "chords": len(overlaps),
        "races": count,
        "bound": bound_of(count) if is_as_expected else None,
        "distances_us": [overlap.distance_us for overlap in overlaps],
    }


def _body(told: Told, chord: Chord) -> int | None:
    return next((told.tasks[task_id] for task_id in _body_ids(chord) if task_id in told.tasks), None)


def _body_ids(chord: Chord) -> tuple[str, ...]:
    return (chord.body_id, *(() if chord.body is None else (first.task_id for first in chord.body.firsts)))


def _overlap(chord: Chord, counts: Sequence[CountTold], told: Told, finish: Finish | None) -> OverlapTold | None:
    """Say how far apart the last two members were counted, each for the first time."""
    if finish is None or len(finish.last) < 2:  # noqa: PLR2004 - two make a race
        return None
    at: dict[int | None, int] = {}
    for count in counts:
        at.setdefault(count.task, count.at)
    one, other = (at.get(told.tasks.get(task_id)) for task_id in finish.last)
    if one is None or other is None:
        return None
    return OverlapTold(is_race=finish.is_race_of(chord.size), distance_us=abs(other - one))

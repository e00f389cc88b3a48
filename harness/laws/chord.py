"""Chords: the body is sent once, when it is due, and never when it is not."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from harness.history.events import AttemptEnded
from harness.history.redis_events import ChordCounted
from harness.laws.law import HELD, Law
from harness.laws.verdict import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.laws.case import Case
    from harness.laws.law import Finding


def _once(case: Case) -> Iterator[Finding]:
    """Judge a chord whose body was sent."""
    for chord in case.chords:
        if not chord.bodies:
            continue
        by_id = Counter(event.task_id for event in chord.bodies)
        if max(by_id.values()) == 1:
            yield HELD
        else:
            yield Evidence(
                claim=f"{chord.bodies[0].task}, a chord's body, is sent once",
                expected="1 message",
                observed=f"{max(by_id.values())}",
                events=tuple(event.index for event in chord.bodies),
                steps=tuple(f"sent by {event.sender_id}, in {event.source}" for event in chord.bodies),
            )


def _not_missed(case: Case) -> Iterator[Finding]:
    """Judge a chord all of whose members succeeded."""
    for chord in case.chords:
        if not chord.has_succeeded:
            continue
        if chord.bodies:
            yield HELD
        else:
            yield Evidence(
                claim="a chord whose members have all succeeded gets its body",
                expected=f"a message of {chord.body_id}",
                observed=f"none, though {len(chord.members)} of {len(chord.members)} have succeeded",
                events=tuple(fate.success.ended.index for fate in chord.members if fate.success and fate.success.ended),
            )


def _not_after_failure(case: Case) -> Iterator[Finding]:
    """Judge a chord of which a member failed for good."""
    for chord in case.chords:
        if not chord.failures:
            continue
        if not chord.bodies:
            yield HELD
        else:
            yield Evidence(
                claim="the body of a chord of which a member has failed is never sent",
                expected="no message",
                observed=f"{len(chord.bodies)} of {chord.bodies[0].task}",
                events=(
                    *(fate.failure.started.index for fate in chord.failures if fate.failure),
                    *(event.index for event in chord.bodies),
                ),
            )


def _retries_do_not_count(case: Case) -> Iterator[Finding]:
    """Judge a member's end that Redis counted."""
    ended: defaultdict[str, list[AttemptEnded]] = defaultdict(list)
    for event in case.history.events:
        if isinstance(event, AttemptEnded):
            ended[event.task_id].append(event)
    counted: Counter[tuple[str, str]] = Counter()
    for count in case.history.events:
        if not isinstance(count, ChordCounted) or count.task_id is None:
            continue
        counted[count.group_id, count.task_id] += 1
        ends = ended.get(count.task_id, [])
        finals = sum(end.ending not in ("retried", "rejected") for end in ends)
        if counted[count.group_id, count.task_id] <= max(finals, 0 if ends else 1):
            yield HELD
        else:
            yield Evidence(
                claim="a chord counts a member when it has come to its end, and a retry is none",
                expected=f"{finals} counts of {count.task_id}",
                observed=f"{counted[count.group_id, count.task_id]}",
                events=(count.index, *(end.index for end in ends)),
            )


LAWS = (
    Law(
        name="chord.body_once",
        statement="A chord's body is sent exactly once.",
        source="documentation, Canvas: Chords; celery/backends/redis.py, on_chord_part_return (5.4.0 to 5.7.0)",
        findings=_once,
    ),
    Law(
        name="chord.none_missed",
        statement="Every chord whose members have all succeeded gets its body.",
        source="documentation, Canvas: Chords; celery/backends/redis.py, on_chord_part_return (5.4.0 to 5.7.0)",
        findings=_not_missed,
    ),
    Law(
        name="chord.none_after_failure",
        statement="The body of a chord of which a member failed for good is never sent.",
        source="documentation, Canvas: Chords, Error handling (5.4.0 to 5.7.0)",
        findings=_not_after_failure,
    ),
    Law(
        name="chord.retries_do_not_count",
        statement="A chord counts each member once, when it has come to its end; a retry is none.",
        source="celery/app/trace.py, handle_retry stores no chord part (5.4.0 to 5.7.0)",
        findings=_retries_do_not_count,
    ),
)

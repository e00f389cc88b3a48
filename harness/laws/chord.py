"""Chords: the body is sent once, when it is due, and never when it is not; of a failure its errbacks hear once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.history.attempt_events import AttemptStarted
from harness.history.events import Expired, Revoked
from harness.history.redis_events import ChordCounted
from harness.laws.law import HELD, Law, Open
from harness.laws.verdict import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.history.history import Attempt
    from harness.laws.case import Case
    from harness.laws.chords import Chord
    from harness.laws.fates import Fate
    from harness.laws.law import Finding


_COARSENESS_NS = 1_000_000


def _once(case: Case) -> Iterator[Finding]:
    """Judge a chord whose body was sent, and went out."""
    for chord in case.chords:
        sent = Counter(body.task_id for body in chord.bodies)
        times = {task_id: min(count, case.messages.gone_out(task_id)) for task_id, count in sent.items()}
        if not any(times.values()):
            continue
        if max(times.values()) <= 1:
            yield HELD
        else:
            yield Evidence(
                claim=f"{chord.name}, a chord's body, is sent once",
                expected="1 message",
                observed=f"{max(times.values())}",
                events=tuple(event.index for event in chord.bodies),
                steps=tuple(f"sent by {event.sender_id}, in {event.source}" for event in chord.bodies),
            )


def _not_missed(case: Case) -> Iterator[Finding]:
    """Judge a chord all of whose members succeeded."""
    for chord in case.chords:
        if not chord.has_succeeded:
            continue
        successes = [_told_best(case, fate) for fate in chord.members]
        ends = [success.last_index for success in successes]
        if any(case.messages.gone_out(body.task_id) for body in chord.bodies):
            yield HELD
        elif any(case.is_forgotten(success) for success in successes):
            continue  # a Redis that keeps nothing has forgotten what was counted
        elif any(case.deaths.of(success) is not None for success in successes):
            continue  # who was to send it was lost; whether it must run again is for another law to say
        elif None in ends:
            yield Open(f"Celery is not through with all members of a chord, and may yet send {chord.name}")
        elif chord.body is not None and not chord.body.firsts:
            yield Open(f"the ids with which {chord.name}, a chord's body, begins are not known")
        elif any(fate.sent.ignore_result for fate in chord.members):
            yield Open("a member of a chord ignores its result, which the documentation forbids")
        elif not _is_header_sent(case, chord):
            yield Open(f"whoever sent the header of {chord.name} may not have sent all of it")
        else:
            yield Evidence(
                claim=f"a chord whose members have all succeeded gets its body, {chord.name}",
                expected=f"a message of {chord.body_id}",
                observed=f"{'one that never went out' if chord.bodies else 'none'}, though {len(chord.members)} of "
                f"{len(chord.members)} have succeeded",
                events=(*(end for end in ends if end is not None), *(body.index for body in chord.bodies)),
            )


def _told_best(case: Case, fate: Fate) -> Attempt:
    """Return a success of a member that has succeeded: one that was not lost with its worker, if there is one."""
    return next((one for one in fate.successes if case.deaths.of(one) is None), fate.successes[0])


def _is_header_sent(case: Case, chord: Chord) -> bool:
    """Say whether all who sent members are through with sending: first members may succeed before the last is sent."""
    for fate in chord.members:
        if fate.sent.sender_id is None:
            if fate.sent.by == "experiment" and case.history.canvas is None:
                return False
        else:
            sender = case.messages.fates.get(fate.sent.sender_id)
            if sender is None or sender.last is None or sender.last.last_index is None:
                return False
    return True


def _not_after_failure(case: Case) -> Iterator[Finding]:
    """Judge a chord of which a member failed for good."""
    for chord in case.chords:
        if not chord.failures:
            continue
        # A member that is lost when it has returned has not failed before: what it had sent by then, it was to send.
        losses = [fate.failure.aborted.index for fate in chord.failures if fate.failure and fate.failure.aborted]
        bodies = [body for body in chord.bodies if len(losses) < len(chord.failures) or body.index > min(losses)]
        if not bodies:
            yield HELD
        else:
            yield Evidence(
                claim=f"{chord.name}, the body of a chord of which a member has failed, is never sent",
                expected="no message",
                observed=f"{len(bodies)} of {bodies[0].task}",
                events=(
                    *(fate.failure.started.index for fate in chord.failures if fate.failure),
                    *(event.index for event in bodies),
                ),
            )


def _retries_do_not_count(case: Case) -> Iterator[Finding]:
    """Judge a member's end that Redis counted, once it had been started."""
    withdrawn = Counter(event.task_id for event in case.history.all_of(Revoked))
    withdrawn.update(event.task_id for event in case.history.all_of(Expired))
    started = {event.task_id: event.index for event in reversed(case.history.all_of(AttemptStarted))}
    counted: Counter[tuple[str, str]] = Counter()
    for count in case.history.all_of(ChordCounted):
        fate = case.messages.fates.get(count.task_id or "")
        if fate is None or started.get(fate.sent.task_id, count.index) >= count.index:
            continue  # it never ran: what it waited for has failed, and it is counted for that
        task_id = fate.sent.task_id
        counted[count.group_id, task_id] += 1
        # By the clock, for Redis's own is a little coarser. When an attempt was lost is known to the kernel alone.
        latest_ns = count.virtual_ns + _COARSENESS_NS
        # Also of those whose message went back afterwards: they may have been counted before.
        ends = [
            one
            for one in fate.attempts
            if one.aborted is not None
            or (one.ended is not None and one.ending != "retried" and one.ended.virtual_ns <= latest_ns)
        ]
        # What has not ended as far as is told may have been lost, and the main process be about to say so.
        untold = sum(one.ended is None and one.aborted is None for one in fate.attempts)
        allowed = len(ends) + untold + withdrawn[task_id]
        if counted[count.group_id, task_id] <= allowed:
            yield HELD
        else:
            yield Evidence(
                claim=f"{fate.sent.task}, of group {count.group_id}, is counted by its chord at its end, no retry is",
                expected=f"{len(ends)} counts of {task_id} up to here",
                observed=f"{counted[count.group_id, task_id]}",
                events=(count.index, *(one.ended.index for one in fate.attempts if one.ended is not None)),
            )


def _errbacks(case: Case) -> Iterator[Finding]:
    """Judge a chord of which a member failed, and all others have come to their ends, by its body's errbacks."""
    messages = case.messages
    for chord in case.chords:
        if chord.body is None or chord.body.task.startswith("celery.") or not chord.body.errbacks:
            continue
        if not _has_failed_as_a_whole(case, chord):
            continue
        for name in dict.fromkeys(chord.body.errbacks):
            wanted = chord.body.errbacks.count(name)
            found = messages.errbacks_of(chord.body_id, name)
            if len(found) == wanted:
                yield HELD
            else:
                yield Evidence(
                    claim=f"{name}, an errback of {chord.name}, is called when its chord has failed, and once",
                    expected=f"{wanted} calls",
                    observed=f"{len(found)}",
                    events=(
                        *(fate.failure.started.index for fate in chord.failures if fate.failure),
                        *(event.index for event in found),
                    ),
                )


def _has_failed_as_a_whole(case: Case, chord: Chord) -> bool:
    """Say whether a chord's last member has been counted, and one of them has failed."""
    ends = [end for fate in chord.members for end in (fate.success, fate.failure) if end is not None]
    if not chord.failures or len(ends) != len(chord.members) or any(end.last_index is None for end in ends):
        return False
    # Of a chain in the header the last step is counted, also if it is never sent because a former one failed.
    skipped = case.skipped if chord.missing else frozenset()
    return chord.missing.keys() <= skipped and not chord.bodies


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
    Law(
        name="chord.errback_once",
        statement="An errback of a chord's body is called once when a member has failed and all have ended.",
        source="documentation, Canvas: Chords; celery/backends/base.py, chord_error_from_stack (5.4.0 to 5.7.0)",
        findings=_errbacks,
    ),
)

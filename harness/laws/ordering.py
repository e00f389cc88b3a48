"""Ordering: what starts after what, and what is handed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.laws.law import HELD, Law
from harness.laws.messages import is_whole
from harness.laws.verdict import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.laws.case import Case
    from harness.laws.law import Finding


def _step_after_step(case: Case) -> Iterator[Finding]:
    """Judge a step of a chain that was started."""
    messages = case.messages
    for fate in messages.fates.values():
        if not fate.sent.chain:
            continue
        for follower in messages.of(fate.sent.chain[0]):
            start = next((one.started for one in messages.fates[follower.task_id].attempts), None)
            if start is None:
                continue
            success = fate.success
            if success is not None and success.ended is not None and success.ended.index < follower.index < start.index:
                yield HELD
            else:
                how = f"{fate.sent.task} {fate.last.ending if fate.last else 'never started'}"
                yield Evidence(
                    claim=f"{start.task} starts after {fate.sent.task} has succeeded",
                    expected=f"a successful end of {fate.sent.task} before",
                    observed=f"it started, and {how}",
                    events=(follower.index, start.index),
                )


def _chain_goes_on(case: Case) -> Iterator[Finding]:
    """Judge a task that ended and has a step after it."""
    messages = case.messages
    for fate in messages.fates.values():
        step = fate.sent.chain[0] if fate.sent.chain else None
        if step is None or not (step.first_ids or step.task_id):
            continue
        followers = messages.of(step)
        if fate.success is not None and fate.success.closed is not None:
            wanted = max(1, len(step.first_ids))
            if len(followers) == wanted:
                yield HELD
            else:
                yield Evidence(
                    claim=f"{step.task} is sent when {fate.sent.task} has succeeded",
                    expected=f"{wanted} messages",
                    observed=f"{len(followers)}",
                    events=(fate.success.closed.index, *(one.index for one in followers)),
                )
        elif fate.failure is not None:
            if not followers:
                yield HELD
            else:
                yield Evidence(
                    claim=f"nothing follows {fate.sent.task}, which failed",
                    expected=f"no message of {step.task}",
                    observed=f"{len(followers)}",
                    events=(fate.failure.started.index, *(one.index for one in followers)),
                )


def _handed_on(case: Case) -> Iterator[Finding]:
    """Judge a step of a chain that follows a task, is one itself, and was sent."""
    messages = case.messages
    for fate in messages.fates.values():
        step = fate.sent.chain[0] if fate.sent.chain else None
        success = fate.success
        if step is None or step.task.startswith("celery.") or success is None or success.ended is None:
            continue
        for follower in messages.of(step):
            own, got, result = step.args, follower.args, success.ended.returned
            if not is_whole(own, got, result):
                continue
            wanted = list(own or []) if step.immutable else [result, *(own or [])]
            if list(got) == wanted:
                yield HELD
            else:
                kind = "immutable: its own arguments only" if step.immutable else "the former result first"
                yield Evidence(
                    claim=f"{step.task} receives what it is due ({kind})",
                    expected=repr(wanted),
                    observed=repr(got),
                    events=(success.ended.index, follower.index),
                )


def _body_after_header(case: Case) -> Iterator[Finding]:
    """Judge a chord whose body was sent."""
    for chord in case.chords:
        if not chord.bodies:
            continue
        body = chord.bodies[0]
        late = [fate for fate in chord.members if not fate.has_succeeded_before(body.index)]
        if not late and not chord.missing:
            yield HELD
        else:
            who = [fate.sent.task for fate in late] + list(chord.missing)
            yield Evidence(
                claim=f"{body.task}, a chord's body, is sent after the last member of its header has succeeded",
                expected=f"{len(chord.members) + len(chord.missing)} successful ends before",
                observed=f"it was sent, and these had not succeeded: {', '.join(who)}",
                events=(body.index, *(fate.sent.index for fate in late)),
            )


def _results_in_order(case: Case) -> Iterator[Finding]:
    """Judge a chord whose body, a task that takes arguments, was sent."""
    for chord in case.chords:
        if chord.missing or not chord.bodies or chord.is_body_immutable:
            continue
        results = [fate.success.ended.returned for fate in chord.members if fate.success and fate.success.ended]
        for body in chord.bodies:
            if not isinstance(body.args, list) or not body.args or not is_whole(*results, *body.args):
                continue
            if body.args[0] == results:
                yield HELD
            else:
                yield Evidence(
                    claim=f"{body.task}, a chord's body, receives its header's results in their order",
                    expected=repr(results),
                    observed=repr(body.args[0]),
                    events=(body.index,),
                )


LAWS = (
    Law(
        name="ordering.step_after_step",
        statement="A step of a chain starts only after the former one's successful end.",
        source="documentation, Canvas: Chains; celery/app/trace.py, build_tracer (5.4.0 to 5.7.0)",
        findings=_step_after_step,
    ),
    Law(
        name="ordering.chain_goes_on",
        statement="A step's successor is sent when it has succeeded, and never when it has failed.",
        source="documentation, Canvas: Chains; celery/app/trace.py, build_tracer (5.4.0 to 5.7.0)",
        findings=_chain_goes_on,
    ),
    Law(
        name="ordering.handed_on",
        statement="A step receives the former one's result first; an immutable one its own arguments only.",
        source="documentation, Canvas: Immutability; celery/canvas.py, Signature._merge (5.4.0 to 5.7.0)",
        findings=_handed_on,
    ),
    Law(
        name="ordering.body_after_header",
        statement="A chord's body is sent only after the last member of its header has succeeded.",
        source="documentation, Canvas: Chords; celery/backends/redis.py, on_chord_part_return (5.4.0 to 5.7.0)",
        findings=_body_after_header,
    ),
    Law(
        name="ordering.results_in_header_order",
        statement="A chord's body receives the results of its header in the header's order.",
        source="celery/backends/redis.py, on_chord_part_return: sorted by group_index (5.4.0 to 5.7.0)",
        findings=_results_in_order,
    ),
)

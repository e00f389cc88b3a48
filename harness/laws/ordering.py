"""Ordering: what starts after what, and what is handed on."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from harness.laws.fates import has_returned
from harness.laws.handing import compared, due
from harness.laws.law import HELD, Law, Open
from harness.laws.messages import names
from harness.laws.verdict import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.history.events import Sent
    from harness.history.parts import Data
    from harness.laws.case import Case
    from harness.laws.chords import Chord
    from harness.laws.law import Finding


def _step_after_step(case: Case) -> Iterator[Finding]:
    """Judge a step of a chain that was started."""
    messages = case.messages
    for fate in messages.fates.values():
        for _, follower in messages.following(fate.sent):
            starts = [one.started for one in messages.fates[follower.task_id].attempts]
            start = next((one for one in starts if one.index > follower.index), None)
            if start is None:
                continue
            if fate.returned_before(follower.index) is not None:
                yield HELD
            else:
                yield Evidence(
                    claim=f"{start.task} starts after {fate.sent.task} has succeeded",
                    expected=f"a successful end of {fate.sent.task} before {start.task} is sent",
                    observed=f"it was sent and started, and of {fate.sent.task} at last: {fate.how}",
                    events=(follower.index, start.index),
                )


def _chain_goes_on(case: Case) -> Iterator[Finding]:
    """Judge a task that ended and has a step after it whose ids are known."""
    messages = case.messages
    for fate in messages.fates.values():
        step = fate.sent.chain[0] if fate.sent.chain else None
        if step is None or not step.firsts:
            continue
        followers = [sent for _, sent in messages.following(fate.sent)]
        whole = f"{len(step.firsts)} messages: {names(first.task for first in step.firsts)}"
        if fate.success is not None:
            end = fate.success.last_index
            if end is None:
                yield Open(f"Celery is not through with {fate.sent.task}, and may yet send what follows it")
                continue
            if len(followers) == len({first.task_id for first in step.firsts}):
                yield HELD
            else:
                yield Evidence(
                    claim=f"what follows {fate.sent.task} is sent when that has succeeded",
                    expected=whole,
                    observed=f"{len(followers)}, and {fate.sent.task} is done with",
                    events=(end, *(one.index for one in followers)),
                )
        elif fate.failure is not None and not any(has_returned(one) for one in fate.attempts):
            if not followers:
                yield HELD
            else:
                yield Evidence(
                    claim=f"nothing follows {fate.sent.task}, which {fate.failure.ending}",
                    expected="no message",
                    observed=f"{len(followers)}: {names(one.task for one in followers)}",
                    events=(fate.failure.started.index, *(one.index for one in followers)),
                )


def _handed_on(case: Case) -> Iterator[Finding]:
    """Judge a task that follows another one in a chain, and what it was sent with."""
    messages = case.messages
    for fate in messages.fates.values():
        for first, follower in messages.following(fate.sent):
            former = fate.returned_before(follower.index)
            if former is None or former.ended is None or first.task.startswith("celery."):
                continue
            kind = "immutable: its own arguments only" if first.immutable else "the former result first"
            claim = f"{first.task} receives what it is due ({kind})"
            wanted = due(first, former.ended.returned)
            yield compared(claim, wanted, follower.args, former.ended.index, follower.index)


def _body_after_header(case: Case) -> Iterator[Finding]:
    """Judge a chord whose body was sent."""
    for chord in case.chords:
        if not chord.bodies:
            continue
        body = chord.bodies[0]
        late = [fate for fate in chord.members if fate.returned_before(body.index) is None]
        if not late and not chord.missing:
            yield HELD
        else:
            who = [fate.sent.task for fate in late] + list(chord.missing.values())
            yield Evidence(
                claim=f"{chord.name}, a chord's body, is sent after the last member of its header has succeeded",
                expected=f"{chord.size} successful ends before",
                observed=f"it was sent, and these had not succeeded: {', '.join(who)}",
                events=(body.index, *(fate.sent.index for fate in late)),
            )


def _results_in_order(case: Case) -> Iterator[Finding]:
    """Judge a task with which a chord's body begins, and what it was sent with."""
    for chord in case.chords:
        if chord.missing or chord.body is None or not chord.bodies:
            continue
        ends = [fate.returned_before(chord.bodies[0].index) for fate in chord.members]
        if None in ends:
            continue  # it came too early, which is for another law to say
        indexes = {fate.sent.group_index for fate in chord.members}
        if None in indexes or len(indexes) != len(chord.members):
            yield Open(f"the order of the members whose results {chord.name} receives is told by nobody")
            continue
        firsts = {first.task_id: first for first in chord.body.firsts}
        for body in chord.bodies:
            first = firsts.get(body.task_id)
            if first is None or first.task.startswith("celery."):
                continue
            claim = f"{chord.name}, a chord's body, receives its header's results in their order"
            places = (end.ended.index for end in ends if end and end.ended)
            yield compared(claim, due(first, _results(chord, body)), body.args, body.index, *places)


def _results(chord: Chord, body: Sent) -> list[Data]:
    """Return what the members returned; of one that returned more than once, what the body got of it, if it is that."""
    got = body.args[0] if isinstance(body.args, list) and body.args else None
    told = got if isinstance(got, list) and len(got) == len(chord.members) else [None] * len(chord.members)
    results = []
    for fate, one in zip(chord.members, told, strict=True):
        returned = [before.ended.returned for before in fate.returns_before(body.index) if before.ended is not None]
        results.append(one if one in returned else returned[-1])
    return results


def _members_do_not_wait(case: Case) -> Iterator[Finding]:
    """Judge a group, or a chord's header, of which at least two members were sent."""
    messages = case.messages
    groups: defaultdict[tuple[str, str | None], dict[str, Sent]] = defaultdict(dict)
    for fate in messages.fates.values():
        if fate.sent.group_id is not None and fate.sent.group_index is not None:
            groups[fate.sent.group_id, fate.sent.chord_id][fate.sent.task_id] = fate.sent
    for (group_id, _), members in groups.items():
        if len(members) == 1:
            continue
        waited = []
        for task_id, sent in members.items():
            sender = messages.fates.get(sent.sender_id or "")
            if sender is None or sent.sender_id not in members or sent.sender_id == task_id:
                continue
            # A member's own code may add another one (`add_to_chord`); Celery, after it, may not.
            if any(sent in messages.sent_after(attempt) for attempt in sender.attempts):
                waited.append((sender.sent, sent))
        if not waited:
            yield HELD
        else:
            yield Evidence(
                claim=f"the members of group {group_id} do not wait for each other",
                expected="each of them sent by what sends the group",
                observed=", ".join(f"{sent.task} sent by {sender.task} at its end" for sender, sent in waited),
                events=tuple(sent.index for _, sent in waited),
            )


LAWS = (
    Law(
        name="ordering.step_after_step",
        statement="A step of a chain is sent and starts only after the former one's successful end.",
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
        statement="A chord's body receives the results of its header, in the header's order, before its own arguments.",
        source="celery/backends/redis.py, on_chord_part_return: sorted by group_index (5.4.0 to 5.7.0)",
        findings=_results_in_order,
    ),
    Law(
        name="ordering.members_do_not_wait",
        statement="The members of a group or a header are sent side by side: none is sent because another has ended.",
        source="documentation, Canvas: Groups; celery/canvas.py, group.apply_async (5.4.0 to 5.7.0)",
        findings=_members_do_not_wait,
    ),
)

"""The chords of a history: their members, known and still to come, and the messages of their bodies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.history.events import Sent
    from harness.history.parts import Following
    from harness.laws.fates import Fate
    from harness.laws.messages import Messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Chord:
    """One chord, as its members' messages tell of it."""

    group_id: str
    body_id: str
    body: Following | None  # as a member's message carries it
    members: tuple[Fate, ...]  # in the order of the header
    missing: dict[str, str]  # members that were not sent (yet), by id: ends of a chain, bodies of a chord
    bodies: tuple[Sent, ...]  # the messages with which its body begins

    @property
    def name(self) -> str:
        """What its body is called, and by which of many: a run may send hundreds that are called the same."""
        return f"{self.body.task if self.body is not None else 'the body'}[{self.body_id}]"

    @property
    def size(self) -> int:
        """How many members it has, those among them that were not sent."""
        return len(self.members) + len(self.missing)

    @property
    def has_succeeded(self) -> bool:
        """Whether all members have."""
        return not self.missing and all(fate.success is not None for fate in self.members)

    @property
    def failures(self) -> tuple[Fate, ...]:
        """The members that failed for good."""
        return tuple(fate for fate in self.members if fate.failure is not None)


@dataclass(slots=True)
class _Gathered:
    known: dict[str, Fate] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    body: Following | None = None


def chords_of(messages: Messages) -> list[Chord]:
    """Return the chords of which a member, or something that leads to one, was sent."""
    gathered: dict[tuple[str, str], _Gathered] = {}
    for fate in messages.fates.values():
        sent = fate.sent
        if sent.group_id and sent.chord_id:
            one = gathered.setdefault((sent.group_id, sent.chord_id), _Gathered())
            one.known[sent.task_id] = fate
            one.body = one.body or sent.chord
        for following in sent.followings:
            for join in following.joins:
                gathered.setdefault((join.group_id, join.chord_id), _Gathered()).expected[join.task_id] = join.task
    return [
        Chord(
            group_id=group_id,
            body_id=body_id,
            body=one.body,
            members=tuple(sorted(one.known.values(), key=lambda fate: fate.sent.group_index or 0)),
            missing={task_id: task for task_id, task in one.expected.items() if task_id not in one.known},
            bodies=tuple(_bodies(messages, body_id, one)),
        )
        for (group_id, body_id), one in gathered.items()
    ]


def _bodies(messages: Messages, body_id: str, one: _Gathered) -> list[Sent]:
    """Find the first messages of a body, in their order.

    A body may bear the id of a task that was replaced by its chord, or be replaced itself: those are other messages.
    """
    ids = {first.task_id for first in one.body.firsts} if one.body is not None else set()
    after = min((fate.sent.index for fate in one.known.values()), default=-1)
    found = [
        event
        for task_id in ids or {body_id}
        for event in messages.of_task.get(task_id, ())
        if not event.retries and event.sender_id != task_id and event.index > after
    ]
    return sorted(found, key=lambda event: event.index)

"""The chords of a history: their members, known and still to come, and the messages of their bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.history.events import Sent
    from harness.laws.messages import Fate, Messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Chord:
    """One chord, as its members' messages tell of it."""

    group_id: str
    body_id: str
    members: tuple[Fate, ...]  # in the order of the header
    missing: tuple[str, ...]  # tasks that end a chain in the header and were not sent (yet)
    bodies: tuple[Sent, ...]

    @property
    def has_succeeded(self) -> bool:
        """Whether all members have."""
        return not self.missing and all(fate.success is not None for fate in self.members)

    @property
    def failures(self) -> tuple[Fate, ...]:
        """The members that failed for good."""
        return tuple(fate for fate in self.members if fate.failure is not None)

    @property
    def is_body_immutable(self) -> bool:
        """Whether the body takes no results: its messages carry no arguments."""
        return all(not body.args for body in self.bodies)


def chords_of(messages: Messages) -> list[Chord]:
    """Return the chords of which a member, or a chain that ends with one, was sent."""
    members: dict[tuple[str, str], dict[str, Fate]] = {}
    expected: dict[tuple[str, str], dict[str, str]] = {}
    for fate in messages.fates.values():
        sent = fate.sent
        if sent.group_id and sent.chord_id:
            members.setdefault((sent.group_id, sent.chord_id), {})[sent.task_id] = fate
        for step in sent.chain:
            if step.group_id and step.chord_id and step.task_id:
                expected.setdefault((step.group_id, step.chord_id), {})[step.task_id] = step.task
    return [
        Chord(
            group_id=group_id,
            body_id=body_id,
            members=tuple(sorted(known.values(), key=lambda fate: fate.sent.group_index or 0)),
            missing=tuple(
                task for task_id, task in expected.get((group_id, body_id), {}).items() if task_id not in known
            ),
            bodies=tuple(_bodies(messages.sent, body_id, set(known))),
        )
        for (group_id, body_id), known in _with_expected(members, expected).items()
    ]


def _with_expected(
    members: dict[tuple[str, str], dict[str, Fate]], expected: dict[tuple[str, str], dict[str, str]]
) -> dict[tuple[str, str], dict[str, Fate]]:
    return {key: members.get(key, {}) for key in members | expected}


def _bodies(sent: Iterable[Sent], body_id: str, members: set[str]) -> Iterable[Sent]:
    """Find the first messages of a body: its own, its group's members, or of the chain that ends with it."""
    for event in sent:
        if event.retries or event.task_id in members or event.sender_id not in members:
            continue
        if body_id in (event.task_id, event.group_id) or any(step.task_id == body_id for step in event.chain):
            yield event

"""What came of a chord, in figures: how often each member ran and was counted, and what became of its body.

Owns the reading of it off a history, for tables and tests. Refuses to say what should have come of it: laws do.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.history.attempt_events import AttemptStarted
from harness.history.events import Delivered, Sent, StateRead
from harness.history.fault_events import FaultInjected
from harness.history.redis_events import ChordCounted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.history.history import History
    from harness.history.parts import Data


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFigures:
    """What came of one member of a header."""

    place: int
    deliveries: int
    attempts: int
    counts: int  # commands that had Redis count it, whether it did or not
    state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """What came of a run's first chord."""

    strikes: tuple[str, ...]  # what went wrong on purpose
    members: tuple[MemberFigures, ...]
    sent: int  # messages of the body
    runs: int  # starts of the body
    received: tuple[tuple[int, ...], ...]  # the members whose results each message of the body brings, by their places
    state: str | None
    errbacks: int  # messages of the body's errbacks

    def __str__(self) -> str:
        members = ", ".join(f"{one.attempts} attempts {one.counts} counts {one.state}" for one in self.members)
        got = "; ".join(",".join(map(str, places)) for places in self.received) or "-"
        body = f"body sent {self.sent}, run {self.runs}, of members {got}, {self.state}"
        return f"{members}; {body}; errbacks {self.errbacks}"


def aftermath_of(history: History) -> Aftermath:
    """Return what came of the first chord that was sent."""
    header = _header(history.all_of(Sent))
    if not header:
        raise ValueError("expected a history in which a chord's header was sent; found none")
    body = header[0].chord
    body_id = header[0].chord_id
    bodies = [one for one in history.all_of(Sent) if one.task_id == body_id]
    errbacks = [one for one in history.all_of(Sent) if body is not None and one.task in body.errbacks]
    attempts, deliveries, counts = (
        Counter(event.task_id for event in history.all_of(kind))  # type: ignore[attr-defined] # all three have it
        for kind in (AttemptStarted, Delivered, ChordCounted)
    )
    states = {event.task_id: event.state for event in history.all_of(StateRead)}
    return Aftermath(
        strikes=tuple(event.strike for event in history.all_of(FaultInjected)),
        members=tuple(
            MemberFigures(
                place=sent.group_index or 0,
                deliveries=deliveries[sent.task_id],
                attempts=attempts[sent.task_id],
                counts=counts[sent.task_id],
                state=states.get(sent.task_id),
            )
            for sent in header
        ),
        sent=len(bodies),
        runs=attempts[body_id or ""],
        received=tuple(_places(history, header, one.args) for one in bodies),
        state=states.get(body_id or ""),
        errbacks=len(errbacks),
    )


def _header(sent: Iterable[Sent]) -> list[Sent]:
    """Return the first message of each member of the first chord, in the header's order."""
    members: dict[str, Sent] = {}
    chord_id = None
    for event in sent:
        if event.chord_id is not None and event.group_index is not None and chord_id in (None, event.chord_id):
            chord_id = event.chord_id
            members.setdefault(event.task_id, event)
    return sorted(members.values(), key=lambda one: one.group_index or 0)


def _places(history: History, header: list[Sent], args: Data) -> tuple[int, ...]:
    """Return whose results a body was sent with; -1 for what no member has returned."""
    results = args[0] if isinstance(args, list) and args and isinstance(args[0], list) else []
    returned = [
        [one.ended.returned for one in history.attempts(member.task_id) if one.ended is not None] for member in header
    ]
    return tuple(next((place for place, own in enumerate(returned) if result in own), -1) for result in results)

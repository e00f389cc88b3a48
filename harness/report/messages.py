"""Messages as connections: from who sent them to the attempt that they led to."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING

from harness.history.events import Delivered, Expired, Published, Returned, Revoked, Sent
from harness.report.format import MessageTold

if TYPE_CHECKING:
    from harness.report.told import Told

_Fact = Published | Delivered | Returned | Revoked | Expired
_Key = tuple[str, int]


def messages(told: Told) -> tuple[list[MessageTold], dict[int, int]]:
    """Return all messages, and which of them led to an attempt, by the places of both.

    A message is known by its task and its number of retries. Where there are several of one kind, what happened belongs
    to the one that was sent last before.
    """
    found: list[MessageTold] = []
    of_key: defaultdict[_Key, list[tuple[int, int]]] = defaultdict(list)  # where each was sent, and its place
    for event in told.history.all_of(Sent):
        of_key[event.task_id, event.retries].append((event.index, len(found)))
        found.append(_message(told, event))
    for kind in (Published, Delivered, Returned, Revoked, Expired):
        for fact in told.history.all_of(kind):
            place = _before(of_key[fact.task_id, fact.retries], fact.index)  # type: ignore[attr-defined] # all have these
            if place is not None:
                found[place].events.append(fact.index)
                if isinstance(fact, Delivered) and found[place].delivered is None:
                    found[place].delivered = told.moments.of(fact)
    message_of: dict[int, int] = {}
    for number, attempt in enumerate(told.attempts):
        started = attempt.started
        place = _before(of_key[started.task_id, started.retries], started.index)
        if place is not None:
            message_of[number] = place
            found[place].to = number if found[place].to is None else found[place].to
    for message in found:
        message.events.sort()
    return found, message_of


def _before(sent: list[tuple[int, int]], index: int) -> int | None:
    """Return the place of the message that was sent last before a place in the history."""
    at = bisect_left(sent, (index, -1))
    return sent[at - 1][1] if at else None


def _message(told: Told, event: Sent) -> MessageTold:
    return MessageTold(
        task=told.tasks[event.task_id],
        retries=event.retries,
        by=event.by,
        from_=told.attempt_at(event.sender_id, event.index),
        sent=told.moments.of(event),
        delivered=None,
        to=None,
        queue=event.queue,
        eta_us=told.moments.of_iso(event.eta),
        events=[event.index],
    )

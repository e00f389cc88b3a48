"""What has begun and not ended: the part of `settled` that the journals know.

Every message that was sent must come to a final event (its attempt closed, or the message expired, was revoked or
discarded), and so must every delivery: a message that was delivered twice has two ends to come to. What a dead process
held will come to no end there; it may come back from the broker.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.history.events import (
    AttemptAborted,
    AttemptClosed,
    AttemptStarted,
    CanvasSent,
    Delivered,
    Discarded,
    Expired,
    OrderFailed,
    ProcessDied,
    ProcessStarted,
    Revoked,
    Sent,
    StatesRead,
    WorkersAnswered,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.history.events import AnyEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A message that has not come to its end, and how far it is known to have come."""

    task: str
    task_id: str
    retries: int
    where: str
    is_held: bool  # by a process that lives: it will move by itself

    def __str__(self) -> str:
        return f"{self.task}[{self.task_id}], retry {self.retries}: {self.where}"


@dataclass(slots=True)
class _Message:
    """What is known of one message, which a task's id and the number of its retries stand for."""

    task: str
    sent: int = 0
    ended: int = 0
    taken_by: list[str] = field(default_factory=list)
    running_in: list[str] = field(default_factory=list)
    lost_in: str | None = None

    @property
    def is_finished(self) -> bool:
        return not self.running_in and self.ended >= max(self.sent, len(self.taken_by))

    @property
    def where(self) -> str:
        if self.running_in:
            return f"running in {self.running_in[-1]}"
        if self.taken_by:
            return f"taken by {self.taken_by[-1]}"
        if self.lost_in:
            return f"was with {self.lost_in}, which died"
        return "sent, and taken by no worker"

    def end(self, process: str) -> None:
        self.ended += 1
        # The end of an attempt that was lost is written by another process than the one that ran it.
        for who in (process, *self.running_in[:1]):
            if who in self.running_in:
                self.running_in.remove(who)
                return

    def bury(self, process: str) -> None:
        if self.is_finished or process not in (*self.taken_by, *self.running_in):
            return
        self.lost_in = process
        self.taken_by = [who for who in self.taken_by if who != process]
        self.running_in = [who for who in self.running_in if who != process]


class Outstanding:
    """Takes events in as they come and says what is still to come."""

    def __init__(self) -> None:
        self._orders: set[str] = set()
        self._messages: dict[tuple[str, int], _Message] = {}
        self._process_of: dict[str, str] = {}

    def expect(self, order: str) -> None:
        """Wait for the sender to carry out this order."""
        self._orders.add(order)

    def see_all(self, events: Iterable[AnyEvent]) -> None:
        """Take in what has come."""
        for event in events:
            self.see(event)

    def see(self, event: AnyEvent) -> None:  # noqa: C901, PLR0912 - flat: a case for each kind that matters
        """Take in one event."""
        process = self._process_of.get(event.source, event.source)
        match event:
            case ProcessStarted():
                self._process_of[event.source] = event.process
            case ProcessDied():
                for message in self._messages.values():
                    message.bury(event.process)
            case CanvasSent() | OrderFailed() | StatesRead() | WorkersAnswered():
                self._orders.discard(event.order)
            case Sent():
                self._message(event).sent += 1
            case Delivered():
                self._message(event).taken_by.append(process)
            case AttemptStarted():
                self._message(event).running_in.append(process)
            case Revoked(terminated=True):
                pass  # its attempt is aborted as well, and that is its end
            case AttemptClosed() | AttemptAborted() | Expired() | Revoked():
                self._message(event).end(process)
            case Discarded():
                for (task_id, _), message in self._messages.items():
                    if task_id == event.task_id and not message.is_finished:
                        message.end(process)
            case _:
                pass

    @property
    def orders(self) -> frozenset[str]:
        """The orders that the sender has not carried out."""
        return frozenset(self._orders)

    def unfinished(self) -> list[Unfinished]:
        """Return the messages that have not come to their end."""
        return [
            Unfinished(
                task=message.task,
                task_id=task_id,
                retries=retries,
                where=message.where,
                is_held=bool(message.running_in or message.taken_by),
            )
            for (task_id, retries), message in self._messages.items()
            if not message.is_finished
        ]

    def _message(self, event: _AboutMessage) -> _Message:
        return self._messages.setdefault((event.task_id, event.retries), _Message(event.task))


_AboutMessage = Sent | Delivered | AttemptStarted | AttemptClosed | AttemptAborted | Expired | Revoked

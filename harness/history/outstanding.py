"""What has begun and not ended: the part of `settled` that the journals know.

Every message that was sent must come to a final event (its attempt closed, or the message expired, was revoked or
discarded), and so must every delivery: a message that was delivered twice has two ends to come to. What a dead process
held will come to no end there; it may come back from the broker.

Journals are read one after another, so an end may be read before its beginning, and a death before what the dead had
written. Nothing here depends on the order: events are counted, and the counts are compared.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.history.attempt_events import AttemptClosed, AttemptReleased, AttemptStarted
from harness.history.events import (
    BehaviourScripted,
    CanvasSent,
    Delivered,
    Discarded,
    Expired,
    OrderFailed,
    OrderRefused,
    ProcessDied,
    ProcessStarted,
    Published,
    ResultRead,
    Returned,
    Revoked,
    Sent,
    StatesRead,
    WorkersAnswered,
    WorkerStarted,
)
from harness.history.fault_events import FaultInjected

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

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
    """What is known of one message, which a task's id and the number of its retries stand for.

    Counts are by process, a worker's pool being part of the worker.
    """

    task: str = "?"
    sent: int = 0
    published: int = 0
    returned: int = 0
    sent_by: set[str | None] = field(default_factory=set)  # the ids of the tasks whose attempts sent it
    dropped: int = 0  # before it was delivered
    taken: Counter[str] = field(default_factory=Counter)
    started: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)  # of those that were taken

    def is_held_by(self, process: str) -> bool:
        return self.ended[process] < max(self.taken[process], self.started[process])

    def holders(self) -> list[str]:
        return [process for process in {**self.taken, **self.started} if self.is_held_by(process)]

    def has_ended(self, discarded: int) -> bool:
        """Say whether it has come to its end whatever becomes of others, unless something new is told of it."""
        ends = self.ended.total() + self.dropped + discarded
        return ends >= self.sent + self.returned and not self.holders()

    def where(self, dead: Container[str]) -> str:
        holders = self.holders()
        living = [process for process in holders if process not in dead]
        for process in reversed(living):
            return f"running in {process}" if self.started[process] > self.ended[process] else f"taken by {process}"
        for process in reversed(holders):
            return f"was with {process}, which died"
        return "sent, and taken by no worker"


def consuming(events: Iterable[AnyEvent]) -> dict[str, WorkerStarted]:
    """Return what the workers said when they began to consume, by the names that the testbed has for them."""
    process_of: dict[str, str] = {}
    said: dict[str, WorkerStarted] = {}
    for event in events:
        if isinstance(event, ProcessStarted):
            process_of[event.source] = event.process
        elif isinstance(event, WorkerStarted):
            said[process_of.get(event.source, event.hostname.partition("@")[0])] = event
    return said


class Outstanding:
    """Takes events in as they come and says what is still to come."""

    def __init__(self) -> None:
        self._orders: set[str] = set()
        self._carried_out: set[str] = set()
        self._messages: defaultdict[tuple[str, int], _Message] = defaultdict(_Message)
        # Those that may be unfinished: of hundreds most are not, and every ring of the bell asks for them.
        self._open: dict[tuple[str, int], _Message] = {}
        self._discarded: Counter[str | None] = Counter()
        self._process_of: dict[str, str] = {}
        self._pool: set[str] = set()  # the journals of processes that a worker's main process looks after
        self._dead: set[str] = set()

    def expect(self, order: str) -> None:
        """Wait for the sender to carry out this order."""
        self._orders.add(order)

    def see_all(self, events: Iterable[AnyEvent]) -> None:
        """Take in what has come."""
        for event in events:
            self.see(event)

    def see(self, event: AnyEvent) -> None:
        """Take in one event."""
        self._take(event)
        if isinstance(event, _OF_MESSAGES):
            key = event.task_id, event.retries
            message = self._messages[key]
            if message.has_ended(self._discarded[event.task_id]):
                self._open.pop(key, None)
            else:
                self._open[key] = message

    def _take(self, event: AnyEvent) -> None:  # noqa: C901, PLR0912 - flat: a case for each kind
        # The first line of every journal says whose it is.
        process = self._process_of.get(event.source, event.source)
        match event:
            case ProcessStarted():
                self._process_of[event.source] = event.process
                if event.role == "pool":
                    self._pool.add(event.source)
            case ProcessDied():
                self._dead.add(event.process)
            case (
                CanvasSent()
                | OrderFailed()
                | OrderRefused()
                | BehaviourScripted()
                | StatesRead()
                | ResultRead()
                | WorkersAnswered()
            ):
                self._carried_out.add(event.order)
            case Sent():
                self._message(event).sent += 1
                self._message(event).sent_by.add(event.sender_id)
            case Returned():
                self._message(event).returned += 1
            case FaultInjected(strike="deliver_again"):
                self._messages[event.target, 0].returned += 1  # the message as it was first taken
            case Published():
                self._messages[event.task_id, event.retries].published += 1
            case Delivered():
                self._message(event).taken[process] += 1
            case AttemptStarted():
                self._message(event).started[process] += 1
            case Revoked(terminated=True):
                pass  # its attempt is closed or released as well, and that is its end
            case AttemptClosed(state="REJECTED"):
                pass  # the worker's main process gives its message back, or fails it: that is its end
            case AttemptClosed(state=None) if event.source in self._pool:
                pass  # that process is about to end, and its worker's main process will find out
            case Expired(was_held=False) | Revoked(was_held=False):
                self._message(event).dropped += 1
            case AttemptClosed() | AttemptReleased() | Expired() | Revoked():
                self._message(event).ended[process] += 1
            case Discarded():
                self._discarded[event.task_id] += 1
            case _:
                pass

    @property
    def orders(self) -> frozenset[str]:
        """The orders that the sender has not carried out."""
        return frozenset(self._orders - self._carried_out)

    def is_anything_held(self) -> bool:
        """Say whether a message is held by a process that lives: it will move by itself."""
        return any(self._is_held(message) for message in self._open.values())

    def unfinished(self) -> list[Unfinished]:
        """Return the messages that have not come to their end."""
        found = []
        for (task_id, retries), message in self._open.items():
            is_held = self._is_held(message)
            ends = message.ended.total() + message.dropped + self._discarded[task_id]
            if is_held or ends < self._due(message):
                found.append(
                    Unfinished(
                        task=message.task,
                        task_id=task_id,
                        retries=retries,
                        where=message.where(self._dead),
                        is_held=is_held,
                    )
                )
        return found

    def _is_held(self, message: _Message) -> bool:
        return any(process not in self._dead for process in message.holders())

    def _due(self, message: _Message) -> int:
        """Return how many messages must come to an end: those sent, but for those whose publishing failed.

        Publishing returns within the attempt that publishes: what an attempt that is over has not confirmed never went
        out. When others publish (the sender, a worker's main process) there is no such end, and the benefit of doubt.
        """
        due = message.sent
        if message.sent > message.published and None not in message.sent_by:
            is_being_sent = any(
                self._is_held(other) for (task_id, _), other in self._messages.items() if task_id in message.sent_by
            )
            if not is_being_sent:
                # What was taken did go out: its sender was killed before it could say so.
                due = min(message.sent, max(message.published, message.taken.total(), message.started.total()))
        return due + message.returned

    def _message(self, event: _AboutMessage) -> _Message:
        message = self._messages[event.task_id, event.retries]
        message.task = event.task
        return message


_OF_MESSAGES = (
    *(Sent, Published, Returned, Delivered),
    *(AttemptStarted, AttemptClosed, AttemptReleased, Expired, Revoked),
)
_AboutMessage = Sent | Returned | Delivered | AttemptStarted | AttemptClosed | AttemptReleased | Expired | Revoked

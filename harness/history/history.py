"""The history of one run, and the questions one may ask of it.

Owns what can be read off the events without knowing what Celery promises. Immutable, without input or output, and easy
to write by hand in a test.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, assert_never, cast

from harness.history.attempt_events import (
    AttemptAborted,
    AttemptClosed,
    AttemptEnded,
    AttemptReleased,
    AttemptStarted,
    RetryAsked,
    RetryRefused,
)
from harness.history.events import (
    CanvasSent,
    Delivered,
    Expired,
    ProcessStarted,
    Published,
    Revoked,
    Sent,
    StateRead,
    TasksKnown,
)
from harness.history.fact import Event
from harness.history.merge import merge
from harness.history.parts import TaskOptions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.history.attempt_events import Ending
    from harness.history.events import AnyEvent
    from harness.history.parts import Raised
    from harness.history.reader import CorruptLine

NS = 1_000_000_000
Kind = TypeVar("Kind", bound=Event)
# What happens to a task and its messages.
_OF_TASKS = (
    *(Sent, Published, Delivered, Revoked, Expired),
    *(AttemptStarted, RetryAsked, AttemptEnded, AttemptClosed, AttemptAborted, AttemptReleased),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One start of a task's code, from its start to what became of it. What was never recorded is None."""

    started: AttemptStarted
    asked: RetryAsked | None = None
    refused: RetryRefused | None = None
    ended: AttemptEnded | None = None
    closed: AttemptClosed | None = None
    aborted: AttemptAborted | None = None
    released: AttemptReleased | None = None

    def joined_by(self, event: _OfAttempt) -> Attempt:
        """Return this attempt with one more thing known of it."""
        match event:
            case RetryAsked():
                return replace(self, asked=event)
            case RetryRefused():
                return replace(self, refused=event)
            case AttemptEnded():
                return replace(self, ended=event)
            case AttemptClosed():
                return replace(self, closed=event)
            case AttemptAborted():
                return replace(self, aborted=self.aborted or event)  # Celery may notice it more than once
            case AttemptReleased():
                return replace(self, released=event)
            case _:
                assert_never(event)

    @property
    def is_over(self) -> bool:
        """Whether Celery is through with it, or knows that it is lost."""
        return (self.closed is not None and self.closed.state is not None) or self.aborted is not None

    @property
    def is_left_to_its_worker(self) -> bool:
        """Whether the worker's main process has something to do with it, and is not known to be through with that."""
        is_rejected = self.ended is not None and self.ended.ending == "rejected"
        is_unhandled = self.closed is not None and self.closed.state is None
        return self.released is None and (self.aborted is not None or is_rejected or is_unhandled)

    @property
    def last_index(self) -> int | None:
        """The place from which on Celery does nothing more for it; None while that is not known."""
        if self.is_left_to_its_worker:
            return None
        end = self.released or (self.closed if self.closed is not None and self.closed.state is not None else None)
        return None if end is None else end.index

    @property
    def ending(self) -> Ending | None:
        """How it ended. Celery's word goes before the code's: it may fail what the code had finished."""
        if self.released is not None and self.released.had_succeeded:
            return "succeeded"
        if self.aborted is not None or (self.closed is not None and self.closed.state == "FAILURE"):
            return "failed"
        return self.ended.ending if self.ended is not None else None

    @property
    def exception(self) -> Raised | None:
        """What it failed with, or asked for a retry with.

        Celery's word where its process was lost (the code saw a signal only), else the code's; where the code raised
        nothing, what Celery failed it with afterwards.
        """
        for end in (self.aborted, self.ended, self.closed):
            if end is not None and end.exception is not None:
                return end.exception
        return None


_OfAttempt = RetryAsked | RetryRefused | AttemptEnded | AttemptClosed | AttemptAborted | AttemptReleased


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryDelay:
    """From the moment when an attempt asked for a retry, and thereby ended, to the start of the next attempt.

    Not from the end that its process wrote down: before its code is left, Celery sends the retry, which takes some
    milliseconds, and counts the delay from before that.
    """

    task_id: str
    task: str
    asked_s: float
    observed_s: float
    former: Attempt  # the one that asked for it
    next: Attempt

    @property
    def error_s(self) -> float:
        """How much later than asked the next attempt started; negative when it came too early."""
        return self.observed_s - self.asked_s


@dataclass(frozen=True)
class History:
    """All that was recorded of one run, in one order."""

    events: tuple[AnyEvent, ...]
    corrupt: tuple[CorruptLine, ...] = field(default=())

    @classmethod
    def of(cls, journals: Iterable[Iterable[AnyEvent]], corrupt: Iterable[CorruptLine] = ()) -> History:
        """Merge journals into a history."""
        return cls(merge(journals), tuple(corrupt))

    @property
    def is_complete(self) -> bool:
        """Whether every line that was written could be read."""
        return not self.corrupt

    @cached_property
    def canvas(self) -> CanvasSent | None:
        """The canvas that was sent, if the sender got that far."""
        return next((event for event in self.events if isinstance(event, CanvasSent)), None)

    @cached_property
    def _by_kind(self) -> dict[type, list[AnyEvent]]:
        found: defaultdict[type, list[AnyEvent]] = defaultdict(list)
        for event in self.events:
            found[type(event)].append(event)
        return dict(found)

    def all_of(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """Return the events of one kind, in their order."""
        return cast("tuple[Kind, ...]", tuple(self._by_kind.get(kind, ())))

    @cached_property
    def _attempts(self) -> tuple[Attempt, ...]:
        """Pair every start with its ends: those that were written before that task was started again."""
        attempts: list[Attempt] = []
        # The process that runs the code writes its end. Only the loss of that process is written by another one.
        by_process: dict[tuple[str, str, int, int | None], int] = {}
        by_worker: dict[tuple[str, str, int], list[int]] = defaultdict(list)
        worker_of: dict[str, str] = {}
        for event in self.events:
            match event:
                case ProcessStarted():
                    worker_of[event.source] = event.process
                case AttemptStarted():
                    worker = worker_of.get(event.source, event.source)
                    by_worker[worker, event.task_id, event.retries].append(len(attempts))
                    by_process[event.source, event.task_id, event.retries, event.start] = len(attempts)
                    attempts.append(Attempt(started=event))
                case RetryAsked() | RetryRefused() | AttemptEnded() | AttemptClosed():
                    at = by_process.get((event.source, event.task_id, event.retries, event.start))
                    if at is not None:
                        attempts[at] = attempts[at].joined_by(event)
                case AttemptAborted():
                    worker = worker_of.get(event.source, event.source)
                    candidates = by_worker[worker, event.task_id, event.retries]
                    lost = next((at for at in candidates if not attempts[at].is_over), None)
                    if lost is not None:
                        attempts[lost] = attempts[lost].joined_by(event)
                case AttemptReleased():
                    worker = worker_of.get(event.source, event.source)
                    candidates = by_worker[worker, event.task_id, event.retries]
                    left = next((at for at in candidates if attempts[at].is_left_to_its_worker), None)
                    if left is not None:
                        attempts[left] = attempts[left].joined_by(event)
                case _:
                    pass
        return tuple(attempts)

    def attempts(self, task: str | None = None) -> tuple[Attempt, ...]:
        """Return the attempts of a task, by its name or its id, in the order in which they started; all without one."""
        if task is None:
            return self._attempts
        return tuple(attempt for attempt in self._attempts if task in (attempt.started.task, attempt.started.task_id))

    def retry_delays(self, task: str | None = None) -> tuple[RetryDelay, ...]:
        """Return what was waited between attempts, for one task or for all, in the order of the next attempts."""
        former: dict[tuple[str, int], Attempt] = {}
        delays = []
        for attempt in self.attempts(task):
            start = attempt.started
            before = former.pop((start.task_id, start.retries - 1), None)
            if before is not None and before.ended is not None and before.ended.retry_delay_s is not None:
                delays.append(
                    RetryDelay(
                        task_id=start.task_id,
                        task=start.task,
                        asked_s=before.ended.retry_delay_s,
                        observed_s=(start.virtual_ns - (before.asked or before.ended).virtual_ns) / NS,
                        former=before,
                        next=attempt,
                    )
                )
            if attempt.ending == "retried":
                former[start.task_id, start.retries] = attempt
        return tuple(delays)

    @cached_property
    def _options(self) -> dict[str, TaskOptions]:
        known: dict[str, TaskOptions] = {}
        for event in self.events:
            if isinstance(event, TasksKnown):
                known.update(event.tasks)
        return known

    def options_of(self, task: str) -> TaskOptions:
        """Return what a task says of itself; Celery's defaults where no worker has told."""
        return self._options.get(task) or TaskOptions()

    @cached_property
    def duration_s(self) -> float:
        """By the testbed's clock: from the first message to the last thing that happened to a task."""
        times = [event.virtual_ns for event in self.events if isinstance(event, _OF_TASKS)]
        return (max(times) - min(times)) / NS if times else 0.0

    def states(self) -> dict[str, str]:
        """Return, by task, the state that Celery had stored for it when everything had settled."""
        return {event.task: event.state for event in self.events if isinstance(event, StateRead)}

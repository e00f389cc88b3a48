"""The messages of a history, by what laws ask of them: whose they are, who sent them, what became of their tasks."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.history.events import Sent

if TYPE_CHECKING:
    from harness.history.history import Attempt, History
    from harness.history.parts import Following

_CUT = {"length", "begins"}


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a task: its first message, and its attempts."""

    sent: Sent
    attempts: tuple[Attempt, ...]

    @property
    def last(self) -> Attempt | None:
        """Its last attempt."""
        return self.attempts[-1] if self.attempts else None

    @property
    def success(self) -> Attempt | None:
        """The attempt that succeeded."""
        return next((attempt for attempt in self.attempts if attempt.ending == "succeeded"), None)

    def has_succeeded_before(self, index: int) -> bool:
        """Say whether its code had ended, and well, before a place in the history."""
        success = self.success
        return success is not None and success.ended is not None and success.ended.index < index

    @property
    def failure(self) -> Attempt | None:
        """The attempt that failed for good."""
        return next((attempt for attempt in self.attempts if attempt.ending in ("failed", "rejected")), None)


class Messages:
    """The first message of every task, and what Celery sent on a task's behalf after its code had ended."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.sent = tuple(event for event in history.events if isinstance(event, Sent))

    @cached_property
    def fates(self) -> dict[str, Fate]:
        """Return what became of every task that was sent, by its id."""
        attempts: defaultdict[str, list[Attempt]] = defaultdict(list)
        for attempt in self._history.attempts():
            attempts[attempt.started.task_id].append(attempt)
        fates: dict[str, Fate] = {}
        for event in self.sent:
            if event.task_id not in fates:
                fates[event.task_id] = Fate(event, tuple(attempts[event.task_id]))
        return fates

    @cached_property
    def _by_sender(self) -> dict[str, list[Sent]]:
        found: defaultdict[str, list[Sent]] = defaultdict(list)
        for event in self.sent:
            if event.sender_id is not None and not event.retries:
                found[event.sender_id].append(event)
        return found

    def sent_after(self, attempt: Attempt) -> list[Sent]:
        """Return what Celery sent once an attempt's code had ended: before that, the code itself may send anything."""
        if attempt.ended is None:
            return []
        end = attempt.closed.index if attempt.closed is not None else len(self._history.events)
        return [
            event
            for event in self._by_sender.get(attempt.started.task_id, ())
            if event.source == attempt.ended.source and attempt.ended.index < event.index < end
        ]

    def of(self, step: Following) -> list[Sent]:
        """Return the first messages of what was to follow; none where it has no ids and cannot be told from others."""
        ids = set(step.first_ids) | ({step.task_id} if step.task_id and not step.first_ids else set())
        return [self.fates[task_id].sent for task_id in ids if task_id in self.fates]


def is_whole(*values: Any) -> bool:  # noqa: ANN401 - a user's data
    """Say whether data was written down whole: what is long is cut, and what is no JSON is described."""
    return not any(
        isinstance(value, dict) and (value.keys() == _CUT or value.keys() == {"type", "repr"}) for value in values
    )

"""When workers had room for one more attempt: whoever waits for a free slot is not late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.history.events import WorkerStarted

if TYPE_CHECKING:
    from harness.history.events import AttemptStarted
    from harness.history.history import History


class Slots:
    """How many attempts ran at any moment, and how many could."""

    def __init__(self, history: History) -> None:
        self._capacity = sum(event.concurrency for event in history.events if isinstance(event, WorkerStarted))
        changes = []
        for attempt in history.attempts():
            changes.append((attempt.started.virtual_ns, 1, attempt.started.index))
            end = attempt.closed or attempt.aborted or attempt.ended
            if end is not None:
                changes.append((end.virtual_ns, -1, attempt.started.index))
        self._changes = sorted(changes)

    def free_since(self, due_ns: int, start: AttemptStarted) -> int:
        """Return since when, from a moment on, there was room without a break until an attempt started."""
        running, since_ns = 0, due_ns
        was_full = False
        for at_ns, change, index in self._changes:
            if at_ns > start.virtual_ns or index == start.index:
                break
            running += change
            is_full = running >= self._capacity
            if was_full and not is_full and at_ns > due_ns:
                since_ns = at_ns
            was_full = is_full
        return since_ns

"""When a worker had room and time for one more attempt: whoever waits for a worker that is busy is not late."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.history.events import ClockMoved, ProcessStarted, WorkerStarted

if TYPE_CHECKING:
    from harness.history.attempt_events import AttemptStarted
    from harness.history.history import History


class Slots:
    """How many attempts each worker ran at any moment, and how many it could.

    A message that waits for its moment waits in the worker that took it: that another one has room does not help it.
    """

    def __init__(self, history: History) -> None:
        self._worker_of = {event.source: event.process for event in history.all_of(ProcessStarted)}
        self._born = {event.source: event.virtual_ns for event in history.all_of(ProcessStarted)}
        changes: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for attempt in history.attempts():
            worker = self._worker(attempt.started.source)
            changes[worker].append((attempt.started.virtual_ns, 1))
            end = attempt.closed or attempt.aborted or attempt.ended
            if end is not None:
                changes[worker].append((end.virtual_ns, -1))
        self._is_virtual = bool(history.all_of(ClockMoved))
        # The recorder's events bear Redis's time, and not that of their writing.
        recorders = {event.source for event in history.all_of(ProcessStarted) if event.role == "recorder"}
        acts = [event for event in history.events if event.source not in recorders]
        self._acts = sorted((event.virtual_ns, event.wall_ns) for event in acts)
        self._freed: dict[str, list[int]] = {}
        for event in history.all_of(WorkerStarted):
            worker = self._worker(event.source)
            freed = _freed(sorted(changes[worker]), event.concurrency)
            # Before it was there it had no room either.
            self._freed[worker] = sorted([*freed, event.virtual_ns])

    def _worker(self, source: str) -> str:
        return self._worker_of.get(source, source)

    def free_since(self, due_ns: int, start: AttemptStarted) -> int:
        """Return since when, from a moment on, there was room without a break until an attempt started."""
        freed = self._freed.get(self._worker(start.source), [])
        at = bisect_right(freed, start.virtual_ns)
        # A pool's process that replaces another (worker_max_tasks_per_child, a death) is no room before it is there.
        return max(due_ns, self._born.get(start.source, due_ns), freed[at - 1] if at else due_ns)

    def idle_before(self, due_ns: int, start: AttemptStarted) -> int:
        """Return for how long, at a stretch, nothing at all happened between a moment and the start of an attempt.

        Not in its worker alone: many attempts at once keep the whole machine busy, and who waits for it is not late. In
        virtual time it is known still better: while there is something to do, time does not jump. What was not jumped
        over was work, or a machine that had other things to do.
        """
        first = max(bisect_left(self._acts, (due_ns, 0)) - 1, 0)
        last = bisect_right(self._acts, (start.virtual_ns, start.wall_ns))
        return max((self._idle(due_ns, *pair) for pair in pairwise(self._acts[first:last])), default=0)

    def _idle(self, due_ns: int, former: tuple[int, int], later: tuple[int, int]) -> int:
        if not self._is_virtual:
            return later[0] - max(former[0], due_ns)
        jumped = (later[0] - former[0]) - (later[1] - former[1])
        return jumped - max(due_ns - former[0], 0)


def _freed(changes: list[tuple[int, int]], capacity: int) -> list[int]:
    """Return the moments at which a worker that was full had room again."""
    running, freed = 0, []
    for at_ns, change in changes:
        was_full = running >= capacity
        running += change
        if was_full and running < capacity:
            freed.append(at_ns)
    return freed

"""Who may be sending in which process, as its history tells: what laws about senders go by."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.history.attempt_events import AttemptClosed, AttemptStarted
from harness.history.events import ProcessStarted, WorkerStarted

if TYPE_CHECKING:
    from harness.history.events import AnyEvent


@dataclass(slots=True)
class _Process:
    slots: int = 1  # how many attempts it runs at once: a pool's child one, a process with threads as many as it has
    running: Counter[str] = field(default_factory=Counter)
    leaving: set[str] = field(default_factory=set)
    started: set[str] = field(default_factory=set)
    inherited: frozenset[str] = frozenset()


class Senders:
    """Who may be sending in which process, from one event to the next.

    Whose attempt runs there; whose attempt was closed there, for as long as its slot may not have been taken by another
    one: handlers of `task_postrun` that come after the probe's are still to be called; and in a process that a task has
    forked, whoever the one that it came of has run.
    """

    def __init__(self) -> None:
        self._processes: defaultdict[str, _Process] = defaultdict(_Process)
        self._sources: dict[tuple[str, int], str] = {}

    def see(self, event: AnyEvent) -> None:
        """Take the next event of a history into account."""
        process = self._processes[event.source]
        match event:
            case ProcessStarted():
                parent = self._processes.get(self._sources.get((event.host, event.parent_pid), ""))
                if parent is not None:
                    process.inherited = parent.inherited | parent.started
                self._sources[event.host, event.pid] = event.source
            case WorkerStarted():
                process.slots = event.concurrency
            case AttemptStarted():
                process.running[event.task_id] += 1
                process.started.add(event.task_id)
                process.leaving.discard(event.task_id)
                if process.running.total() >= process.slots:
                    process.leaving.clear()
            case AttemptClosed():
                process.running[event.task_id] -= 1
                if process.running[event.task_id] <= 0:
                    del process.running[event.task_id]  # or its many zeros would be counted at every start
                process.leaving.add(event.task_id)
            case _:
                pass

    def may_include(self, task_id: str, source: str) -> bool:
        """Say whether a task may be sending in a process now."""
        process = self._processes[source]
        return process.running[task_id] > 0 or task_id in process.leaving or task_id in process.inherited

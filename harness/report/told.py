"""A history that is being told: the places of its tasks, journals and attempts, to which a report's parts refer."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from harness.history.events import CanvasSent, Sent
from harness.laws.case import Case
from harness.report.moments import Moments
from harness.report.values import Values

if TYPE_CHECKING:
    from harness.history.history import Attempt, History


class Told:
    """A history that is being told: what is read off it once, and the places of its parts."""

    def __init__(self, history: History, late_s: float) -> None:
        self.history = history
        self.case = Case(history, late_s=late_s)
        self.moments = Moments(history)
        self.values = Values()
        self.attempts = history.attempts()

    @cached_property
    def names(self) -> dict[str, str]:
        """Return the names of all tasks by their ids: those of the canvas first, as it has them."""
        names: dict[str, str] = {}
        for canvas in self.canvases:
            names.update({one.task_id: one.task for one in canvas.planned})
        for event in self.history.events:
            task_id, task = getattr(event, "task_id", None), getattr(event, "task", None)
            if task_id is not None and task is not None and task_id not in names:
                names[task_id] = task
        return names

    @cached_property
    def canvases(self) -> tuple[CanvasSent, ...]:
        """Return what was sent."""
        return self.history.all_of(CanvasSent)

    @cached_property
    def announced(self) -> dict[str, str]:
        """Return the names of tasks that no more is known of than that messages were to lead to them, by their ids."""
        found: dict[str, str] = {}
        for sent in self.history.all_of(Sent):
            for following in sent.followings:
                to_come = [(following.task_id, following.task), *((one.task_id, one.task) for one in following.firsts)]
                found |= {task_id: task for task_id, task in to_come if task_id and not task.startswith("celery.")}
        return {task_id: task for task_id, task in found.items() if task_id not in self.names}

    def add_task(self, task_id: str | None, name: str) -> int:
        """Give a task of which nothing was ever sent a place, and return that; one may not even have got an id."""
        known = task_id or f"unknown-{len(self.names)}"
        self.names[known] = name
        return self.tasks.setdefault(known, len(self.tasks))

    @cached_property
    def tasks(self) -> dict[str, int]:
        """Return the places of tasks by their ids."""
        return {task_id: place for place, task_id in enumerate(self.names)}

    @cached_property
    def sources(self) -> dict[str, int]:
        """Return the places of journals by their names, in the order in which they began."""
        return {source: place for place, source in enumerate(dict.fromkeys(one.source for one in self.history.events))}

    @cached_property
    def attempts_of(self) -> dict[str, list[tuple[int, Attempt]]]:
        """Return, by the id of a task, its attempts and their places."""
        found: defaultdict[str, list[tuple[int, Attempt]]] = defaultdict(list)
        for place, attempt in enumerate(self.attempts):
            found[attempt.started.task_id].append((place, attempt))
        return dict(found)

    def attempt_at(self, task_id: str | None, index: int) -> int | None:
        """Return the place of the attempt of a task that had started last at a place in the history."""
        before = [place for place, one in self.attempts_of.get(task_id or "", ()) if one.started.index < index]
        return before[-1] if before else None

"""The messages of a history, by what laws ask of them: whose they are, who sent them, what became of their tasks."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from harness.history.events import Delivered, ErrbackCalled, Published, Returned, Sent, StatesRead
from harness.laws.fates import Fate, ends_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.history.history import Attempt, History
    from harness.history.parts import FirstTask


class Messages:
    """The first message of every task, and what Celery sent on a task's behalf after its code had ended."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.sent = history.all_of(Sent)

    @cached_property
    def fates(self) -> dict[str, Fate]:
        """Return what became of every task that was sent, by its id."""
        attempts: defaultdict[str, list[Attempt]] = defaultdict(list)
        for attempt in self._history.attempts():
            attempts[attempt.started.task_id].append(attempt)
        returned = Counter((event.task_id, event.retries) for event in self._history.all_of(Returned))
        fates: dict[str, Fate] = {}
        for event in self.sent:
            if event.task_id not in fates:
                its = tuple(attempts.get(event.task_id, ()))
                fates[event.task_id] = Fate(event, its, ends_of([one for one in its if self._is_told(one)], returned))
        return fates

    def _is_told(self, attempt: Attempt) -> bool:
        """Say whether it is known that an attempt which was lost is not about to go back to its queue.

        With acks_late the worker gives it back some time after it has done with it; only a history that goes on until
        nothing more could happen, when the states are read, tells that it did not.
        """
        is_late = attempt.aborted is not None and self._history.options_of(attempt.started.task).acks_late
        return not is_late or bool(self._history.all_of(StatesRead))

    @cached_property
    def of_task(self) -> dict[str, list[Sent]]:
        """Return all messages of every task, by its id."""
        found: defaultdict[str, list[Sent]] = defaultdict(list)
        for event in self.sent:
            found[event.task_id].append(event)
        return dict(found)

    @cached_property
    def _confirmed(self) -> Counter[tuple[str, int]]:
        return Counter((event.task_id, event.retries) for event in self._history.all_of(Published))

    @cached_property
    def _handed_over(self) -> Counter[tuple[str, int]]:
        found = (event for event in self._history.all_of(Delivered) if not event.redelivered)
        return Counter((event.task_id, event.retries) for event in found)

    def gone_out(self, task_id: str, retries: int = 0) -> int:
        """Return how many messages are known to have gone out: whoever sends one may die before he can say so."""
        return max(self._confirmed[task_id, retries], self._handed_over[task_id, retries])

    @cached_property
    def planned_ids(self) -> frozenset[str]:
        """Return the tasks that are steps of a chain or a chord's body, as far as messages tell."""
        ids: set[str] = set()
        for event in self.sent:
            for following in event.followings:
                ids.update(following.ids)
        return frozenset(ids)

    @cached_property
    def _by_sender(self) -> dict[tuple[str, str], tuple[list[int], list[Sent]]]:
        found: defaultdict[tuple[str, str], tuple[list[int], list[Sent]]] = defaultdict(lambda: ([], []))
        for event in self.sent:
            if event.sender_id is not None and not event.retries and not event.by_author:
                indexes, events = found[event.source, event.sender_id]
                indexes.append(event.index)
                events.append(event)
        return dict(found)

    def sent_after(self, attempt: Attempt) -> list[Sent]:
        """Return what Celery sent once an attempt's code had ended: before that, the code itself may send anything.

        And after that, an author's code that Celery calls on its way: hooks, and handlers of signals.
        """
        if attempt.ended is None:
            return []
        indexes, events = self._by_sender.get((attempt.ended.source, attempt.started.task_id), ([], []))
        last = attempt.closed.index if attempt.closed is not None else len(self._history.events)
        return events[bisect_right(indexes, attempt.ended.index) : bisect_right(indexes, last)]

    @cached_property
    def _by_parent(self) -> dict[str, list[Sent]]:
        found: defaultdict[str, list[Sent]] = defaultdict(list)
        for event in self.sent:
            if event.parent_id is not None and not event.retries and not event.by_author:
                found[event.parent_id].append(event)
        return dict(found)

    @cached_property
    def _inline(self) -> dict[str, list[ErrbackCalled]]:
        found: defaultdict[str, list[ErrbackCalled]] = defaultdict(list)
        for event in self._history.all_of(ErrbackCalled):
            found[event.task_id or ""].append(event)
        return dict(found)

    def errbacks_of(self, task_id: str, name: str) -> list[Sent | ErrbackCalled]:
        """Return the messages and the calls of an errback that Celery made on behalf of a task."""
        sent = [event for event in self._by_parent.get(task_id, ()) if event.task == name]
        called = [event for event in self._inline.get(task_id, ()) if event.errback == name]
        return [*sent, *called]

    def following(self, sent: Sent) -> list[tuple[FirstTask, Sent]]:
        """Return what follows a task in its chain, with its first message, as far as it was sent.

        The one that this task has sent, if there is: a step may bear the id of a task that was replaced by this chain.
        """
        found = []
        for first in sent.chain[0].firsts if sent.chain else ():
            later = [event for event in self.of_task.get(first.task_id, ()) if event.index > sent.index]
            its = [event for event in later if not event.retries]
            own = [event for event in its if event.sender_id == sent.task_id]
            if its:
                found.append((first, (own or its)[0]))
        return found


def names(tasks: Iterable[str]) -> str:
    """Return names in a row, each once."""
    return ", ".join(dict.fromkeys(tasks))

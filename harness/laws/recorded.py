"""The calls of a canvas as they were recorded, found again one by one by whoever predicts them.

Owns which message is whose: what the sender sent, and what Celery sent once a task's code had ended. What that code
sends by itself is no part of the canvas.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.canvas import plain
from harness.history.events import ErrbackCalled, Expired, Revoked, Sent
from harness.semantics.prediction import Ended, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.history.history import Attempt
    from harness.laws.case import Case
    from harness.semantics.prediction import Called

_BY_EXPERIMENT, _BY_WORKER = "the experiment", "a worker"


@dataclass(frozen=True, slots=True)
class Found:
    """A predicted call, and what was recorded of it: its message and attempts, or that it was called inline."""

    event: Sent | ErrbackCalled
    attempts: tuple[Attempt, ...] = ()

    @property
    def task_id(self) -> str | None:
        """Its id; what is called inline has none."""
        return self.event.task_id if isinstance(self.event, Sent) else None

    @property
    def last(self) -> Attempt | None:
        """Its last attempt."""
        return self.attempts[-1] if self.attempts else None

    @property
    def success(self) -> Attempt | None:
        """The attempt that succeeded."""
        return next((attempt for attempt in self.attempts if attempt.ending == "succeeded"), None)

    @property
    def end_index(self) -> int | None:
        """Where in the history its code ended for good."""
        last = self.success or self.last
        # Of a hard time limit Celery is told before the process, which then says that its code has ended as well.
        ends = () if last is None else (last.ended, last.aborted)
        return min((end.index for end in ends if end is not None), default=None)


class RecordedCalls:
    """The calls of a run, of which each is found once."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._messages = case.messages
        self._left: defaultdict[str, defaultdict[str, list[Sent]]] = defaultdict(lambda: defaultdict(list))
        for event in self._messages.sent:
            if event.sender_id is None and not event.retries and not event.by_author:
                self._left[_BY_EXPERIMENT if event.by == "experiment" else _BY_WORKER][event.task].append(event)
        self._inline = [event for event in case.history.events if isinstance(event, ErrbackCalled)]

    def find(self, called: Called, senders: Iterable[str]) -> Found | None:
        """Find the message of a predicted call, sent by one of those given; by the experiment if there are none."""
        is_of_body = any(isinstance(arg, Unknown) for arg in called.args)
        shelves = [self._left[name].get(called.node.task, []) for name in (*senders, _BY_WORKER)]
        best: tuple[int, list[Sent], int] | None = None
        for shelf in shelves:
            for at, event in enumerate(shelf):
                if is_of_body and self._is_of_task_that_failed(event):
                    continue
                misfit = not agree(list(called.args), event.args)
                if best is None or misfit < best[0]:
                    best = (misfit, shelf, at)
                if not misfit:
                    break
            if best is not None and not best[0]:
                break
        if best is None:
            return None
        event = best[1].pop(best[2])
        found = Found(event, tuple(self._messages.fates[event.task_id].attempts))
        self._shelve_what_follows(found)
        return found

    def find_inline(self, errback: str, *, ids: Iterable[str] = (), bodies: bool = False) -> Found | None:
        """Find an errback that was called inline, for one of these tasks, or for a chord's body that never ran."""
        known = set(ids)
        for at, event in enumerate(self._inline):
            is_for = not self._has_failed(event.task_id) if bodies else event.task_id in known
            if event.errback == errback and is_for:
                return Found(self._inline.pop(at))
        return None

    def _is_of_task_that_failed(self, errback: Sent) -> bool:
        """Say whether an errback is told of a task itself: what it is told of when a header failed never ran."""
        first = errback.args[0] if isinstance(errback.args, list) and errback.args else None
        return isinstance(first, str) and self._has_failed(first)

    def _has_failed(self, task_id: str | None) -> bool:
        fate = self._messages.fates.get(task_id or "")
        return fate is not None and any(attempt.ending == "failed" for attempt in fate.attempts)

    def left(self, ids: Iterable[str]) -> list[Sent | ErrbackCalled]:
        """Return what nobody has found, of what was sent for these tasks or by the experiment."""
        known = {*ids, *(chord.body_id for chord in self._case.chords)}
        sent = [event for shelves in self._left.values() for shelf in shelves.values() for event in shelf]
        ours = [event for event in sent if event.by != "worker" or event.parent_id in known]
        return sorted([*ours, *self._inline], key=lambda event: event.index)

    def ended(self, found: Found) -> Ended:
        """Say what became of a call."""
        task_id, last, success = found.task_id, found.last, found.success
        if task_id is None:  # inline: whatever it does, nothing follows from it
            return Ended(ending="silent")
        if success is not None and success.ended is not None:
            return Ended(ending="succeeded", value=success.ended.returned, task_id=task_id)
        if last is None:
            return Ended(ending="dropped" if task_id in self._dropped else "silent", task_id=task_id)
        return Ended(ending="failed" if last.ending == "failed" else "silent", task_id=task_id)

    @cached_property
    def _dropped(self) -> set[str]:
        return {event.task_id for event in self._case.history.events if isinstance(event, Revoked | Expired)}

    @cached_property
    def _replaced(self) -> set[str]:
        sent = self._messages.sent
        return {event.task_id for event in sent if event.task_id == event.sender_id and not event.retries}

    def why_open(self, found: Found) -> str | None:
        """Say why it is not known what became of a call, if that is so."""
        if not isinstance(found.event, Sent):
            return None
        name, task_id = found.event.task, found.event.task_id
        if task_id in self._replaced:
            return f"{name} replaced itself with another canvas, which is no part of the one that was sent"
        if found.last is None:
            return None if task_id in self._dropped else f"{name} was sent and never started"
        return None if found.last.ending not in (None, "retried") else f"{name} never came to its end"

    def _shelve_what_follows(self, found: Found) -> None:
        """Make known what Celery sent after each of a task's ends."""
        task_id = found.task_id or ""
        if task_id in self._left:
            return
        for attempt in found.attempts:
            if attempt.ending != "retried":
                for event in self._messages.sent_after(attempt):
                    self._left[task_id][event.task].append(event)


def senders_of(ids: Iterable[str] | None) -> tuple[str, ...]:
    """Return who may have sent what follows from these tasks; what follows from none, the experiment sends."""
    return (_BY_EXPERIMENT,) if ids is None else tuple(ids)


def agree(expected: Any, found: Any) -> bool:  # noqa: ANN401 - a user's data
    """Say whether recorded data is what was expected, as far as both were written down whole."""
    if expected == found or isinstance(expected, Unknown) or _is_described(expected) or _is_described(found):
        return True
    match expected, found:
        case (([*_] | (*_,)), ([*_] | (*_,))):
            return len(expected) == len(found) and all(map(agree, expected, found))
        case {**parts}, {**others}:
            return parts.keys() == others.keys() and all(agree(part, others[key]) for key, part in parts.items())
        case _:
            return bool(plain(expected) == plain(found))


def _is_described(value: Any) -> bool:  # noqa: ANN401 - a user's data
    """Say whether a journal holds a description of a value instead: of what was too long, or no JSON."""
    return isinstance(value, dict) and value.keys() in ({"length", "begins"}, {"type", "repr"})

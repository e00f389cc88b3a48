"""What became of a task: its messages, its attempts, and which of them were its end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.history.events import Sent
    from harness.history.history import Attempt

_ENDS = frozenset({"succeeded", "failed", "rejected", "ignored"})


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a task: its first message, its attempts, and those that ended it.

    There may be several ends: whose message is handed over once more runs once more, and ends once more. An attempt
    whose message went back to its queue is no end, whatever it came to.
    """

    sent: Sent
    attempts: tuple[Attempt, ...]
    ends: tuple[Attempt, ...]

    @property
    def last(self) -> Attempt | None:
        """Its last attempt."""
        return self.attempts[-1] if self.attempts else None

    @property
    def successes(self) -> tuple[Attempt, ...]:
        """Its ends that Celery calls a success."""
        return tuple(attempt for attempt in self.ends if attempt.ending == "succeeded")

    @property
    def failures(self) -> tuple[Attempt, ...]:
        """Its ends that Celery calls a failure."""
        return tuple(attempt for attempt in self.ends if attempt.ending == "failed")

    @property
    def success(self) -> Attempt | None:
        """Its first success."""
        return next(iter(self.successes), None)

    @property
    def failure(self) -> Attempt | None:
        """The end by which it has failed for good; None if it has ever succeeded."""
        bad = [attempt for attempt in self.ends if attempt.ending in ("failed", "rejected")]
        return bad[0] if bad and self.success is None else None

    @property
    def how(self) -> str:
        """Say how it ended, in a word or two."""
        return self.last.ending or "has not ended" if self.last is not None else "never started"

    def returned_before(self, index: int) -> Attempt | None:
        """Return the last attempt whose code had ended, and well, before a place in the history."""
        before = self.returns_before(index)
        return before[-1] if before else None

    def returns_before(self, index: int) -> tuple[Attempt, ...]:
        """Return all attempts whose code had ended, and well, before a place in the history."""
        return tuple(one for one in self.attempts if has_returned(one) and one.ended and one.ended.index < index)


def has_returned(attempt: Attempt) -> bool:
    """Say whether an attempt's code returned. Celery may fail it yet: what it returned may be no JSON."""
    return attempt.ended is not None and attempt.ended.ending == "succeeded"


def ends_of(attempts: Iterable[Attempt], returned: Counter[tuple[str, int]]) -> tuple[Attempt, ...]:
    """Return the attempts that ended a task. `returned` counts the messages that went back, by task and retries."""
    ends = []
    back: Counter[tuple[str, int]] = Counter()
    for attempt in attempts:
        key = attempt.started.task_id, attempt.started.retries
        may_return = attempt.aborted is not None or attempt.ending == "rejected"
        if may_return and back[key] < returned.get(key, 0):
            back[key] += 1
        elif attempt.ending in _ENDS:
            ends.append(attempt)
    return tuple(ends)

"""What laws judge: a history, how exactly its clock can be held to account, and what several laws read out of both."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from harness.history.events import WorkerStarted
from harness.history.fault_events import FaultInjected
from harness.laws.chords import Chord, chords_of
from harness.laws.deaths import Deaths
from harness.laws.messages import Messages
from harness.semantics.defects import version_of

if TYPE_CHECKING:
    from harness.history.history import Attempt, History
    from harness.semantics.defects import Version

_NEWEST = (5, 7)


class Case:
    """One history before the court."""

    def __init__(self, history: History, *, late_s: float, early_s: float = 0.005) -> None:
        self.history = history
        self.late_s = late_s  # how late something that waited may start
        self.early_s = early_s  # how early: by the rounding of clocks, and no more

    @cached_property
    def version(self) -> Version:
        """The Celery of its workers; the newest that is known where none has told."""
        started = (event for event in self.history.events if isinstance(event, WorkerStarted))
        return next((version_of(event.versions["celery"]) for event in started if "celery" in event.versions), _NEWEST)

    @cached_property
    def messages(self) -> Messages:
        """Its messages."""
        return Messages(self.history)

    @cached_property
    def chords(self) -> tuple[Chord, ...]:
        """Its chords."""
        return tuple(chords_of(self.messages))

    @cached_property
    def _losses(self) -> tuple[int, ...]:
        """The places from which on Redis knew nothing any more of what it had been told."""
        return tuple(event.index for event in self.history.all_of(FaultInjected) if event.loses_data)

    @cached_property
    def deaths(self) -> Deaths:
        """Which attempts were lost with their workers."""
        return Deaths(self.history)

    def is_forgotten(self, attempt: Attempt) -> bool:
        """Say whether Redis has lost its data since an attempt's code had ended: its state, and its count."""
        end = attempt.ended or attempt.started
        return any(loss > end.index for loss in self._losses)

    @cached_property
    def skipped(self) -> frozenset[str]:
        """The steps of chains of which a former one has failed."""
        failed = [fate for fate in self.messages.fates.values() if fate.failure is not None]
        return frozenset(step.task_id for fate in failed for step in fate.sent.chain if step.task_id is not None)

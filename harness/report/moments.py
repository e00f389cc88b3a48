"""Moments as a report counts them: microseconds since the first thing that happened to a task."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from harness.history.attempt_events import OfAttempt
from harness.history.events import Delivered, Expired, Published, Revoked, Sent

if TYPE_CHECKING:
    from harness.history.fact import Event
    from harness.history.history import History

_OF_TASKS = (Sent, Published, Delivered, Revoked, Expired, OfAttempt)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moments:
    """The origin of a run's times, and everything counted from there."""

    def __init__(self, history: History) -> None:
        self._events = history.events
        self._of_tasks = [event for event in history.events if isinstance(event, _OF_TASKS)]
        first = next(iter(self._of_tasks or history.events), None)
        self._origin_ns = first.virtual_ns if first is not None else 0
        self._wall_origin_ns = first.wall_ns if first is not None else 0

    def of(self, event: Event) -> int:
        """Return when something happened, by the testbed's clock."""
        return self.of_ns(event.virtual_ns)

    def wall_of(self, event: Event) -> int:
        """Return when something happened, in real time."""
        return (event.wall_ns - self._wall_origin_ns) // 1000

    def of_iso(self, moment: str | None) -> int | None:
        """Return when a message's moment is; None for none, and for what is no moment."""
        try:
            # A naive one is in UTC, as Celery reads it where enable_utc is on.
            when = datetime.fromisoformat(moment or "")
        except ValueError:
            return None
        aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
        return (aware - _EPOCH) // timedelta(microseconds=1) - self._origin_ns // 1000

    def of_ns(self, moment_ns: int) -> int:
        """Return when something happened that an application has noted by its own clock."""
        return (moment_ns - self._origin_ns) // 1000

    @cached_property
    def span(self) -> tuple[int, int]:
        """From the first to the last thing that happened to a task."""
        return (0, max(map(self.of, self._of_tasks), default=0))

    @property
    def origin_iso(self) -> str | None:
        """The origin as a moment."""
        if not self._events:
            return None
        try:
            return (_EPOCH + timedelta(microseconds=self._origin_ns // 1000)).isoformat(timespec="milliseconds")
        except OverflowError:
            return None

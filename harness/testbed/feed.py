"""What a testbed's processes have written down, as it comes in.

A testbed may serve many runs, one after another. A run needs its own events and those that say who its processes are
(`founding` lines), which may have been written long before it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from harness.history.events import (
    AnyEvent,
    BrokerStarted,
    ConnectionOpened,
    ProcessDied,
    ProcessStarted,
    SettingsOverridden,
    TasksKnown,
    WorkerStarted,
)
from harness.history.reader import CorruptLine, JournalFolder
from harness.history.redis_events import RecorderStarted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Keep = Callable[[str, bytes], None]  # takes a journal's name and complete lines of it

_FOUNDING = (
    ProcessStarted,
    ProcessDied,
    BrokerStarted,
    WorkerStarted,
    TasksKnown,
    SettingsOverridden,
    ConnectionOpened,
    RecorderStarted,
)


class Feed:
    """Reads on in all journals; keeps the founding lines, and copies everything for the run that has asked for it."""

    def __init__(self, journals: Path) -> None:
        self.journals = journals
        self._folder = JournalFolder(journals)
        self._founding: dict[str, bytes] = defaultdict(bytes)
        self._keep: Keep | None = None
        self.founding_events: list[AnyEvent] = []
        self.corrupt: list[CorruptLine] = []

    def copy_to(self, keep: Keep | None) -> None:
        """Hand all lines that come from now on to a run as well, the founding ones first; None ends it."""
        self._keep = keep
        if keep is not None:
            for name, lines in self._founding.items():
                keep(name, lines)

    def pull(self) -> list[AnyEvent]:
        """Return what has come in since the last call, journal by journal."""
        news: list[AnyEvent] = []
        for tail, data in self._folder.read_on():
            if self._keep is not None:
                self._keep(tail.path.name, data)
            events, corrupt = tail.decode(data)
            self.corrupt.extend(corrupt)
            for event, line in events:
                news.append(event)
                if isinstance(event, _FOUNDING):
                    self.founding_events.append(event)
                    self._founding[tail.path.name] += line
        return news

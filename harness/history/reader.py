"""Reads journals back, whole or as they grow. A line that cannot be read is named and nothing else is lost.

Owns the way from bytes to events. Refuses to order them: `merge` does.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from harness.history.events import AnyEvent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_decoder = msgspec.json.Decoder(AnyEvent)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorruptLine:
    """A line of a journal that is no event."""

    source: str
    line: int
    reason: str


@dataclass(slots=True)
class JournalTail:
    """One journal, read on from where the last look ended. A line without its end is left for the next look."""

    path: Path
    offset: int = 0
    lines: int = 0

    @property
    def source(self) -> str:
        """The name that this journal's events carry."""
        return self.path.stem

    def read_on(self) -> bytes:
        """Return the complete lines that came since the last call."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            data = file.read()
        end = data.rfind(b"\n") + 1
        self.offset += end
        return data[:end]

    def decode(self, data: bytes) -> tuple[list[tuple[AnyEvent, bytes]], list[CorruptLine]]:
        """Turn complete lines, in the order of the file, into events, each with the line that it was."""
        events: list[tuple[AnyEvent, bytes]] = []
        corrupt: list[CorruptLine] = []
        source = self.source
        for line in data.split(b"\n")[:-1]:
            self.lines += 1
            try:
                event = _decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                corrupt.append(CorruptLine(source=source, line=self.lines, reason=str(error)))
            else:
                msgspec.structs.force_setattr(event, "source", source)
                events.append((event, line + b"\n"))
        return events, corrupt


@dataclass(slots=True)
class JournalFolder:
    """All journals of a folder, as they appear and grow."""

    directory: Path
    tails: dict[str, JournalTail] = field(default_factory=dict)

    def read_on(self) -> list[tuple[JournalTail, bytes]]:
        """Return what every journal has gained since the last call; new journals are found by themselves."""
        gained = []
        for name in sorted(self._grown()):
            tail = self.tails.setdefault(name, JournalTail(self.directory / name))
            if data := tail.read_on():
                gained.append((tail, data))
        return gained

    def _grown(self) -> Iterator[str]:
        """Yield the journals that are longer than when they were last read: only those are opened."""
        with os.scandir(self.directory) as entries:
            for entry in entries:
                if entry.name.endswith(".jsonl"):
                    tail = self.tails.get(entry.name)
                    if tail is None or entry.stat().st_size > tail.offset:
                        yield entry.name


def read_journals(directory: Path) -> tuple[list[list[AnyEvent]], list[CorruptLine]]:
    """Read a folder of finished journals: one list of events for each, and the lines that could not be read."""
    journals: list[list[AnyEvent]] = []
    corrupt: list[CorruptLine] = []
    for path in sorted(directory.glob("*.jsonl")):
        tail = JournalTail(path)
        events, bad = tail.decode(tail.read_on())
        if unfinished := path.stat().st_size - tail.offset:
            bad.append(
                CorruptLine(
                    source=tail.source,
                    line=tail.lines + 1,
                    reason=f"ends after {unfinished} bytes without a newline",
                )
            )
        journals.append([event for event, _ in events])
        corrupt.extend(bad)
    return journals, corrupt

"""By which clock a run was made, and what that clock did. Read off the history, so that a report can do it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.history.events import ClockMoved, ProcessStarted

if TYPE_CHECKING:
    from harness.clock.clock import Clock
    from harness.history.history import History
    from harness.history.parts import Pinned

# Less is an answer that was there at once (a library asks uuidd, say): it kept nothing from jumping that one would see.
_WORTH_TELLING_S = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The clock of a run: its name, why it was the real one against all wishes, what it did, who pinned it."""

    clock: str
    reason: str | None = None
    virtual_s: float = 0.0  # from the first message to the last thing that happened to a task
    jumps: int = 0
    skipped_s: float = 0.0
    pins: tuple[str, ...] = ()


def timing(history: History, clock: Clock, reason: str | None) -> Timing:
    """Say by which clock a run was made."""
    moves = [event for event in history.events if isinstance(event, ClockMoved)]
    names = {event.pid: event.process for event in history.events if isinstance(event, ProcessStarted)}
    return Timing(
        clock=clock.name,
        reason=reason,
        virtual_s=history.duration_s,
        jumps=sum(move.jumps for move in moves),
        skipped_s=sum(move.skipped_s for move in moves),
        pins=tuple(_told(pin, names) for move in moves for pin in move.pins if pin.pinned_s >= _WORTH_TELLING_S),
    )


def _told(pin: Pinned, names: dict[int, str]) -> str:
    who = names.get(pin.pid, f"process {pin.pid}")
    return f"{who} pinned the clock {pin.waits} times, {pin.pinned_s:.3f} s in all, for {pin.peer}"

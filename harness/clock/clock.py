"""Owns what a clock is: the protocol that the real and the virtual clock share, and what either tells of itself.

Refuses to know how time passes: `real_clock.py` and `virtual_clock.py` do.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.clock.page import PinTotal
    from harness.clock.waits import ThreadWait


class ClockError(HarnessError):
    """The clock is in trouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What the clock has done so far."""

    jumps: int = 0
    skipped_s: float = 0.0
    attempts: int = 0
    pinned_waits: int = 0
    waits_beyond_capacity: int = 0
    pins: tuple[PinTotal, ...] = ()


class Clock(Protocol):
    """What both clocks offer."""

    name: str

    def offset_ns(self) -> int:
        """How far the testbed's time is ahead of real time."""

    def now_ns(self) -> int:
        """Time since 1970 as the processes of the testbed see it."""

    def hold(self) -> None:
        """Let time pass at its real speed only; when this returns there is no jump any more."""

    def release(self) -> None:
        """Let time jump whenever everything sleeps."""

    def advance(self, seconds: float, *, timeout_s: float = 60) -> None:
        """Let that much time pass, with all that is due in it, and stop there."""

    def limit(self, seconds: float | None) -> None:
        """Set the budget: no jump leads further than this from now. None takes the budget away."""

    def is_at_limit(self) -> bool:
        """Whether the budget of time is used up."""

    def statistics(self) -> Statistics:
        """Tell what the clock has done so far, and who pinned it."""

    def why_not_jumping(self) -> str:
        """Say why time is not jumping now, in one line."""

    def report(self) -> tuple[ThreadWait, ...]:
        """List what every thread of the testbed is waiting for."""

    def environment(self, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
        """Give the variables that a process needs to live under this clock."""

    def measure_resolution(self, python: str = sys.executable) -> float:
        """Measure by how many seconds a sleeper wakes too late at worst."""

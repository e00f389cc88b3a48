"""Owns real time behind the face of a clock: it cannot be held, released or jumped, and needs nothing.

Refuses to pretend: what only a virtual clock knows (who waits, who pins) it answers with nothing.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from harness.clock.clock import Statistics
from harness.clock.resolution import latest_wake_s

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.clock.waits import ThreadWait

_SECOND = 1_000_000_000


class RealClock:
    """Real time: everything takes as long as it takes."""

    name = "real"

    def __init__(self) -> None:
        self._limit_ns: int | None = None

    def offset_ns(self) -> int:
        """Real time is never ahead."""
        return 0

    def now_ns(self) -> int:
        """Time since 1970."""
        return time.time_ns()

    def hold(self) -> None:
        """Do nothing: real time cannot be held."""

    def release(self) -> None:
        """Do nothing: real time never jumps."""

    def advance(self, seconds: float, *, timeout_s: float = 60) -> None:
        """Sleep: `timeout_s` bounds what is spent beyond the time itself, and sleeping spends nothing."""
        del timeout_s
        time.sleep(seconds)

    def limit(self, seconds: float | None) -> None:
        """Remember the budget; real time goes on, but `is_at_limit` tells."""
        self._limit_ns = None if seconds is None else time.monotonic_ns() + round(seconds * _SECOND)

    def is_at_limit(self) -> bool:
        """Whether the budget of time is used up."""
        return self._limit_ns is not None and time.monotonic_ns() >= self._limit_ns

    def statistics(self) -> Statistics:
        """Nothing jumps, nothing is counted."""
        return Statistics()

    def why_not_jumping(self) -> str:
        """Real time never jumps."""
        return "the clock is real"

    def report(self) -> tuple[ThreadWait, ...]:
        """Real time does not know who waits."""
        return ()

    def environment(self, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
        """No variables are needed."""
        del inherited
        return {}

    def measure_resolution(self, python: str = sys.executable) -> float:
        """Measure by how many seconds a sleeper wakes too late at worst."""
        return latest_wake_s(python, dict(os.environ), count=10, seconds=0.001)

"""Signals by the names that Docker has for them."""

from __future__ import annotations

import signal

KILL = signal.SIGKILL


def number_of(given: str | int | None) -> int:
    """Return the number of a signal as Docker names it: `SIGKILL`, `KILL`, 9; without one it is that."""
    if given is None:
        return KILL
    if isinstance(given, int) or given.isdigit():
        return int(given)
    return signal.Signals[given if given.startswith("SIG") else f"SIG{given}"]

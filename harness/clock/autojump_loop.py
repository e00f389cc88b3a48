"""Owns our end of the autojump loop: its command line, whether it works, and waiting for it.

Refuses to start it: whoever owns the testbed does. What the loop does is in `autojump/`, in C.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from harness.clock.clock import ClockError

if TYPE_CHECKING:
    from harness.clock.page import Page

STEP_S = 0.0005  # how often a wait for the loop looks again
_HOLD_PATIENCE_S = (
    1.0  # an attempt to jump takes a millisecond; one that takes this long was killed in the middle of it
)


def autojump_command(library: Path, directory: Path, parent: int, *, adopts: bool) -> list[str]:
    """Give the command line of the loop for the page in this directory; it ends when its parent does."""
    program = str(Path(__file__).with_name("jump.py"))
    return [sys.executable, "-I", "-S", program, str(library), str(directory), str(int(adopts)), str(parent)]


def await_autojump(page: Page, timeout_s: float) -> None:
    """Wait until the loop has proved that it can work here; else raise with its reason."""
    deadline = time.monotonic() + timeout_s
    while not page.read("jumper"):
        if page.reason():
            raise ClockError("virtual time to work here", page.reason(), "mend that, or ask for real time")
        if time.monotonic() > deadline:
            raise ClockError(
                f"the autojump loop within {timeout_s} s", "none", "see that its command was started, and its log"
            )
        time.sleep(STEP_S)


def is_running(page: Page) -> bool:
    """Whether the loop has begun and its process still lives."""
    jumper = page.read("jumper")
    return bool(jumper) and Path(f"/proc/{jumper}").exists()


def await_no_attempt(page: Page) -> None:
    """Wait until no attempt to jump is under way: with a held clock there is no jump after that."""
    deadline = time.monotonic() + _HOLD_PATIENCE_S
    while page.read("attempting") and is_running(page) and time.monotonic() <= deadline:
        time.sleep(STEP_S / 10)

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
_HOLD_PATIENCE_S = 10.0  # an attempt to jump takes a millisecond, more on a machine that has no CPU for it


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
    try:
        stat = Path(f"/proc/{jumper}/stat").read_text(errors="replace")
    except OSError:
        return False
    return bool(jumper) and stat.rpartition(")")[2].split()[:1] not in ([], ["Z"], ["X"])


def await_no_attempt(page: Page, patience_s: float = _HOLD_PATIENCE_S) -> None:
    """Wait until no attempt to jump is under way: with a held clock there is no jump after that."""
    deadline = time.monotonic() + patience_s
    while page.read("attempting") and is_running(page):
        if time.monotonic() > deadline:
            raise ClockError(
                f"the autojump loop to end an attempt to jump within {patience_s} s",
                f"process {page.read('jumper')} is still at it",
                "see whether it was stopped, or gets no CPU: it may jump as soon as it goes on",
            )
        time.sleep(STEP_S / 10)

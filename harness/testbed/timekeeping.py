"""Chooses a testbed's clock, and owns where its page is. Time that cannot be virtual is real, and it is told why.

Refuses to start anything: the testbed's supervisor does.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from harness.clock.availability import Unavailable, availability, why_not_clockable
from harness.clock.clock import Clock, ClockError
from harness.clock.real_clock import RealClock
from harness.clock.virtual_clock import VirtualClock
from harness.errors import TroubleError
from harness.testbed.redis_server import find_program

if TYPE_CHECKING:
    from harness.scenario import Conditions

CLOCK = "clock"  # the name, and the role, of the process in which the autojump loop runs
BEYOND_CLOCKS = "RabbitMQ's virtual machine waits outside of the C library, where no virtual clock can wake it"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder in it


def why_not_virtual(conditions: Conditions) -> str | None:
    """Say in one line why time cannot be virtual although it was asked for; None if nothing is known against it."""
    if conditions.clock == "real":
        return None
    if conditions.broker == "rabbitmq":
        return BEYOND_CLOCKS
    match availability():
        case Unavailable(reason):
            return reason
        case _:
            pass
    if conditions.testbed != "local":
        return None
    try:
        return why_not_clockable(Path(find_program(conditions.redis_server)))
    except (TroubleError, OSError):  # that there is no Redis is told by who starts it
        return None


def is_virtual(conditions: Conditions) -> bool:
    """Say whether time will be virtual, as far as that is known before anything is started."""
    return conditions.clock == "virtual" and why_not_virtual(conditions) is None


def page_directory(testbed: Path) -> Path:
    """Return where the page of a testbed's clock is: in shared memory, for a page on a disk is written back to it."""
    if os.access(SHARED_MEMORY, os.W_OK | os.X_OK):
        return SHARED_MEMORY / testbed.name
    return testbed / CLOCK


def make_clock(conditions: Conditions, directory: Path, obstacle: str | None = None) -> tuple[Clock, str | None]:
    """Make the clock that was asked for, or else the real one with the reason. A virtual one does not jump yet.

    `obstacle` is what the testbed knows against it.
    """
    if conditions.clock == "real":
        return RealClock(), None
    if why := obstacle or why_not_virtual(conditions):
        return RealClock(), why
    try:
        return VirtualClock.create(directory), None
    except ClockError as error:
        return RealClock(), str(error.found)
    except OSError as error:
        return RealClock(), f"the clock's page cannot be made in {directory.parent}: {error.strerror or error}"

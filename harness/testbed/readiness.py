"""Waits until one of several files has something to say or takes something.

By `poll`: `select` refuses every descriptor above 1023, and a test session may well have as many files open. Refuses to
read and to write.
"""

from __future__ import annotations

import math
import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed import HasFileno

    File = int | HasFileno


def await_ready(readable: Iterable[File], timeout_s: float, writable: Iterable[File] = ()) -> set[int]:
    """Return the descriptors of those that are ready, or have ended; of none if the time is over first."""
    poll = select.poll()
    for file in readable:
        poll.register(file, select.POLLIN)
    for file in writable:
        poll.register(file, select.POLLOUT)
    # In whole milliseconds, and never less than was asked for: who looks again too early looks again and again.
    return {number for number, _ in poll.poll(math.ceil(max(0.0, timeout_s) * 1000))}

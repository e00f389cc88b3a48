"""Owns the measurement of a clock's resolution: by how much a process that only sleeps wakes too late at worst.

Refuses to judge the figure: it depends on the machine and on what else runs there.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECOND = 1_000_000_000
_SLEEPER = """import time
late = []
for _ in range({count}):
    start = time.monotonic_ns(); time.sleep({seconds}); late.append(time.monotonic_ns() - start - {nanoseconds})
print(max(late))"""


def latest_wake_s(python: str, environment: Mapping[str, str], *, count: int, seconds: float) -> float:
    """Let a process of this environment sleep so often for so long; give the worst lateness in seconds."""
    source = _SLEEPER.format(count=count, seconds=seconds, nanoseconds=round(seconds * _SECOND))
    done = subprocess.run(
        [python, "-I", "-S", "-c", source], env=environment, stdout=subprocess.PIPE, check=True, timeout=120
    )
    return int(done.stdout) / _SECOND

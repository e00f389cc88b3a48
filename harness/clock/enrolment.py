"""Owns how a process gets under a virtual clock, by its environment, and the complaint about one that did not.

Refuses to start processes, and to mend: what is not under the clock keeps time real.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from harness.clock.waits import why_not_readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


def environment(interposer: Path, directory: Path, inherited: Mapping[str, str] | None) -> dict[str, str]:
    """Give the variables that put a process under the clock of this directory; chains an LD_PRELOAD of `inherited`."""
    before = (os.environ if inherited is None else inherited).get("LD_PRELOAD", "")
    own = str(interposer)
    others = [path for path in before.replace(":", " ").split() if path != own]
    return {"LD_PRELOAD": " ".join([own, *others]), "HARNESS_CLOCK_DIRECTORY": str(directory)}


def complaints(registered: set[int], pids: Iterable[int]) -> list[str]:
    """Name every process that is not under the clock or cannot be watched: one line each."""
    found = []
    for pid in pids:
        if pid not in registered:
            found.append(f"process {pid} did not load the clock library (static, musl, or no environment?)")
        elif (reason := why_not_readable(pid)) is not None:
            found.append(reason)
    return found

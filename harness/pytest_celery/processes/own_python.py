"""Which Python a container's command means, where there is no container: the one of the tests."""

from __future__ import annotations

import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_PYTHONS = frozenset({"python", "python3"})


def python_of(words: Sequence[str]) -> list[str]:
    """Return a command that runs with this Python, whatever the path would find."""
    program = PurePosixPath(words[0]).name
    if program == "celery":
        return [sys.executable, "-m", "celery", *words[1:]]
    return [sys.executable, *words[1:]] if program in _PYTHONS else list(words)

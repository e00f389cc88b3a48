"""What this process has open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def open_files() -> Callable[[], set[str]]:
    """Return what tells the numbers of the files that are open."""
    return lambda: {path.name for path in Path("/proc/self/fd").iterdir()}

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

if TYPE_CHECKING:
    from storytelling import Story


@pytest.fixture
def story() -> Story:
    """A history in which nothing has happened yet."""
    from storytelling import Story  # noqa: PLC0415 - found by the line above

    return Story()

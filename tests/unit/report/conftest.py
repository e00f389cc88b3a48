"""Runs told by hand, and their reports."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from told_stories import save

sys.path.insert(0, str(Path(__file__).parents[2] / "histories"))

if TYPE_CHECKING:
    from collections.abc import Callable

    from storytelling import Story

    from harness.report.format import Report


@pytest.fixture
def story() -> Story:
    """A history in which nothing has happened yet."""
    from storytelling import Story  # noqa: PLC0415 - found by the line above

    return Story()


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., Report]:
    """Return what writes a story down and reads its report."""
    from harness.report.report_of import report_of  # noqa: PLC0415 - not before a test needs it

    def told(story: Story, ended: dict[str, Any] | None = None, **scenario: Any) -> Report:
        return report_of(save(story, tmp_path / "run", ended, **scenario))

    return told

"""Runs as a person makes them, and their pages."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VIOLATED = "fault-pool-killed-before-count-early"
"""A scenario in which Celery, as is known of it, violates a law: its page shows evidence."""


def harness(*arguments: str | Path) -> None:
    """Run the command as a person does."""
    command = [sys.executable, "-P", "-m", "canvas_harness", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def tampered(run: Path, folder: Path) -> Iterator[Path]:
    """Give a copy of a run, to be changed, and write its report when that is done."""
    copy = folder / run.name
    shutil.copytree(run, copy)
    yield copy
    harness("report", copy)

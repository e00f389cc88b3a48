"""What the run of a test is called, where it is kept, and what its mark says.

Refuses to make anything: it names.
"""

from __future__ import annotations

import hashlib
import re
from itertools import chain, count
from typing import TYPE_CHECKING

from harness.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

_LONGEST_NAME = 120


def run_directory(where: Path, test: str) -> Path:
    """Return a folder for the run of a test that is not there yet."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", test).strip("-._") or "test"
    if len(name) > _LONGEST_NAME:
        name = f"{name[:_LONGEST_NAME]}-{hashlib.sha256(test.encode()).hexdigest()[:8]}"
    others = (where / f"{name}.{number}" for number in count(2))
    return next(path for path in chain([where / name], others) if not path.exists())


def violated(test: pytest.Item) -> tuple[str, ...]:
    """Return the laws that Celery is known to violate in a test: `@pytest.mark.observed(violates=[...])`."""
    laws: list[str] = []
    for mark in test.iter_markers("observed"):
        if mark.args or set(mark.kwargs) - {"violates"} or isinstance(mark.kwargs.get("violates"), str):
            found = f"{mark.args} {dict(mark.kwargs)}"
            remedy = "write @pytest.mark.observed(violates=['callbacks.errback_once'])"
            raise UsageError("@pytest.mark.observed(violates=[...]) with names of laws", found, remedy)
        laws += mark.kwargs.get("violates", ())
    return tuple(dict.fromkeys(laws))

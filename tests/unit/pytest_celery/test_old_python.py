"""The probe goes into images of other people's, whose Python may be 3.10: pytest-celery's own is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import harness

PACKAGE = Path(harness.__path__[0])
GOES_ALONG = [PACKAGE / "__init__.py", PACKAGE / "journal.py", *sorted((PACKAGE / "probe").glob("*.py"))]
NEW_IN_3_11 = {"UTC", "StrEnum", "Self", "Never", "LiteralString", "TaskGroup", "assert_never", "chdir"}


@pytest.mark.parametrize("file", GOES_ALONG, ids=lambda file: file.name)
def test_what_goes_along_needs_no_newer_python(file: Path) -> None:
    tree = ast.parse(file.read_text(), feature_version=(3, 10))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert not imported & NEW_IN_3_11

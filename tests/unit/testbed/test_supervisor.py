from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from harness.testbed.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    OpenFiles = Callable[[], set[str]]


def test_a_supervisor_that_cannot_be_started_leaves_nothing_open(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, open_files: OpenFiles
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    before = open_files()
    with pytest.raises(HarnessError, match="to start the testbed's supervisor") as caught:
        Supervisor.start(tmp_path / "folder", tmp_path / "page")
    assert caught.value.found == "No such file or directory"
    assert open_files() == before


def test_one_that_has_nowhere_to_print_to_leaves_nothing_open(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, open_files: OpenFiles
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    before = open_files()
    with pytest.raises(HarnessError, match="folder for temporary files"):
        Supervisor.start(tmp_path / "folder", tmp_path / "page")
    assert open_files() == before

"""A harness goes on when its testbeds are gone: their journals must not keep files open in it."""

from __future__ import annotations

import os
from pathlib import Path

from harness.journal import Bell, Journal


def count_open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_journal_that_was_let_go_of_holds_no_file_and_may_be_let_go_of_again(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "bell")
    listener = os.open(tmp_path / "bell", os.O_RDWR | os.O_NONBLOCK)
    before = count_open_files()
    journal = Journal(tmp_path, "harness", "harness", Bell(tmp_path / "bell"))
    journal.append("ConnectionOpened", address="here")
    assert count_open_files() == before + 2
    journal.close()
    journal.close()
    assert count_open_files() == before
    os.close(listener)

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from harness.history.events import ProcessStarted
from harness.history.reader import read_journals
from harness.journal import JOURNALS, Bell, Journal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_an_orphan_came_of_the_nearest_process_with_a_journal_though_its_own_parent_is_gone(tmp_path: Path) -> None:
    (tmp_path / JOURNALS).mkdir()
    journal = Journal(tmp_path / JOURNALS, "worker-1", "pool", Bell(tmp_path / "no bell"))
    journal.begin()
    told, tells = os.pipe()
    if not (child := os.fork()):
        lives, life = os.pipe()
        if not os.fork():
            os.close(life)
            os.read(lives, 1)  # until its parent is gone
            journal.append("ConnectionOpened", address="orphan")
        os._exit(0)
    os.close(tells)
    assert os.waitpid(child, 0)[1] == 0
    os.read(told, 1)  # until the orphan is gone
    os.close(told)
    journals, corrupt = read_journals(tmp_path / JOURNALS)
    started = [events[0] for events in journals if isinstance(events[0], ProcessStarted)]
    assert not corrupt
    assert {(one.parent_pid, one.pid == os.getpid()) for one in started} == {(os.getppid(), True), (os.getpid(), False)}

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.history.reader import read_journals
from harness.testbed.feed import Feed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.history.events import AnyEvent
    from tests.unit.conftest import Record


@pytest.fixture
def journals(tmp_path: Path) -> Path:
    """Where a testbed's processes write."""
    (tmp_path / "journals").mkdir()
    return tmp_path / "journals"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Where a run wants its copies."""
    (tmp_path / "copy").mkdir()
    return tmp_path / "copy"


@pytest.fixture
def write(journals: Path, record: Record, line: Callable[[AnyEvent], bytes]) -> Callable[[], None]:
    """Return what puts everything that was recorded since into the journals."""
    written = [0]

    def write() -> None:
        for event in record.events[written[0] :]:
            append(journals / f"{event.source}.jsonl", line(event))
        written[0] = len(record.events)

    return write


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def into(folder: Path) -> Callable[[str, bytes], None]:
    return lambda name, lines: append(folder / name, lines)


def kinds(events: list[AnyEvent]) -> list[str]:
    return [type(event).__name__ for event in events]


def copied(copy: Path) -> list[str]:
    found, corrupt = read_journals(copy)
    assert corrupt == []
    return [kind for events in found for kind in kinds(events)]


def test_a_pull_returns_what_has_come_since_the_last_one(
    journals: Path, record: Record, write: Callable[[], None]
) -> None:
    feed = Feed(journals)
    assert feed.pull() == []
    worker = record.process("worker-1")
    write()
    assert kinds(feed.pull()) == ["ProcessStarted"]
    worker.started("A")
    write()
    assert kinds(feed.pull()) == ["AttemptStarted"]
    assert feed.pull() == []


def test_a_line_without_its_end_is_waited_for(
    journals: Path, record: Record, line: Callable[[AnyEvent], bytes]
) -> None:
    feed = Feed(journals)
    record.process("worker-1")
    whole = line(record.events[0])
    append(journals / "worker-1-100.jsonl", whole[:30])
    assert feed.pull() == []
    append(journals / "worker-1-100.jsonl", whole[30:])
    assert kinds(feed.pull()) == ["ProcessStarted"]
    assert feed.corrupt == []


def test_a_corrupt_line_is_kept_by_name_and_the_rest_is_returned(
    journals: Path, record: Record, write: Callable[[], None]
) -> None:
    feed = Feed(journals)
    worker = record.process("worker-1")
    write()
    append(journals / f"{worker.source}.jsonl", b"nonsense\n")
    worker.started("A")
    write()
    assert kinds(feed.pull()) == ["ProcessStarted", "AttemptStarted"]
    assert [(line.source, line.line) for line in feed.corrupt] == [(worker.source, 2)]


def test_a_run_gets_who_is_who_first_and_then_what_comes(
    journals: Path, copy: Path, record: Record, write: Callable[[], None]
) -> None:
    feed = Feed(journals)
    worker, supervisor = record.process("worker-1"), record.process("supervisor")
    worker.started("something of an earlier run")
    supervisor.died(record.process("worker-2"))
    write()
    feed.pull()
    feed.copy_to(into(copy))
    worker.started("A")
    write()
    feed.pull()
    started = ["ProcessStarted", "ProcessDied", "ProcessStarted", "AttemptStarted", "ProcessStarted"]
    assert copied(copy) == started
    assert (copy / f"{worker.source}.jsonl").read_bytes().count(b"earlier run") == 0


def test_a_run_that_wants_copies_from_the_beginning_has_everything_once(
    journals: Path, copy: Path, record: Record, write: Callable[[], None]
) -> None:
    feed = Feed(journals)
    feed.copy_to(into(copy))
    worker = record.process("worker-1")
    worker.ran("A")
    write()
    feed.pull()
    assert copied(copy) == ["ProcessStarted", "AttemptStarted", "AttemptEnded", "AttemptClosed"]


def test_copies_end_when_they_are_no_longer_wanted(
    journals: Path, copy: Path, record: Record, write: Callable[[], None]
) -> None:
    feed = Feed(journals)
    feed.copy_to(into(copy))
    feed.copy_to(None)
    record.process("worker-1")
    write()
    assert kinds(feed.pull()) == ["ProcessStarted"]
    assert copied(copy) == []


def test_a_second_run_gets_who_is_who_as_the_first_did(
    journals: Path, copy: Path, tmp_path: Path, record: Record, write: Callable[[], None]
) -> None:
    feed = Feed(journals)
    feed.copy_to(into(copy))
    worker = record.process("worker-1")
    worker.ran("A")
    write()
    feed.pull()
    second = tmp_path / "second"
    second.mkdir()
    feed.copy_to(into(second))
    worker.started("B")
    write()
    feed.pull()
    assert copied(second) == ["ProcessStarted", "AttemptStarted"]
    assert copied(copy)[-1] == "AttemptClosed"


def test_copies_are_byte_for_byte_what_was_written(
    journals: Path, copy: Path, record: Record, write: Callable[[], None]
) -> None:
    feed = Feed(journals)
    feed.copy_to(into(copy))
    worker = record.process("worker-1")
    worker.ran("A", returned={"text": "grün\r\n\u2028"})
    write()
    append(journals / f"{worker.source}.jsonl", b"nonsense\n")
    feed.pull()
    name = f"{worker.source}.jsonl"
    assert (copy / name).read_bytes() == (journals / name).read_bytes()


def test_events_that_say_who_is_who_are_kept_for_later_runs(
    journals: Path, record: Record, write: Callable[[], None]
) -> None:
    feed = Feed(journals)
    worker = record.process("worker-1")
    worker.ran("A")
    write()
    feed.pull()
    assert kinds(feed.founding_events) == ["ProcessStarted"]


def test_a_corrupt_line_does_not_cost_who_is_who(
    journals: Path, copy: Path, record: Record, write: Callable[[], None]
) -> None:
    feed = Feed(journals)
    worker = record.process("worker-1")
    write()
    append(journals / f"{worker.source}.jsonl", b"nonsense\n")
    feed.pull()
    feed.copy_to(into(copy))
    assert copied(copy) == ["ProcessStarted"]

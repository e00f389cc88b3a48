from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.history.events import ConnectionOpened, ProcessStarted
from harness.history.reader import JournalFolder, JournalTail, read_journals

if TYPE_CHECKING:
    from pathlib import Path

STAMP = b'"source_index":%d,"wall_ns":1,"virtual_ns":2'
GOOD = b'{"kind":"ConnectionOpened",' + STAMP % 0 + b',"address":"here"}\n'

CORRUPT = {
    "half a line": b'{"kind":"ConnectionOpened","sour\n',
    "nothing": b"\n",
    "a kind that nobody knows": b'{"kind":"Surprise",' + STAMP % 1 + b"}\n",
    "no kind": b"{" + STAMP % 1 + b',"address":"here"}\n',
    "a field that nobody knows": b'{"kind":"ConnectionOpened",' + STAMP % 1 + b',"address":"here","more":1}\n',
    "a missing field": b'{"kind":"ConnectionOpened",' + STAMP % 1 + b"}\n",
    "a field of another type": b'{"kind":"ConnectionOpened",' + STAMP % 1 + b',"address":7}\n',
    "no UTF-8": b'{"kind":"ConnectionOpened",' + STAMP % 1 + b',"address":"\xff"}\n',
    "no JSON": b"Traceback (most recent call last):\n",
    "no object": b"[1, 2]\n",
    "zeros": b"\x00" * 100 + b"\n",
    "two objects": GOOD[:-1] + GOOD,
    "a carriage return": b"{}\r\n",
}


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal with nothing in it yet."""
    return tmp_path / "worker-1-100.jsonl"


def test_events_carry_the_name_of_their_journal(journal: Path) -> None:
    journal.write_bytes(GOOD * 2)
    ((first, second),), corrupt = read_journals(journal.parent)
    assert isinstance(first, ConnectionOpened)
    assert first.source == second.source == "worker-1-100"
    assert corrupt == []


def test_a_line_may_not_choose_its_own_source(journal: Path) -> None:
    journal.write_bytes(GOOD.replace(b'"address"', b'"source":"redis-1","address"'))
    ((event,),), _ = read_journals(journal.parent)
    assert event.source == "worker-1-100"


@pytest.mark.parametrize("bad", CORRUPT.values(), ids=CORRUPT)
@pytest.mark.parametrize("before", [0, 1])
@pytest.mark.parametrize("after", [0, 2])
def test_a_corrupt_line_is_named_and_nothing_else_is_lost(journal: Path, bad: bytes, before: int, after: int) -> None:
    journal.write_bytes(GOOD * before + bad + GOOD * after)
    (events,), (corrupt,) = read_journals(journal.parent)
    assert len(events) == before + after
    assert (corrupt.source, corrupt.line) == ("worker-1-100", before + 1)
    assert corrupt.reason


def test_every_corrupt_line_is_named(journal: Path) -> None:
    journal.write_bytes(GOOD + b"".join(CORRUPT.values()) + GOOD)
    (events,), corrupt = read_journals(journal.parent)
    assert len(events) == 2
    assert [line.line for line in corrupt] == list(range(2, 2 + len(CORRUPT)))


def test_a_last_line_without_its_end_is_named(journal: Path) -> None:
    journal.write_bytes(GOOD + GOOD[:20])
    (events,), (corrupt,) = read_journals(journal.parent)
    assert len(events) == 1
    assert (corrupt.line, "20 bytes" in corrupt.reason) == (2, True)


def test_a_whole_event_without_a_newline_is_not_taken_for_whole(journal: Path) -> None:
    journal.write_bytes(GOOD[:-1])
    (events,), corrupt = read_journals(journal.parent)
    assert events == []
    assert len(corrupt) == 1


def test_a_journal_whose_process_was_killed_before_its_first_line_is_empty_and_not_corrupt(journal: Path) -> None:
    journal.write_bytes(b"")
    assert read_journals(journal.parent) == ([[]], [])


def test_half_a_first_line_is_one_corrupt_line(journal: Path) -> None:
    journal.write_bytes(GOOD[:20])
    _, corrupt = read_journals(journal.parent)
    assert [line.line for line in corrupt] == [1]


@pytest.mark.parametrize("depth", [pytest.param(100), pytest.param(800)])
def test_a_deeply_nested_value_is_read(journal: Path, depth: int) -> None:
    journal.write_bytes(started_with(b"[" * depth + b"]" * depth))
    (events,), corrupt = read_journals(journal.parent)
    assert (len(events), corrupt) == (1, [])


def test_a_value_that_is_nested_too_deeply_costs_its_own_line_only(journal: Path) -> None:
    journal.write_bytes(GOOD + started_with(b"[" * 200_000 + b"]" * 200_000) + GOOD)
    (events,), (corrupt,) = read_journals(journal.parent)
    assert (len(events), corrupt.line) == (2, 2)


def test_a_very_long_line_is_read(journal: Path) -> None:
    journal.write_bytes(started_with(b'"' + b"x" * 500_000 + b'"') + GOOD)
    (events,), corrupt = read_journals(journal.parent)
    assert (len(events), corrupt) == (2, [])


def test_a_number_of_any_length_is_read(journal: Path) -> None:
    journal.write_bytes(started_with(b"[" + b"9" * 400 + b"]"))
    (events,), corrupt = read_journals(journal.parent)
    assert (len(events), corrupt) == (1, [])


def test_a_folder_without_journals_has_none(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a journal")
    assert read_journals(tmp_path) == ([], [])


def test_journals_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("worker-2-1", "redis-1", "worker-1-9"):
        (tmp_path / f"{name}.jsonl").write_bytes(GOOD)
    journals, _ = read_journals(tmp_path)
    assert [events[0].source for events in journals] == ["redis-1", "worker-1-9", "worker-2-1"]


# ---- reading on --------------------------------------------------------------------------------------------------


def test_a_tail_returns_each_line_once_and_waits_for_the_end_of_a_line(journal: Path) -> None:
    tail = JournalTail(journal)
    got = []
    written = GOOD * 3
    for cut in range(0, len(written), 7):
        with journal.open("ab") as file:
            file.write(written[cut : cut + 7])
        data = tail.read_on()
        assert data == b"" or data.endswith(b"\n")
        got.append(data)
    assert b"".join(got) == written


def test_lines_are_counted_from_look_to_look(journal: Path) -> None:
    tail = JournalTail(journal)
    for number in (1, 2, 3):
        with journal.open("ab") as file:
            file.write(b"bad\n")
        _, (corrupt,) = tail.decode(tail.read_on())
        assert corrupt.line == number


def test_a_folder_finds_new_journals_and_returns_only_what_was_gained(tmp_path: Path) -> None:
    folder = JournalFolder(tmp_path)
    assert folder.read_on() == []
    (tmp_path / "b.jsonl").write_bytes(GOOD)
    assert [tail.source for tail, _ in folder.read_on()] == ["b"]
    (tmp_path / "a.jsonl").write_bytes(GOOD)
    (tmp_path / "a.jsonl.tmp").write_bytes(GOOD)
    assert [tail.source for tail, _ in folder.read_on()] == ["a"]
    assert folder.read_on() == []


def test_reading_on_gives_the_same_events_as_reading_at_the_end(journal: Path) -> None:
    start = b'{"kind":"ProcessStarted",' + STAMP % 0
    start += b',"process":"w","role":"pool","pid":1,"parent_pid":2,"host":"h"}\n'
    journal.write_bytes(start)
    tail = JournalTail(journal)
    events = [event for event, _ in tail.decode(tail.read_on())[0]]
    assert isinstance(events[0], ProcessStarted)
    with journal.open("ab") as file:
        file.write(GOOD)
    events += [event for event, _ in tail.decode(tail.read_on())[0]]
    assert [events] == read_journals(journal.parent)[0]


def started_with(args: bytes) -> bytes:
    start = b'{"kind":"AttemptStarted",' + STAMP % 0 + b',"task_id":"1","task":"A","retries":0,"kwargs":{},"args":'
    return start + args + b"}\n"

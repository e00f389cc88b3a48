from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from harness.history.attempt_events import AttemptEnded, AttemptStarted
from harness.history.events import CanvasSent, OrderFailed, ProcessStarted
from harness.history.reader import JournalTail, read_journals
from harness.journal import (
    JOURNALS,
    PROCESS_VARIABLE,
    ROLE_VARIABLE,
    TESTBED_VARIABLE,
    Bell,
    Journal,
    encode,
    journal_from,
)
from harness.probe.raised import raised

if TYPE_CHECKING:
    from pathlib import Path

    from harness.history.events import AnyEvent


class Awkward:
    """Something that cannot even be printed."""

    def __repr__(self) -> str:
        raise LookupError


class Unhelpful(dict[str, int]):
    """A dictionary that cannot be looked through: another thread changes it, say."""

    def items(self) -> Any:
        message = "dictionary changed size during iteration"
        raise RuntimeError(message)


def a_loop() -> list[Any]:
    loop: list[Any] = []
    loop.append(loop)
    return loop


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


AWKWARD = {
    "not a number": float("nan"),
    "infinity": float("-inf"),
    "a lone surrogate": "\ud800",
    "a lone surrogate as a key": {"\udcff": 1},
    "bytes": b"\xff\x00",
    "a tuple as a key": {(1, 2): 3},
    "not a number as a key": {float("nan"): 1},
    "a set": {1, 2},
    "an exception": ValueError("no"),
    "a class": int,
    "a moment": datetime(2024, 1, 1, tzinfo=UTC),
    "a decimal": Decimal("1.5"),
    "what cannot be printed": Awkward(),
    "what cannot be printed, inside": [{"a": Awkward()}],
    "a loop": a_loop(),
    "very deep": nested(100_000),
    "a number that is too long to print": 10**5000,
    "a huge text": "x" * 1_000_000,
    "a huge list": list(range(100_000)),
    "huge bytes": b"\x00" * 200_000,
    "control characters and line ends": "\x00\n\r\u2028\x85\x1f",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A testbed's folder."""
    (tmp_path / JOURNALS).mkdir()
    return tmp_path


def journal_in(folder: Path, process: str = "worker-1") -> Journal:
    return journal_from({TESTBED_VARIABLE: str(folder), PROCESS_VARIABLE: process, ROLE_VARIABLE: "worker"})


def written_in(folder: Path) -> list[list[AnyEvent]]:
    journals, corrupt = read_journals(folder / JOURNALS)
    assert corrupt == []
    return journals


def encoded(kind: str, **fields: object) -> bytes:
    return encode({"kind": kind, "source_index": 0, "wall_ns": 1, "virtual_ns": 2} | fields)


def read_back(path: Path, line: bytes) -> AnyEvent:
    """Return what a reader makes of a line that was encoded."""
    assert b"\n" not in line
    events, corrupt = JournalTail(path).decode(line + b"\n")
    assert corrupt == []
    ((event, _),) = events
    return event


def started_with(path: Path, args: object, kwargs: object = None) -> AttemptStarted:
    line = encoded("AttemptStarted", task_id="1", task="A", retries=0, args=args, kwargs=kwargs)
    event = read_back(path, line)
    assert isinstance(event, AttemptStarted)
    return event


# ---- what goes into a line ---------------------------------------------------------------------------------------


def test_what_json_can_say_is_written_as_it_is(tmp_path: Path) -> None:
    value = {"text": "grün ✓ 𝄞", "list": [1, 2.5, None, True, -(2**70)], "empty": [{}, [], ""]}
    assert started_with(tmp_path, [value]).args == [value]


def test_a_tuple_becomes_a_list_as_on_celerys_own_way_through_json(tmp_path: Path) -> None:
    assert started_with(tmp_path, (1, (2, 3))).args == [1, [2, 3]]


@pytest.mark.parametrize("value", AWKWARD.values(), ids=AWKWARD)
@pytest.mark.parametrize("place", [lambda value: value, lambda value: [value], lambda value: {"inside": [value]}])
def test_whatever_a_task_is_given_its_line_can_be_read_back(tmp_path: Path, value: object, place: Any) -> None:
    event = started_with(tmp_path, place(value))
    assert (event.task_id, event.task, event.retries, event.virtual_ns) == ("1", "A", 0, 2)


@pytest.mark.parametrize("awkward", [float("nan"), "\ud800", {(1, 2): 3}, a_loop()], ids=ascii)
def test_an_awkward_value_beside_a_long_one_is_no_harm_to_either(tmp_path: Path, awkward: object) -> None:
    assert started_with(tmp_path, awkward, "x" * 100_000).kwargs["length"] == 100_002


def test_an_object_that_raises_while_it_is_looked_at_is_described(tmp_path: Path) -> None:
    assert started_with(tmp_path, [Unhelpful(a=1)]).args["type"] == "builtins.list"


def test_what_json_cannot_say_is_described_by_its_type_and_its_repr(tmp_path: Path) -> None:
    assert started_with(tmp_path, [b"\xff"]).args == [{"type": "builtins.bytes", "repr": r"b'\xff'"}]


def test_an_object_that_cannot_be_printed_is_described_all_the_same(tmp_path: Path) -> None:
    assert started_with(tmp_path, Awkward()).args["repr"] == "<its repr raised LookupError>"


def test_one_awkward_value_does_not_cost_the_others(tmp_path: Path) -> None:
    assert started_with(tmp_path, float("nan"), {"kept": [1]}).kwargs == {"kept": [1]}


def test_a_long_value_is_named_by_its_length_and_its_beginning(tmp_path: Path) -> None:
    args = started_with(tmp_path, "x" * 100_000, {"kept": 1})
    assert args.args == {"length": 100_002, "begins": '"' + "x" * 1023}
    assert args.kwargs == {"kept": 1}


def test_a_line_is_never_much_longer_than_the_longest_value() -> None:
    assert len(encoded("AttemptStarted", args="𝄞" * 30_000, kwargs="𝄞" * 30_000)) < 64 * 1024


@pytest.mark.parametrize("length", [60_000, 64 * 1024, 70_000])
def test_around_the_longest_value_nothing_breaks(tmp_path: Path, length: int) -> None:
    event = started_with(tmp_path, "x" * length)
    assert event.args == "x" * length or event.args["length"] == length + 2


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("\udcff", id="lone surrogate"),
        pytest.param("x" * 1_000_000, id="huge"),
        pytest.param("𝄞" * 100_000, id="huge in bytes"),
    ],
)
def test_an_attempt_that_ends_with_an_awkward_exception_keeps_its_ending(tmp_path: Path, message: str) -> None:
    line = encoded(
        "AttemptEnded", task_id="1", task="A", retries=0, ending="failed", exception=raised(ValueError(message))
    )
    event = read_back(tmp_path, line)
    assert isinstance(event, AttemptEnded)
    assert event.exception is not None
    assert event.exception.type == "builtins.ValueError"
    assert event.exception.message


def test_the_plan_of_a_large_canvas_is_written_whole(tmp_path: Path) -> None:
    planned = [{"task_id": f"{number:036}", "task": "some.module.task"} for number in range(1000)]
    line = encoded("CanvasSent", order="1", canvas={"tasks": planned}, result_id="2", planned=planned)
    event = read_back(tmp_path, line)
    assert isinstance(event, CanvasSent)
    assert len(event.planned) == 1000


def test_an_order_that_failed_with_a_long_traceback_is_still_answered(tmp_path: Path) -> None:
    exception = {"type": "E", "message": "", "traceback": "line\n" * 100_000}
    event = read_back(tmp_path, encoded("OrderFailed", order="order-1", exception=exception))
    assert isinstance(event, OrderFailed)
    assert event.order == "order-1"


# ---- a journal ---------------------------------------------------------------------------------------------------


def test_a_journal_begins_with_who_writes_it(folder: Path) -> None:
    journal_in(folder).append("ConnectionOpened", address="here")
    ((first, second),) = written_in(folder)
    assert isinstance(first, ProcessStarted)
    assert (first.process, first.role, first.pid, first.parent_pid) == ("worker-1", "worker", os.getpid(), os.getppid())
    assert [first.source_index, second.source_index] == [0, 1]
    assert first.source == f"worker-1-{os.getpid()}"


def test_a_process_that_has_nothing_to_say_leaves_no_journal(folder: Path) -> None:
    journal_in(folder)
    assert written_in(folder) == []


def test_a_process_may_say_no_more_than_that_it_is_there(folder: Path) -> None:
    journal = journal_in(folder)
    journal.begin()
    journal.begin()
    (events,) = written_in(folder)
    assert [type(event) for event in events] == [ProcessStarted]


def test_a_fact_is_in_the_file_when_append_returns(folder: Path) -> None:
    journal = journal_in(folder)
    for count in range(2, 5):
        journal.append("ConnectionOpened", address="here")
        assert len(written_in(folder)[0]) == count


def test_a_fact_is_stamped_with_both_clocks_and_a_field_may_say_otherwise(folder: Path) -> None:
    journal_in(folder).append("RecorderReached", marker="m", virtual_ns=5)
    ((start, reached),) = written_in(folder)
    assert reached.virtual_ns == 5
    assert start.virtual_ns > 1_600_000_000 * 10**9
    assert 0 < start.wall_ns <= reached.wall_ns


def test_two_journals_of_one_name_and_process_never_share_a_file(folder: Path) -> None:
    for _ in range(3):
        journal_in(folder).append("ConnectionOpened", address="here")
    journals = written_in(folder)
    assert len(journals) == 3
    assert all([event.source_index for event in events] == [0, 1] for events in journals)
    assert len({events[0].source for events in journals}) == 3


def test_an_old_journal_with_this_process_id_is_not_continued(folder: Path) -> None:
    old = folder / JOURNALS / f"worker-1-{os.getpid()}.jsonl"
    old.write_bytes(b"")
    journal_in(folder).append("ConnectionOpened", address="here")
    assert old.read_bytes() == b""


def test_a_journal_can_be_read_by_its_owner_alone(folder: Path) -> None:
    journal_in(folder).append("ConnectionOpened", address="here")
    (path,) = (folder / JOURNALS).iterdir()
    assert path.stat().st_mode & 0o077 == 0


def test_a_journal_is_not_inherited_by_the_programs_that_its_process_starts(folder: Path) -> None:
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)  # the next file that is opened gets this number
    journal_in(folder).append("ConnectionOpened", address="here")
    assert os.fstat(free).st_size > 0
    assert not os.get_inheritable(free)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_a_journal_of_its_own_that_begins_anew(folder: Path) -> None:
    journal = journal_in(folder)
    journal.append("ConnectionOpened", address="parent, before")
    if not (child := os.fork()):
        journal.become("pool")
        journal.append("ConnectionOpened", address="child")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    journal.append("ConnectionOpened", address="parent, after")
    by_pid = {events[0].pid: events for events in written_in(folder)}  # type: ignore[union-attr]
    assert set(by_pid) == {os.getpid(), child}
    assert [event.address for event in by_pid[child][1:]] == ["child"]  # type: ignore[union-attr]
    assert [event.address for event in by_pid[os.getpid()][1:]] == ["parent, before", "parent, after"]  # type: ignore[union-attr]
    start = by_pid[child][0]
    assert isinstance(start, ProcessStarted)
    assert (start.role, start.parent_pid, start.source_index) == ("pool", os.getpid(), 0)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_in_the_middle_of_a_line_leaves_the_child_able_to_write(folder: Path) -> None:
    journal = journal_in(folder)
    children = []

    class ForksWhileItIsWritten:
        def __repr__(self) -> str:
            children.append(os.fork())
            if not children[0]:
                # Here the parent holds the journal's lock, as another of its threads would.
                journal.append("ConnectionOpened", address="child")
                os._exit(0)
            return "forked"

    journal.append("AttemptStarted", task_id="1", task="A", retries=0, args=ForksWhileItIsWritten(), kwargs=None)
    assert os.waitpid(children[0], 0)[1] == 0
    assert len(written_in(folder)) == 2


def test_lines_of_many_threads_are_whole_and_numbered_without_a_gap(folder: Path) -> None:
    journal = journal_in(folder)
    together = threading.Barrier(8)

    def write(who: int) -> None:
        together.wait()
        for _ in range(50):
            journal.append("ConnectionOpened", address=f"{who}" * 1000)

    threads = [threading.Thread(target=write, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (events,) = written_in(folder)
    assert [event.source_index for event in events] == list(range(401))


# ---- the bell ----------------------------------------------------------------------------------------------------


def test_every_fact_rings_the_bell(folder: Path) -> None:
    os.mkfifo(folder / "bell")
    listener = os.open(folder / "bell", os.O_RDONLY | os.O_NONBLOCK)
    journal = journal_in(folder)
    for act in (journal.begin, journal.ring, lambda: journal.append("ConnectionOpened", address="here")):
        act()
        assert os.read(listener, 100) == b"!"
    os.close(listener)


def test_ringing_where_nobody_listens_is_no_error_and_is_heard_by_who_comes_later(tmp_path: Path) -> None:
    bell = Bell(tmp_path / "bell")
    bell.ring()
    os.mkfifo(tmp_path / "bell")
    bell.ring()
    listener = os.open(tmp_path / "bell", os.O_RDONLY | os.O_NONBLOCK)
    bell.ring()
    assert os.read(listener, 100) == b"!"
    os.close(listener)


def test_ringing_never_waits_for_the_listener(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "bell")
    listener = os.open(tmp_path / "bell", os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(tmp_path / "bell", os.O_WRONLY | os.O_NONBLOCK)
    while True:
        try:
            os.write(writer, b"!" * 4096)
        except BlockingIOError:
            break
    Bell(tmp_path / "bell").ring()  # it would hang here
    os.close(writer)
    os.close(listener)


def test_ringing_a_bell_whose_listener_has_gone_is_no_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "bell")
    listener = os.open(tmp_path / "bell", os.O_RDONLY | os.O_NONBLOCK)
    bell = Bell(tmp_path / "bell")
    bell.ring()
    os.close(listener)
    bell.ring()


def test_a_line_says_the_same_to_any_reader_of_json() -> None:
    assert json.loads(encode({"a": [1, "ü"]})) == {"a": [1, "ü"]}

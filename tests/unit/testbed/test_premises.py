from __future__ import annotations

import errno
import json
import os
import select
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError
from harness.journal import journal_from
from harness.testbed.premises import Premises

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    OpenFiles = Callable[[], set[str]]


@pytest.fixture
def premises(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Premises]:
    """A testbed's folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    premises = Premises.create()
    yield premises
    premises.close()


def test_the_folder_is_for_its_owner_alone(premises: Premises) -> None:
    assert premises.directory.stat().st_mode & 0o077 == 0
    for path in premises.directory.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_process_finds_its_journal_by_its_environment(premises: Premises) -> None:
    journal_from(premises.environment("worker-1", "worker")).append("ConnectionOpened", address="here")
    (path,) = premises.journals.iterdir()
    assert path.name == f"worker-1-{os.getpid()}.jsonl"


def test_a_process_elsewhere_is_told_the_folders_name_there(premises: Premises) -> None:
    here = premises.environment("worker-1", "worker")
    there = premises.environment("worker-1", "worker", Path("/there"))
    assert {name for name in here if here[name] != there[name]} <= {"CANVAS_HARNESS_TESTBED", "TMPDIR"}
    assert there["CANVAS_HARNESS_TESTBED"] == "/there"


def give(premises: Premises, do: str, **arguments: object) -> str:
    name, line = premises.word_order(do, arguments)
    while line := premises.pass_on(line):
        premises.wait([], timeout_s=60, for_room=True)
    return name


def test_orders_reach_the_sender_one_a_line_under_names_of_their_own(premises: Premises) -> None:
    with os.fdopen(os.open(premises.directory / "orders", os.O_RDWR), "rb") as orders:
        names = [
            give(premises, "send", call="a:b", kwargs={"text": "grün\n"}),
            give(premises, "answer", workers=2),
        ]
        lines = [json.loads(orders.readline()) for _ in names]
    assert lines == [
        {"order": "order-1", "do": "send", "with": {"call": "a:b", "kwargs": {"text": "grün\n"}}},
        {"order": "order-2", "do": "answer", "with": {"workers": 2}},
    ]
    assert names == ["order-1", "order-2"]


def test_an_order_that_is_longer_than_a_fifo_arrives_whole(premises: Premises) -> None:
    text = "x" * 300_000
    got: list[bytes] = []

    def listen() -> None:
        with os.fdopen(os.open(premises.directory / "orders", os.O_RDWR), "rb") as orders:
            got.append(orders.readline())

    listener = threading.Thread(target=listen)
    listener.start()
    give(premises, "send", text=text)
    listener.join()
    assert json.loads(got[0])["with"]["text"] == text


def test_an_order_that_nobody_takes_keeps_nobody_waiting(premises: Premises) -> None:
    _, line = premises.word_order("send", {"text": "x" * 300_000})
    rest = premises.pass_on(line)
    assert 0 < len(rest) < len(line)
    assert line.endswith(rest)
    assert premises.pass_on(rest) == rest
    premises.wait([], timeout_s=0, for_room=True)


def test_a_folder_that_cannot_be_made_leaves_nothing_open_and_nothing_behind(
    tmp_path: Path, open_files: OpenFiles
) -> None:
    longest = tmp_path / ("x" * 200)
    before = open_files()
    for name in ("bell", "orders", ".owned"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "mkfifo", refusing(os.mkfifo, name))
            patch.setattr(os, "open", refusing(os.open, name))
            with pytest.raises(HarnessError, match="folder for temporary files"):
                Premises.create(longest)
        assert open_files() == before
        assert not longest.exists()


def refusing(function: Callable[..., Any], last: str) -> Callable[..., Any]:
    """Return a function of the system's as it is on a disk that becomes full at a file of this name."""

    def function_or_refuse(path: Path, *arguments: Any, **options: Any) -> Any:
        if Path(path).name == last:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return function(path, *arguments, **options)

    return function_or_refuse


def test_two_testbeds_number_their_orders_each_for_itself(premises: Premises) -> None:
    other = Premises.create()
    try:
        assert give(premises, "answer") == give(other, "answer") == "order-1"
        assert premises.directory != other.directory
    finally:
        other.close()


def test_waiting_ends_at_once_when_the_bell_has_rung_and_only_once(premises: Premises) -> None:
    premises.ring()
    premises.ring()
    premises.wait([], timeout_s=60)  # it would take a minute otherwise
    premises.wait([], timeout_s=0)
    bell = os.open(premises.directory / "bell", os.O_RDWR | os.O_NONBLOCK)
    assert select.select([bell], [], [], 0)[0] == []
    os.close(bell)


def test_waiting_ends_when_a_fact_is_written_down(premises: Premises) -> None:
    journal_from(premises.environment("worker-1", "worker")).append("ConnectionOpened", address="here")
    premises.wait([], timeout_s=60)


def test_waiting_ends_when_one_of_the_others_has_something_to_say(premises: Premises) -> None:
    out, into = os.pipe()
    with os.fdopen(out, "rb") as other, os.fdopen(into, "wb"):
        os.write(into, b"x")
        premises.wait([other], timeout_s=60)


@pytest.mark.parametrize("timeout_s", [0.0, -1.0])
def test_waiting_for_no_time_returns(premises: Premises, timeout_s: float) -> None:
    premises.wait([], timeout_s)


def test_ringing_a_bell_that_nobody_has_heard_for_long_never_waits(premises: Premises) -> None:
    bell = os.open(premises.directory / "bell", os.O_WRONLY | os.O_NONBLOCK)
    while True:
        try:
            os.write(bell, b"!" * 4096)
        except BlockingIOError:
            break
    os.close(bell)
    premises.ring()
    premises.wait([], timeout_s=60)


def test_closing_removes_everything_and_may_be_done_again(premises: Premises) -> None:
    (premises.logs / "worker-1.log").write_text("something")
    premises.close()
    assert not premises.directory.exists()
    premises.close()


def test_ringing_after_the_end_is_no_error(premises: Premises) -> None:
    premises.close()
    premises.ring()

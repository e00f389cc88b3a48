"""The report of who waits for what."""

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

from harness.clock.waits import ThreadWait, list_waits, why_not_readable

SECOND = 1_000_000_000


def make_thread(proc: Path, pid: int, tid: int, name: str, place: str) -> None:
    folder = proc / str(pid) / "task" / str(tid)
    folder.mkdir(parents=True)
    (folder / "comm").write_text(name + "\n")
    (folder / "wchan").write_text(place)


def make_page(pids: Iterable[int], slots: Iterable[object] = (), pins: Iterable[object] = ()) -> SimpleNamespace:
    return SimpleNamespace(processes=lambda: set(pids), slots=lambda: list(slots), pins=lambda: list(pins))


def slot(tid: int, kind: str, deadline_s: int) -> SimpleNamespace:
    return SimpleNamespace(tid=tid, is_waiting=True, kind=kind, deadline_ns=deadline_s * SECOND)


def test_threads_come_earliest_deadline_first_and_those_without_one_last(tmp_path: Path) -> None:
    make_thread(tmp_path, 10, 10, "worker", "futex_do_wait")
    make_thread(tmp_path, 10, 11, "helper", "0")
    make_thread(tmp_path, 20, 20, "redis", "do_epoll_wait")
    page = make_page([10, 20], [slot(20, "epoll", 7), slot(10, "sleep", 5)])
    waits = list_waits(page, 2 * SECOND, tmp_path)
    assert [(wait.tid, wait.kind, wait.due_in_s) for wait in waits] == [
        (10, "sleep", 3.0),
        (20, "epoll", 5.0),
        (11, "running", None),
    ]


def test_a_thread_without_a_slot_is_told_by_where_it_sleeps(tmp_path: Path) -> None:
    make_thread(tmp_path, 10, 10, "worker", "pipe_read")
    (wait,) = list_waits(make_page([10]), 0, tmp_path)
    assert wait.kind == "asleep in pipe_read"


def test_a_pin_is_named(tmp_path: Path) -> None:
    make_thread(tmp_path, 10, 10, "worker", "do_poll")
    pin = SimpleNamespace(tid=10, peer="1.2.3.4:80")
    (wait,) = list_waits(make_page([10], pins=[pin]), 0, tmp_path)
    assert str(wait) == "worker (process 10, thread 10): asleep in do_poll, no deadline, pins the clock for 1.2.3.4:80"


def test_a_process_that_has_ended_has_no_threads(tmp_path: Path) -> None:
    assert list_waits(make_page([10]), 0, tmp_path) == ()
    assert why_not_readable(10, tmp_path) == "process 10 has ended"


def test_a_wait_is_plain_data() -> None:
    wait = ThreadWait(pid=1, tid=2, name="worker", kind="sleep", due_in_s=1.5)
    assert wait.as_json() == {"pid": 1, "tid": 2, "name": "worker", "kind": "sleep", "due_in_s": 1.5, "pinned_by": None}
    assert str(wait) == "worker (process 1, thread 2): sleep, due in 1.500 s"

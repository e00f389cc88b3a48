"""The clock as its owner uses it: held, released, advanced, limited, pinned, and gone afterwards."""

import ctypes
import os
import select
import signal
import stat
import subprocess
import sys
import threading
import time
import urllib.request
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from harness.clock import autojump_loop
from harness.clock.availability import Available, availability
from harness.clock.clock import ClockError
from harness.clock.page import OFFSETS, Page
from harness.clock.real_clock import RealClock
from harness.clock.virtual_clock import VirtualClock

from clocked import Jumping  # isort: skip

SLEEP = "import time; time.sleep({})"
TICK = """import sys, time
while True:
    time.sleep({})
    print(time.monotonic_ns(), flush=True)"""


def real_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)


def python(source: str) -> list[str]:
    return [sys.executable, "-S", "-c", source]


def await_wait(jumping: Jumping, pid: int, kind: str) -> None:
    """Until that process is seen in such a wait."""
    deadline = time.monotonic() + 30
    while not any(wait.pid == pid and wait.kind == kind for wait in jumping.clock.report()):
        assert time.monotonic() < deadline, jumping.clock.describe()
        os.sched_yield()


def start_sleeper(jumping: Jumping, seconds: float) -> subprocess.Popen[Any]:
    process = jumping.start(python(SLEEP.format(seconds)))
    jumping.await_registration(process)
    await_wait(jumping, process.pid, "sleep")
    return process


def test_a_new_clock_is_held(jumping: Jumping) -> None:
    start_sleeper(jumping, 0.2)
    offset = jumping.clock.offset_ns()
    jumping.processes[0].wait()
    assert jumping.clock.is_held()
    assert (offset, jumping.clock.offset_ns()) == (0, 0)
    assert jumping.clock.why_not_jumping() == "the clock is held"


def test_alarms_ring_under_a_held_clock(jumping: Jumping) -> None:
    source = (
        "import signal\nsignal.signal(signal.SIGALRM, lambda *_: None)\nsignal.setitimer(signal.ITIMER_REAL, .1, .1)\n"
        "for _ in range(3): signal.pause()"
    )
    assert jumping.start(python(source)).wait(timeout=30) == 0
    assert jumping.clock.offset_ns() == 0


def test_an_alarm_from_before_the_loop_was_up_can_be_cancelled_afterwards(tmp_path: Path) -> None:
    clock = VirtualClock.create(tmp_path / "clock")
    source = (
        "import signal\n"
        "def tell(what):\n    print(what, flush=True)\n    input()\n"
        "tell(signal.alarm(50))\n"
        "tell(round(signal.getitimer(signal.ITIMER_REAL)[0]))\n"
        "tell(signal.alarm(0))\n"
        "tell(signal.getitimer(signal.ITIMER_REAL))"
    )
    environment = {**os.environ, **clock.environment()}
    process = subprocess.Popen(
        python(source), env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )

    def answer_to(line: str) -> str:
        process.stdin.write(line)
        return process.stdout.readline().strip()

    assert answer_to("") == "0"
    autojump = subprocess.Popen(clock.autojump_command(os.getpid()))
    clock.await_autojump()
    assert answer_to("\n") == "50"
    assert answer_to("\n") == "50"
    autojump.kill()  # it leaves its number behind; whoever asks now asks the kernel
    autojump.wait()
    assert answer_to("\n") == "(0.0, 0.0)"
    process.communicate()
    clock.remove()


def test_advance_moves_the_clock_by_what_was_asked_even_if_nobody_waits(jumping: Jumping) -> None:
    before, real = jumping.clock.now_ns(), real_ns()
    jumping.clock.advance(3600)
    passed = (jumping.clock.now_ns() - before - (real_ns() - real)) / 1e9
    assert abs(passed - 3600) < 0.05
    assert jumping.clock.is_held()


def test_advance_stops_at_its_target_and_lets_everything_due_before_happen(jumping: Jumping) -> None:
    ticker = jumping.start(python(TICK.format(7)), stdout=subprocess.PIPE, text=True)
    jumping.await_registration(ticker)
    await_wait(jumping, ticker.pid, "sleep")
    jumping.clock.advance(100)
    ticks = [int(ticker.stdout.readline()) for _ in range(14)]
    assert all(abs(later - earlier - 7e9) < 50e6 for earlier, later in pairwise(ticks))
    (wait,) = [wait for wait in jumping.clock.report() if wait.pid == ticker.pid]
    assert 0 < wait.due_in_s < 7
    ticker.kill()
    ticker.stdout.close()


def test_after_hold_there_is_no_jump_any_more(jumping: Jumping) -> None:
    ticker = jumping.start(python(TICK.format(1)), stdout=subprocess.DEVNULL)
    jumping.await_registration(ticker)
    page, in_attempts, deadline = Page(jumping.directory / "page"), 0, time.monotonic() + 60
    while in_attempts < 5:
        assert time.monotonic() < deadline, jumping.clock.describe()
        jumping.clock.release()
        jumping.autojump.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, jumping.autojump.pid, os.WSTOPPED)
        is_in_attempt = page.read("attempting")
        holder = threading.Thread(target=jumping.clock.hold)
        holder.start()
        if is_in_attempt:  # and may jump as soon as it goes on: hold has to wait for that
            in_attempts += 1
            holder.join(0.05)
        has_waited = holder.is_alive()
        jumping.autojump.send_signal(signal.SIGCONT)
        holder.join()
        assert has_waited or not is_in_attempt
        offset = jumping.clock.offset_ns()
        for _ in range(100):
            os.sched_yield()
            assert jumping.clock.offset_ns() == offset
    page.close()


def test_hold_complains_of_a_loop_that_hangs_in_an_attempt_and_not_of_a_dead_one(tmp_path: Path) -> None:
    clock, page = VirtualClock.create(tmp_path / "clock"), Page(tmp_path / "clock" / "page")
    autojump = subprocess.Popen(clock.autojump_command(os.getpid()))
    clock.await_autojump()
    autojump.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, autojump.pid, os.WSTOPPED)
    page.write("attempting", 1)
    with pytest.raises(ClockError, match=f"process {autojump.pid} is still at it"):
        autojump_loop.await_no_attempt(page, 0.01)
    autojump.kill()
    os.waitid(os.P_PID, autojump.pid, os.WEXITED | os.WNOWAIT)  # from now on a zombie, until its status is taken
    clock.hold()
    autojump.wait()
    page.close()
    clock.remove()


def test_a_reason_that_was_being_written_when_the_loop_was_killed_can_be_read(tmp_path: Path) -> None:
    page = Page.create(tmp_path / "page")
    page.write("reason_version", 1)
    assert page.reason() == ""
    page.close()


def test_the_limit_is_never_passed_and_the_report_names_who_waits(jumping: Jumping) -> None:
    ticker = jumping.start(python(TICK.format(1)), stdout=subprocess.DEVNULL)
    jumping.await_registration(ticker)
    before, real = jumping.clock.now_ns(), real_ns()
    jumping.clock.limit(500)
    with jumping.clock.released():
        while not jumping.clock.is_at_limit():
            os.sched_yield()
        for _ in range(1000):
            os.sched_yield()
    passed = (jumping.clock.now_ns() - before - (real_ns() - real)) / 1e9
    assert passed < 500.01
    (wait,) = [wait for wait in jumping.clock.report() if wait.pid == ticker.pid]
    assert (wait.kind, wait.name[:6], wait.tid) == ("sleep", "python", ticker.pid)
    assert 0 < wait.due_in_s <= 1


def test_advancing_past_the_limit_is_an_error_that_says_so(jumping: Jumping) -> None:
    jumping.clock.limit(10)
    with pytest.raises(ClockError, match="the limit is reached"):
        jumping.clock.advance(20)
    jumping.clock.limit(None)
    jumping.clock.advance(20)


def test_advance_names_who_keeps_time_real(jumping: Jumping) -> None:
    process = jumping.start(python("while True: pass"))
    jumping.await_registration(process)
    with pytest.raises(ClockError, match=f"thread {process.pid} of process {process.pid} is on a CPU"):
        jumping.clock.advance(1000, timeout_s=0.3)


def test_a_request_to_the_outside_pins_the_clock_and_is_accounted_for(jumping: Jumping, outside_port: int) -> None:
    source = f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{outside_port}/', timeout=60).read()"
    process = jumping.start([sys.executable, "-c", source])
    with jumping.clock.released():
        reasons = set()
        while process.poll() is None:
            reasons.add(jumping.clock.why_not_jumping())
            os.sched_yield()
    assert process.returncode == 0
    assert any("pinned" in reason and f"127.0.0.1:{outside_port}" in reason for reason in reasons)
    (total,) = [total for total in jumping.clock.statistics().pins if total.peer == f"127.0.0.1:{outside_port}"]
    assert total.pid == process.pid
    assert total.pinned_ns > 0.1e9
    assert total.waits >= 1


def test_what_the_harness_itself_does_neither_moves_nor_stops_the_clock(jumping: Jumping, outside_port: int) -> None:
    process = start_sleeper(jumping, 3600)
    with jumping.clock.released():
        while process.poll() is None:  # busy all the time
            pass
        assert urllib.request.urlopen(f"http://127.0.0.1:{outside_port}/").status == 200
    assert process.returncode == 0


def test_verify_names_a_process_that_did_not_register(jumping: Jumping) -> None:
    stranger = subprocess.Popen(["sleep", "1000"])
    clocked = start_sleeper(jumping, 1000)
    try:
        (complaint,) = jumping.clock.verify([clocked.pid, stranger.pid])
    finally:
        stranger.kill()
        stranger.wait()
    assert f"process {stranger.pid} did not load the clock library" in complaint


def test_a_killed_process_gives_back_what_it_held(jumping: Jumping) -> None:
    process = start_sleeper(jumping, 1000)
    process.send_signal(signal.SIGKILL)
    process.wait()
    jumping.clock.advance(1)
    deadline = time.monotonic() + 10
    while jumping.clock.registered():
        assert time.monotonic() < deadline
        os.sched_yield()
    assert jumping.clock.report() == ()


def test_the_page_is_private(jumping: Jumping) -> None:
    assert stat.S_IMODE(jumping.directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in jumping.directory.iterdir()} == {0o600}


def test_the_autojump_loop_ends_with_its_parent(tmp_path: Path) -> None:
    clock = VirtualClock.create(tmp_path / "clock")
    source = (
        "import os, subprocess, sys\n"
        "process = subprocess.Popen([*sys.argv[1:], str(os.getpid())])\n"
        "print(process.pid, flush=True)\n"
        "sys.stdin.read(1)\n"
        "os._exit(0)"
    )
    command = clock.autojump_command(0)[:-1]
    parent = subprocess.Popen(
        [sys.executable, "-c", source, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    pid = int(parent.stdout.readline())
    clock.await_autojump()
    ended = os.pidfd_open(pid)
    parent.communicate("x")
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    assert poll.poll(10_000), "the autojump loop outlived its parent"
    os.close(ended)
    assert "does not run" in clock.why_not_jumping()
    clock.remove()
    assert not (tmp_path / "clock").exists()


@pytest.mark.parametrize("name", ["virtual", "real"])
def test_the_resolution_of_either_clock_can_be_measured(jumping: Jumping, name: str) -> None:
    clock = jumping.clock if name == "virtual" else RealClock()
    assert 0 < clock.measure_resolution() < 1


def test_the_layout_of_the_page_is_the_one_the_c_compiler_made() -> None:
    class Field(ctypes.Structure):
        _fields_ = (("name", ctypes.c_char_p), ("offset", ctypes.c_int64))

    libraries = availability()
    assert isinstance(libraries, Available)
    fields = (Field * len(OFFSETS)).in_dll(ctypes.CDLL(str(libraries.autojump)), "page_fields")
    assert {field.name.decode(): field.offset for field in fields} == OFFSETS

"""The virtual clock without a testbed."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Never

import pytest

from harness.clock import virtual_clock
from harness.clock.availability import Available, Unavailable
from harness.clock.clock import ClockError
from harness.clock.page import Page
from harness.clock.virtual_clock import VirtualClock


@pytest.fixture
def virtual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualClock]:
    libraries = Available(tmp_path / "_interposer.so", tmp_path / "_autojump.so")
    monkeypatch.setattr(virtual_clock, "availability", lambda: libraries)
    clock = VirtualClock.create(tmp_path / "clock")
    yield clock
    clock.close()


def test_a_new_virtual_clock_is_held_and_shows_real_time(virtual: VirtualClock) -> None:
    assert virtual.is_held()
    assert abs(virtual.now_ns() - time.time_ns()) < 10**9


def test_virtual_time_is_ahead_by_the_offset(virtual: VirtualClock) -> None:
    page = Page(virtual.directory / "page")
    page.write("offset", 3600 * 10**9)
    page.close()
    assert abs(virtual.now_ns() - time.time_ns() - 3600 * 10**9) < 10**9


def test_released_holds_again_whatever_happens(virtual: VirtualClock) -> Never:
    def fail() -> None:
        with virtual.released():
            assert not virtual.is_held()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert virtual.is_held()


def test_held_restores_what_was(virtual: VirtualClock) -> None:
    with virtual.held():
        assert virtual.is_held()
    assert virtual.is_held()
    virtual.release()
    with virtual.held():
        assert virtual.is_held()
    assert not virtual.is_held()


def test_the_environment_chains_what_is_preloaded_already(virtual: VirtualClock) -> None:
    own = str(virtual.directory.parent / "_interposer.so")
    assert virtual.environment({})["LD_PRELOAD"] == own
    assert virtual.environment({"LD_PRELOAD": "a.so:b.so"})["LD_PRELOAD"] == f"{own} a.so b.so"
    assert virtual.environment({"LD_PRELOAD": own})["LD_PRELOAD"] == own
    assert virtual.environment({})["HARNESS_CLOCK_DIRECTORY"] == str(virtual.directory)


def test_without_the_loop_it_says_that_nobody_jumps(virtual: VirtualClock) -> None:
    virtual.release()
    assert virtual.why_not_jumping() == "the autojump loop does not run"
    with pytest.raises(ClockError, match="found: 'none'"):
        virtual.await_autojump(timeout_s=0)


def test_a_limit_counts_from_now(virtual: VirtualClock) -> None:
    assert not virtual.is_at_limit()
    virtual.limit(100)
    assert not virtual.is_at_limit()
    virtual.limit(0)
    assert virtual.is_at_limit()


def test_a_process_that_never_registered_is_named(virtual: VirtualClock) -> None:
    (complaint,) = virtual.verify([os.getpid()])
    assert f"process {os.getpid()} did not load the clock library" in complaint


def test_removing_a_clock_leaves_nothing(virtual: VirtualClock) -> None:
    other = VirtualClock.create(virtual.directory.with_name("other"))
    other.remove()
    assert not other.directory.exists()


def test_where_time_cannot_be_virtual_the_reason_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual_clock, "availability", lambda: Unavailable("this is a test"))
    with pytest.raises(ClockError, match="this is a test"):
        VirtualClock(tmp_path)

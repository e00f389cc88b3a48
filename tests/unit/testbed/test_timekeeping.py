from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.clock.availability import Available, Unavailable
from harness.clock.clock import ClockError
from harness.clock.virtual_clock import VirtualClock
from harness.errors import UsageError
from harness.scenario import Conditions
from harness.testbed import timekeeping
from harness.testbed.timekeeping import BEYOND_CLOCKS, is_virtual, make_clock, page_directory, why_not_virtual

if TYPE_CHECKING:
    from pathlib import Path

VIRTUAL, REAL, CONTAINERS = Conditions(), Conditions(clock="real"), Conditions(testbed="containers")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A machine on which nothing speaks against virtual time."""
    libraries = Available(tmp_path / "_interposer.so", tmp_path / "_autojump.so")
    monkeypatch.setattr(timekeeping, "availability", lambda: libraries)
    monkeypatch.setattr("harness.clock.virtual_clock.availability", lambda: libraries)
    monkeypatch.setattr(timekeeping, "find_program", lambda _: "/the/redis-server")
    monkeypatch.setattr(timekeeping, "why_not_clockable", lambda _: None)
    return monkeypatch


@pytest.mark.usefixtures("machine")
def test_time_is_virtual_where_nothing_speaks_against_it(tmp_path: Path) -> None:
    assert why_not_virtual(VIRTUAL) is None
    assert is_virtual(VIRTUAL)
    clock, reason = make_clock(VIRTUAL, tmp_path / "page")
    assert isinstance(clock, VirtualClock)
    assert reason is None
    assert clock.is_held()
    clock.remove()


def test_real_time_that_is_asked_for_needs_no_reason(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine.setattr(timekeeping, "availability", lambda: Unavailable("never asked"))
    clock, reason = make_clock(REAL, tmp_path / "page")
    assert (clock.name, reason, why_not_virtual(REAL), is_virtual(REAL)) == ("real", None, None, False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("machine")
def test_what_a_testbed_knows_against_it_is_a_reason(tmp_path: Path) -> None:
    clock, reason = make_clock(VIRTUAL, tmp_path / "page", "another kernel")
    assert (clock.name, reason) == ("real", "another kernel")
    assert make_clock(REAL, tmp_path / "page", "another kernel")[1] is None


def test_an_install_that_cannot_says_so(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine.setattr(timekeeping, "availability", lambda: Unavailable("no compiler"))
    clock, reason = make_clock(VIRTUAL, tmp_path / "page")
    assert (clock.name, reason, is_virtual(VIRTUAL)) == ("real", "no compiler", False)


def test_a_redis_that_cannot_be_clocked_is_known_before_anything_starts(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(timekeeping, "why_not_clockable", lambda program: f"{program} is linked statically")
    assert why_not_virtual(VIRTUAL) == "/the/redis-server is linked statically"
    assert why_not_virtual(CONTAINERS) is None  # its Redis is another one


def test_a_redis_that_is_not_there_is_not_the_clocks_business(machine: pytest.MonkeyPatch) -> None:
    def find(_: object) -> str:
        raise UsageError("a", "b", "c")

    machine.setattr(timekeeping, "find_program", find)
    assert why_not_virtual(VIRTUAL) is None


@pytest.mark.usefixtures("machine")
def test_a_page_that_cannot_be_made_is_a_reason(tmp_path: Path) -> None:
    clock, reason = make_clock(VIRTUAL, tmp_path / "no such folder" / "page")
    assert clock.name == "real"
    assert reason is not None
    assert "the clock's page cannot be made" in reason


def test_trouble_in_the_clock_is_a_reason(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def create(_: Path) -> VirtualClock:
        raise ClockError("a", "what was found", "c")

    machine.setattr(VirtualClock, "create", create)
    assert make_clock(VIRTUAL, tmp_path)[1] == "what was found"


def test_a_page_is_in_shared_memory_or_else_in_the_testbeds_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    testbed = tmp_path / "canvas-harness-x"
    monkeypatch.setattr(timekeeping, "SHARED_MEMORY", tmp_path)
    assert page_directory(testbed) == tmp_path / "canvas-harness-x"
    monkeypatch.setattr(timekeeping, "SHARED_MEMORY", tmp_path / "missing")
    assert page_directory(testbed) == testbed / "clock"


def test_with_rabbitmq_time_is_real_and_it_is_said_why() -> None:
    with_rabbitmq = replace(VIRTUAL, testbed="containers", broker="rabbitmq")
    assert why_not_virtual(with_rabbitmq) == BEYOND_CLOCKS
    assert not is_virtual(with_rabbitmq)
    assert why_not_virtual(replace(with_rabbitmq, clock="real")) is None  # it was asked for

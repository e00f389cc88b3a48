"""Owns virtual time: the clock of one testbed, HELD from the start, so that it moves with real time only.

It jumps while it is released (the testbed settles) and inside `advance`. Refuses to start processes: whoever owns the
testbed starts the autojump loop and the clocked processes, with the command and the environment it gets here.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.clock import autojump_loop, enrolment
from harness.clock.availability import Available, Unavailable, availability
from harness.clock.clock import ClockError, Statistics
from harness.clock.page import Page, Pin
from harness.clock.resolution import latest_wake_s
from harness.clock.waits import ThreadWait, list_waits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_SECOND = 1_000_000_000


class VirtualClock:
    """Virtual time of one testbed: a private directory with the page that all its processes share."""

    name = "virtual"

    def __init__(self, directory: Path) -> None:
        match availability():
            case Unavailable(reason):
                raise ClockError("virtual time to be available", reason, "mend that, or ask for real time")
            case Available() as libraries:
                self._libraries = libraries
        self.directory = directory
        self._page = Page(directory / "page")

    @classmethod
    def create(cls, directory: Path) -> VirtualClock:
        """Make the directory (it must not exist; best on /dev/shm) and its page. The new clock is held."""
        directory.mkdir(mode=0o700)
        try:
            Page.create(directory / "page").close()
            return cls(directory)
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise

    def close(self) -> None:
        """Let go of the page; the clock itself stays for the others."""
        self._page.close()

    def remove(self) -> None:
        """Let go of the page and delete the directory: the end of this clock."""
        self.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    # ---- for the owner of the testbed ----

    def autojump_command(self, parent: int, *, adopts: bool = False) -> list[str]:
        """Give the command line of the autojump loop; it ends when the process `parent` (its own parent) ends.

        A parent that `adopts` is the subreaper of the testbed, and all its children belong to it.
        """
        return autojump_loop.autojump_command(self._libraries.autojump, self.directory, parent, adopts=adopts)

    def await_autojump(self, timeout_s: float = 10) -> None:
        """Wait until the loop has proved that it can work here; else raise with its reason."""
        autojump_loop.await_autojump(self._page, timeout_s)

    def environment(self, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
        """Give the variables that a process needs to live under this clock; chains an LD_PRELOAD of `inherited`."""
        return enrolment.environment(self._libraries.interposer, self.directory, inherited)

    def mounts(self) -> tuple[Path, ...]:
        """Give the files and folders that a process in a container must find under the same names."""
        return self.directory, self._libraries.interposer

    def registered(self) -> set[int]:
        """Pids of the processes that live under this clock."""
        return self._page.processes()

    def verify(self, pids: Iterable[int]) -> list[str]:
        """Name every process that is not under the clock or cannot be watched: one line each."""
        return enrolment.complaints(self.registered(), pids)

    # ---- time ----

    def offset_ns(self) -> int:
        """How far virtual time is ahead of real time."""
        return self._page.read("offset")

    def now_ns(self) -> int:
        """Time since 1970 as the processes of the testbed see it."""
        return time.time_ns() + self.offset_ns()

    def _monotonic_ns(self) -> int:
        return time.monotonic_ns() + self.offset_ns()

    def hold(self) -> None:
        """Let time pass at its real speed only; when this returns there is no jump any more."""
        self._page.write("released", 0)
        autojump_loop.await_no_attempt(self._page)

    def release(self) -> None:
        """Let time jump whenever everything sleeps."""
        self._page.write("released", 1)

    def is_held(self) -> bool:
        """Whether jumps are forbidden now."""
        return not self._page.read("released")

    @contextmanager
    def released(self) -> Iterator[None]:
        """Release the clock for a block; afterwards it is held again, whatever happened."""
        self.release()
        try:
            yield
        finally:
            self.hold()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the clock for a block; afterwards it is as it was."""
        was_released = not self.is_held()
        self.hold()
        try:
            yield
        finally:
            if was_released:
                self.release()

    def advance(self, seconds: float, *, timeout_s: float = 60) -> None:
        """Let that much virtual time pass, with all that is due in it, and hold the clock there."""
        target = self._monotonic_ns() + round(seconds * _SECOND)
        deadline = time.monotonic() + timeout_s
        self._page.write("target", target)
        try:
            with self.released():
                while self._monotonic_ns() < target:
                    if self.is_at_limit():
                        raise ClockError(
                            f"the limit of virtual time to be further away than {seconds} s",
                            f"the limit is reached\n{self.describe()}",
                            "set a later limit, or advance by less",
                        )
                    if time.monotonic() > deadline:
                        missing = (target - self._monotonic_ns()) / _SECOND
                        raise ClockError(
                            f"{seconds} virtual seconds to pass within {timeout_s} s",
                            f"{missing:.3f} s are missing: {self.why_not_jumping()}\n{self.describe()}",
                            "see who keeps the clock from jumping, above",
                        )
                    time.sleep(autojump_loop.STEP_S / 5)
        finally:
            self._page.write("target", 0)

    def limit(self, seconds: float | None) -> None:
        """Set the budget: no jump leads further than this from now. None takes the budget away."""
        self._page.write("limit", 0 if seconds is None else self._monotonic_ns() + round(seconds * _SECOND))

    def is_at_limit(self) -> bool:
        """Whether the budget of virtual time is used up."""
        limit = self._page.read("limit")
        return limit > 0 and self._monotonic_ns() >= limit

    # ---- what is going on ----

    def statistics(self) -> Statistics:
        """Tell what the clock has done so far, and who pinned it."""
        return Statistics(
            jumps=self._page.read("jumps"),
            skipped_s=self._page.read("skipped") / _SECOND,
            attempts=self._page.read("attempts"),
            pinned_waits=self._page.read("pinned_waits"),
            waits_beyond_capacity=self._page.read("overflow"),
            pins=tuple(self._page.pin_totals()),
        )

    def pins(self) -> tuple[Pin, ...]:
        """Tell who pins the clock at this moment."""
        now = time.monotonic_ns()
        return tuple(pin for pin in self._page.pins() if pin.until_ns == 0 or pin.until_ns > now)

    def why_not_jumping(self) -> str:
        """Say why time is not jumping now, in one line."""
        if not autojump_loop.is_running(self._page):
            return "the autojump loop does not run"
        if self.is_held():
            return "the clock is held"
        return self._page.reason() or "nothing keeps it from jumping"

    def report(self) -> tuple[ThreadWait, ...]:
        """List what every thread of the testbed is waiting for."""
        return list_waits(self._page, self._monotonic_ns())

    def describe(self) -> str:
        """Give the report as text: why there is no jump, then one line per thread."""
        return "\n".join([f"clock: {self.why_not_jumping()}", *(f"  {wait}" for wait in self.report())])

    def measure_resolution(self, python: str = sys.executable) -> float:
        """Measure by how many virtual seconds a sleeper wakes too late at worst. Time passes: a minute or so."""
        with self.released():
            environment = dict(os.environ) | self.environment()
            return latest_wake_s(python, environment, count=20, seconds=3)

"""Owns the two clocks: what time it is in a testbed, and moving it on. One protocol, two implementations.

The virtual clock is HELD from the start: it moves with real time only. It jumps while it is released (the testbed
settles) and inside `advance`. Refuses to start processes: whoever owns the testbed starts the autojump loop and the
clocked processes, with the command and the environment it gets here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from harness.clock.availability import Available, Unavailable, availability
from harness.clock.page import Page, Pin, PinTotal
from harness.clock.waits import ThreadWait, list_waits, why_not_readable
from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SECOND = 1_000_000_000
_STEP_S = 0.0005  # how often a wait for the autojump loop looks again
_HOLD_PATIENCE_S = (
    1.0  # an attempt to jump takes a millisecond; one that takes this long was killed in the middle of it
)
_PROBE = """import time
late = []
for _ in range({count}):
    start = time.monotonic_ns(); time.sleep({seconds}); late.append(time.monotonic_ns() - start - {nanoseconds})
print(max(late))"""


class ClockError(HarnessError):
    """The clock is in trouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What the clock has done so far."""

    jumps: int = 0
    skipped_s: float = 0.0
    attempts: int = 0
    pinned_waits: int = 0
    waits_beyond_capacity: int = 0
    pins: tuple[PinTotal, ...] = ()


class Clock(Protocol):
    """What both clocks offer."""

    name: str

    def offset_ns(self) -> int:
        """How far the testbed's time is ahead of real time."""

    def now_ns(self) -> int:
        """Time since 1970 as the processes of the testbed see it."""

    def hold(self) -> None:
        """Let time pass at its real speed only; when this returns there is no jump any more."""

    def release(self) -> None:
        """Let time jump whenever everything sleeps."""

    def advance(self, seconds: float, *, timeout_s: float = 60) -> None:
        """Let that much time pass, with all that is due in it, and stop there."""

    def limit(self, seconds: float | None) -> None:
        """Set the budget: no jump leads further than this from now. None takes the budget away."""

    def is_at_limit(self) -> bool:
        """Whether the budget of time is used up."""

    def statistics(self) -> Statistics:
        """Tell what the clock has done so far, and who pinned it."""

    def why_not_jumping(self) -> str:
        """Say why time is not jumping now, in one line."""

    def report(self) -> tuple[ThreadWait, ...]:
        """List what every thread of the testbed is waiting for."""

    def environment(self, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
        """Give the variables that a process needs to live under this clock."""

    def measure_resolution(self, python: str = sys.executable) -> float:
        """Measure by how many seconds a sleeper wakes too late at worst."""


class RealClock:
    """Real time: everything takes as long as it takes."""

    name = "real"

    def __init__(self) -> None:
        self._limit_ns: int | None = None

    def offset_ns(self) -> int:
        """Real time is never ahead."""
        return 0

    def now_ns(self) -> int:
        """Time since 1970."""
        return time.time_ns()

    def hold(self) -> None:
        """Do nothing: real time cannot be held."""

    def release(self) -> None:
        """Do nothing: real time never jumps."""

    def advance(self, seconds: float, *, timeout_s: float = 60) -> None:
        """Sleep: `timeout_s` bounds what is spent beyond the time itself, and sleeping spends nothing."""
        del timeout_s
        time.sleep(seconds)

    def limit(self, seconds: float | None) -> None:
        """Remember the budget; real time goes on, but `is_at_limit` tells."""
        self._limit_ns = None if seconds is None else time.monotonic_ns() + round(seconds * _SECOND)

    def is_at_limit(self) -> bool:
        """Whether the budget of time is used up."""
        return self._limit_ns is not None and time.monotonic_ns() >= self._limit_ns

    def statistics(self) -> Statistics:
        """Nothing jumps, nothing is counted."""
        return Statistics()

    def why_not_jumping(self) -> str:
        """Real time never jumps."""
        return "the clock is real"

    def report(self) -> tuple[ThreadWait, ...]:
        """Real time does not know who waits."""
        return ()

    def environment(self, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
        """No variables are needed."""
        del inherited
        return {}

    def measure_resolution(self, python: str = sys.executable) -> float:
        """Measure by how many seconds a sleeper wakes too late at worst."""
        return _run_probe(python, dict(os.environ), count=10, seconds=0.001)


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
        Page.create(directory / "page").close()
        return cls(directory)

    def close(self) -> None:
        """Let go of the page; the clock itself stays for the others."""
        self._page.close()

    def remove(self) -> None:
        """Let go of the page and delete the directory: the end of this clock."""
        self.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    # ---- for the owner of the testbed ----

    def autojump_command(self, parent: int) -> list[str]:
        """Give the command line of the autojump loop; it ends when the process `parent` (its own parent) ends."""
        program = str(Path(__file__).with_name("jump.py"))
        return [sys.executable, "-I", "-S", program, str(self._libraries.autojump), str(self.directory), str(parent)]

    def await_autojump(self, timeout_s: float = 10) -> None:
        """Wait until the loop has proved that it can work here; else raise with its reason."""
        deadline = time.monotonic() + timeout_s
        while not self._page.read("jumper"):
            if self._page.reason():
                raise ClockError("virtual time to work here", self._page.reason(), "mend that, or ask for real time")
            if time.monotonic() > deadline:
                raise ClockError(
                    f"the autojump loop within {timeout_s} s", "none", "see that its command was started, and its log"
                )
            time.sleep(_STEP_S)

    def environment(self, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
        """Give the variables that a process needs to live under this clock; chains an LD_PRELOAD of `inherited`."""
        before = (os.environ if inherited is None else inherited).get("LD_PRELOAD", "")
        own = str(self._libraries.interposer)
        others = [path for path in before.replace(":", " ").split() if path != own]
        return {"LD_PRELOAD": " ".join([own, *others]), "HARNESS_CLOCK_DIRECTORY": str(self.directory)}

    def mounts(self) -> tuple[Path, ...]:
        """Give the files and folders that a process in a container must find under the same names."""
        return self.directory, self._libraries.interposer

    def registered(self) -> set[int]:
        """Pids of the processes that live under this clock."""
        return self._page.processes()

    def verify(self, pids: Iterable[int]) -> list[str]:
        """Name every process that is not under the clock or cannot be watched: one line each."""
        registered, complaints = self.registered(), []
        for pid in pids:
            if pid not in registered:
                complaints.append(f"process {pid} did not load the clock library (static, musl, or no environment?)")
            elif (reason := why_not_readable(pid)) is not None:
                complaints.append(reason)
        return complaints

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
        jumper = self._page.read("jumper")
        deadline = time.monotonic() + _HOLD_PATIENCE_S
        while self._page.read("attempting") and jumper and Path(f"/proc/{jumper}").exists():
            if time.monotonic() > deadline:
                return
            time.sleep(_STEP_S / 10)

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
                    time.sleep(_STEP_S / 5)
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
        jumper = self._page.read("jumper")
        if not jumper or not Path(f"/proc/{jumper}").exists():
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
            return _run_probe(python, environment, count=20, seconds=3)


def _run_probe(python: str, environment: dict[str, str], *, count: int, seconds: float) -> float:
    source = _PROBE.format(count=count, seconds=seconds, nanoseconds=round(seconds * _SECOND))
    done = subprocess.run(
        [python, "-I", "-S", "-c", source], env=environment, stdout=subprocess.PIPE, check=True, timeout=120
    )
    return int(done.stdout) / _SECOND

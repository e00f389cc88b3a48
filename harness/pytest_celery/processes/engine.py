"""Starts, stops and watches the processes that stand for containers, for one session of pytest.

They belong to a supervisor, as those of every testbed do, and nothing of them outlives it. Where time is virtual,
pytest is one of those whom the clock waits for; the supervisor lives in real time, so whoever waits for him holds the
clock meanwhile.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from harness.clock.clock import ClockError
from harness.clock.virtual_clock import VirtualClock
from harness.pytest_celery.observation import Observation
from harness.pytest_celery.under_clock import without_clock
from harness.testbed.abandoned import remove_abandoned
from harness.testbed.redis_server import find_program
from harness.testbed.supervisor import ProcessPlan, Supervisor
from harness.testbed.timekeeping import CLOCK, page_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.pytest_celery.under_clock import Time
    from harness.testbed.supervisor import Death

_PATIENCE_S = 30.0
_LOOK_AGAIN_S = 0.02
_BELL_S = 0.1  # where the bell rings anyway, but for the last line of a log


class ProcessEngine:
    """The processes of a session, and its clock."""

    def __init__(self, observation: Observation, supervisor: Supervisor, program: str) -> None:
        self.observation = observation
        self.redis_program = program
        self._supervisor = supervisor

    @classmethod
    @contextmanager
    def running(cls, now: Time, redis_server: str | None) -> Iterator[ProcessEngine]:
        """Own processes for a block; afterwards nothing is left of them."""
        program = find_program(redis_server)
        remove_abandoned()
        with _environment(without_clock()):
            supervisor = Supervisor.start(now.folder, now.page or page_directory(now.folder))
        observation = None
        try:
            observation = Observation(now.folder, "local")
            observation.clock_reason = now.why_real
            engine = cls(observation, supervisor, program)
            if now.page is not None:
                engine._start_clock(now.page)
            observation.watch_own_sending()
            yield engine
        finally:
            if observation is not None:
                observation.clock.hold()
            supervisor.end()
            if observation is not None:
                observation.premises.close()

    # ---- what containers ask for -------------------------------------------------------------------------------

    def start(self, plan: ProcessPlan) -> int | None:
        """Start a process and return its number, when there is one; with a word to wait for, when that was said.

        None if it has ended instead.
        """
        patience = time.monotonic() + _PATIENCE_S
        with self._held():
            self._supervisor.start_process(plan)
            waits_for = self._supervisor.pids if plan.ready is None else self._supervisor.ready
            while plan.name not in waits_for:
                if self.death_of(plan.name) is not None:
                    return None
                self._look(patience, plan.name)
        return self._supervisor.pids.get(plan.name)

    def await_up(self, name: str, pid: int, is_up: Callable[[], bool]) -> bool:
        """Wait for a process to be up, in its own time: it may well sleep on its way. Return whether it lives to be."""
        deadline = time.monotonic() + _PATIENCE_S
        while not is_up():
            if not is_running(pid):
                self._await_news(name)
                return False
            if time.monotonic() > deadline:
                raise self._supervisor.trouble(f"{name} to be up in {_PATIENCE_S:.0f} s", "silence", name)
            self.observation.premises.wait([], _BELL_S)
            self.observation.pull()
        return True

    def death_of(self, name: str) -> Death | None:
        """Return how a process has ended, as far as that has been heard of."""
        return next((death for death in self._supervisor.deaths if death.name == name), None)

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a process, on purpose."""
        self._supervisor.signal(name, number, expected=True)

    def await_death(self, name: str, pid: int, timeout_s: float) -> bool:
        """Wait for a process to end, by the time in which it does; return whether it has."""
        deadline = time.monotonic() + timeout_s
        while is_running(pid):
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_AGAIN_S)
        self._await_news(name)
        return True

    def _await_news(self, name: str) -> None:
        """Return when the supervisor has told of an end that we have seen."""
        patience = time.monotonic() + _PATIENCE_S
        with self._held():
            while self.death_of(name) is None:
                self._look(patience, name)

    def _look(self, patience: float, name: str) -> None:
        """Take in what has come, or wait a little for it; fail if there is no patience left."""
        if time.monotonic() > patience:
            raise self._supervisor.trouble(f"to hear of {name} within {_PATIENCE_S:.0f} s", "silence", name)
        self.observation.premises.wait([self._supervisor], _LOOK_AGAIN_S)
        self._supervisor.hear()
        self.observation.pull()

    # ---- time --------------------------------------------------------------------------------------------------

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the clock for a block, and let it go on."""
        self.observation.clock.hold()
        try:
            yield
        finally:
            self.observation.clock.release()

    def _start_clock(self, page: Path) -> None:
        """Have time jump from now on whenever pytest and all that it has started sleep."""
        clock = VirtualClock(page)
        folder = self.observation.premises.directory
        self._supervisor.start_process(
            ProcessPlan(
                name=CLOCK,
                role=CLOCK,
                argv=clock.autojump_command(self._supervisor.process.pid, adopts=True),
                environment=without_clock(),
                cwd=folder,
                log=self.observation.premises.logs / f"{CLOCK}.log",
            )
        )
        try:
            clock.await_autojump()
        except ClockError as error:
            clock.close()
            self.observation.clock_reason = str(error.found)
            return
        self.observation.clock = clock
        clock.release()


def is_running(pid: int) -> bool:
    """Say whether a process still runs: one that has ended, and that nobody has asked about yet, does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


@contextmanager
def _environment(wanted: dict[str, str]) -> Iterator[None]:
    """Have another environment for a block: what is started in it inherits that."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

"""Changes who works in a testbed while it lives: one worker more, another one in the place of one, a pause.

Owns their names, and the wait until a new one consumes. Refuses to know how a worker is started or killed: each kind of
testbed does. While a worker comes, the clock is held: no time is jumped over that it would have missed.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from harness.clock.virtual_clock import VirtualClock
from harness.errors import HarnessError
from harness.history.outstanding import consuming
from harness.history.reader import JournalFolder
from harness.testbed.celery_commands import worker_names
from harness.testbed.start_trouble import start_trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.history.events import AnyEvent
    from harness.testbed.supervised import SupervisedTestbed

_TIMEOUT_S = 60.0


class Staff:
    """The workers of one testbed, by name, those that came later among them."""

    def __init__(self, testbed: SupervisedTestbed) -> None:
        self._testbed = testbed
        self._names = list(worker_names(testbed.conditions))
        self._replaced: dict[str, str] = {}

    def living(self, replaced_from_within: dict[str, str]) -> tuple[str, ...]:
        """Return the names of the workers that live."""
        dead = {death.name for death in self._testbed.deaths}
        by = {**self._replaced, **replaced_from_within}
        names = list(self._names)
        for at, name in enumerate(names):
            while (name := by.get(name, name)) in by:
                pass
            names[at] = name
        return tuple(name for name in names if name not in dead)

    def add(self) -> str:
        """Start one more worker; return its name when it consumes."""
        name = f"worker-{len(self._names) + 1}"
        with _time_held(self._testbed):
            self._testbed.hire(name, name)
            self._await_consuming(name)
        self._testbed.verify_clock()
        self._names.append(name)
        return name

    def restart(self, name: str) -> str:
        """Kill a worker, and start another one in its place; return the name of that when it consumes."""
        self._refuse_stranger(name)
        node, _, number = name.partition(".")
        successor = f"{node}.{int(number or 1) + 1}"  # journals and logs are told apart by it
        with _time_held(self._testbed):
            self._testbed.kill_worker(name)
            self._await_death(name)
            self._testbed.hire(successor, node)
            self._await_consuming(successor)
        self._testbed.verify_clock()
        self._replaced[name] = successor
        return successor

    def pause(self, name: str) -> None:
        """Stop a worker and its pool where they are."""
        self._refuse_stranger(name)
        signal_family(self._testbed.pids()[name], signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let them run on."""
        self._refuse_stranger(name)
        signal_family(self._testbed.pids()[name], signal.SIGCONT)

    def _refuse_stranger(self, name: str) -> None:
        if name not in (here := self._testbed.workers):
            known = f"name one of {', '.join(here)}" if here else "start one first: none lives"
            raise HarnessError("the name of a worker that lives", name, known)

    def _await_death(self, name: str) -> None:
        deadline = time.monotonic() + _TIMEOUT_S
        while not any(death.name == name for death in self._testbed.deaths):
            self._wait(deadline, f"{name} to be dead", name)

    def _await_consuming(self, name: str) -> None:
        """Return when a worker consumes. Read on its own: whoever follows the run gets all of it as well."""
        deadline = time.monotonic() + _TIMEOUT_S
        journals = JournalFolder(self._testbed.feed.journals)
        events: list[AnyEvent] = []
        while name not in consuming(events):
            for tail, data in journals.read_on():
                events += [event for event, _ in tail.decode(data)[0]]
            for death in self._testbed.deaths:
                if death.name == name:
                    log = self._testbed.supervisor.printed(name)
                    raise start_trouble(self._testbed.app, death, log, self._testbed.importer)
            if name not in consuming(events):
                self._wait(deadline, f"{name} to be up", name)

    def _wait(self, deadline: float, expected: str, name: str) -> None:
        if (left_s := deadline - time.monotonic()) <= 0:
            raise self._testbed.trouble(f"{expected} in {_TIMEOUT_S:.0f} s", "silence", name)
        self._testbed.wait(left_s)


@contextmanager
def _time_held(testbed: SupervisedTestbed) -> Iterator[None]:
    if isinstance(testbed.clock, VirtualClock):
        with testbed.clock.held():
            yield
    else:
        yield


def signal_family(pid: int, number: int) -> None:
    """Send a signal to a process, and then to what it has begotten: stopped first, it begets no more meanwhile."""
    try:
        os.kill(pid, number)
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                signal_family(int(child), number)
    except (ProcessLookupError, FileNotFoundError):
        pass  # it has ended meanwhile, and with it what was in it

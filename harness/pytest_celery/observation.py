"""What is seen of the nodes of a session of pytest-celery's, and the run that each test makes of it.

Owns the folder into which the probes in workers write, and pytest's own journal: a test of pytest-celery's is its own
sender. Refuses to start nodes: containers are their owner's, processes the engine's.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.clock.real_clock import RealClock
from harness.history.events import ProcessDied, ProcessStarted, WorkerStarted
from harness.history.outstanding import Outstanding
from harness.journal import BELL, Bell, Journal
from harness.run.provenance import provenance
from harness.scenario import Conditions, Experiment, OwnSending, Scenario
from harness.store import RunDirectory
from harness.testbed.abandoned import remove_abandoned
from harness.testbed.feed import Feed
from harness.testbed.premises import Premises, choose_directory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.clock.clock import Clock
    from harness.scenario import ClockName

# How long a test's last messages have to come to their end, by the clock of its nodes. In virtual time a minute is
# nothing; in real time nobody wants to wait for a task that a test has left behind on purpose.
_PATIENCE_S = {"virtual": 60.0, "real": 2.0}
_LOOK_AGAIN_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The test that is running now."""

    directory: RunDirectory
    violates: tuple[str, ...]
    is_reported: bool
    outstanding: Outstanding = field(default_factory=Outstanding)


class Observation:
    """Reads what probes write down, for one test after another."""

    def __init__(self, directory: Path, testbed: str) -> None:
        self.premises = Premises.create(directory)
        self.feed = Feed(self.premises.journals)
        self.clock: Clock = RealClock()
        self.clock_reason: str | None = None
        self.watched: Watched | None = None
        self.consuming: set[str] = set()  # the workers that have said that they are up
        self.dead: set[str] = set()
        self._testbed = testbed
        self._process_of: dict[str, str] = {}
        self._numbers: Counter[str] = Counter()
        bell = Bell(directory / BELL)
        self._own = Journal(self.premises.journals, "harness", "harness", bell)
        self._sender = Journal(self.premises.journals, "pytest", "sender", bell)

    @classmethod
    @contextmanager
    def of_containers(cls) -> Iterator[Observation]:
        """Observe containers: those in them must be able to write into the folder, whoever they are."""
        remove_abandoned()
        observation = cls(choose_directory(), "containers")
        observation.premises.directory.chmod(0o711)
        observation.premises.journals.chmod(0o1777)
        (observation.premises.directory / BELL).chmod(0o666)
        observation.watch_own_sending()
        try:
            yield observation
        finally:
            observation.premises.close()

    def watch_own_sending(self) -> None:
        """Write down what this process sends from now on, and over which connections."""
        from harness.probe import connections, messages  # noqa: PLC0415 - it imports Celery

        messages.observe(self._sender)
        connections.observe(self._sender)

    def next_name(self, role: str) -> str:
        """Return a name for one more node."""
        self._numbers[role] += 1
        return f"{role}-{self._numbers[role]}"

    def write_down(self, kind: str, **fields: object) -> None:
        """Write down a fact that nobody else can."""
        self._own.append(kind, virtual_ns=None, **fields)

    def begin(self, path: Path, test: str, violates: tuple[str, ...], *, is_reported: bool) -> None:
        """Begin the run of a test. Where somebody wants to keep it, it gets a page."""
        clock: ClockName = "virtual" if self.clock.name == "virtual" else "real"
        experiment = Experiment(
            scenario=Scenario(
                name=path.name,
                title=test,
                app="pytest-celery",
                canvas=OwnSending(call=test),
                violates=violates,
            ),
            conditions=Conditions(testbed=self._testbed, clock=clock, records_commands=False),
        )
        self.pull()  # what came between two tests is nobody's
        directory = RunDirectory.begin(path, experiment, provenance())
        self.watched = Watched(directory=directory, violates=violates, is_reported=is_reported)
        self.watched.outstanding.see_all(self.feed.founding_events)
        self.feed.copy_to(self.watched.directory.append)

    def pull(self) -> None:
        """Take in what has come."""
        for event in self.feed.pull():
            match event:
                case ProcessStarted():
                    self._process_of[event.source] = event.process
                case WorkerStarted():
                    self.consuming.add(self._process_of[event.source])
                case ProcessDied():
                    self.dead.add(event.process)
                case _:
                    pass
            if self.watched is not None:
                self.watched.outstanding.see(event)

    def settle(self) -> str:
        """Wait until every message of the test has come to its end, but not for long; say how that ended."""
        assert self.watched is not None
        deadline = time.monotonic() + _PATIENCE_S[self.clock.name]
        while True:
            self.pull()
            if not self.watched.outstanding.unfinished():
                return "settled"
            if (left_s := deadline - time.monotonic()) <= 0:
                return "cut short"
            self.premises.wait([], min(left_s, _LOOK_AGAIN_S))

    def end(self) -> None:
        """End the run of a test, also of one that nobody has judged."""
        self.pull()
        self.feed.copy_to(None)
        self.watched = None

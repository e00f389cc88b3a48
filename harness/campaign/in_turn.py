"""Runs in turn: one after another, those in a row that can on one testbed, whatever the clock.

Side by side, runs that try to have things happen at once would disturb each other; and who takes part in the next one
may depend on what came of the last.

Owns the testbed between runs. Refuses to choose what is run: it takes the next experiment when the former has ended.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING

from harness.campaign.progress import EventsSeen, RunEnded, RunFailed, TestbedUp, TimeIsReal
from harness.errors import InterruptedRunError
from harness.run.run import carry_out
from harness.testbed.choose import make_testbed

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from harness.campaign.progress import Progress
    from harness.run.run import Run
    from harness.scenario import Conditions, Experiment, Scenario
    from harness.testbed.testbed import Testbed


def carry_out_in_turn(experiments: Iterable[Experiment], directory: Path) -> Generator[Progress, None, None]:
    """Carry out experiments, each in a folder of its scenario's name, and yield what goes on.

    Leaving the iteration early interrupts the run that goes on and returns when its testbed is gone.
    """
    # A thread of its own: the caller's may be interrupted at any moment, and a testbed must be taken away in order.
    with ThreadPoolExecutor(1, thread_name_prefix="turn") as thread:
        turn = _Turn(directory)
        try:
            for experiment in experiments:
                thread.submit(turn.take, experiment)
                while not isinstance(progress := turn.progress.get(), RunEnded | RunFailed):
                    yield progress
                yield progress
        finally:
            turn.interrupt()
            ending = thread.submit(turn.leave)
    ending.result()  # what went wrong while the testbed was taken away


class _Turn:
    """What the thread has at hand from one run to the next."""

    def __init__(self, directory: Path) -> None:
        self.progress: SimpleQueue[Progress] = SimpleQueue()
        self._directory = directory
        self._standing: tuple[object, Testbed] | None = None
        self._reasons: set[str] = set()
        self._interrupting = threading.Lock()
        self._is_interrupted = False

    def take(self, experiment: Experiment) -> None:
        """Carry one experiment out. Whatever goes wrong in it is its own progress."""
        try:
            run = self._run(experiment)
        except BaseException as error:  # noqa: BLE001 - whoever waits for the end of this run must hear of it
            self._leave_after_trouble()
            self.progress.put(RunFailed(experiment, error if isinstance(error, Exception) else RuntimeError(error)))
            return
        if run.settlement.ending != "settled":  # what is left in the testbed would be in the way of the next run
            self._leave_after_trouble()
        self.progress.put(RunEnded(run))

    def interrupt(self) -> None:
        """Have the run that goes on end soon, and no other begin. From any thread."""
        with self._interrupting:
            self._is_interrupted = True
            if self._standing is not None:
                self._standing[1].interrupt()

    def leave(self) -> None:
        """Take the testbed away."""
        with self._interrupting:
            standing, self._standing = self._standing, None
        if standing is not None:
            standing[1].stop()

    def _leave_after_trouble(self) -> None:
        """Take the testbed away; that this fails too adds nothing to what is told already."""
        try:
            self.leave()
        except Exception:  # noqa: BLE001 - as above
            return

    def _run(self, experiment: Experiment) -> Run:
        testbed = self._testbed_for(experiment)
        path = self._directory / experiment.scenario.name
        return carry_out(experiment, testbed, path, lambda events: self.progress.put(EventsSeen(experiment, events)))

    def _testbed_for(self, experiment: Experiment) -> Testbed:
        """Return the testbed that stands if it will do, else a new one that has started."""
        scenario, conditions = experiment.scenario, experiment.conditions
        wanted = _wanted(scenario, conditions)
        if self._standing is not None and self._standing[0] == wanted:
            return self._standing[1]
        self.leave()
        testbed = make_testbed(scenario, conditions)
        with self._interrupting:
            if self._is_interrupted:
                raise InterruptedRunError
            self._standing = wanted, testbed
        testbed.start()
        if (reason := testbed.clock_reason) is not None and reason not in self._reasons:
            self._reasons.add(reason)
            self.progress.put(TimeIsReal(reason))
        self.progress.put(TestbedUp(experiment))
        return testbed


def _wanted(scenario: Scenario, conditions: Conditions) -> object:
    return scenario.app, scenario.service, scenario.surroundings, conditions

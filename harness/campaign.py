"""Many runs. In real time most of a run is waiting, so they go side by side, each on its own testbed.

Owns who runs when, and says what goes on as it goes on. Refuses to show it: the command line and pytest do.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING

from harness.errors import InterruptedRunError
from harness.run.run import Run, carry_out
from harness.testbed.choose import make_testbed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from harness.history.events import AnyEvent
    from harness.scenario import Experiment
    from harness.testbed.testbed import Testbed

_STARTS_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class TestbedUp:
    """A testbed stands; its run begins when all of them do."""

    experiment: Experiment


@dataclass(frozen=True, slots=True)
class EventsSeen:
    """A run's processes have written something down."""

    experiment: Experiment
    events: Sequence[AnyEvent]


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run has come to its end."""

    run: Run


@dataclass(frozen=True, slots=True)
class RunFailed:
    """A run could not be made or carried through."""

    experiment: Experiment
    error: Exception


Progress = TestbedUp | EventsSeen | RunEnded | RunFailed


def carry_out_all(experiments: Sequence[Experiment], directory: Path) -> Iterator[Progress]:
    """Carry out experiments side by side, each in a folder of its scenario's name, and yield what goes on.

    Leaving the iteration early interrupts the runs and returns when their testbeds are gone.
    """
    campaign = _Campaign(experiments, directory)
    with ThreadPoolExecutor(len(experiments), thread_name_prefix="run") as threads:
        try:
            runs = [threads.submit(campaign.carry_out_one, experiment) for experiment in experiments]
            left = len(experiments)
            while left:
                progress = campaign.progress.get()
                left -= isinstance(progress, RunEnded | RunFailed)
                yield progress
        finally:
            campaign.interrupt()
    for run in runs:
        run.result()  # what went wrong while a testbed was taken away


class _Campaign:
    """What the runs' threads share."""

    def __init__(self, experiments: Sequence[Experiment], directory: Path) -> None:
        self._directory = directory
        self.progress: SimpleQueue[Progress] = SimpleQueue()
        # The start of one testbed would disturb the delays that another one measures: first all start, then all run.
        self._all_started = threading.Barrier(len(experiments))
        self._starting = threading.Semaphore(_STARTS_AT_ONCE)
        self._lock = threading.Lock()
        self._testbeds: list[Testbed] = []
        self._is_interrupted = False

    def carry_out_one(self, experiment: Experiment) -> None:
        """Carry out one experiment; whatever goes wrong in it is its own progress and nobody else's."""
        with ExitStack() as ending:
            try:
                run = self._run(experiment, ending)
            except Exception as error:  # noqa: BLE001 - it is reported, and the other runs go on
                self.progress.put(RunFailed(experiment, error))
            else:
                self.progress.put(RunEnded(run))

    def interrupt(self) -> None:
        """Have every run that still goes on end soon."""
        with self._lock:
            self._is_interrupted = True
            self._all_started.abort()
            for testbed in self._testbeds:
                testbed.interrupt()

    def _run(self, experiment: Experiment, ending: ExitStack) -> Run:
        testbed = self._started(experiment, ending)
        self.progress.put(TestbedUp(experiment))
        path = self._directory / experiment.scenario.name
        return carry_out(experiment, testbed, path, lambda events: self.progress.put(EventsSeen(experiment, events)))

    def _started(self, experiment: Experiment, ending: ExitStack) -> Testbed:
        """Start a testbed, and return it when the others have started or failed to."""
        try:
            testbed = make_testbed(experiment.scenario, experiment.conditions)
            with self._lock:
                if self._is_interrupted:
                    raise InterruptedRunError
                self._testbeds.append(testbed)
            ending.callback(testbed.stop)
            with self._starting:
                testbed.start()
        finally:
            try:
                self._all_started.wait()
            except threading.BrokenBarrierError:
                raise InterruptedRunError from None
        return testbed

"""Runs in lanes: a lane is a testbed and the experiments that run on it, one after another.

In real time most of a run is waiting, so each has a lane of its own and they go side by side. In virtual time nobody
waits: experiments that differ in nothing but their canvas share a lane, and all but the first need no start-up.

Owns who runs when, and says what goes on as it goes on. Refuses to show it: the command line and pytest do.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from typing import TYPE_CHECKING

from harness.campaign.progress import EventsSeen, RunEnded, RunFailed, TestbedUp, TimeIsReal
from harness.errors import InterruptedRunError
from harness.run.run import carry_out
from harness.testbed.choose import make_testbed
from harness.testbed.timekeeping import is_virtual, why_not_virtual

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from harness.campaign.progress import Progress
    from harness.run.run import Run
    from harness.scenario import Experiment
    from harness.testbed.testbed import Testbed

_STARTS_AT_ONCE = 2


def lanes(experiments: Sequence[Experiment]) -> list[list[Experiment]]:
    """Say which experiments share a testbed: none in real time, all that can in virtual time."""
    found: dict[object, list[Experiment]] = {}
    for number, experiment in enumerate(experiments):
        scenario, conditions = experiment.scenario, experiment.conditions
        shared = (scenario.app, scenario.service, repr(scenario.surroundings), bool(scenario.faults), conditions)
        found.setdefault(shared if is_virtual(conditions) else number, []).append(experiment)
    return list(found.values())


def carry_out_all(experiments: Sequence[Experiment], directory: Path) -> Generator[Progress, None, None]:
    """Carry out experiments, each in a folder of its scenario's name, and yield what goes on.

    Leaving the iteration early interrupts the runs and returns when their testbeds are gone.
    """
    with ThreadPoolExecutor(len(experiments), thread_name_prefix="lane") as threads:
        campaign = _Campaign(directory, threads)
        try:
            campaign.begin(experiments)
            left = len(experiments)
            while left:
                progress = campaign.progress.get()
                left -= isinstance(progress, RunEnded | RunFailed)
                yield progress
        finally:
            campaign.interrupt()
    for lane in campaign.threads:
        lane.result()  # what went wrong while a testbed was taken away


class _Campaign:
    """What the lanes' threads share."""

    def __init__(self, directory: Path, executor: ThreadPoolExecutor) -> None:
        self._directory = directory
        self._executor = executor
        self.progress: SimpleQueue[Progress] = SimpleQueue()
        self.threads: list[Future[None]] = []
        self._starting = threading.Semaphore(_STARTS_AT_ONCE)
        # Everything below belongs to whoever has this.
        self._changed = threading.Condition()
        # The start of one testbed would disturb the delays that another one measures: first all start, then all run.
        self._not_started: set[int] = set()
        self._testbeds: list[Testbed] = []
        self._reasons: set[str] = set()
        self._is_interrupted = False

    def begin(self, experiments: Sequence[Experiment]) -> None:
        """Start every lane."""
        for experiment in experiments:
            self._tell(why_not_virtual(experiment.conditions))
        with self._changed:
            for lane in lanes(experiments):
                self._add(lane)

    def interrupt(self) -> None:
        """Have every run that still goes on end soon."""
        with self._changed:
            self._is_interrupted = True
            self._changed.notify_all()
            for testbed in self._testbeds:
                testbed.interrupt()

    def _add(self, lane: Sequence[Experiment]) -> None:
        """Start a lane; nobody runs before it has started."""
        number = len(self.threads)
        self._not_started.add(number)
        self.threads.append(self._executor.submit(self._carry_out_lane, number, deque(lane)))

    def _carry_out_lane(self, number: int, left: deque[Experiment]) -> None:
        """Carry out a lane's experiments on as few testbeds as possible."""
        while left:
            with ExitStack() as ending:
                self._use_one_testbed(number, left, ending)

    def _use_one_testbed(self, number: int, left: deque[Experiment], ending: ExitStack) -> None:
        """Carry out as much of a lane as one testbed can. Whatever goes wrong in a run is its own progress."""
        try:
            testbed = self._started(number, left, ending)
        except Exception as error:  # noqa: BLE001 - it is reported, and the other lanes go on
            while left:
                self.progress.put(RunFailed(left.popleft(), error))
        while left:
            experiment = left.popleft()
            try:
                run = self._run(experiment, testbed)
            except Exception as error:  # noqa: BLE001 - as above
                self.progress.put(RunFailed(experiment, error))
                return
            self.progress.put(RunEnded(run))
            if run.settlement.ending != "settled":  # what is left in the testbed would be in the way of the next run
                return
            if any(fault.spoils_testbed for fault in experiment.scenario.faults):
                return

    def _run(self, experiment: Experiment, testbed: Testbed) -> Run:
        path = self._directory / experiment.scenario.name
        return carry_out(experiment, testbed, path, lambda events: self.progress.put(EventsSeen(experiment, events)))

    def _started(self, number: int, left: deque[Experiment], ending: ExitStack) -> Testbed:
        """Start a testbed, and return it when all other lanes have started, or failed to."""
        try:
            testbed = make_testbed(left[0].scenario, left[0].conditions)
            with self._changed:
                if self._is_interrupted:
                    raise InterruptedRunError
                self._testbeds.append(testbed)
            ending.callback(testbed.stop)
            with self._starting:
                testbed.start()
            self._tell(testbed.clock_reason)
            if testbed.clock.name == "real":
                self._split(left)
        finally:
            self._await_others(number)
        for experiment in left:
            self.progress.put(TestbedUp(experiment))
        return testbed

    def _await_others(self, number: int) -> None:
        with self._changed:
            self._not_started.discard(number)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._is_interrupted or not self._not_started)
            if self._is_interrupted:
                raise InterruptedRunError

    def _split(self, left: deque[Experiment]) -> None:
        """Give each of a lane's experiments a lane of its own: in real time they would wait for each other."""
        with self._changed:
            while len(left) > 1:
                self._add([left.pop()])

    def _tell(self, reason: str | None) -> None:
        with self._changed:
            if reason is None or reason in self._reasons:
                return
            self._reasons.add(reason)
        self.progress.put(TimeIsReal(reason))

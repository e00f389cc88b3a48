"""What a test of pytest-celery's may ask of its own run while it goes on: the fixture `observed`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from harness.history.history import Attempt, History
    from harness.pytest_celery.observation import Observation, Watched


class Observed:
    """What was seen so far of the nodes of this test. Tasks are named by their names, their ids, or by themselves."""

    def __init__(self, observation: Observation) -> None:
        self._observation = observation

    @property
    def history(self) -> History:
        """Everything that has been recorded so far."""
        self._observation.pull()
        return self._watched.directory.history()

    @property
    def directory(self) -> Path:
        """Where everything is written down."""
        return self._watched.directory.path

    def attempts(self, task: object = None) -> tuple[Attempt, ...]:
        """Return the attempts of a task in the order in which they started; those of all tasks without one."""
        return self.history.attempts(_name(task))

    def retry_delays(self, task: object = None) -> list[float]:
        """Return how long a task waited between its attempts, in seconds of the nodes' clock."""
        return [delay.observed_s for delay in self.history.retry_delays(_name(task))]

    def settle(self) -> bool:
        """Wait until everything that was sent has come to its end; return whether it has, in a minute of virtual time.

        In real time, in two seconds.
        """
        return self._observation.settle() == "settled"

    @property
    def _watched(self) -> Watched:
        assert self._observation.watched is not None, "a test is running as long as it can ask"
        return self._observation.watched


def _name(task: object) -> str | None:
    return task if task is None or isinstance(task, str) else getattr(task, "name", str(task))

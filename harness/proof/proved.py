"""What `prove` returns: a run of somebody's own canvas, and the questions that a test asks of it."""

from __future__ import annotations

import base64
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.app.serial import decode
from harness.history.events import CanvasSent, ResultRead

if TYPE_CHECKING:
    from pathlib import Path

    from harness.history.history import Attempt, History
    from harness.history.parts import Raised
    from harness.laws.verdict import Verdict
    from harness.run.run import Run


class Proved:
    """A run that came to the end that was asked for. Tasks are named by their names, their ids, or by themselves."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def __repr__(self) -> str:
        return f"<a proved run: {self.run.outcome}, {len(self.history.attempts())} attempts, {self.virtual_s:.1f} s>"

    @property
    def history(self) -> History:
        """Everything that was recorded."""
        return self.run.history

    @cached_property
    def result(self) -> Any:  # noqa: ANN401 - whatever the canvas comes to
        """What the canvas came to: what its last task returned, or a list of that where it ends with a group.

        None for a canvas that failed, or whose last task stores no result (`ignore_result`) and returned nothing.
        """
        parts = [event for event in self.history.events if isinstance(event, ResultRead)]
        if not parts or not parts[0].content_type:
            return self._returned_at_the_end()
        body = "".join(part.body for part in sorted(parts, key=lambda part: part.part))
        return decode(parts[0].content_type, parts[0].content_encoding, base64.b64decode(body))

    @property
    def exception(self) -> Raised | None:
        """What the canvas failed with: its `type`, `message`, `traceback` and `bases`. None for one that succeeded."""
        return self.run.outcome.exception

    @property
    def failed_task(self) -> str | None:
        """Which task it was that failed the canvas."""
        return self.run.outcome.root_cause

    def attempts(self, task: object = None) -> tuple[Attempt, ...]:
        """Return the attempts of a task in the order in which they started; those of all tasks without one."""
        return self.history.attempts(_name(task))

    def retry_delays(self, task: object = None) -> list[float]:
        """Return how long a task waited between its attempts, in seconds of the testbed's clock."""
        return [delay.observed_s for delay in self.history.retry_delays(_name(task))]

    @property
    def order(self) -> list[str]:
        """The tasks by their names in the order in which their attempts started."""
        return [attempt.started.task for attempt in self.history.attempts()]

    @property
    def states(self) -> dict[str, str]:
        """By task, what Celery had stored for it when everything had settled."""
        return self.history.states()

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What each law says of the run. Only those that `violates` names are violated: `prove` would have failed."""
        return self.run.verdicts

    @property
    def virtual_s(self) -> float:
        """How long it took by the testbed's clock."""
        return self.run.timing.virtual_s

    @property
    def directory(self) -> Path:
        """Where everything is written down."""
        return self.run.directory

    @property
    def logs(self) -> dict[str, str]:
        """What each process of the testbed has printed, by its name."""
        return {path.stem: path.read_text(errors="replace") for path in sorted((self.directory / "logs").glob("*.log"))}

    def _returned_at_the_end(self) -> Any:  # noqa: ANN401 - see result
        sent = next((event for event in self.history.events if isinstance(event, CanvasSent)), None)
        attempts = self.history.attempts(sent.result_id) if sent is not None and sent.result_id else ()
        ended = attempts[-1].ended if attempts else None
        return ended.returned if ended is not None else None


def _name(task: object) -> str | None:
    return task if task is None or isinstance(task, str) else getattr(task, "name", str(task))

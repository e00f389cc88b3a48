"""What became of a canvas, derived from its history.

A result alone does not tell: Celery 5.7.0 stores FAILURE for tasks that never ran, 5.4 to 5.6 leave them PENDING.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from harness.history.history import Attempt, History
    from harness.history.parts import Raised


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a canvas ended, and which task it was that ended it."""

    kind: Literal["success", "error", "incomplete"]
    root_cause: str | None = None
    exception: Raised | None = None
    never_ran: tuple[str, ...] = ()

    def __str__(self) -> str:
        cause = f" in {self.root_cause}" if self.root_cause else ""
        return f"{self.kind}{cause}"


def outcome(history: History) -> Outcome:
    """Success when every planned task succeeded, an error when one failed for good, else incomplete."""
    if history.canvas is None or not history.canvas.planned:
        return Outcome(kind="incomplete")
    last: dict[str, Attempt] = {attempt.started.task_id: attempt for attempt in history.attempts()}
    never_ran = tuple(planned.task for planned in history.canvas.planned if planned.task_id not in last)
    # What else tasks send by themselves may fail without the canvas.
    ends = [last[planned.task_id] for planned in history.canvas.planned if planned.task_id in last]
    failed = [attempt for attempt in ends if attempt.ending in ("failed", "rejected")]
    if failed:
        root = min(failed, key=_end_index)
        return Outcome(kind="error", root_cause=root.started.task, exception=root.exception, never_ran=never_ran)
    if not never_ran and all(
        last[planned.task_id].ending in ("succeeded", "ignored") for planned in history.canvas.planned
    ):
        return Outcome(kind="success")
    return Outcome(kind="incomplete", never_ran=never_ran)


def _end_index(attempt: Attempt) -> int:
    end = attempt.ended or attempt.aborted or attempt.closed
    return end.index if end is not None else attempt.started.index

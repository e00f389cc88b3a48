"""What happened, attempt by attempt, as lines of text: what a failed proof shows first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.history.history import Attempt, History

NS = 1_000_000_000


def timeline(history: History) -> Iterator[str]:
    """Yield a line for each attempt: when it started, which it was, and how it ended."""
    attempts = history.attempts()
    if not attempts:
        yield "no task was ever started"
        return
    began = min(event.virtual_ns for event in history.events if type(event).__name__ == "Sent")
    width = max(len(attempt.started.task) for attempt in attempts)
    for attempt in attempts:
        at_s = (attempt.started.virtual_ns - began) / NS
        number = attempt.started.retries + 1
        yield f"{at_s:9.3f} s  {attempt.started.task:<{width}}  attempt {number}  {_ending(attempt)}"


def _ending(attempt: Attempt) -> str:
    ended = attempt.ended
    why = f": {attempt.exception.type}: {attempt.exception.message}" if attempt.exception is not None else ""
    match attempt.ending:
        case None:
            return "never ended"
        case "succeeded":
            return f"returned {ended.returned!r}" if ended is not None else "succeeded"
        case "retried":
            delay = ended.retry_delay_s if ended is not None else None
            return f"retried{'' if delay is None else f' after {delay:g} s'}{why}"
        case other:
            return f"{other}{why}"

"""What happened, attempt by attempt, as lines of text: what a failed proof shows first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.history.events import Discarded, Expired, Revoked, Sent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.history.history import Attempt, History

NS = 1_000_000_000


def timeline(history: History) -> Iterator[str]:
    """Yield a line for each attempt: when it started, which it was, and how it ended; then what never ran, and why."""
    attempts = history.attempts()
    began = min((event.virtual_ns for event in history.events if isinstance(event, Sent)), default=0)
    width = max((len(attempt.started.task) for attempt in attempts), default=0)
    for attempt in attempts:
        at_s = (attempt.started.virtual_ns - began) / NS
        number = attempt.started.retries + 1
        yield f"{at_s:9.3f} s  {attempt.started.task:<{width}}  attempt {number}  {_ending(attempt)}"
    if not attempts:
        yield "no task was ever started"
    started = {attempt.started.task_id for attempt in attempts}
    fates = _fates(history)
    for planned in history.canvas.planned if history.canvas else ():
        if planned.task_id not in started:
            yield f"never ran: {planned.task}, {fates.get(planned.task_id, 'which was never sent')}"


def _fates(history: History) -> dict[str | None, str]:
    """Return, by task id, what became last of a message of whose task nobody started the code."""
    fates: dict[str | None, str] = {}
    for event in history.events:
        match event:
            case Sent():
                fates[event.task_id] = f"which was sent to queue {event.queue!r}"
            case Expired():
                fates[event.task_id] = "which expired before its time came"
            case Revoked():
                fates[event.task_id] = "which was revoked"
            case Discarded():
                fates[event.task_id] = f"which its worker discarded: {event.reason}"
            case _:
                pass
    return fates


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

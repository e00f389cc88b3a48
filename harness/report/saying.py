"""Events in words: what happened, in one line, without the task that it happened to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.history import attempt_events as a
from harness.history import events as e
from harness.history import redis_events as r
from harness.history.fault_events import FaultInjected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.history.events import AnyEvent
    from harness.history.parts import Following, Raised

_LONGEST = 200


def says(event: AnyEvent) -> str:
    """Say what happened."""
    return _SAYINGS[type(event)](event)


def raised(exception: Raised | None) -> str:
    """Name an exception, and say what it says, in a line."""
    if exception is None:
        return "no reason given"
    name = exception.type.rpartition(".")[2]
    message = " ".join(exception.message.split())
    return shortened(f"{name}: {message}" if message else name)


def shortened(text: str) -> str:
    """Cut a text that would not fit a line."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def called(following: Following) -> str:
    """Name what a message carries for afterwards: its task, or the canvas and what that begins with."""
    name = following.task if following.task_id is None else f"{following.task}[{following.task_id}]"
    if not following.task.startswith("celery.") or not following.firsts:
        return name
    return f"{name} of {', '.join(first.task for first in following.firsts)}"


def _delay(seconds: float | None) -> str:
    return "" if seconds is None else f" in {seconds:g} s"


# ---- attempts ----------------------------------------------------------------------------------------------------


def _asked(event: a.RetryAsked) -> str:
    return f"attempt {event.retries + 1} asked for a retry{_delay(event.countdown_s)}: {raised(event.exception)}"


def _ended(event: a.AttemptEnded) -> str:
    if event.ending == "retried":
        return f"attempt {event.retries + 1} to be retried{_delay(event.retry_delay_s)}: {raised(event.exception)}"
    why = "" if event.exception is None else f": {raised(event.exception)}"
    return f"attempt {event.retries + 1} {event.ending}{why}"


def _closed(event: a.AttemptClosed) -> str:
    state = "its process is about to end" if event.state is None else f"Celery is through with it, {event.state}"
    return f"attempt {event.retries + 1}: {state}"


def _released(event: a.AttemptReleased) -> str:
    kept = "; its success had been stored" if event.had_succeeded else ""
    return f"attempt {event.retries + 1}: its worker is through with it{kept}"


# ---- messages ----------------------------------------------------------------------------------------------------


def _sent(event: e.Sent) -> str:
    which = "sent" if not event.retries else f"retry {event.retries} sent"
    who = "the author's code" if event.by_author and event.by != "retry" else f"the {event.by}"
    return f"{which} by {who} to queue {event.queue}{'' if event.eta is None else ', for later'}"


def _delivered(event: e.Delivered) -> str:
    return f"taken by its worker{' once more' if event.redelivered else ''}{', to be held' if event.eta else ''}"


# ---- the testbed -------------------------------------------------------------------------------------------------


def _died(event: e.ProcessDied) -> str:
    how = f"signal {event.signal}" if event.signal is not None else f"exit code {event.exit_code}"
    return f"{event.process} ({event.role}, process {event.pid}) ended: {how}"


def _consumes(event: e.WorkerStarted) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in event.versions.items())
    queues = ", ".join(event.queues)
    return f"{event.hostname} consumes {queues}, {event.concurrency} at once ({event.pool}; {versions})"


def _refused(event: e.OrderRefused | e.SendingRefused) -> str:
    return shortened(f"refused: expected {event.expected}, found {event.found}")


_SAYINGS: Mapping[type, Callable[[Any], str]] = {
    e.ProcessStarted: lambda event: f"{event.process} ({event.role}, process {event.pid}) started",
    e.ProcessDied: _died,
    e.WorkerStarted: _consumes,
    e.TasksKnown: lambda event: f"{len(event.tasks)} tasks known",
    e.SettingsOverridden: lambda event: f"{len(event.overrides)} settings of {event.app} overridden",
    e.ConnectionOpened: lambda event: f"connected to Redis from {event.address}",
    e.ClockMoved: lambda event: f"the clock made {event.jumps} jumps, {event.skipped_s:.3f} s in all",
    e.CanvasSent: lambda event: f"a canvas of {len(event.planned)} tasks was sent",
    e.OrderFailed: lambda event: f"{event.order} failed: {raised(event.exception)}",
    e.OrderRefused: _refused,
    e.SendingRefused: _refused,
    e.BehaviourScripted: lambda event: f"{len(event.behaviour or ())} tasks scripted, {len(event.faults)} faults armed",
    FaultInjected: lambda event: f"{event.strike} at {event.point} of member {event.member}, on {event.target}",
    e.StateRead: lambda event: f"read as {event.state}",
    e.StatesRead: lambda _: "all states have been read",
    e.ResultRead: lambda event: f"the result has been read, part {event.part + 1} of {event.parts}",
    e.WorkersAnswered: lambda event: f"{', '.join(event.workers)} answered",
    e.Sent: _sent,
    e.Published: lambda _: "the broker has its message",
    e.Delivered: _delivered,
    e.Revoked: lambda event: "revoked, its attempt ended" if event.terminated else "revoked",
    e.Expired: lambda _: "expired",
    e.Discarded: lambda event: shortened(f"discarded: {event.reason}"),
    e.Returned: lambda _: "given back to its queue",
    e.ErrbackCalled: lambda event: f"its errback {event.errback} called: {raised(event.exception)}",
    a.AttemptStarted: lambda event: f"attempt {event.retries + 1} started",
    a.RetryAsked: _asked,
    a.RetryRefused: lambda event: f"attempt {event.retries + 1} got no retry: {raised(event.exception)}",
    a.AttemptEnded: _ended,
    a.AttemptClosed: _closed,
    a.AttemptAborted: lambda event: f"attempt {event.retries + 1} will never end: {raised(event.exception)}",
    a.AttemptReleased: _released,
    r.RecorderStarted: lambda event: f"every command is recorded from here on, by Redis {event.redis_version}",
    r.RecorderReached: lambda _: "the recorder has seen all commands up to here",
    r.Queued: lambda event: f"Redis: into queue {event.queue}",
    r.Unacked: lambda _: "Redis: handed over, not acknowledged yet",
    r.Acked: lambda _: "Redis: acknowledged",
    r.ResultStored: lambda event: f"Redis: result stored, {event.state}",
    r.ChordCounted: lambda _: "Redis: counted into its chord",
    r.BodyClaimed: lambda _: "Redis: the body of the chord claimed",
}

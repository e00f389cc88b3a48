"""Redis's own command stream as facts: what the recorder has seen pass. A part of the closed vocabulary of `events`."""

from __future__ import annotations

from harness.history.fact import Event


class RecorderStarted(Event, frozen=True, kw_only=True, tag=True):
    """Every command from here on is seen by the recorder."""

    redis_version: str


class RecorderReached(Event, frozen=True, kw_only=True, tag=True):
    """The recorder saw the harness's own marker pass: all commands before it are in its journal."""

    marker: str


class Queued(Event, frozen=True, kw_only=True, tag=True):
    """Redis took a message into a queue."""

    client: str
    queue: str
    task_id: str | None
    delivery_tag: str | None


class Unacked(Event, frozen=True, kw_only=True, tag=True):
    """Redis remembers a message as handed over and not yet acknowledged."""

    client: str
    task_id: str | None
    delivery_tag: str


class Acked(Event, frozen=True, kw_only=True, tag=True):
    """Redis forgot an unacknowledged message."""

    client: str
    delivery_tag: str


class ResultStored(Event, frozen=True, kw_only=True, tag=True):
    """Redis took a task's state."""

    client: str
    task_id: str
    state: str | None


class ChordCounted(Event, frozen=True, kw_only=True, tag=True):
    """Redis took a header member's result into its chord's count."""

    client: str
    group_id: str
    task_id: str | None


class BodyClaimed(Event, frozen=True, kw_only=True, tag=True):
    """A client became the one that sends a chord's body (Celery 5.7 and later; earlier ones do not claim)."""

    client: str
    group_id: str

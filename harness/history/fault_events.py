"""What was broken on purpose, as a fact. A part of the closed vocabulary of `events`."""

from __future__ import annotations

from harness.history.fact import Event


class FaultInjected(Event, frozen=True, kw_only=True, tag=True):
    """A member of a chord's header has come to a point at which something is to go wrong, and now it does.

    Written before it strikes. The names are those of harness/faults.py; `target` is the process that is killed, or the
    task whose message is delivered again.
    """

    strike: str
    point: str
    member: int
    task_id: str
    task: str
    target: str
    loses_data: bool = False  # of a Redis that keeps nothing

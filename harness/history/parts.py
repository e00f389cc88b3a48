"""What events are made of: data that several kinds of them carry, or that has more than one field."""

from __future__ import annotations

from typing import Any

import msgspec

# What came out of a run as JSON: arguments, return values, signatures. Untrusted, and of any shape.
Data = Any


class Raised(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An exception as data: its full class name, its text, and the traceback if there was one."""

    type: str
    message: str
    traceback: str = ""
    bases: list[str] = []  # its class and those that it inherits from, by their full names


class TaskOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a task says of itself: the options on which Celery's promises depend. Exceptions by their full names."""

    max_retries: int | None = 3
    default_retry_delay: float = 180
    autoretry_for: list[str] = []
    dont_autoretry_for: list[str] = []
    retry_backoff: float = 0
    retry_backoff_max: float = 600
    retry_jitter: bool = True
    acks_late: bool = False
    reject_on_worker_lost: bool = False
    ignore_result: bool = False
    has_own_call: bool = False  # its class has a __call__, which may make something else of what its code returns
    time_limit: float | None = None
    soft_time_limit: float | None = None


class Overridden(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A setting that is another one in a testbed than the app says. What the app had is safe to show."""

    setting: str
    had: str
    has: str
    why: str


class Pinned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who kept the clock from jumping because of something outside of virtual time, towards whom, and for how long."""

    pid: int
    peer: str
    pinned_s: float
    waits: int


class PlannedTask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task of the canvas and the id it will run under."""

    task_id: str
    task: str


class Joining(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task to come that will be counted by a chord."""

    task_id: str
    task: str
    group_id: str
    chord_id: str


class FirstTask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task that is sent at once when its signature's turn comes, and what it brings along."""

    task_id: str
    task: str
    args: Data = None
    immutable: bool = False


class Following(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a message carries for afterwards: the next step of its chain, a chord's body, a callback, an errback."""

    task: str  # `celery.chain`, `celery.group` and `celery.chord` for canvases
    task_id: str | None
    firsts: list[FirstTask] = []  # the tasks that are sent when its turn comes, where their ids are known already
    args: Data = None
    immutable: bool = False
    group_id: str | None = None
    chord_id: str | None = None
    errbacks: list[str] = []
    joins: list[Joining] = []  # itself, or what it is made of, where that is in the header of a chord

    @property
    def ids(self) -> tuple[str, ...]:
        """The tasks that are known to follow: itself, and those with which it begins."""
        own = () if self.task_id is None else (self.task_id,)
        return (*own, *(first.task_id for first in self.firsts))

"""The closed vocabulary of facts. One class per kind; what is not here cannot be said about a run.

Owns names and fields. Refuses to know who writes them (probe, recorder, sender, supervisor) and what they prove (laws).
Every event carries `source` and `source_index` (which journal, which line of it), `wall_ns` (real time since the host's
boot), `virtual_ns` (the testbed's clock, since 1970) and `index` (its place in the merged history). What Redis itself
has seen is in `redis_events`, what becomes of a task's code in `attempt_events`, what was broken on purpose in
`fault_events`.
"""

from __future__ import annotations

from typing import Literal

from harness.history.attempt_events import (
    AttemptAborted,
    AttemptClosed,
    AttemptEnded,
    AttemptReleased,
    AttemptStarted,
    RetryAsked,
    RetryRefused,
)
from harness.history.fact import Event
from harness.history.fault_events import FaultInjected
from harness.history.parts import Data, Following, Overridden, Pinned, PlannedTask, Raised, TaskOptions
from harness.history.redis_events import (
    Acked,
    BodyClaimed,
    ChordCounted,
    Queued,
    RecorderReached,
    RecorderStarted,
    ResultStored,
    Unacked,
)

Role = Literal[
    "supervisor",
    "redis",
    "rabbitmq",
    "counter",
    "service",
    "worker",
    "pool",
    "sender",
    "recorder",
    "clock",
    "harness",
]
Sender = Literal["experiment", "task", "chord", "retry", "worker"]


# ---- processes ---------------------------------------------------------------------------------------------------


class ProcessStarted(Event, frozen=True, kw_only=True, tag=True):
    """A process of the testbed wrote its first line. Always the first event of a journal."""

    process: str
    role: Role
    pid: int
    parent_pid: int  # of one that was forked: the nearest that has a journal, whether it lives or not
    host: str


class ProcessDied(Event, frozen=True, kw_only=True, tag=True):
    """The supervisor saw one of its processes end: by itself (`exit_code`) or by a signal."""

    process: str
    role: Role
    pid: int
    exit_code: int | None
    signal: int | None
    expected: bool


class BrokerStarted(Event, frozen=True, kw_only=True, tag=True):
    """A broker that is not Redis takes messages from now on. Its queues are in no command stream.

    So of what passes there is recorded only what senders and workers see: no Queued, no Unacked, no Acked.
    """

    product: str
    version: str


class WorkerStarted(Event, frozen=True, kw_only=True, tag=True):
    """A worker consumes from now on."""

    hostname: str
    queues: list[str]
    pool: str
    concurrency: int
    versions: dict[str, str]


class TasksKnown(Event, frozen=True, kw_only=True, tag=True):
    """A worker knows these tasks, by name. Celery's own are not among them."""

    tasks: dict[str, TaskOptions]


class SettingsOverridden(Event, frozen=True, kw_only=True, tag=True):
    """What an app says of servers, and of how it reaches them, is not what holds in this process."""

    app: str
    overrides: list[Overridden]


class ConnectionOpened(Event, frozen=True, kw_only=True, tag=True):
    """This process opened a connection to Redis; its local address is what Redis's command stream shows."""

    address: str


class ClockMoved(Event, frozen=True, kw_only=True, tag=True):
    """The harness has held the testbed's clock again: how far ahead it is, and what it did since it was released."""

    offset_ns: int
    jumps: int
    skipped_s: float
    pins: list[Pinned]


# ---- what was asked for ------------------------------------------------------------------------------------------


class CanvasSent(Event, frozen=True, kw_only=True, tag=True):
    """The sender has sent a canvas: the whole signature as data, and the ids of all its tasks."""

    order: str
    canvas: Data
    result_id: str
    planned: list[PlannedTask]


class OrderFailed(Event, frozen=True, kw_only=True, tag=True):
    """The sender could not do what it was asked to."""

    order: str
    exception: Raised


class OrderRefused(Event, frozen=True, kw_only=True, tag=True):
    """The sender was asked for what cannot be, by whoever wrote the canvas: expected, found, what to do."""

    order: str
    expected: str
    found: str
    remedy: str


class SendingRefused(Event, frozen=True, kw_only=True, tag=True):
    """A process of the testbed was not let send a message that no law could judge: expected, found, what to do."""

    expected: str
    found: str
    remedy: str


class BehaviourScripted(Event, frozen=True, kw_only=True, tag=True):
    """From here on tasks do what this script says (by task: a step, or a list of them) instead of their own code.

    And these faults are armed (harness/faults.py), each to strike once.
    """

    order: str
    behaviour: Data
    faults: tuple[Data, ...] = ()


class StateRead(Event, frozen=True, kw_only=True, tag=True):
    """What the result backend says of a task, read by the sender after everything had settled."""

    order: str
    task_id: str
    task: str
    state: str
    result: Data


class StatesRead(Event, frozen=True, kw_only=True, tag=True):
    """All states that the order asked for have been read."""

    order: str


class ResultRead(Event, frozen=True, kw_only=True, tag=True):
    """A part of what the canvas came to, read after everything had settled: in the app's own serializer, base64."""

    order: str
    content_type: str
    content_encoding: str
    body: str
    part: int
    parts: int


class WorkersAnswered(Event, frozen=True, kw_only=True, tag=True):
    """Each of these workers' main loops went round: what it had taken from the broker before, it has dealt with."""

    order: str
    workers: list[str]


# ---- messages ----------------------------------------------------------------------------------------------------


class Sent(Event, frozen=True, kw_only=True, tag=True):
    """Somebody is about to publish a task's message. `Published` confirms it."""

    task_id: str
    task: str
    retries: int
    by: Sender
    sender_id: str | None
    by_author: bool = False  # by code of an author's (a task's, a hook, a handler of a signal), not by Celery after it
    args: Data
    kwargs: Data
    queue: str
    eta: str | None
    expires: str | None
    root_id: str | None
    parent_id: str | None
    group_id: str | None
    group_index: int | None
    chord_id: str | None
    chord: Following | None = None  # its body
    ignore_result: bool = False
    chain: tuple[Following, ...] = ()  # the steps to come, the next one first
    callbacks: tuple[Following, ...] = ()
    errbacks: tuple[Following, ...] = ()

    @property
    def followings(self) -> tuple[Following, ...]:
        """What comes after the task's success: the steps of its chain, then the body of its chord."""
        return (*self.chain, *(() if self.chord is None else (self.chord,)))


class Published(Event, frozen=True, kw_only=True, tag=True):
    """The publish that a `Sent` announced has returned."""

    task_id: str
    retries: int


class Delivered(Event, frozen=True, kw_only=True, tag=True):
    """A worker's main process took a task's message: one handing-over."""

    task_id: str
    task: str
    retries: int
    delivery_tag: str
    redelivered: bool
    eta: str | None


class Revoked(Event, frozen=True, kw_only=True, tag=True):
    """A worker dropped a task's message because the task was revoked, or ended its attempt for that reason."""

    task_id: str
    task: str
    retries: int
    terminated: bool
    was_held: bool  # whether it had been delivered; else it was dropped as it arrived


class Expired(Event, frozen=True, kw_only=True, tag=True):
    """A worker dropped a task's message because its time was over."""

    task_id: str
    task: str
    retries: int
    was_held: bool  # as for Revoked


class Discarded(Event, frozen=True, kw_only=True, tag=True):
    """A worker could not make sense of a message and dropped it."""

    task_id: str | None
    task: str | None
    reason: str


class Returned(Event, frozen=True, kw_only=True, tag=True):
    """A worker's main process is about to give a message back to its queue: it will be delivered once more."""

    task_id: str
    task: str
    retries: int


class ErrbackCalled(Event, frozen=True, kw_only=True, tag=True):
    """Celery called an error callback inline: no message, no signal."""

    errback: str
    task_id: str | None  # of what has failed; the body of a chord may have none (Celery before 5.7)
    exception: Raised


AnyEvent = (
    ProcessStarted
    | ProcessDied
    | BrokerStarted
    | WorkerStarted
    | TasksKnown
    | SettingsOverridden
    | ConnectionOpened
    | ClockMoved
    | CanvasSent
    | OrderFailed
    | OrderRefused
    | SendingRefused
    | BehaviourScripted
    | FaultInjected
    | StateRead
    | StatesRead
    | ResultRead
    | WorkersAnswered
    | Sent
    | Published
    | Delivered
    | Revoked
    | Expired
    | Discarded
    | AttemptStarted
    | RetryAsked
    | RetryRefused
    | AttemptEnded
    | AttemptClosed
    | AttemptAborted
    | AttemptReleased
    | Returned
    | ErrbackCalled
    | RecorderStarted
    | RecorderReached
    | Queued
    | Unacked
    | Acked
    | ResultStored
    | ChordCounted
    | BodyClaimed
)

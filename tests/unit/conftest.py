"""Histories written by hand.

`record` is an empty record. `record.process("worker-1")` is a process that writes down what it sees, one event after
another on one clock; `record.history()` merges what all of them wrote. A task is called by its name; its id is
`id-NAME` unless another one is given.

    sender, worker = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    worker.delivered("A")
    worker.ran("A")
    assert record.history().attempts("A")
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from harness.history import events, parts
from harness.history.history import History

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.history.attempt_events import Ending
    from harness.history.events import AnyEvent, Sender
    from harness.history.parts import Raised

MS = 1_000_000
START_NS = 1_700_000_000 * 1000 * MS


@dataclass
class Record:
    """What processes have written down, in the order in which they did."""

    events: list[AnyEvent] = field(default_factory=list)
    now_ns: int = START_NS
    _pids: Iterator[int] = field(default_factory=lambda: count(100))

    def process(self, name: str, role: str = "", parent: Process | None = None) -> Process:
        """Start a process, or a child of one: it goes by the name of its parent, as a pool's processes do."""
        role = role or ("worker" if name.startswith("worker") else name)
        process = Process(self, name, next(self._pids))
        process.write(
            events.ProcessStarted,
            process=name,
            role=role,
            pid=process.pid,
            parent_pid=parent.pid if parent else 1,
            host="here",
        )
        return process

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now_ns += round(seconds * 1e9)

    def journals(self) -> list[list[AnyEvent]]:
        """Return what was written, journal by journal."""
        by_source: dict[str, list[AnyEvent]] = {}
        for event in self.events:
            by_source.setdefault(event.source, []).append(event)
        return list(by_source.values())

    def history(self) -> History:
        """Merge what was written."""
        return History.of(self.journals())


@dataclass
class Process:
    """A process that writes things down, each a millisecond after what was written before it."""

    record: Record
    name: str
    pid: int
    written: int = 0

    @property
    def source(self) -> str:
        return f"{self.name}-{self.pid}"

    def child(self) -> Process:
        """Start a process of this worker's pool."""
        return self.record.process(self.name, "pool", parent=self)

    def write(self, kind: type[events.Event], **fields: Any) -> Any:
        self.record.now_ns += MS
        event = kind(
            source=self.source,
            source_index=self.written,
            wall_ns=self.record.now_ns - START_NS,
            virtual_ns=self.record.now_ns,
            **fields,
        )
        self.written += 1
        self.record.events.append(event)  # type: ignore[arg-type]
        return event

    # ---- messages ------------------------------------------------------------------------------------------------

    def sent(  # noqa: PLR0913 - each says one thing, by name
        self,
        task: str,
        retries: int = 0,
        *,
        task_id: str = "",
        by: Sender = "experiment",
        sender: str | None = None,
        is_published: bool = True,
    ) -> None:
        self.write(
            events.Sent,
            **about(task, retries, task_id),
            by=by,
            sender_id=sender and f"id-{sender}",
            args=[],
            kwargs={},
            queue="celery",
            eta=None,
            expires=None,
            **dict.fromkeys(("root_id", "parent_id", "group_id", "group_index", "chord_id")),
        )
        if is_published:
            self.write(events.Published, task_id=task_id or f"id-{task}", retries=retries)

    def delivered(self, task: str, retries: int = 0, *, task_id: str = "", redelivered: bool = False) -> None:
        self.write(
            events.Delivered,
            **about(task, retries, task_id),
            delivery_tag=f"tag-{self.written}",
            redelivered=redelivered,
            eta=None,
        )

    def revoked(self, task: str, retries: int = 0, *, terminated: bool = False, was_held: bool = False) -> None:
        self.write(events.Revoked, **about(task, retries), terminated=terminated, was_held=was_held or terminated)

    def expired(self, task: str, retries: int = 0, *, was_held: bool = False) -> None:
        self.write(events.Expired, **about(task, retries), was_held=was_held)

    def discarded(self, task: str | None) -> None:
        self.write(events.Discarded, task_id=task and f"id-{task}", task=task, reason="no such task")

    # ---- attempts ------------------------------------------------------------------------------------------------

    def started(self, task: str, retries: int = 0, *, task_id: str = "") -> None:
        self.write(events.AttemptStarted, **about(task, retries, task_id), args=[], kwargs={})

    def asked(self, task: str, retries: int = 0, *, task_id: str = "") -> None:
        self.write(events.RetryAsked, **about(task, retries, task_id))

    def ended(  # noqa: PLR0913 - each says one thing, by name
        self,
        task: str,
        retries: int = 0,
        ending: Ending = "succeeded",
        *,
        task_id: str = "",
        returned: object = None,
        exception: Raised | None = None,
        delay_s: float | None = None,
    ) -> None:
        self.write(
            events.AttemptEnded,
            **about(task, retries, task_id),
            ending=ending,
            returned=returned,
            exception=exception,
            retry_delay_s=delay_s,
        )

    def closed(
        self,
        task: str,
        retries: int = 0,
        state: str | None = "SUCCESS",
        *,
        task_id: str = "",
        exception: str | None = None,
    ) -> None:
        failure = exception and raised(exception)
        self.write(events.AttemptClosed, **about(task, retries, task_id), state=state, exception=failure)

    def aborted(self, task: str, retries: int = 0, *, exception: Raised | None = None) -> None:
        self.write(events.AttemptAborted, **about(task, retries), exception=exception or raised("WorkerLostError"))

    def released(self, task: str, retries: int = 0) -> None:
        self.write(events.AttemptReleased, **about(task, retries))

    def returned(self, task: str, retries: int = 0) -> None:
        self.write(events.Returned, **about(task, retries))

    def ran(self, task: str, retries: int = 0, *, task_id: str = "", returned: object = None) -> None:
        """Write a whole attempt that succeeds."""
        self.started(task, retries, task_id=task_id)
        self.ended(task, retries, task_id=task_id, returned=returned)
        self.closed(task, retries, task_id=task_id)

    def failed(self, task: str, retries: int = 0, *, message: str = "", ending: Ending = "failed") -> None:
        """Write a whole attempt that fails for good."""
        self.started(task, retries)
        self.ended(task, retries, ending, exception=raised("ValueError", message))
        self.closed(task, retries, {"failed": "FAILURE"}.get(ending, ending.upper()))

    def retried(self, task: str, retries: int = 0, *, delay_s: float = 1.0) -> None:
        """Write a whole attempt that asks for a retry and sends it."""
        self.started(task, retries)
        self.asked(task, retries)
        self.sent(task, retries + 1, by="retry", sender=task)
        self.ended(task, retries, "retried", exception=raised("OSError"), delay_s=delay_s)
        self.closed(task, retries, "RETRY")

    # ---- the rest ------------------------------------------------------------------------------------------------

    def canvas(self, *tasks: str, order: str = "order-1") -> None:
        planned = [parts.PlannedTask(task_id=f"id-{task}", task=task) for task in tasks]
        self.write(events.CanvasSent, order=order, canvas={}, result_id="id-of-the-result", planned=planned)

    def order_failed(self, order: str = "order-1") -> None:
        self.write(events.OrderFailed, order=order, exception=raised("ImportError"))

    def state(self, task: str, state: str) -> None:
        self.write(events.StateRead, order="order-2", task_id=f"id-{task}", task=task, state=state, result=None)

    def states_read(self, order: str) -> None:
        self.write(events.StatesRead, order=order)

    def workers_answered(self, order: str, *workers: str) -> None:
        self.write(events.WorkersAnswered, order=order, workers=[f"{name}@here" for name in workers or ("worker-1",)])

    def died(self, process: Process, *, expected: bool = True) -> None:
        role = "worker" if process.name.startswith("worker") else process.name
        self.write(
            events.ProcessDied,
            process=process.name,
            role=role,
            pid=process.pid,
            exit_code=None,
            signal=9,
            expected=expected,
        )


def about(task: str, retries: int, task_id: str = "") -> dict[str, Any]:
    return {"task_id": task_id or f"id-{task}", "task": task, "retries": retries}


def raised(kind: str, message: str = "") -> Raised:
    return parts.Raised(type=f"builtins.{kind}", message=message)


@pytest.fixture
def record() -> Record:
    """An empty record, to be written by hand."""
    return Record()


@pytest.fixture
def line() -> Callable[[AnyEvent], bytes]:
    """Return what turns an event into its line of a journal."""

    def line(event: AnyEvent) -> bytes:
        fields = msgspec.to_builtins(event)
        return msgspec.json.encode({key: fields[key] for key in fields if key not in ("source", "index")}) + b"\n"

    return line

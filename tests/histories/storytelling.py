"""Histories told by hand, a line for each thing that happens to a task.

A task is called by its name, which is its id too; `pack#2` is another task of the name `pack`. Everything happens in
one worker with one process, each thing a millisecond after the one before it, unless `wait` lets time pass.

    story.sent("add", chain=[step("pack", 1)])
    with story.runs("add", returned=2):
        story.sent("pack", args=[2, 1])          # sent when the code of `add` has ended
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from harness.history import events as e
from harness.history import parts, redis_events
from harness.history.history import History
from harness.laws.book import judge
from harness.laws.case import Case
from harness.laws.verdict import Ruling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.history.events import AnyEvent
    from harness.laws.verdict import Verdict

MS = 1_000_000
SENDER, WORKER, POOL, RECORDER = "sender-1", "worker-1-2", "worker-1-3", "recorder-4"
LATE_S = 0.05


def step(task: str, *args: Any, immutable: bool = False, **more: Any) -> parts.Following:
    """Return a task that follows: the next step of a chain, the body of a chord, a callback, an errback."""
    first = parts.FirstTask(task_id=task, task=name(task), args=list(args), immutable=immutable)
    return parts.Following(task=name(task), task_id=task, firsts=[first], args=list(args), immutable=immutable, **more)


def canvas(kind: str, *firsts: str, task_id: str = "canvas") -> parts.Following:
    """Return a canvas that follows, and the tasks with which it begins."""
    of = [parts.FirstTask(task_id=first, task=name(first), args=[]) for first in firsts]
    return parts.Following(task=f"celery.{kind}", task_id=task_id, firsts=of, args=[])


def name(task: str) -> str:
    return task.partition("#")[0]


def raised(kind: str) -> parts.Raised:
    full = kind if "." in kind else f"builtins.{kind}"
    return parts.Raised(type=full, message="", bases=[full, "builtins.Exception", "builtins.BaseException"])


class Story:
    """What happens, in its order."""

    def __init__(self, celery: str = "5.7.0") -> None:
        self.events: list[AnyEvent] = []
        self.now_ns = MS
        self.running: list[str] = []
        self._process(SENDER, "sender", "sender")
        self._process(WORKER, "worker-1", "worker")
        self._process(POOL, "worker-1", "pool")
        self._process(RECORDER, "recorder", "recorder")
        versions = {"celery": celery}
        self.write(WORKER, e.WorkerStarted, hostname="w", queues=[], pool="prefork", concurrency=1, versions=versions)

    def _process(self, source: str, process: str, role: str, parent_pid: int = 1) -> None:
        pid = int(source[-1])
        self.write(source, e.ProcessStarted, process=process, role=role, pid=pid, parent_pid=parent_pid, host="here")

    def write(self, source: str, kind: Any, **fields: Any) -> AnyEvent:
        self.now_ns += MS
        index = sum(event.source == source for event in self.events)
        event: AnyEvent = kind(source=source, source_index=index, wall_ns=self.now_ns, virtual_ns=self.now_ns, **fields)
        self.events.append(event)
        return event

    def wait(self, seconds: float) -> None:
        self.now_ns += round(seconds * 1e9)

    def options(self, task: str, **options: Any) -> None:
        self.write(WORKER, e.TasksKnown, tasks={task: parts.TaskOptions(**options)})

    # ---- messages ------------------------------------------------------------------------------------------------

    def sent(self, task: str, retries: int = 0, *, by: str | None = None, **fields: Any) -> None:
        """Send: by the task whose code is running or has just ended, else by the experiment; in vain, if it may be."""
        sender = by if by is not None else (self.running[-1] if self.running else None)
        source = fields.pop("source", POOL if self.running else SENDER)
        goes_out = fields.pop("goes_out", True)
        group_id, group_index = fields.pop("group", (None, None))
        chord = fields.get("chord")
        about = {"args": [], "kwargs": {}, "queue": "q", "eta": None, "expires": None, "root_id": "root"}
        of = {"group_id": group_id, "group_index": group_index, "chord_id": chord and chord.task_id}
        who = {"by": "task" if sender else "experiment", "sender_id": sender, "parent_id": sender}
        whole = {"task_id": task, "task": name(task), "retries": retries} | about | of | who | fields
        self.write(source, e.Sent, **whole)
        if goes_out:
            self.write(source, e.Published, task_id=task, retries=retries)

    def member(self, task: str, index: int, body: parts.Following, **fields: Any) -> None:
        """Send a member of the one chord of this story."""
        self.sent(task, group=("group", index), chord=body, **fields)

    def delivered(self, task: str, retries: int = 0, *, redelivered: bool = False) -> None:
        self.write(WORKER, e.Delivered, **_about(task, retries), delivery_tag="t", redelivered=redelivered, eta=None)

    def canvas_sent(self, signature: Any, *planned: str) -> None:
        tasks = [parts.PlannedTask(task_id=task, task=name(task)) for task in planned]
        self.write(SENDER, e.CanvasSent, order="order", canvas=signature, result_id="", planned=tasks)

    # ---- attempts ------------------------------------------------------------------------------------------------

    def started(self, task: str, retries: int = 0, *, source: str = POOL) -> None:
        self.write(source, e.AttemptStarted, **_about(task, retries), args=[], kwargs={})

    def ended(
        self, task: str, ending: Any = "succeeded", retries: int = 0, *, source: str = POOL, **fields: Any
    ) -> None:
        self.write(source, e.AttemptEnded, **_about(task, retries), ending=ending, **fields)

    def closed(
        self,
        task: str,
        state: str | None = "SUCCESS",
        retries: int = 0,
        error: str | None = None,
        *,
        source: str = POOL,
    ) -> None:
        exception = None if error is None else raised(error)
        self.write(source, e.AttemptClosed, **_about(task, retries), state=state, exception=exception)

    @contextmanager
    def runs(
        self, task: str, retries: int = 0, *, returned: Any = None, ending: Any = "succeeded", error: str = "ValueError"
    ) -> Iterator[None]:
        """Deliver and run; what is told within is what Celery does when the code has ended."""
        self.delivered(task, retries)
        self.started(task, retries)
        exception = None if ending == "succeeded" else raised(error)
        self.ended(task, ending, retries, returned=returned, exception=exception)
        self.running.append(task)
        yield
        self.running.pop()
        state = {"succeeded": "SUCCESS", "failed": "FAILURE"}.get(ending, str(ending).upper())
        self.closed(task, state, retries, error if ending == "failed" else None)

    def ran(self, *tasks: str, **how: Any) -> None:
        for task in tasks:
            with self.runs(task, **how):
                pass

    def failed(self, *tasks: str, **how: Any) -> None:
        for task in tasks:
            with self.runs(task, ending="failed", **how):
                pass

    def asked(self, task: str, retries: int = 0, *, error: str | None = "OSError", **fields: Any) -> None:
        exception = None if error is None else raised(error)
        self.write(POOL, e.RetryAsked, **_about(task, retries), exception=exception, **fields)

    def refused(self, task: str, retries: int = 0, *, error: str = "OSError") -> None:
        self.write(POOL, e.RetryRefused, **_about(task, retries), exception=raised(error))

    def retried(
        self, task: str, retries: int = 0, *, delay_s: float = 2.0, sends: str | None = "", **asked: Any
    ) -> None:
        """Run an attempt that asks for a retry and sends it; under another id, or not at all, if `sends` says so."""
        self.delivered(task, retries)
        self.started(task, retries)
        self.asked(task, retries, **asked)
        if sends is not None:
            self.sent(sends or task, retries + 1, by=task, source=POOL)
        self.ended(task, "retried", retries, exception=raised("OSError"), retry_delay_s=delay_s)
        self.closed(task, "RETRY", retries)

    def lives_in(self, worker: str, *sources: str, concurrency: int = 1) -> None:
        """Tell of another worker, and of its processes."""
        for number, source in enumerate(sources):
            self._process(source, worker, "pool" if number else "worker")
        about = {"hostname": worker, "queues": [], "pool": "p", "concurrency": concurrency, "versions": {}}
        self.write(sources[0], e.WorkerStarted, **about)

    def forked(self, child: str, parent: str) -> None:
        """Tell of a process that a task has made."""
        self._process(child, "worker-1", "pool", int(parent[-1]))

    def aborted(
        self, task: str, *, goes_back: bool = False, error: str = "WorkerLostError", had_succeeded: bool = False
    ) -> None:
        self.write(WORKER, e.AttemptAborted, **_about(task, 0), exception=raised(error))
        if goes_back:
            self.write(WORKER, e.Returned, **_about(task, 0))
        self.write(WORKER, e.AttemptReleased, **_about(task, 0), had_succeeded=had_succeeded)

    def broken(self, strike: str, task: str, *, point: str = "before_count", loses_data: bool = False) -> None:
        """Let something go wrong on purpose."""
        about = {"task_id": task, "task": name(task), "member": 0, "target": task, "loses_data": loses_data}
        self.write(POOL, e.FaultInjected, strike=strike, point=point, **about)

    def died(self, worker: str = "worker-1") -> None:
        how = {"exit_code": None, "signal": 9, "expected": True}
        self.write("supervisor-9", e.ProcessDied, process=worker, role="worker", pid=2, **how)

    def errback_called(self, errback: str, task: str, error: str = "ValueError", source: str = POOL) -> None:
        self.write(source, e.ErrbackCalled, errback=errback, task_id=task, exception=raised(error))

    def revoked(self, task: str, *, terminated: bool = False) -> None:
        self.write(WORKER, e.Revoked, **_about(task, 0), terminated=terminated, was_held=True)

    def expired(self, task: str) -> None:
        self.write(WORKER, e.Expired, **_about(task, 0), was_held=True)

    # ---- what Redis and the backend say --------------------------------------------------------------------------

    def counted(self, task: str) -> None:
        self.write(RECORDER, redis_events.ChordCounted, client="c", group_id="group", task_id=task)

    def state(self, task: str, state: str) -> None:
        self.write(SENDER, e.StateRead, order="o", task_id=task, task=name(task), state=state, result=None)

    def states_read(self) -> None:
        """Come to the end: nothing more can happen, and the states have been read."""
        self.write(SENDER, e.StatesRead, order="o")

    # ---- what comes of it ----------------------------------------------------------------------------------------

    def journals(self) -> list[list[AnyEvent]]:
        by_source: dict[str, list[AnyEvent]] = {}
        for event in self.events:
            by_source.setdefault(event.source, []).append(event)
        return list(by_source.values())

    def history(self) -> History:
        return History.of(self.journals())

    def verdicts(self) -> dict[str, Verdict]:
        return {verdict.law: verdict for verdict in judge(Case(self.history(), late_s=LATE_S))}

    def violated(self) -> set[str]:
        return {law for law, verdict in self.verdicts().items() if verdict.ruling is Ruling.VIOLATED}


def _about(task: str, retries: int) -> dict[str, Any]:
    return {"task_id": task, "task": name(task), "retries": retries}

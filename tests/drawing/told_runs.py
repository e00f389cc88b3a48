"""Run directories of any size, told by hand: chords whose members are retried, in a few workers, as recorded.

What happens is like what a real run writes down, event by event; that it is judged by all laws is not the point.
"""

from __future__ import annotations

import json
import random
import uuid
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec

from harness.history import events as e
from harness.history import parts, redis_events
from harness.scenario import Canvas, Conditions, Experiment, Scenario

if TYPE_CHECKING:
    from pathlib import Path

    from harness.history.events import AnyEvent

US = 1_000
MEMBERS = 4
_POOLS = 4
_VERDICT = {"law": "chord.body_once", "ruling": "holds", "instances": 1}
_TRACEBACK = "Traceback (most recent call last):\n" + '  File "shop.py", line 7, in charge\n    raise\n' * 12


class ToldRun:
    """A run that is made up, chord after chord, until it has enough events."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - nothing to be secret
        self._now_ns = 1_795_294_464_000_000_000
        self._journals: dict[str, list[AnyEvent]] = {}
        self._numbers: Counter[str] = Counter()
        self._starts = 0
        self.events = 0
        self._process("sender-2", "sender", "sender", 2)
        self._process("recorder-3", "recorder", "recorder", 3)
        self._process("worker-1-4", "worker-1", "worker", 4)
        for number in range(_POOLS):
            self._process(f"worker-1-{10 + number}", "worker-1", "pool", 10 + number)
        options = parts.TaskOptions(autoretry_for=["builtins.OSError"], retry_backoff=2, max_retries=5)
        self._write("worker-1-4", e.TasksKnown, tasks={"shop.charge": options, "shop.ship": parts.TaskOptions()})

    def grow_to(self, events: int) -> None:
        """Let chords happen until so many events have been written."""
        while self.events < events:
            self._chord()

    def save(self, path: Path, name: str) -> Path:
        """Write it down as a run's directory, without how it ended."""
        (path / "journals").mkdir(parents=True)
        for source, journal in self._journals.items():
            lines = b"\n".join(msgspec.json.encode(event) for event in journal)
            (path / "journals" / f"{source}.jsonl").write_bytes(lines + b"\n")
        scenario = Scenario(name=name, title="Told by hand", app="shop:app", canvas=Canvas(call="shop:canvas"))
        experiment = Experiment(scenario=scenario, conditions=Conditions())
        asked = {"version": 1, "id": experiment.id, **asdict(experiment), "provenance": {}}
        (path / "experiment.json").write_text(json.dumps(asked, default=str))
        ended = {
            "version": 1,
            "ending": "settled",
            "reason": "",
            "verdicts": [_VERDICT],
            "is_as_expected": True,
            "wall_s": 1.0,
        }
        (path / "run.json").write_text(json.dumps({**ended, "clock": {"clock": "virtual", "jumps": 0}}))
        return path

    def _process(self, source: str, process: str, role: str, pid: int) -> None:
        about = {"process": process, "role": role, "pid": pid, "parent_pid": 4 if role == "pool" else 1}
        self._write(source, e.ProcessStarted, host="here", **about)

    def _write(self, source: str, kind: Any, **fields: Any) -> None:
        self._now_ns += self._random.randrange(100, 2_000) * US
        where = {"source": source, "source_index": self._numbers[source]}
        event = kind(wall_ns=self._now_ns // 7, virtual_ns=self._now_ns, **where, **fields)
        self._numbers[source] += 1
        self._journals.setdefault(source, []).append(event)
        self.events += 1

    def _id(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def _chord(self) -> None:
        group, body = self._id(), self._id()
        following = parts.Following(task="shop.ship", task_id=body, args=[])
        members = [self._id() for _ in range(MEMBERS)]
        for place, member in enumerate(members):
            self._sent(member, "shop.charge", 0, chord=following, chord_id=body, group_id=group, group_index=place)
        for member in members:
            retries = self._random.choice((0, 0, 1, 2))
            for number in range(retries):
                self._attempt(member, "shop.charge", number, retried=True)
            self._attempt(member, "shop.charge", retries, retried=False)
            self._write(
                "recorder-3", redis_events.ChordCounted, client="127.0.0.1:4000", group_id=group, task_id=member
            )
        self._sent(body, "shop.ship", 0, by="chord", sender_id=members[-1])
        self._attempt(body, "shop.ship", 0, retried=False)

    def _sent(self, task_id: str, task: str, retries: int, **fields: Any) -> None:
        source = "sender-2" if fields.get("sender_id") is None else "worker-1-10"
        about = {"task_id": task_id, "retries": retries}
        empty = {
            "eta": None,
            "expires": None,
            "parent_id": None,
            "group_id": None,
            "group_index": None,
            "chord_id": None,
        }
        args = [self._random.randrange(10_000)]
        who = {"by": "experiment", "sender_id": None, "root_id": task_id, "queue": "celery"}
        whole = {**about, "task": task, "args": args, "kwargs": {"currency": "EUR"}, **who, **empty, **fields}
        self._write(source, e.Sent, **whole)
        self._write(source, e.Published, **about)
        tag = self._id()
        self._write("recorder-3", redis_events.Queued, client="c", queue="celery", task_id=task_id, delivery_tag=tag)
        self._write("recorder-3", redis_events.Unacked, client="c", task_id=task_id, delivery_tag=tag)
        taken = {**about, "task": task, "delivery_tag": tag, "redelivered": False, "eta": None}
        self._write("worker-1-4", e.Delivered, **taken)
        self._write("recorder-3", redis_events.Acked, client="c", delivery_tag=tag)

    def _attempt(self, task_id: str, task: str, retries: int, *, retried: bool) -> None:
        source = f"worker-1-{10 + self._random.randrange(_POOLS)}"
        self._starts += 1
        about = {"task_id": task_id, "task": task, "retries": retries, "start": self._starts}
        self._write(source, e.AttemptStarted, **about, args=[retries], kwargs={"currency": "EUR"})
        if retried:
            message = f"try again, order {self._random.randrange(100)}"
            exception = parts.Raised(type="builtins.OSError", message=message, traceback=_TRACEBACK + message)
            delay_s = float(self._random.randrange(2 * 2**retries + 1))
            self._write(source, e.RetryAsked, **about, automatic=True, countdown_s=delay_s, exception=exception)
            self._sent(task_id, task, retries + 1, by="retry", sender_id=task_id)
            self._write(source, e.AttemptEnded, **about, ending="retried", exception=exception, retry_delay_s=delay_s)
            self._write(source, e.AttemptClosed, **about, state="RETRY")
            self._now_ns += round(delay_s * 1e9)
            return
        self._write(source, e.AttemptEnded, **about, ending="succeeded", returned={"paid": retries})
        self._write("recorder-3", redis_events.ResultStored, client="c", task_id=task_id, state="SUCCESS")
        self._write(source, e.AttemptClosed, **about, state="SUCCESS")

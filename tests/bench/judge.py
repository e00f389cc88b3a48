"""What judging costs: histories of 100,000 events of several shapes, and one ordinary scenario.

    python tests/bench/judge.py [EVENTS]

Each history is made up, merged, and judged by all laws, in a process of its own; the peak is that process's. The target
is 2 s and 500 MB for 100,000 events, and 20 ms for an ordinary scenario (the pipeline whose TASK_A is flaky, run once).
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from statistics import median
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

ROUNDS = 30
NOBODY = dict.fromkeys(("eta", "expires", "root_id", "parent_id", "group_id", "group_index", "chord_id", "sender_id"))
MS = 1_000_000


class Writer:
    """Makes up events of one sender and eight processes of a worker's pool."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self._now = count(MS, MS)
        for number in range(10):
            role = "sender" if number == 0 else "worker" if number == 1 else "pool"
            name = "sender" if number == 0 else "worker-1"
            self.write(number, e.ProcessStarted, process=name, role=role, pid=number, parent_pid=1, host="h")
        versions = {"celery": "5.7.0"}
        self.write(1, e.WorkerStarted, hostname="w", queues=[], pool="prefork", concurrency=8, versions=versions)

    def write(self, source: int, kind: Any, **fields: Any) -> None:
        now = next(self._now)
        self.events.append(
            kind(source=f"p{source}", source_index=len(self.events), wall_ns=now, virtual_ns=now, **fields)
        )

    def sent(self, source: int, task: str, number: int, *, retries: int = 0, **fields: Any) -> None:
        about = {"task_id": f"{task}-{number}", "task": task, "retries": retries}
        said = {"by": "task" if fields.get("sender_id") else "experiment", "args": [], "kwargs": {}, "queue": "celery"}
        self.write(source, e.Sent, **about, **(NOBODY | said | fields))
        self.write(source, e.Published, task_id=about["task_id"], retries=retries)

    def ran(self, source: int, task: str, number: int, *, retries: int = 0, ending: str = "succeeded") -> None:
        about: dict[str, Any] = {"task_id": f"{task}-{number}", "task": task, "retries": retries}
        raised = parts.Raised(type="builtins.OSError", message="", bases=["builtins.OSError"])
        self.write(1, e.Delivered, **about, delivery_tag="t", redelivered=False, eta=None)
        self.write(source, e.AttemptStarted, **about, args=[], kwargs={})
        if ending == "retried":
            self.write(source, e.RetryAsked, **about, countdown_s=0.0, exception=raised)
            self.sent(source, task, number, retries=retries + 1, sender_id=about["task_id"])
        exception = None if ending == "succeeded" else raised
        delay_s = 0.0 if ending == "retried" else None
        self.write(source, e.AttemptEnded, **about, ending=ending, exception=exception, retry_delay_s=delay_s)

    def closed(self, source: int, task: str, number: int, *, retries: int = 0, state: str = "SUCCESS") -> None:
        about = {"task_id": f"{task}-{number}", "task": task, "retries": retries}
        self.write(9, e.ResultStored, client="c", task_id=about["task_id"], state=state)
        self.write(source, e.AttemptClosed, **about, state=state)

    def read(self, task: str, number: int, state: str = "SUCCESS") -> None:
        self.write(0, e.StateRead, order="o", task_id=f"{task}-{number}", task=task, state=state, result=None)


def a_wide_chord(writer: Writer, most: int) -> None:
    """One chord of as many members as there is room for, all of them with an errback and a link."""
    first = parts.FirstTask(task_id="body-0", task="body")
    body = parts.Following(task="body", task_id="body-0", firsts=[first], errbacks=["mourn"])
    link, errback = parts.Following(task="link", task_id=None), parts.Following(task="mourn", task_id=None)
    last = most // 11
    linked = {"args": [None], "parent_id": "member"}
    for number in range(last):
        chord = {"group_id": "g", "group_index": number, "chord_id": "body-0", "chord": body}
        writer.sent(0, "member", number, **chord, callbacks=[link], errbacks=[errback])
    for number in range(last):
        source = 2 + number % 7
        writer.ran(source, "member", number)
        writer.sent(source, "link", number, sender_id=f"member-{number}", **linked)
        writer.write(9, redis_events.ChordCounted, client="c", group_id="g", task_id=f"member-{number}")
        if number == last - 1:
            writer.sent(
                source, "body", 0, sender_id=f"member-{number}", args=[[None] * last], parent_id=f"member-{number}"
            )
        writer.closed(source, "member", number)
        writer.read("member", number)


def many_chains(writer: Writer, most: int) -> None:
    """Chains of two steps, every third of which fails at its first."""
    for number in range(most // 14):
        first = parts.FirstTask(task_id=f"second-{number}", task="second", args=[])
        step = parts.Following(task="second", task_id=f"second-{number}", firsts=[first])
        source, fails = 2 + number % 7, number % 3 == 0
        writer.sent(0, "first", number, root_id=f"first-{number}", chain=[step])
        writer.ran(source, "first", number, ending="failed" if fails else "succeeded")
        if not fails:
            follows = {"sender_id": f"first-{number}", "parent_id": f"first-{number}", "root_id": f"first-{number}"}
            writer.sent(source, "second", number, **follows, args=[None])
        writer.closed(source, "first", number, state="FAILURE" if fails else "SUCCESS")
        if not fails:
            writer.ran(source, "second", number)
            writer.closed(source, "second", number)
        writer.read("first", number, "FAILURE" if fails else "SUCCESS")
        writer.read("second", number, "FAILURE" if fails else "SUCCESS")


def one_task_that_retries(writer: Writer, most: int) -> None:
    """One task that is retried, in one process, as often as there is room for."""
    options = parts.TaskOptions(max_retries=None, default_retry_delay=0)
    writer.write(1, e.TasksKnown, tasks={"again": options})
    writer.sent(0, "again", 0)
    for retries in range(most // 8):
        writer.ran(2, "again", 0, retries=retries, ending="retried")
        writer.closed(2, "again", 0, retries=retries, state="RETRY")


def many_chords_that_fail(writer: Writer, most: int) -> None:
    """Chords of a task that fails and a chain that never comes to its end, with an errback."""
    for number in range(most // 18):
        first = parts.FirstTask(task_id=f"body-{number}", task="body")
        body = e.Following(task="body", task_id=f"body-{number}", firsts=[first], errbacks=["mourn"])
        of_chord = {"group_id": f"g-{number}", "chord_id": f"body-{number}"}
        join = parts.Joining(task_id=f"end-{number}", task="end", **of_chord)
        end = parts.FirstTask(task_id=f"end-{number}", task="end", args=[])
        chain = [e.Following(task="end", task_id=f"end-{number}", firsts=[end], joins=[join], **of_chord)]
        source = 2 + number % 7
        writer.sent(0, "bad", number, chain=chain)
        writer.sent(0, "good", number, group_index=1, chord=body, **of_chord)
        writer.ran(source, "good", number)
        writer.closed(source, "good", number)
        writer.ran(source, "bad", number, ending="failed")
        about = {"sender_id": f"bad-{number}", "parent_id": f"body-{number}", "args": [f"body-{number}"]}
        writer.closed(source, "bad", number, state="FAILURE")
        writer.sent(source, "mourn", number, **(about | {"sender_id": None}))
        writer.read("good", number)
        writer.read("bad", number, "FAILURE")


def many_chords(writer: Writer, most: int) -> None:
    """Chords of two members, one after another, as a campaign of races has them."""
    for number in range(most // 29):
        first = parts.FirstTask(task_id=f"body-{number}", task="body")
        body = e.Following(task="body", task_id=f"body-{number}", firsts=[first])
        of_chord = {"group_id": f"g-{number}", "chord_id": f"body-{number}", "chord": body}
        source, members = 2 + number % 7, (2 * number, 2 * number + 1)
        for index, member in enumerate(members):
            writer.sent(0, "member", member, group_index=index, **of_chord)
        for member in members:
            writer.ran(source, "member", member)
            writer.write(9, e.ChordCounted, client="c", group_id=f"g-{number}", task_id=f"member-{member}")
            if member == members[-1]:
                about = {"sender_id": f"member-{member}", "parent_id": f"member-{member}", "by": "chord"}
                writer.sent(source, "body", number, args=[[None, None]], **about)
            writer.closed(source, "member", member)
        writer.ran(source, "body", number)
        writer.closed(source, "body", number)
        for member in members:
            writer.read("member", member)
        writer.read("body", number)


SHAPES = {
    shape.__name__: shape
    for shape in (a_wide_chord, many_chains, one_task_that_retries, many_chords_that_fail, many_chords)
}


def measure(shape: str, most: int) -> None:
    """Make one history up, judge it, and print what that cost."""
    writer = Writer()
    SHAPES[shape](writer, most)
    journals: dict[str, list[AnyEvent]] = {}
    for event in writer.events:
        journals.setdefault(event.source, []).append(event)
    began = time.perf_counter()
    history = History.of(journals.values())
    merged = time.perf_counter()
    verdicts = judge(Case(history, late_s=0.5))
    judged = time.perf_counter()
    bad = [str(verdict) for verdict in verdicts if verdict.ruling in (Ruling.VIOLATED, Ruling.UNDECIDED)]
    instances = sum(verdict.instances for verdict in verdicts)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{shape}: {len(history.events)} events, merged in {merged - began:.2f} s, judged in {judged - merged:.2f} s "
        f"({instances} instances), at most {peak_mb:.0f} MB{'; ' if bad else ''}{', '.join(bad)}"
    )


def measure_a_scenario() -> None:
    """Run the flaky pipeline once, and judge it many times."""
    from harness.campaign import RunEnded, carry_out_all  # noqa: PLC0415 - for one measurement of several
    from harness.catalog import find_scenarios  # noqa: PLC0415
    from harness.scenario import Conditions, Experiment  # noqa: PLC0415

    experiment = Experiment(scenario=find_scenarios(["flaky"])[0], conditions=Conditions())
    with tempfile.TemporaryDirectory() as folder:
        (run,) = [one.run for one in carry_out_all([experiment], Path(folder)) if isinstance(one, RunEnded)]
        took = list(_times(run.history.events))
    print(
        f"a scenario: {len(run.history.events)} events, judged in {median(took) * 1000:.1f} ms, the median of {ROUNDS}"
    )


def _times(events: tuple[AnyEvent, ...]) -> Iterator[float]:
    for _ in range(ROUNDS):
        history = History(events)  # anew, for it remembers what it was asked
        began = time.perf_counter()
        judge(Case(history, late_s=0.05))
        yield time.perf_counter() - began


def main() -> None:
    """Measure everything, each shape in its own process."""
    if len(sys.argv) > 2:  # EVENTS and SHAPE
        measure(sys.argv[2], int(sys.argv[1]))
        return
    most = sys.argv[1] if len(sys.argv) > 1 else "100000"
    for shape in SHAPES:
        subprocess.run([sys.executable, __file__, most, shape], check=True)
    measure_a_scenario()


if __name__ == "__main__":
    main()

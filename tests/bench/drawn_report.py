"""A report of as many events as one likes, made up: for looking at, and for measuring, pages of long histories.

    python tests/bench/drawn_report.py [EVENTS] [FILE]

Fans of twelve tasks: one that begins, ten members of a chord of which some are retried, the chord's body. On four
workers with four processes each, in virtual time, with a fault in the middle and pauses between the fans. The same
number of events gives the same report.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from typing import Any

from harness.report.format import (
    AttemptTold,
    ChordTold,
    ClockTold,
    CountTold,
    Diagnosis,
    Events,
    EvidenceTold,
    FaultTold,
    LawTold,
    MessageTold,
    OverlapTold,
    ProcessTold,
    RedisView,
    Report,
    RetryTold,
    RunTold,
    StepTold,
    TaskTold,
)
from harness.report.pages import scenario_page

MS = 1_000
S = 1_000_000
MEMBERS = 10
WORKERS, PROCESSES = 4, 4
TOLERANCE_US = 50 * MS
SENT, DELIVERED, STARTED, ENDED, STORED, COUNTED = range(6)
KINDS = ["Sent", "Delivered", "AttemptStarted", "AttemptEnded", "ResultStored", "ChordCounted"]
TEXTS = ["sent", "delivered", "attempt started", "attempt ended", "state stored", "counted by its chord"]
VALUES: list[Any] = [
    {"type": "requests.exceptions.ConnectionError", "message": "refused", "traceback": "", "bases": []},
    [{"order": 7, "of": "a shop"}],
    {"ok": True},
]


class Drawing:
    """A report while it is being made up."""

    def __init__(self) -> None:
        self.random = random.Random(17)  # noqa: S311 - nothing secret
        self.tasks: list[TaskTold] = []
        self.attempts: list[AttemptTold] = []
        self.retries: list[RetryTold] = []
        self.messages: list[MessageTold] = []
        self.chords: list[ChordTold] = []
        self.events: list[tuple[int, int, int, int]] = []  # us, kind, source, task
        self.own: list[list[int]] = []  # of each attempt, its events before they are put in order
        self.free = [0] * (WORKERS * PROCESSES)

    def fan(self, now: int) -> int:
        """Add a task, a chord's ten members and its body; return when the last of them has ended."""
        first = self._task("begin", now, None)
        ended = self._runs(first, self._sent(first, now, "experiment", None))
        sender = len(self.attempts) - 1
        members = [self._task("work", ended, first) for _ in range(MEMBERS)]
        counts = sorted((self._runs(one, self._sent(one, ended, "task", sender)), one) for one in members)
        body = self._task("gather", counts[-1][0], members[-1], is_body=True)
        triggered = counts[-1][0] + 900
        told = [CountTold(at=at, task=one, event=self._event(at, COUNTED, 0, one)) for at, one in counts]
        distance = counts[-1][0] - counts[-2][0]
        self.chords.append(
            ChordTold(
                group=f"group-{len(self.chords)}",
                body=body,
                members=members,
                size=MEMBERS,
                counts=told,
                claimed=None,
                claim_event=None,
                triggered=triggered,
                overlap=OverlapTold(is_race=distance < MS, distance_us=distance),
            )
        )
        return self._runs(body, self._sent(body, triggered, "chord", len(self.attempts) - 1))

    def _task(self, name: str, began: int, parent: int | None, *, is_body: bool = False) -> int:
        self.tasks.append(
            TaskTold(
                id=f"{len(self.tasks):032x}",
                name=f"drawn.tasks.{name}",
                planned=True,
                state="SUCCESS",
                final="succeeded",
                attempts=[],
                parent=parent,
                sender="task",
                group=None,
                is_body=is_body,
                why_not=None,
                exception=None,
                began_us=began,
                ended_us=None,
            )
        )
        return len(self.tasks) - 1

    def _sent(self, task: int, at: int, by: str, sender: int | None) -> int:
        """Add a message, and return when it was delivered."""
        self._event(at, SENT, 0, task)
        self.messages.append(
            MessageTold(
                task=task,
                retries=0,
                by=by,
                from_=sender,
                sent=at,
                delivered=at + 2 * MS,
                to=None,
                queue="celery",
                eta_us=None,
                events=[],
            )
        )
        self._event(at + 2 * MS, DELIVERED, 0, task)
        return at + 2 * MS

    def _runs(self, task: int, delivered: int) -> int:
        """Add all attempts of a task, and return when the last has ended."""
        tries = self.random.choice([1] * 8 + [2, 3])
        now, before = delivered, None
        for nth in range(tries):
            is_last = nth == tries - 1
            process = self.random.randrange(len(self.free))
            start = max(now, self.free[process]) + self.random.randrange(500, 3 * MS)
            end = start + self.random.randrange(2 * MS, 60 * MS)
            self.free[process] = end + MS
            ending = "succeeded" if is_last and task % 97 else "failed" if is_last else "retried"
            self._attempt(task, process, nth, start, end, ending)
            if before is not None:
                self._retried(task, before, self.attempts[before].end or 0, start, nth)
            before, now = len(self.attempts) - 1, end + S * 2**nth
        self.tasks[task].ended_us = end
        if ending == "failed":
            self.tasks[task].final = "failed"
        return end + MS

    def _attempt(self, task: int, process: int, nth: int, start: int, end: int, ending: Any) -> None:  # noqa: PLR0913, PLR0917 - an attempt's facts
        source = 1 + process
        own = [
            self._event(start, STARTED, source, task),
            self._event(end, ENDED, source, task),
            self._event(end + 400, STORED, 0, task),
        ]
        self.own.append(own)
        self.tasks[task].attempts.append(len(self.attempts))
        if nth == 0:
            self.messages[-1].to = len(self.attempts)
        self.attempts.append(
            AttemptTold(
                task=task,
                process=source,
                retries=nth,
                start=start,
                end=end,
                closed=end + MS,
                ending=ending,
                events=[],
                message=len(self.messages) - 1 if nth == 0 else None,
                exception=None if ending == "succeeded" else 0,
                args=1,
                kwargs=None,
                returned=2 if ending == "succeeded" else None,
            )
        )

    def _retried(self, task: int, before: int, asked_at: int, start: int, nth: int) -> None:
        asked = S * 2 ** (nth - 1)
        self.retries.append(
            RetryTold(
                task=task,
                from_=before,
                to=len(self.attempts) - 1,
                asked_at=asked_at,
                asked_us=asked,
                low_us=asked,
                high_us=asked,
                observed_us=start - asked_at,
                error_us=start - asked_at - asked,
                formula=f"1 * 2**{nth - 1} = {asked // S} s",
                is_jittered=False,
            )
        )

    def _event(self, us: int, kind: int, source: int, task: int) -> int:
        self.events.append((us, kind, source, task))
        return len(self.events) - 1


def drawn(events: int) -> Report:
    """Return a made-up report of about so many events."""
    drawing, now = Drawing(), 0
    while len(drawing.events) < events:
        now = drawing.fan(now) + drawing.random.choice([0, 20 * MS, 20 * MS, S, 30 * S])
    order = sorted(range(len(drawing.events)), key=lambda i: (drawing.events[i][0], i))
    place = {old: new for new, old in enumerate(order)}
    for attempt, own in zip(drawing.attempts, drawing.own, strict=True):
        attempt.events = sorted(place[event] for event in own)
    for chord in drawing.chords:
        for one in chord.counts:
            one.event = place[one.event]
    return _report(drawing, [drawing.events[i] for i in order])


def _report(drawing: Drawing, events: list[tuple[int, int, int, int]]) -> Report:
    rows, last = [], 0
    for us, kind, source, task in events:
        rows.append([kind, source, us - last, (us - last) // 50, task, kind])
        last = us
    guilty = sorted({0, *(count.event for count in drawing.chords[len(drawing.chords) // 2].counts[-2:])})
    return Report(
        run=_run(last, len(events)),
        missing=[],
        processes=[
            ProcessTold(source="sender-1", process="sender", role="sender", pid=1),
            *(
                ProcessTold(source=f"w-{n}", process=f"worker-{n // PROCESSES + 1}", role="pool", pid=1000 + n)
                for n in range(WORKERS * PROCESSES)
            ),
        ],
        tasks=drawing.tasks,
        attempts=drawing.attempts,
        retries=drawing.retries,
        messages=drawing.messages,
        chords=drawing.chords,
        faults=[
            FaultTold(
                name="kill", from_=last // 2, to=last // 2 + S, what="a worker is killed", task=None, event=0, events=[]
            )
        ],
        pins=[],
        dag=_dag(drawing),
        laws=[_law(guilty)],
        diagnosis=Diagnosis(state="made up", steps=[]),
        discrepancies=[],
        values=VALUES,
        events=Events(
            kinds=KINDS,
            fields=[[] for _ in KINDS],
            sources=["sender-1", *(f"w-{n}" for n in range(WORKERS * PROCESSES))],
            texts=TEXTS,
            rows=rows,
        ),
        redis=RedisView(rows=[]),
        tables=[],
        own={},
    )


def _dag(drawing: Drawing) -> Any:
    """Return the first fans as canvases that were sent one by one."""

    def leaf(task: int) -> dict[str, Any]:
        return {"kind": "task", "task": task, "name": drawing.tasks[task].name}

    return {
        "kind": "several",
        "of": [
            {
                "kind": "chain",
                "of": [
                    leaf(chord.members[0] - 1),
                    {"kind": "chord", "header": [leaf(one) for one in chord.members], "body": leaf(chord.body or 0)},
                ],
            }
            for chord in drawing.chords[:3]
        ],
    }


def _law(guilty: list[int]) -> LawTold:
    steps = [StepTold(event=event, says=f"event {event}") for event in guilty]
    evidence = EvidenceTold(claim="made up", expected="nothing", observed="this", events=guilty, steps=steps)
    return LawTold(
        name="made up",
        family="chord",
        statement="This law is made up.",
        source="nowhere",
        ruling="violated",
        instances=1,
        reason="",
        is_named=False,
        is_expected=False,
        is_as_expected=False,
        evidence=[evidence],
    )


def _run(end: int, events: int) -> RunTold:
    return RunTold(
        name="drawn",
        title="A made-up run of fans",
        id="0",
        repeat=f"python tests/bench/drawn_report.py {events}",
        is_test=False,
        outcome="success",
        outcome_text="success",
        expected_outcome="success",
        root_cause=None,
        is_as_expected=True,
        settled=True,
        ending="settled",
        reason="",
        unfinished=[],
        virtual_us=end,
        wall_us=end // 50,
        span_us=(0, end),
        t0_iso="2026-01-01T00:00:00+00:00",
        tolerance_us=TOLERANCE_US,
        events=events,
        rulings={"holds": 0, "not exercised": 0, "undecided": 0, "violated": 1},
        clock=ClockTold(kind="virtual", jumps=100, jumped_us=end),
        conditions={},
        provenance={"drawn": "yes"},
        directory="drawn",
    )


def main() -> None:
    """Write a page, and say how long it took and how large it is."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    file = Path(sys.argv[2] if len(sys.argv) > 2 else f"drawn-{events}.html")
    began = time.perf_counter()
    report = drawn(events)
    made = time.perf_counter()
    page = scenario_page(report, None).encode()
    written = time.perf_counter()
    file.write_bytes(page)
    print(f"{report.run.events} events, {len(report.attempts)} attempts: made up in {made - began:.2f} s, ", end="")
    print(f"rendered in {written - made:.2f} s, {len(page) / 1e6:.2f} MB in {file}")


if __name__ == "__main__":
    main()

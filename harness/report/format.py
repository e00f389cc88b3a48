"""What a report says, as data: format 1. A page reads it, `report.json` is it, docs/reports.md explains it.

Owns names and shapes. Times are whole microseconds of the testbed's clock since the first thing that happened to a task
(what came before, start-up, is negative); `wall_us` likewise of real time. Numbers that stand for tasks, attempts,
messages, processes and events are places in the lists of the same report. None is what was not recorded. Every text may
have come from a run: whoever shows it must not trust it.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

FORMAT = 1

Json = Any
ValueAt = int | None  # a place in `Report.values`
Final = Literal[
    "succeeded",
    "failed",
    "rejected",
    "ignored",
    "lost",
    "expired",
    "revoked",
    "discarded",
    "never ran",
    "waiting",  # sent, or to be retried, and the record ends before that came to anything
    "running",
]
AttemptEnding = Literal["succeeded", "failed", "retried", "rejected", "ignored", "lost", "running"]


class Part(msgspec.Struct, kw_only=True, rename={"from_": "from"}):
    """A part of a report. `from_` is called `from` in JSON."""


class Missing(Part, kw_only=True):
    """Something that a whole run's directory would have, in a sentence, and where."""

    what: str
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        """Return the sentence, with the place."""
        if self.file is None:
            return self.what
        return f"{self.what} ({self.file}{'' if self.line is None else f', line {self.line}'})"


class ClockTold(Part, kw_only=True):
    """Which clock a run was made by, and how exact it was."""

    kind: str | None
    why_real: str | None = None  # virtual time was asked for
    resolution_ms: tuple[float, float, float] | None = None  # of retries, how late: least, median, most
    jumps: int | None = None
    jumped_us: int | None = None


class RunTold(Part, kw_only=True):
    """What was run, how it ended, and how to have it again."""

    name: str
    title: str
    id: str | None
    repeat: str | None  # a command
    is_test: bool
    outcome: str | None
    outcome_text: str
    expected_outcome: str | None
    root_cause: str | None
    is_as_expected: bool | None
    settled: bool
    ending: str | None
    reason: str
    unfinished: list[str]
    virtual_us: int
    wall_us: int | None
    span_us: tuple[int, int]  # what a timeline shows
    t0_iso: str | None
    tolerance_us: int  # how late a retry may start
    events: int
    rulings: dict[str, int]
    clock: ClockTold
    conditions: dict[str, Json]
    provenance: dict[str, Json]
    directory: str


class ProcessTold(Part, kw_only=True):
    """A process that has kept a journal."""

    source: str
    process: str
    role: str
    pid: int | None = None
    host: str | None = None
    worker: int | None = None  # its worker's main process
    began_us: int | None = None
    died_us: int | None = None
    died: str | None = None


class TaskTold(Part, kw_only=True):
    """A task of the canvas, or one that was sent besides. One that never came into being has an id like `unknown-7`."""

    id: str
    name: str
    planned: bool
    state: str | None  # what Celery had stored at the end
    final: Final
    attempts: list[int]
    parent: int | None
    sender: str | None
    group: str | None
    is_body: bool
    why_not: str | None  # why it never ran
    exception: ValueAt
    began_us: int | None
    ended_us: int | None


class AttemptTold(Part, kw_only=True):
    """One start of a task's code."""

    task: int
    process: int
    retries: int
    start: int
    end: int | None  # of its code
    closed: int | None  # when Celery was through with it
    ending: AttemptEnding
    events: list[int]
    message: int | None
    exception: ValueAt
    args: ValueAt
    kwargs: ValueAt
    returned: ValueAt


class RetryTold(Part, kw_only=True):
    """A retry: what was asked, what the task's options promise, what was observed."""

    task: int
    from_: int
    to: int | None
    asked_at: int
    asked_us: int
    low_us: int
    high_us: int
    observed_us: int | None
    error_us: int | None
    formula: str | None
    is_jittered: bool


class MessageTold(Part, kw_only=True):
    """A task's message, from its sender to the attempt that it led to."""

    task: int
    retries: int
    by: str
    from_: int | None
    sent: int
    delivered: int | None
    to: int | None
    queue: str
    eta_us: int | None
    events: list[int]


class CountTold(Part, kw_only=True):
    """Redis took a member into its chord's count."""

    at: int
    task: int | None
    event: int


class OverlapTold(Part, kw_only=True):
    """Whether the last two members of a chord ended at the same time, and how far apart they were counted."""

    is_race: bool
    distance_us: int


class ChordTold(Part, kw_only=True):
    """A chord, as far as it came."""

    group: str
    body: int | None
    members: list[int]
    size: int | None
    counts: list[CountTold]
    claimed: int | None
    claim_event: int | None
    triggered: int | None
    overlap: OverlapTold | None


class FaultTold(Part, kw_only=True):
    """Something that went wrong on purpose, and until when it did."""

    name: str
    from_: int
    to: int | None
    what: str
    task: int | None
    event: int
    events: list[int]


class PinTold(Part, kw_only=True):
    """Who kept the clock from jumping."""

    process: str
    towards: str
    us: int


class StepTold(Part, kw_only=True):
    """A step of an evidence; one without an event is the law's own word."""

    event: int | None
    says: str


class EvidenceTold(Part, kw_only=True):
    """One instance in which a law was broken."""

    claim: str
    expected: str
    observed: str
    events: list[int]
    steps: list[StepTold]


class LawTold(Part, kw_only=True):
    """What a law says of the run."""

    name: str
    family: str
    statement: str
    source: str
    ruling: str
    instances: int
    reason: str
    is_named: bool  # the scenario is to show it
    is_expected: bool  # the scenario is to violate it
    is_as_expected: bool
    evidence: list[EvidenceTold]


class DiagnosisStep(Part, kw_only=True):
    """A line of the diagnosis."""

    kind: Literal["root cause", "succeeded", "never ran", "lost", "note"]
    says: str
    tasks: list[int]
    attempt: int | None = None


class Diagnosis(Part, kw_only=True):
    """What became of the canvas, and why, from the top down."""

    state: str
    steps: list[DiagnosisStep]


class Events(Part, kw_only=True):
    """The whole history, a row of numbers for each event.

    [kind, source, virtual_us, wall_us, task, text, value, value...]: both times are differences to the row before. What
    happened, without its task, is `texts[text]`; the values are places in `Report.values`, one for each of
    `fields[kind]`. -1 is none: not set, or set to what is its default; a row ends with its last value that is not -1.
    """

    kinds: list[str]
    fields: list[list[str]]
    sources: list[str]
    texts: list[str]
    rows: list[list[int]]


class RedisView(Part, kw_only=True):
    """What Redis was seen to do. A row is [us, what, process, task, key, event]; -1 is none."""

    rows: list[list[Json]]


class Table(Part, kw_only=True):
    """A table of a scenario's own."""

    title: str
    columns: list[str]
    rows: list[list[Json]]


class Report(Part, kw_only=True):
    """Everything that there is to say of one run."""

    format: int = FORMAT
    kind: Literal["run"] = "run"
    run: RunTold
    missing: list[Missing]
    processes: list[ProcessTold]
    tasks: list[TaskTold]
    attempts: list[AttemptTold]
    retries: list[RetryTold]
    messages: list[MessageTold]
    chords: list[ChordTold]
    faults: list[FaultTold]
    pins: list[PinTold]
    dag: Json  # {"kind": "task", "task", "name"} or {"kind": "chain" | "group" | "chord" | "several", ...}
    laws: list[LawTold]
    diagnosis: Diagnosis
    discrepancies: list[str]
    values: list[Json]
    events: Events
    redis: RedisView
    tables: list[Table]
    own: dict[str, Json]

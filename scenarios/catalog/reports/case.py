"""The reports of a run: what Celery did for each, by the history, beside what the application believes, by its log."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING

from harness.laws.case import Case
from scenarios.catalog.reports.log import read_log

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from harness.history.events import Sent
    from harness.history.history import Attempt, History
    from harness.laws.fates import Fate
    from scenarios.catalog.reports.log import Row

FINISHED, FAILED = "report_finished", "report_failed"
SETS = {FINISHED: "finished", FAILED: "failed"}
"""The callbacks, and the status that each sets."""


@dataclass(frozen=True, slots=True)
class Call:
    """A message of a callback, and what became of it."""

    sent: Sent
    fate: Fate


@dataclass(frozen=True, slots=True)
class Report:
    """One report: its row, its members in the order in which they are declared, the calls of its callbacks."""

    row: Row
    members: tuple[Fate, ...]
    calls: tuple[Call, ...]

    def __str__(self) -> str:
        return f"report {self.row.number} ({self.row.form}, {self.row.kind}, seed {self.row.seed})"

    @property
    def first(self) -> Fate:
        """The member that was declared first."""
        return self.members[0]

    @property
    def failures(self) -> tuple[Fate, ...]:
        """The members that failed for good."""
        return tuple(fate for fate in self.members if fate.failure is not None)

    @property
    def open(self) -> tuple[Fate, ...]:
        """The members of which Celery is not known to be through with their last attempt."""
        return tuple(fate for fate in self.members if (end := end_of(fate)) is None or end.last_index is None)

    def calls_of(self, callback: str) -> tuple[Call, ...]:
        """Return the calls of one of the two callbacks."""
        return tuple(call for call in self.calls if call.sent.task == callback)

    @property
    def settings(self) -> tuple[Attempt, ...]:
        """The attempts that have set the status, in the order of their ends."""
        ended = [
            (attempt.ended.index, attempt)
            for call in self.calls
            for attempt in call.fate.attempts
            if attempt.ended is not None and attempt.ended.ending == "succeeded"
        ]
        return tuple(attempt for _, attempt in sorted(ended, key=itemgetter(0)))

    def unended_at(self, index: int) -> tuple[Fate, ...]:
        """Return the members whose last attempt had not ended at a place in the history."""
        return tuple(fate for fate in self.members if not has_ended(end_of(fate), index))

    def truth_at(self, index: int) -> str:
        """Say what was true of the report at a place in the history: finished, failed, or neither."""
        if any(has_ended(fate.failure, index) for fate in self.members):
            return "failed"
        return "finished" if all(has_ended(fate.success, index) for fate in self.members) else "unfinished"


def end_of(fate: Fate) -> Attempt | None:
    """Return the attempt that was a member's end."""
    return fate.success or fate.failure


def has_ended(end: Attempt | None, index: int) -> bool:
    """Say whether a member had come to this end at a place in the history."""
    return end is not None and end.ended is not None and end.ended.index < index


class ReportsCase(Case):
    """A history before the court, and the log that the application kept meanwhile."""

    def __init__(self, history: History, log: Mapping[int, Row], *, late_s: float) -> None:
        super().__init__(history, late_s=late_s)
        self._log = log

    @cached_property
    def reports(self) -> tuple[Report, ...]:
        """Its reports, in the order in which they were ordered."""
        members: defaultdict[int, list[Fate]] = defaultdict(list)
        report_of: dict[str, int] = {}
        for fate in self.messages.fates.values():
            number = _number(fate.sent)
            if fate.sent.task not in SETS and number in self._log:
                members[number].append(fate)
                report_of[fate.sent.task_id] = number
        calls: defaultdict[int, list[Call]] = defaultdict(list)
        for fate in self.messages.fates.values():
            if fate.sent.task in SETS:
                calls[report_of.get(fate.sent.sender_id or "", _number(fate.sent))].append(Call(fate.sent, fate))
        return tuple(
            Report(self._log[number], _as_declared(fates), tuple(calls[number])) for number, fates in members.items()
        )

    def in_form(self, form: str) -> tuple[Report, ...]:
        """Return its reports of one form."""
        return tuple(report for report in self.reports if report.row.form == form)


def _number(sent: Sent) -> int:
    """Return the number that a task was told; none that a report could have, where it was told something else."""
    return sent.args[0] if isinstance(sent.args, list) and sent.args and isinstance(sent.args[0], int) else -1


def _as_declared(fates: Iterable[Fate]) -> tuple[Fate, ...]:
    return tuple(sorted(fates, key=lambda fate: fate.sent.group_index or 0))


def case_of(history: History, files: Path, late_s: float) -> ReportsCase:
    """Return what the laws of reports judge, of a run that has left these files."""
    return ReportsCase(history, read_log(files), late_s=late_s)

"""What a report's status has claimed, one callback after another, and what was true at each of these moments."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scenarios.catalog.reports.case import SETS

if TYPE_CHECKING:
    from harness.history.history import Attempt
    from scenarios.catalog.reports.case import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a callback has made of a report's status."""

    status: str
    truth: str  # finished, failed, or unfinished: not all have succeeded, and none has failed for good
    going_on: tuple[str, ...]  # the members that had not come to their end
    at_ns: int
    untrue_s: float  # how long it stood there before it came true or was replaced; infinite if that never happened

    @property
    def is_true(self) -> bool:
        """Whether it was true when it was made."""
        return self.status == self.truth


def claims_of(report: Report) -> tuple[Claim, ...]:
    """Return what a report's status has claimed, in the order in which it was set."""
    settings = report.settings
    followers: list[Attempt | None] = [*settings[1:], None]
    return tuple(
        _claim(report, setting, next_ns=None if later is None else later.started.virtual_ns)
        for setting, later in zip(settings, followers, strict=False)
    )


def _claim(report: Report, setting: Attempt, next_ns: int | None) -> Claim:
    status, index, at_ns = SETS[setting.started.task], setting.started.index, setting.started.virtual_ns
    truth = report.truth_at(index)
    ends_ns = [end for end in (next_ns, _true_from_ns(report, status)) if end is not None and end >= at_ns]
    untrue_s = 0.0 if truth == status else min(((end - at_ns) / 1e9 for end in ends_ns), default=math.inf)
    return Claim(
        status=status,
        truth=truth,
        going_on=tuple(fate.sent.task for fate in report.unended_at(index)),
        at_ns=at_ns,
        untrue_s=untrue_s,
    )


def _true_from_ns(report: Report, status: str) -> int | None:
    """Return from when on a claim is true; None if it never is."""
    if status == "failed":
        ends = [fate.failure for fate in report.failures]
        return min((end.ended.virtual_ns for end in ends if end is not None and end.ended is not None), default=None)
    ends = [fate.success for fate in report.members]
    moments = [end.ended.virtual_ns for end in ends if end is not None and end.ended is not None]
    return max(moments) if moments and len(moments) == len(ends) else None

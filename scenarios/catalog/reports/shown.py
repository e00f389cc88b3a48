"""What a page shows of a run's reports: group and chord side by side, as plain data.

The same that `account` tells in words. Moments are nanoseconds of the testbed's clock and end in `_ns`: whoever shows
them knows when the run began. Durations are microseconds; of one that never ended there is none.
"""

from __future__ import annotations

import math
from collections import Counter
from itertools import chain
from statistics import median
from typing import TYPE_CHECKING, Any

from scenarios.catalog.reports.case import FAILED, FINISHED, Report, ReportsCase
from scenarios.catalog.reports.claims import Claim, claims_of
from scenarios.reports.plan import BEYOND, KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scenarios.catalog.reports.log import Line

FORMS = ("group", "chord")
_KINDS = {**KINDS, **BEYOND}


def shown_of(case: ReportsCase) -> Mapping[str, Any]:
    """Return figures for each kind and form, and every report with its log and its claims."""
    reports = case.reports
    present = {one.row.kind for one in reports}
    kinds = [kind for kind in chain(_KINDS, sorted(present - _KINDS.keys())) if kind in present]
    return {
        "group_versus_chord": {
            "kinds": [
                {
                    "kind": kind,
                    "says": _KINDS.get(kind, ""),
                    "forms": [_figures(form, its) for form in FORMS if (its := _of(reports, kind, form))],
                }
                for kind in kinds
            ],
            "reports": [_report(one) for one in reports],
        }
    }


def _of(reports: Sequence[Report], kind: str, form: str) -> list[Report]:
    return [one for one in reports if (one.row.kind, one.row.form) == (kind, form)]


def _figures(form: str, reports: Sequence[Report]) -> dict[str, Any]:
    finished, failed = (
        sum(len(call.fate.attempts) for one in reports for call in one.calls_of(callback))
        for callback in (FINISHED, FAILED)
    )
    claims = [claims_of(one) for one in reports]
    lies = [max(claim.untrue_s for claim in made) for made in claims if any(not one.is_true for one in made)]
    return {
        "form": form,
        "reports": len(reports),
        "finished": finished,
        "failed": failed,
        "statuses": dict(sorted(Counter(one.row.status for one in reports).items())),
        "true_when_set": sum(bool(made) and made[-1].is_true for made in claims),
        "untrue": {"reports": len(lies), "median_us": _us(median(lies)), "longest_us": _us(max(lies))}
        if lies
        else None,
    }


def _report(report: Report) -> dict[str, Any]:
    row = report.row
    return {
        "number": row.number,
        "form": row.form,
        "kind": row.kind,
        "seed": row.seed,
        "status": row.status,
        "began_ns": _ns(min((line.created_s for line in row.lines), default=row.changed_s)),
        "log": [_line(line) for line in row.lines],
        "claims": [_claim(claim) for claim in claims_of(report)],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "task": line.task,
        "status": line.status,
        "retry": line.retry,
        "created_ns": _ns(line.created_s),
        "finished_ns": None if line.finished_s is None else _ns(line.finished_s),
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "status": claim.status,
        "truth": claim.truth,
        "going_on": list(claim.going_on),
        "at_ns": claim.at_ns,
        "untrue_us": _us(claim.untrue_s),
    }


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)


def _us(seconds: float) -> int | None:
    return None if math.isinf(seconds) else round(seconds * 1e6)

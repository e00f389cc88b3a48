"""Tells of a run's reports: group and chord side by side, in figures for each kind, and as the log has each report."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest
from statistics import median
from typing import TYPE_CHECKING

from harness.laws.own import Account
from scenarios.catalog.reports.case import FAILED, FINISHED, Report, ReportsCase
from scenarios.catalog.reports.claims import Claim, claims_of
from scenarios.reports.plan import BEYOND, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_FORMS = ("group", "chord")
_KINDS = {**KINDS, **BEYOND}
_WIDTH = 58
_GAP = "   "


def account_of(case: ReportsCase) -> Account:
    """Return what there is to tell of a run: figures and one pair of reports of each kind; all pairs."""
    attempts = len(case.history.attempts())
    pairs = list(_pairs(case.reports))
    figures = tuple(_figures(case.reports))
    shown = {pair[0].row.kind: pair for pair in reversed(pairs)}
    return Account(
        outcome=f"{len(case.reports)} reports, {attempts} attempts, {case.history.duration_s / 60:.0f} minutes",
        shown=("", *_of_each(shown[kind] for kind in _KINDS if kind in shown), *figures),
        whole=(*figures, "", *_of_each(pairs)),
    )


def _pairs(reports: Iterable[Report]) -> Iterator[tuple[Report, ...]]:
    """Put reports of the same kind and seed together, the group before the chord."""
    found: dict[tuple[str, int], list[Report]] = {}
    for report in reports:
        found.setdefault((report.row.kind, report.row.seed), []).append(report)
    for pair in found.values():
        yield tuple(sorted(pair, key=lambda report: _FORMS.index(report.row.form)))


# ---- figures -----------------------------------------------------------------------------------------------------


def _figures(reports: Sequence[Report]) -> Iterator[str]:
    """Say for each kind and form how often callbacks ran, and what the status was worth."""
    yield (f"{'':<20} {'':>7} {'callbacks that ran':>18}  {'':<22} {'true when':>10}  reports whose status ever")
    yield (
        f"{'kind':<13} {'form':<6} {'reports':>7} {'finished':>10} {'failed':>7}  {'status at the end':<22} "
        f"{'it was set':>10}  said what was not true"
    )
    for kind in _KINDS:
        for form in _FORMS:
            if its := [one for one in reports if (one.row.kind, one.row.form) == (kind, form)]:
                yield _row(kind, form, its)


def _row(kind: str, form: str, reports: Sequence[Report]) -> str:
    finished, failed = (
        sum(len(call.fate.attempts) for one in reports for call in one.calls_of(callback))
        for callback in (FINISHED, FAILED)
    )
    count = Counter(one.row.status for one in reports)
    statuses = ", ".join(f"{number} {status}" for status, number in sorted(count.items()))
    claims = [claims_of(one) for one in reports]
    true = sum(bool(made) and made[-1].is_true for made in claims)
    lies = sorted(max(claim.untrue_s for claim in made) for made in claims if any(not one.is_true for one in made))
    told = f"{len(lies)}, for {median(lies):.0f} s in the median, {lies[-1]:.0f} s at most" if lies else "none"
    return f"{kind:<13} {form:<6} {len(reports):>7} {finished:>10} {failed:>7}  {statuses:<22} {true:>10}  {told}"


# ---- the log, side by side ---------------------------------------------------------------------------------------


def _of_each(pairs: Iterable[tuple[Report, ...]]) -> Iterator[str]:
    for pair in pairs:
        row = pair[0].row
        yield f"{row.kind}, seed {row.seed}: {_KINDS[row.kind]}"
        for lines in zip_longest(*map(_table, pair), fillvalue=""):
            yield _GAP.join(f"{line:<{_WIDTH}}" for line in lines).rstrip()
        yield ""


def _table(report: Report) -> Iterator[str]:
    """Tell one report by its log, in seconds from when its first line was written."""
    yield f"  as a {report.row.form}: {report.row.status}"
    yield f"  {'task':<16} {'status':<10} {'retry':>5} {'created':>10} {'finished':>10}"
    began = min((line.created_s for line in report.row.lines), default=0.0)
    for line in report.row.lines:
        end = "" if line.finished_s is None else f"{line.finished_s - began:.1f} s"
        yield f"  {line.task:<16} {line.status:<10} {line.retry:>5} {line.created_s - began:>8.1f} s {end:>10}"
    for claim in claims_of(report):
        yield f"  {_told(claim, began)}"


def _told(claim: Claim, began: float) -> str:
    """Say what a callback claimed, and what it was worth."""
    worth = "true" if claim.is_true else f"not true, {' and '.join(claim.going_on) or 'nobody'} went on"
    return f"{claim.status!r} at {claim.at_ns / 1e9 - began:.1f} s: {worth}"

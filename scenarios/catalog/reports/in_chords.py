"""What the callbacks of a chord do: one of the two runs, once, when all members have come to their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.laws.law import HELD, Law, Open
from harness.laws.verdict import Evidence
from scenarios.catalog.reports.case import FAILED, FINISHED, ReportsCase
from scenarios.catalog.reports.counting import ran, sent_after_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.laws.law import Finding

_FORM = "chord"
_BODY = "documentation, Canvas: Chords; celery/backends/redis.py, on_chord_part_return (5.4.0 to 5.7.0)"
_ERRBACK = (
    "documentation, Canvas: Chords, Error handling; celery/backends/base.py, chord_error_from_stack (5.4.0 to 5.7.0)"
)
# Every member is counted, whatever has become of it, and only who comes last looks at what there is.
_COUNT = "celery/backends/redis.py, on_chord_part_return: who counts to the end looks for errors (5.4.0 to 5.7.0)"


def _finished(case: ReportsCase) -> Iterator[Finding]:
    """Judge how often the body of a report's chord ran."""
    for report in case.in_form(_FORM):
        wanted = int(all(fate.success is not None for fate in report.members))
        yield ran(report, FINISHED, wanted, f"{len(report.failures)} of its members failed for good")


def _finished_after_all(case: ReportsCase) -> Iterator[Finding]:
    """Judge a call of a report's body."""
    for report in case.in_form(_FORM):
        for call in report.calls_of(FINISHED):
            yield sent_after_all(report, call)


def _failed(case: ReportsCase) -> Iterator[Finding]:
    """Judge how often the error callback of a report ran."""
    for report in case.in_form(_FORM):
        failures = report.failures
        yield ran(report, FAILED, int(bool(failures)), f"{len(failures)} of its members failed for good")


def _failed_after_all(case: ReportsCase) -> Iterator[Finding]:
    """Judge a call of the error callback."""
    for report in case.in_form(_FORM):
        for call in report.calls_of(FAILED):
            yield sent_after_all(report, call)


def _status(case: ReportsCase) -> Iterator[Finding]:
    """Judge the status that a report has at the end, if a callback has set it."""
    for report in case.in_form(_FORM):
        if not report.settings:
            continue
        if report.open:
            yield Open(f"{report} has not come to its end")
            continue
        setting = report.settings[-1].started.index
        truth, unended = report.truth_at(setting), report.unended_at(setting)
        if report.row.status == truth and not unended:
            yield HELD
        else:
            yield Evidence(
                claim=f"the status of {report} was true when it was set, and nothing of it went on",
                expected=truth,
                observed=f"{report.row.status}, while {len(unended)} of its members went on",
                events=(setting,),
            )


LAWS = (
    Law(
        name="chord_reports.finished_once_if_all_succeed",
        statement="A chord's body runs once if all members succeed, and never if one fails for good.",
        source=_BODY,
        findings=_finished,
    ),
    Law(
        name="chord_reports.finished_waits_for_all",
        statement="A chord's body is sent when all members have ended, at the end of the last one.",
        source=_BODY,
        findings=_finished_after_all,
    ),
    Law(
        name="chord_reports.failed_once_if_any_fails",
        statement="An errback linked to a chord runs once if any member fails for good, however many do, else never.",
        source=_ERRBACK,
        findings=_failed,
    ),
    Law(
        name="chord_reports.failed_waits_for_all",
        statement="An errback linked to a chord is sent at the end of the last member, whether that one failed or not.",
        source=_COUNT,
        findings=_failed_after_all,
    ),
    Law(
        name="chord_reports.status_is_true",
        statement="What a chord's status claims is true when it is set, and nothing of the report goes on.",
        source=_BODY,
        findings=_status,
    ),
)

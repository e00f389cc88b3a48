"""What callbacks that are linked to a group do: the one for success belongs to its first member, the other to each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.laws.law import HELD, Law, Open
from harness.laws.verdict import Evidence
from scenarios.catalog.reports.case import FAILED, FINISHED, ReportsCase, has_ended
from scenarios.catalog.reports.counting import ran, sent_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.laws.law import Finding

_FORM = "group"
_LINK = "documentation, Canvas: Group Callbacks and Error Handling; celery/canvas.py, group.link (5.4.0 to 5.7.0)"
_LINK_ERROR = (
    "documentation, Canvas: Group Callbacks and Error Handling; celery/canvas.py, group.link_error (5.4.0 to 5.7.0)"
)


def _finished(case: ReportsCase) -> Iterator[Finding]:
    """Judge how often the finished callback of a report ran."""
    for report in case.in_form(_FORM):
        wanted = int(report.first.success is not None)
        yield ran(report, FINISHED, wanted, f"{report.first.sent.task}, declared first, has {report.first.how}")


def _finished_at_once(case: ReportsCase) -> Iterator[Finding]:
    """Judge a call of the finished callback."""
    for report in case.in_form(_FORM):
        for call in report.calls_of(FINISHED):
            yield sent_by(report, call, [report.first])


def _failed(case: ReportsCase) -> Iterator[Finding]:
    """Judge how often the error callback of a report ran."""
    for report in case.in_form(_FORM):
        failures = report.failures
        yield ran(report, FAILED, len(failures), f"{len(failures)} of its members failed for good")


def _failed_at_once(case: ReportsCase) -> Iterator[Finding]:
    """Judge a call of the error callback."""
    for report in case.in_form(_FORM):
        for call in report.calls_of(FAILED):
            yield sent_by(report, call, report.failures)


def _status(case: ReportsCase) -> Iterator[Finding]:
    """Judge the status that a report has at the end, if a callback has set it."""
    for report in case.in_form(_FORM):
        if not report.settings:
            continue
        if report.open:
            yield Open(f"{report} has not come to its end")
            continue
        moment = report.settings[-1].started.index
        true = {"finished"} if has_ended(report.first.success, moment) else set()
        true |= {"failed" for fate in report.failures if has_ended(fate.failure, moment)}
        if report.row.status in true:
            yield HELD
        else:
            yield Evidence(
                claim=f"the status of {report}, {report.row.status!r}, is true of the one member that it speaks of",
                expected=f"{report.first.sent.task} to have succeeded, or one member to have failed",
                observed=", ".join(f"{fate.sent.task} has {fate.how}" for fate in report.members),
                events=(moment,),
            )


LAWS = (
    Law(
        name="group_reports.finished_once_if_the_first_succeeds",
        statement="A callback linked to a group runs once if the first-declared member succeeds, else never.",
        source=_LINK,
        findings=_finished,
    ),
    Law(
        name="group_reports.finished_waits_for_nobody",
        statement="A callback linked to a group is sent at the end of the first-declared member; others may go on.",
        source=_LINK,
        findings=_finished_at_once,
    ),
    Law(
        name="group_reports.failed_once_for_each_failure",
        statement="An errback linked to a group runs once for each member that fails for good.",
        source=_LINK_ERROR,
        findings=_failed,
    ),
    Law(
        name="group_reports.failed_waits_for_nobody",
        statement="An errback linked to a group is sent at the end of the member that has failed; others may go on.",
        source=_LINK_ERROR,
        findings=_failed_at_once,
    ),
    Law(
        name="group_reports.status_speaks_of_one_member",
        statement="What a group's status claims is true of one member: the first has succeeded, or one has failed.",
        source=_LINK,
        findings=_status,
    ),
)

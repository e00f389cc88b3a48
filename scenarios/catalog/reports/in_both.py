"""What is true of reports in both forms: what callbacks are told, what the log says, what the status comes from."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

from harness.laws.law import HELD, Law, Open
from harness.laws.verdict import Evidence
from scenarios.catalog.reports.case import SETS, Report, ReportsCase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.history.history import Attempt
    from harness.laws.law import Finding
    from scenarios.catalog.reports.log import Line


def _arguments(case: ReportsCase) -> Iterator[Finding]:
    """Judge a call of a callback."""
    for report in case.reports:
        for call in report.calls:
            if call.sent.args == [report.row.number] and call.sent.kwargs == {}:
                yield HELD
            else:
                yield Evidence(
                    claim=f"{call.sent.task} of {report} is told the report's number alone",
                    expected=f"[{report.row.number}], {{}}",
                    observed=f"{call.sent.args!r}, {call.sent.kwargs!r}",
                    events=(call.sent.index,),
                )


def _log(case: ReportsCase) -> Iterator[Finding]:
    """Judge the log of a report."""
    for report in case.reports:
        attempts = _attempts(report)
        if any(attempt.ended is None for attempt in attempts):
            yield Open(f"not every attempt of {report} has ended")
            continue
        told = sorted((_told(line), line.created_s, line.finished_s or 0.0) for line in report.row.lines)
        seen = sorted((_seen(attempt), *_moments_s(attempt)) for attempt in attempts)
        lines, were = [key for key, _, _ in told], [key for key, _, _ in seen]
        if lines == were and all(_belong(told, seen, key) for key in set(lines)):
            yield HELD
        else:
            yield Evidence(
                claim=f"the log of {report} has a line for every attempt, written while it went on",
                expected=str([one for one in seen if one[0] not in lines] or seen),
                observed=str([one for one in told if one[0] not in were] or told),
                events=tuple(attempt.started.index for attempt in attempts),
            )


def _status(case: ReportsCase) -> Iterator[Finding]:
    """Judge the status that a report has at the end."""
    for report in case.reports:
        settings = report.settings
        if report.open or any(call.fate.last is None or call.fate.last.ended is None for call in report.calls):
            yield Open(f"{report} has not come to its end")
            continue
        # Of two that set it at the same time either may have been the last.
        last = settings[-1].started.index if settings else 0
        able = {SETS[one.started.task] for one in settings if one.ended is not None and one.ended.index > last}
        if report.row.status in (able or {"ordered"}):
            yield HELD
        else:
            yield Evidence(
                claim=f"the status of {report} is the one that its last callback set",
                expected=" or ".join(sorted(able or {"ordered"})),
                observed=report.row.status,
                events=tuple(attempt.started.index for attempt in settings) or (report.first.sent.index,),
            )


def _attempts(report: Report) -> list[Attempt]:
    return [attempt for fate in (*report.members, *(call.fate for call in report.calls)) for attempt in fate.attempts]


def _told(line: Line) -> tuple[str, int, str]:
    return line.task, line.retry, line.status


def _seen(attempt: Attempt) -> tuple[str, int, str]:
    ending = attempt.ended.ending if attempt.ended is not None else None
    return attempt.started.task, attempt.started.retries, "succeeded" if ending == "succeeded" else "failed"


def _moments_s(attempt: Attempt) -> tuple[float, float]:
    end = attempt.ended or attempt.started
    return attempt.started.virtual_ns / 1e9, end.virtual_ns / 1e9


# The log has its times in seconds, as floating-point numbers: so near our time these are exact to a microsecond.
_ROUNDING_S = 1e-6
_Timed = tuple[tuple[str, int, str], float, float]


def _belong(lines: list[_Timed], attempts: list[_Timed], key: tuple[str, int, str]) -> bool:
    """Say whether lines can each have been written by an attempt of its own. Calls of a callback are alike, and few."""
    alike, were = [line for line in lines if line[0] == key], [attempt for attempt in attempts if attempt[0] == key]
    return any(all(map(_is_within, alike, order)) for order in permutations(were))


def _is_within(line: _Timed, attempt: _Timed) -> bool:
    """Say whether a line was written while its attempt went on."""
    return attempt[1] - _ROUNDING_S <= line[1] <= line[2] <= attempt[2] + _ROUNDING_S


LAWS = (
    Law(
        name="reports.told_the_number",
        statement="A callback is told the number of its report and nothing else, in a group and in a chord.",
        source="documentation, Canvas: Immutability; celery/canvas.py, group.link, _chord.link_error (5.4.0 to 5.7.0)",
        findings=_arguments,
    ),
    Law(
        name="reports.log_is_right",
        statement="The log has a line for each attempt: its task, its retry, whether it succeeded, when it went on.",
        source="scenarios/reports/database.py; of the retry, documentation, Tasks: request.retries (5.4.0 to 5.7.0)",
        findings=_log,
    ),
    Law(
        name="reports.status_of_the_last_callback",
        statement="The status of a report is what the last of its callbacks has set, whatever was set before.",
        source="scenarios/reports/tasks.py: nothing in Celery 5.4.0 to 5.7.0 keeps one callback from undoing another",
        findings=_status,
    ),
)

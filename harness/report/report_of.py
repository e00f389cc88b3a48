"""From a run's directory to its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.history.outcome import outcome
from harness.report.attempts import attempts
from harness.report.chords import chords, races
from harness.report.dag import dag
from harness.report.diagnosis import diagnosis
from harness.report.event_rows import event_rows
from harness.report.faults import faults
from harness.report.format import Report
from harness.report.heading import discrepancies, heading, late_s_of
from harness.report.messages import messages
from harness.report.own_part import own_part
from harness.report.processes import pins, processes
from harness.report.redis_view import redis_view
from harness.report.remains import remains_of
from harness.report.retries import retries
from harness.report.rulings import laws, own_laws_of
from harness.report.tasks import tasks
from harness.report.told import Told

if TYPE_CHECKING:
    from pathlib import Path


def report_of(path: Path) -> Report:
    """Return what a run's directory tells, whatever of it is there."""
    remains = remains_of(path)
    late_s = late_s_of(remains)
    told = Told(remains.history, late_s)
    own = own_laws_of(remains)
    account, shown = own_part(remains, own, told.moments, late_s)
    its_outcome, its_laws, its_retries = outcome(remains.history), laws(remains, told, own), retries(told)
    run = heading(remains, told, its_outcome, laws=its_laws, retries=its_retries, account=account)
    its_messages, message_of = messages(told)
    its_attempts, canvas, its_chords = attempts(told, message_of), dag(told), chords(told)
    its_tasks = tasks(told, its_attempts, canvas)
    its_races = races(its_chords, is_as_expected=run.is_as_expected)
    return Report(
        run=run,
        missing=remains.missing,
        processes=processes(told),
        tasks=its_tasks,
        attempts=its_attempts,
        retries=its_retries,
        messages=its_messages,
        chords=its_chords,
        faults=faults(told),
        pins=list(pins(told)),
        dag=None if canvas is None else canvas.as_json(),
        laws=its_laws,
        diagnosis=diagnosis(told, its_tasks, its_outcome, ending=run.ending, unfinished=run.unfinished),
        discrepancies=discrepancies(remains),
        events=event_rows(remains.history.events, told.moments, told.values, told.sources, told.tasks),
        values=told.values.all,
        redis=redis_view(told),
        tables=[],
        own=shown if its_races is None else {"races": its_races, **shown},
    )

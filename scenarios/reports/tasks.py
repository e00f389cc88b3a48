"""The tasks of a report: its three parts, and the two callbacks that set its status.

Refuses to know in which form they run.

Each is told the number of its report, and nothing else; what it is to do it looks up in the database.
"""
# Celery ships no types, and five ignores below would say so five times.
# mypy: allow-untyped-decorators

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from scenarios.reports import database
from scenarios.reports.app import app
from scenarios.reports.plan import MAX_RETRIES, plan_of

if TYPE_CHECKING:
    from celery import Task

FINISHED, FAILED = "finished", "failed"

_MADE_WITH_PATIENCE: Final[dict[str, Any]] = {
    "bind": True,
    "acks_late": True,
    "autoretry_for": (Exception,),
    "max_retries": MAX_RETRIES,
    "retry_backoff": 40,  # 40, 80, 160, 320 s, and then the cap where 640 would be due; with jitter, up to that
    "retry_backoff_max": 500,
    "retry_jitter": True,
}


class PartFailedError(Exception):
    """A part of a report could not be made this time."""


# Not shared: other apps of a process may have tasks of their own under such names.
@app.task(shared=False, name="short", **_MADE_WITH_PATIENCE)
def short(self: Task, number: int) -> str:
    """Make the part that takes seconds."""
    return _make(self, number)


@app.task(shared=False, name="medium", **_MADE_WITH_PATIENCE)
def medium(self: Task, number: int) -> str:
    """Make the part that takes up to a minute."""
    return _make(self, number)


@app.task(shared=False, name="long", **_MADE_WITH_PATIENCE)
def long(self: Task, number: int) -> str:
    """Make the part that takes minutes."""
    return _make(self, number)


@app.task(shared=False, name="report_finished", bind=True, acks_late=True)
def report_finished(self: Task, number: int) -> str:
    """Note that a report is finished."""
    return _note(self, number, FINISHED)


@app.task(shared=False, name="report_failed", bind=True, acks_late=True)
def report_failed(self: Task, number: int) -> str:
    """Note that a report has failed."""
    return _note(self, number, FAILED)


PARTS: Final = {"short": short, "medium": medium, "long": long}


def _make(task: Task, number: int) -> str:
    """Work for as long as it takes, and fail as often as the plan says."""
    ordered = database.report(number)
    part = next(part for part in plan_of(ordered.kind, ordered.seed) if part.name == task.name)
    with database.logged(number, task.name, task.request.retries):
        if task.request.retries < part.failures:
            time.sleep(part.fails_after_s)
            raise PartFailedError(f"{task.name} of report {number}, attempt {task.request.retries + 1}")
        time.sleep(part.takes_s)
    return f"{task.name} of report {number}"


def _note(task: Task, number: int, status: str) -> str:
    with database.logged(number, task.name, task.request.retries):
        database.set_status(number, status)
    return status

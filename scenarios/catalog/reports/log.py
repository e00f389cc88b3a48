"""Reads the database that a run has kept: what the application believes of its reports. Refuses to judge it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import HarnessError

if TYPE_CHECKING:
    from pathlib import Path

FILE = "reports.sqlite3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the log: one attempt at a task of a report. One that has not ended has no moment for that."""

    task: str
    status: str
    retry: int
    created_s: float
    finished_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A report as the application knows it, with its log."""

    number: int
    form: str
    kind: str
    seed: int
    status: str
    changed_s: float
    lines: tuple[Line, ...] = ()


def read_log(files: Path) -> dict[int, Row]:
    """Return all reports of a database, by their numbers."""
    path = files / FILE
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            reports = database.execute(
                "SELECT id, form, kind, seed, status, changed FROM report ORDER BY id"
            ).fetchall()
            log = database.execute(
                "SELECT report, task, status, retry, created, finished FROM log ORDER BY id"
            ).fetchall()
    except sqlite3.Error as error:
        raise HarnessError(
            f"the reports' database in {path}", f"{type(error).__name__}: {error}", "see logs/sender.log beside it"
        ) from error
    lines: dict[int, list[Line]] = {}
    for number, task, status, retry, created, finished in log:
        line = Line(task=task, status=status, retry=retry, created_s=created, finished_s=finished)
        lines.setdefault(number, []).append(line)
    return {
        number: Row(
            number=number,
            form=form,
            kind=kind,
            seed=seed,
            status=status,
            changed_s=changed,
            lines=tuple(lines.get(number, ())),
        )
        for number, form, kind, seed, status, changed in reports
    }

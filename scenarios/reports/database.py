"""The application's database: the reports, and a log line for every attempt. REPORTS_DATABASE says where it is.

Owns its tables and every statement. Refuses to know Celery: what is written here is what the application believes.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE: Final = "REPORTS_DATABASE"
_TABLES: Final = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS report (
        id INTEGER PRIMARY KEY, form TEXT, kind TEXT, seed INTEGER, status TEXT, changed REAL
    );
    CREATE TABLE IF NOT EXISTS log (
        id INTEGER PRIMARY KEY, report INTEGER REFERENCES report, task TEXT, status TEXT, retry INTEGER,
        created REAL, finished REAL
    );
"""
# Others may be writing. By the clock of whoever waits.
_PATIENCE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Ordered:
    """What tasks need to know of the report that they work on."""

    kind: str
    seed: int


class _Closing(sqlite3.Connection):
    """A connection that is closed with the thread that has kept it: Python 3.13 complains of any that is not."""

    def __del__(self) -> None:
        self.close()


class _Kept(threading.local):
    """The connection of this thread: none is shared, and none is taken through a fork."""

    connection: sqlite3.Connection | None = None
    pid: int = 0


_kept = _Kept()


def _connection() -> sqlite3.Connection:
    if _kept.connection is None or _kept.pid != os.getpid():
        path = os.environ.get(VARIABLE, "reports.sqlite3")
        _kept.connection = sqlite3.connect(
            path,
            timeout=_PATIENCE_S,
            isolation_level=None,
            factory=_Closing,
            check_same_thread=False,  # a thread that has ended may be cleared away by another one
        )
        _kept.connection.executescript(_TABLES)
        _kept.pid = os.getpid()
    return _kept.connection


def add_report(form: str, kind: str, seed: int) -> int:
    """Save a report that somebody has ordered, and return its number."""
    row = _connection().execute(
        "INSERT INTO report (form, kind, seed, status, changed) VALUES (?, ?, ?, 'ordered', ?)",
        (form, kind, seed, time.time()),
    )
    assert row.lastrowid is not None
    return row.lastrowid


def report(number: int) -> Ordered:
    """Look a report up."""
    kind, seed = _connection().execute("SELECT kind, seed FROM report WHERE id = ?", (number,)).fetchone()
    return Ordered(kind, seed)


def set_status(number: int, status: str) -> None:
    """Say what has become of a report."""
    _connection().execute("UPDATE report SET status = ?, changed = ? WHERE id = ?", (status, time.time(), number))


@contextmanager
def logged(number: int, task: str, retry: int) -> Iterator[None]:
    """Write a log line for one attempt at a task: when it begins, and again when it ends."""
    line = (
        _connection()
        .execute(
            "INSERT INTO log (report, task, status, retry, created) VALUES (?, ?, 'running', ?, ?)",
            (number, task, retry, time.time()),
        )
        .lastrowid
    )
    status = "failed"
    try:
        yield
        status = "succeeded"
    finally:
        _connection().execute("UPDATE log SET status = ?, finished = ? WHERE id = ?", (status, time.time(), line))

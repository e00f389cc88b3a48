"""Writes reports: for each run its page and its data, for a directory of runs an index and what CI wants.

    DIR/index.html  DIR/junit.xml  DIR/summary.md
    DIR/flaky/report.html  DIR/flaky/report.json  DIR/flaky/trace.json

Owns which files there are, and that each is written whole or not at all.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import HarnessError, UsageError
from harness.journal import JOURNALS
from harness.report.index import PAGE_NAME, index_of
from harness.report.junit import junit_of
from harness.report.markdown import summary_of
from harness.report.packed import as_json, from_json
from harness.report.pages import index_page, scenario_page
from harness.report.perfetto import trace_of
from harness.report.report_of import report_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harness.report.format import Report

INDEX_NAME, DATA_NAME = "index.html", "report.json"
_UP = f"../{INDEX_NAME}"
_OF_A_RUN = ("experiment.json", "run.json", JOURNALS)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the page to open first, and the report of each run."""

    first: Path
    runs: tuple[tuple[Path, Report], ...]


def write_reports(directory: Path) -> Written:
    """Write all reports of a directory: a run's own, or one that holds runs."""
    if is_run(directory):
        report = write_run(directory)
        return Written(directory / PAGE_NAME, ((directory, report),))
    return _write_all(directory, ((run, write_run(run, _UP)) for run in runs_in(directory)))


def write_index(directory: Path) -> Written:
    """Write the index of a directory whose runs have reports; those that have none, or an old one, are given one."""
    return _write_all(directory, ((run, _read_back(run) or write_run(run, _UP)) for run in runs_in(directory)))


def _write_all(directory: Path, reports: Iterable[tuple[Path, Report]]) -> Written:
    """Write what is said of all runs of a directory together."""
    told = tuple(reports)
    index = index_of(directory, told)
    _write(directory / INDEX_NAME, index_page(index).encode())
    _write(directory / "junit.xml", junit_of(index.title, [report for _, report in told]))
    _write(directory / "summary.md", summary_of(index.title, [report for _, report in told]).encode())
    return Written(directory / INDEX_NAME, told)


def write_run(run: Path, index_href: str | None = None) -> Report:
    """Write the page of a run, and the same as data; return its report."""
    with _not_collecting():
        report = report_of(run)
        _write(run / PAGE_NAME, scenario_page(report, index_href).encode())
        _write(run / DATA_NAME, as_json(report))
        _write(run / "trace.json", trace_of(report))
    return report


@contextmanager
def _not_collecting() -> Iterator[None]:
    """Keep Python from looking for garbage in a block that makes very many objects, all of which stay to its end.

    Of a run of 100,000 events that would be more than a third of all the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read_back(run: Path) -> Report | None:
    """Return the report of a run that was written before; None where that is not of what the run has come to."""
    try:
        written_ns = (run / DATA_NAME).stat().st_mtime_ns
        if any((run / name).stat().st_mtime_ns > written_ns for name in _OF_A_RUN if (run / name).exists()):
            return None
        return from_json((run / DATA_NAME).read_bytes())
    except (OSError, ValueError):
        return None


def is_run(directory: Path) -> bool:
    """Say whether a directory is that of a run, whatever of it is missing."""
    return any((directory / name).exists() for name in _OF_A_RUN)


def runs_in(directory: Path) -> list[Path]:
    """Return the runs that a directory holds; fail if there are none."""
    try:
        found = sorted(path for path in directory.iterdir() if path.is_dir() and is_run(path))
    except OSError as error:
        raise UsageError(
            "a directory with runs", f"{directory}: {error.strerror}", "name one of harness-runs"
        ) from None
    if not found:
        raise UsageError("a run's directory, or one that holds runs", str(directory), "name one of harness-runs")
    return found


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f".{path.name}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        raise HarnessError(
            f"to write the report {path}", error.strerror, "see that you may write there, and that there is room"
        ) from error

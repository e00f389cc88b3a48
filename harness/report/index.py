"""All runs of a directory, a row each: the newest of every scenario, and former ones to compare them with.

Owns which runs belong together: those of one scenario, in the directory itself, and, where that lies in `harness-runs`,
in its sisters. A row is made of a run's two summaries; its journals are read for the newest only.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from harness.history.history import History
from harness.report.format import FORMAT, ClockTold, Json, Missing, Part
from harness.report.heading import is_as_expected, rulings, wall_us
from harness.report.remains import Remains, listed, mapping, read_summaries
from harness.report.rulings import is_as_expected as law_is_as_expected
from harness.run.repeating import repeat_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from harness.report.format import Report

RUNS_HERE = "harness-runs"
PAGE_NAME = "report.html"
_MOST_FORMER, _MOST_SPARKS = 20, 60


class RetryRow(Part, kw_only=True):
    """A retry, as a summary has it."""

    task: str
    asked_us: int
    observed_us: int


class Row(Part, kw_only=True):
    """One run, as a table of runs and a comparison of two show it."""

    name: str
    folder: str  # from the index
    page: str | None
    title: str
    id: str | None
    at_iso: str | None
    is_as_expected: bool | None
    ending: str | None
    outcome_text: str
    expected_outcome: str | None
    rulings: dict[str, int]
    laws: dict[str, str]
    violated: list[str]
    unexpected: list[str]
    attempts: dict[str, int]
    attempts_n: int
    retries: list[RetryRow]
    states: dict[str, str]
    virtual_us: int | None
    wall_us: int | None
    events: int | None
    clock: ClockTold
    conditions: dict[str, Json]
    provenance: dict[str, Json]
    discrepancies: list[str]
    repeat: str | None
    spark: list[tuple[int, int | None, str]] | None = None  # attempts: from, to, ending
    chords: int = 0  # that were counted to their end, and how many of them were races
    races: int = 0


class MissingOf(Missing, kw_only=True):
    """Something that a run's directory lacks."""

    run: int | None = None


class Index(Part, kw_only=True):
    """All runs of a directory."""

    format: int = FORMAT
    kind: Literal["index"] = "index"
    title: str
    made_iso: str | None
    missing: list[MissingOf]
    runs: list[Row]
    former: dict[str, list[Row]]

    def as_json(self) -> bytes:
        """Return it as its page has it."""
        return msgspec.json.encode(self)


def index_of(directory: Path, told: Sequence[tuple[Path, Report]]) -> Index:
    """Return the runs of a directory. `told` are those of which there is a report."""
    rows = [(path, row_of(path, directory, report), report) for path, report in told]
    rows.sort(key=lambda one: one[1].at_iso or "")
    newest = {row.name: path for path, row, _ in rows}
    runs = [(row, report) for path, row, report in rows if newest[row.name] == path]
    order = {path: place for place, (path, _) in enumerate(told)}
    runs.sort(key=lambda one: order[directory / one[0].folder])
    former: dict[str, list[Row]] = {}
    for row in (*_of_sisters(directory, set(newest)), *(row for path, row, _ in rows if newest[row.name] != path)):
        former.setdefault(row.name, []).append(row)
    return Index(
        title=directory.absolute().name,
        made_iso=max((row.at_iso for row, _ in runs if row.at_iso), default=None),
        missing=[
            MissingOf(what=one.what, file=one.file, line=one.line, run=place)
            for place, (_, report) in enumerate(runs)
            for one in report.missing
        ],
        runs=[row for row, _ in runs],
        former={
            name: sorted(found, key=lambda row: row.at_iso or "")[-_MOST_FORMER:] for name, found in former.items()
        },
    )


def row_of(path: Path, directory: Path, report: Report | None = None) -> Row:
    """Return the row of a run; with a report of it, what only its journals tell."""
    asked, ended, missing = read_summaries(path)
    remains = Remains(path, asked, ended, History(()), missing)
    laws = _laws(ended) if report is None else {law.name: law.ruling for law in report.laws}
    unexpected = _unexpected(remains, laws)
    scenario, page = remains.scenario, path / PAGE_NAME
    attempts = {str(task): int(count) for task, count in mapping(ended.get("attempts")).items()}
    row = Row(
        name=remains.name,
        folder=_from(directory, path),
        page=_from(directory, page) if report is not None or page.exists() else None,
        title=str(scenario.get("title") or remains.name),
        id=asked.get("id"),
        at_iso=_made_at(remains),
        is_as_expected=is_as_expected(remains, [not unexpected]),
        ending=ended.get("ending"),
        outcome_text=_outcome(ended),
        expected_outcome=mapping(scenario.get("expected")).get("outcome"),
        rulings=rulings(laws.values()),
        laws=laws,
        violated=[law for law, ruling in laws.items() if ruling == "violated"],
        unexpected=unexpected,
        attempts=attempts,
        attempts_n=sum(attempts.values()),
        retries=list(_retries(ended)),
        states={str(task): str(state) for task, state in mapping(ended.get("states")).items()},
        virtual_us=_us(remains.clock.get("virtual_s")),
        wall_us=wall_us(ended),
        events=ended.get("events"),
        clock=ClockTold(kind=remains.clock.get("clock"), why_real=remains.clock.get("reason")),
        conditions=dict(remains.conditions),
        provenance=dict(remains.provenance),
        discrepancies=[str(line) for line in listed(ended.get("discrepancies"))],
        repeat=repeat_of(scenario, remains.conditions, remains.provenance),
    )
    return row if report is None else _by(report, row)


def _by(report: Report, row: Row) -> Row:
    """Return a row with what a report knows better: a run that was cut short has no summary."""
    row.is_as_expected, row.outcome_text = report.run.is_as_expected, report.run.outcome_text
    row.attempts = {}
    for task in report.tasks:
        row.attempts[task.name] = row.attempts.get(task.name, 0) + len(task.attempts)
    row.attempts_n = len(report.attempts)
    row.virtual_us, row.events, row.clock = report.run.virtual_us, report.run.events, report.run.clock
    overlaps = [chord.overlap for chord in report.chords if chord.overlap is not None]
    row.chords, row.races = len(overlaps), sum(overlap.is_race for overlap in overlaps)
    row.spark = [(one.start, one.end, one.ending) for one in report.attempts[:_MOST_SPARKS]]
    return row


def _of_sisters(directory: Path, names: set[str]) -> Iterator[Row]:
    """Yield the runs of the same scenarios that were made by former commands."""
    here = directory.absolute()
    if here.parent.name != RUNS_HERE:
        return
    sisters = sorted(path for path in here.parent.iterdir() if path.is_dir() and path.name < here.name)
    for sister in sisters[-_MOST_FORMER:]:
        for name in sorted(names):
            if (sister / name / "run.json").is_file():
                yield row_of(sister / name, here)


def _from(directory: Path, path: Path) -> str:
    """Return the way from the index to a path: within its directory, or next door."""
    here, there = directory.absolute(), path.absolute()
    if there.is_relative_to(here):
        return there.relative_to(here).as_posix()
    return f"../{there.relative_to(here.parent).as_posix()}"


def _made_at(remains: Remains) -> str | None:
    """Return when a run was made. Former versions did not write that down; then its file's time must do."""
    if isinstance(made := remains.provenance.get("made"), str):
        return made
    for name in ("experiment.json", "run.json"):
        if (file := remains.path / name).exists():
            return datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat(timespec="seconds")
    return None


def _laws(ended: Mapping[str, Any]) -> dict[str, str]:
    found = (mapping(one) for one in listed(ended.get("verdicts")))
    return {str(one.get("law")): str(one.get("ruling")) for one in found}


def _unexpected(remains: Remains, laws: Mapping[str, str]) -> list[str]:
    """Name the laws that ruled otherwise than the scenario says."""
    violates = [str(law) for law in listed(remains.scenario.get("violates"))]
    named = [str(law) for law in listed(remains.scenario.get("laws"))]
    return [
        law
        for law, ruling in laws.items()
        if not law_is_as_expected(ruling, is_named=law in named, is_expected=law in violates)
    ]


def _outcome(ended: Mapping[str, Any]) -> str:
    kind, cause = ended.get("outcome"), ended.get("root_cause")
    return f"{kind} in {cause}" if kind and cause else str(kind or "")


def _retries(ended: Mapping[str, Any]) -> Iterable[RetryRow]:
    for one in map(mapping, listed(ended.get("retry_delays"))):
        asked_us, observed_us = _us(one.get("asked_s")), _us(one.get("observed_s"))
        if asked_us is not None and observed_us is not None:
            yield RetryRow(task=str(one.get("task")), asked_us=asked_us, observed_us=observed_us)


def _us(seconds: object) -> int | None:
    return round(seconds * 1e6) if isinstance(seconds, int | float) else None

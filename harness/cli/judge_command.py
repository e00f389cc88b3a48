"""`harness judge`: judge runs again, from what they have left, without Redis."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.errors import UsageError
from harness.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.laws.verdict import Verdict

_VIOLATED, _NOT_JUDGED, _UNPROVED = 1, 2, 3
_FROM_GOOD_TO_BAD = (0, _UNPROVED, _NOT_JUDGED, _VIOLATED)


@click.command(short_help="Judge runs again by every law, from their directories alone.")
@click.argument("directories", nargs=-1, required=True, metavar="DIR...", type=click.Path(path_type=Path))
@click.option("--all", "shows_all", is_flag=True, help="Also the laws that had nothing to judge.")
def judge(directories: Sequence[Path], shows_all: bool) -> int:
    """Judge the runs in these directories: each is a run's own, or one that holds runs.

    The exit code is 0 if no law is violated but those that a scenario names for that, 1 if another one is, or one of
    those no more, 2 if a directory holds no run that came to its end, 3 if a law that a scenario is to show was not
    shown.

    \b
    Examples:
      harness judge harness-runs/2026-11-21T15-01-10
      harness judge harness-runs/2026-11-21T15-01-10/flaky --all
    """
    code = 0
    for directory in directories:
        for run in _runs_in(directory):
            code = max(code, _judge_or_say_why_not(run, shows_all=shows_all), key=_FROM_GOOD_TO_BAD.index)
    return code


def _judge_or_say_why_not(run: Path, *, shows_all: bool) -> int:
    """Judge a run; one that did not come to its end keeps nobody from judging the others."""
    try:
        return _judge(run, shows_all=shows_all)
    except UsageError as error:
        click.secho(printable(str(run)), bold=True)
        click.echo(printable(str(error)), err=True)
        return _NOT_JUDGED


def _runs_in(directory: Path) -> Iterator[Path]:
    found = sorted(path.parent for path in (*directory.glob("experiment.json"), *directory.glob("*/experiment.json")))
    if not found:
        raise UsageError("a run's directory, or one that holds runs", str(directory), "name one of harness-runs")
    yield from found


def _judge(path: Path, *, shows_all: bool) -> int:
    from harness.laws.expectation import surprises  # noqa: PLC0415 - `harness --help` should not wait for it
    from harness.laws.prose import accuse, miss  # noqa: PLC0415
    from harness.laws.verdict import Ruling  # noqa: PLC0415
    from harness.run.judging import judge_directory  # noqa: PLC0415

    verdicts, named, violates = judge_directory(path)
    click.secho(printable(str(path)), bold=True)
    unproved = False
    for verdict in verdicts:
        must = verdict.law in named
        if verdict.ruling is Ruling.NOT_EXERCISED and not must and not shows_all:
            continue
        unproved |= must and verdict.ruling in (Ruling.NOT_EXERCISED, Ruling.UNDECIDED)
        is_known = verdict.ruling is Ruling.VIOLATED and verdict.law in violates
        known = ", as the scenario says that it must be" if is_known else ""
        click.echo(f"  {_mark(verdict, is_known=is_known)} {printable(str(verdict))}{known}")
        if verdict.ruling is Ruling.VIOLATED:
            click.echo("\n".join(f"      {printable(line)}" for line in accuse(verdict)))
    found = surprises(verdicts, violates)
    for verdict in found:
        if verdict.ruling is not Ruling.VIOLATED:
            click.echo("\n".join(f"  {printable(line)}" for line in miss(verdict)))
    if found:
        return _VIOLATED
    return _UNPROVED if unproved else 0


def _mark(verdict: Verdict, *, is_known: bool) -> str:
    if is_known:
        return click.style("ok  ", fg="green")
    marks = {"holds": ("ok  ", "green"), "violated": ("DIFF", "red"), "undecided": ("?   ", "yellow")}
    text, colour = marks.get(verdict.ruling.value, ("-   ", "bright_black"))
    return click.style(text, fg=colour)

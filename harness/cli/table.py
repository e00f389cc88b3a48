"""What came of it: a table of the runs, what differs, where everything is, and how to do it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.cli import words
from harness.cli.room import has_room
from harness.laws.own import find_own_laws
from harness.laws.prose import accuse, miss, not_exercised
from harness.laws.verdict import Ruling
from harness.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.campaign import RunFailed
    from harness.laws.own import OwnLaws
    from harness.run.run import Run


def show_results(  # noqa: PLR0913 - all that there is to say at the end
    ended: Sequence[Run],
    failed: Sequence[RunFailed],
    where: Path,
    *,
    wall_s: float,
    repeat: str,
    report: Path | None = None,
) -> None:
    """Print everything that a person wants to know at the end."""
    console = Console()
    if ended:
        table = _table(ended)
        if has_room(console, table):
            console.print(table)
        else:
            _print_lines(ended)
    for run in ended:
        _show_what_is_more(run)
    for failure in failed:
        click.secho(f"{failure.experiment.scenario.name}: {words.failure(failure.error)}", fg="red")
        click.echo(_indented(words.told(failure.error)))
    if len(ended) > 1 and (idle := words.never_exercised(ended)):
        click.echo(f"in all {len(ended)} runs together, {idle}")
    if ended:
        click.echo(words.time_taken(ended, wall_s))
    if report is not None:
        click.echo(f"report: {report}")
    as_expected = sum(run.is_as_expected for run in ended)
    kept = f"; everything is in {where}" if ended or where.exists() else ""
    click.echo(f"{as_expected} of {len(ended) + len(failed)} as expected{kept}")
    click.echo(f"again: {repeat}")


def _show_what_is_more(run: Run) -> None:
    """Print a run's account, what it did not show, how it differs from what was to come of it, and what it left."""
    for line in run.account.shown if run.account is not None else ():
        click.echo(printable(line))
    if idle := not_exercised(run.verdicts):
        click.secho(f"{run.experiment.scenario.name}: {idle}", dim=True)
    for line in run.discrepancies:
        click.secho(printable(f"{run.experiment.scenario.name}: {line}"), fg="red")
    for line in words.unproved(run):
        click.secho(f"{run.experiment.scenario.name}: {line}", fg="red")
    for verdict in run.surprises:
        is_violated = verdict.ruling is Ruling.VIOLATED
        what = "a law is violated" if is_violated else "a law was to be violated"
        tell = accuse if is_violated else miss
        click.secho(f"{run.experiment.scenario.name}: {what}:", fg="red")
        click.echo(_indented("\n".join(tell(verdict, _own_laws(run)))))
    if run.settlement.reason:
        said = "as expected, with this left" if run.is_settled_as_expected else "with this left"
        colour = None if run.is_settled_as_expected else "red"
        click.secho(f"{run.experiment.scenario.name}: {run.settlement.ending}, {said}:", fg=colour)
        click.echo(_indented(run.settlement.reason))


def _own_laws(run: Run) -> OwnLaws[Any] | None:
    name = run.experiment.scenario.own_laws
    return None if name is None else find_own_laws(name)


def _table(runs: Sequence[Run]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("", "Scenario", "Outcome", "Attempts", "Retry delay asked: observed", "Laws"):
        table.add_column(heading)
    table.add_column("Time", justify="right")
    table.add_column("Wall time", justify="right")
    for run in runs:
        table.add_row(
            Text("✓", "green") if run.is_as_expected else Text("✗", "red"),
            Text(run.experiment.scenario.name),
            Text(words.outcome(run)),
            Text("\n".join(f"{task} {count}" for task, count in words.attempts(run))),
            Text("\n".join(words.delays(run)) or "-"),
            Text(words.laws(run).replace(", ", "\n")),
            f"{run.timing.virtual_s:.1f} s",
            f"{run.wall_s:.1f} s",
            end_section=True,
        )
    return table


def _print_lines(runs: Sequence[Run]) -> None:
    for run in runs:
        click.echo(f"{'ok  ' if run.is_as_expected else 'DIFF'} {run.experiment.scenario.name}: {words.outcome(run)}")
        if counts := words.attempts(run):
            click.echo("       attempts: " + ", ".join(f"{task} {count}" for task, count in counts))
        for delay in words.delays(run):
            click.echo(f"       retry delay asked: observed  {delay}")
        click.echo(f"       laws: {words.laws(run)}")
        click.echo(f"       time: {run.timing.virtual_s:.1f} s, wall time: {run.wall_s:.1f} s")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in printable(text).splitlines())

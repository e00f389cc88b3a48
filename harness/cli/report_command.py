"""`harness report`: write the reports of runs, from what they have left, without Redis. And after `harness run`."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.exit_codes import AS_EXPECTED, USAGE_ERROR
from harness.errors import TroubleError, UsageError
from harness.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.report.writing import Written


@click.command(short_help="Write the reports of runs, from their directories alone.")
@click.argument("directories", nargs=-1, required=True, metavar="DIR...", type=click.Path(path_type=Path))
def report(directories: Sequence[Path]) -> int:
    """Write the reports of the runs in these directories: each is a run's own, or one that holds runs.

    \b
    What is written:
      DIR/index.html        all runs of a directory, and how they compare with former ones
      DIR/junit.xml         for CI: a case for each run, a property for each law
      DIR/summary.md        for the page of a CI job
      DIR/RUN/report.html   a run: timeline, canvas, retries, laws, diagnosis, events
      DIR/RUN/report.json   the same as data (docs/reports.md says what is in it)
      DIR/RUN/trace.json    the same for ui.perfetto.dev

    Every page is one file that opens from the disk, without a network. `harness run` writes all this when it ends, and
    pytest does with --report-dir; this command does it again, at any later time and without Redis.

    Of a run that was cut short, what is there is shown, and what is missing is named, on its page and here: that is no
    error. The exit code is 2 if a directory holds no run at all, 3 if a report cannot be written.

    \b
    Examples:
      harness report harness-runs/2026-11-21T15-01-10
      harness report harness-runs/2026-11-21T15-01-10/flaky
      harness report harness-runs/*
    """
    from harness.report.writing import write_reports  # noqa: PLC0415 - `harness --help` should not wait for it

    code = AS_EXPECTED
    for directory in directories:
        try:
            written = write_reports(directory)
        except UsageError as error:  # keeps nobody from reading the others
            click.echo(printable(f"{directory}\n{error}"), err=True)
            code = USAGE_ERROR
        else:
            click.echo(printable(f"{written.first}  {_counted(len(written.runs))}"))
            for line in _missing(written):
                click.secho(printable(line), fg="yellow")
    return code


def report_of_runs(where: Path) -> Path | None:
    """Write the reports of runs that have just been made; where that fails, say so: their results come first."""
    try:
        from harness.report.writing import write_reports  # noqa: PLC0415 - it is needed at the end only

        return write_reports(where).first
    except TroubleError as trouble:
        click.echo(printable(f"harness: there is no report\n{trouble}"), err=True)
    except Exception:  # noqa: BLE001 - whatever is wrong with a report, the runs were made
        click.echo(
            f"harness: there is no report: this is a defect of the harness, please report it\n{traceback.format_exc()}",
            err=True,
        )
    return None


def _missing(written: Written) -> Iterator[str]:
    for path, its in written.runs:
        for one in its.missing:
            yield f"  {path.name}: {one}"


def _counted(runs: int) -> str:
    return "1 run" if runs == 1 else f"{runs} runs"

"""`harness doctor`: what this machine has and lacks, and for each thing missing the line to type."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from harness.cli.exit_codes import AS_EXPECTED, INCONCLUSIVE

if TYPE_CHECKING:
    from rich.table import Table

    from harness.doctor.findings import Examination, Finding

_VERSION = 1
_MARKS = {"ok": ("✓", "green"), "limited": ("!", "yellow"), "missing": ("✗", "red")}


@click.command(short_help="Say what this machine has and lacks, and what to type for it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for machines.")
def doctor(as_json: bool) -> int:
    """Look at this machine: Redis, virtual time, containers, versions, folders.

    For each thing missing it says what to type. The exit code is 0 if `harness run` works here, if only in real time,
    and 3 if it does not.

    \b
    Examples:
      harness doctor
      harness doctor --json | jq .can_run
    """
    from harness.doctor.examine import examine  # noqa: PLC0415 - `harness --help` should not wait for it

    examination = examine()
    if as_json:
        click.echo(json.dumps(_as_json(examination), indent=2))
    else:
        _show(examination)
    return AS_EXPECTED if examination.can_run else INCONCLUSIVE


def _as_json(examination: Examination) -> dict[str, object]:
    findings = [asdict(finding) for finding in examination.findings]
    clock = examination.named("Virtual time").state == "ok"
    return {
        "version": _VERSION,
        "can_run": examination.can_run,
        "clock": "virtual" if clock else "real",
        "findings": findings,
    }


def _show(examination: Examination) -> None:
    from rich.console import Console  # noqa: PLC0415 - as above

    console = Console()
    if console.is_terminal:
        console.print(_table(examination.findings))
    else:
        for finding in examination.findings:
            click.echo(f"{finding.state:<8} {finding.name:<17} {'; '.join(finding.found.splitlines())}")
    lacking = [finding for finding in examination.findings if finding.remedies]
    for finding in lacking:
        click.echo(f"{finding.name}, type:")
        for line in finding.remedies:
            click.secho(f"    {line}", bold=True)
    if lacking and console.is_terminal:
        click.echo()
    click.secho(conclusion(examination), fg="green" if examination.can_run else "red")


def _table(findings: tuple[Finding, ...]) -> Table:
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table.grid(padding=(0, 2))
    for finding in findings:
        mark, colour = _MARKS[finding.state]
        found = Text(finding.found, style="" if finding.state == "ok" else colour, overflow="fold")
        table.add_row(Text(f" {mark}", colour), Text(finding.name, no_wrap=True), found)
    table.add_row()
    return table


def conclusion(examination: Examination) -> str:
    """Say in one line what follows from all that."""
    if not examination.can_run:
        missing = [finding.name for finding in examination.findings if finding.state == "missing"]
        return f"harness run cannot work here: {', '.join(missing)}"
    if examination.named("Virtual time").state == "ok":
        return "harness run works here, in virtual time"
    return "harness run works here, in real time"

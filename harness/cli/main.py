"""`harness`: the group of commands, its errors and its exit codes."""

from __future__ import annotations

import signal
import sys

import click

from harness.cli.judge_command import judge
from harness.cli.run_command import run
from harness.errors import TroubleError, UsageError

USAGE_ERROR, HARNESS_FAILED, INTERRUPTED, TERMINATED = 2, 3, 130, 143


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="canvas-harness", prog_name="harness")
def commands() -> None:
    """Prove what a Celery canvas really does: real Redis, real workers, every fact recorded.

    \b
    Examples:
      harness run                   all scenarios
      harness run flaky slow        two of them
      harness judge harness-runs/*  judge former runs again
      harness run --help            what else can be asked for
    """


commands.add_command(run)
commands.add_command(judge)


def main() -> None:
    """Run a command; say what went wrong in three parts, and never in a traceback of ours that nobody asked for."""
    # As with Ctrl-C, what goes on is ended in order.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        code = commands.main(prog_name="harness", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("interrupted; nothing was left behind", err=True)
        sys.exit(INTERRUPTED)
    except TroubleError as trouble:
        click.echo(f"harness: {trouble}", err=True)
        sys.exit(USAGE_ERROR if isinstance(trouble, UsageError) else HARNESS_FAILED)
    sys.exit(code or 0)

"""`harness`: the group of commands, its errors and its exit codes."""

from __future__ import annotations

import os
import signal
import sys
import traceback

import click

from harness.cli.completion_command import completion
from harness.cli.doctor_command import doctor
from harness.cli.exit_codes import AS_EXPECTED, INCONCLUSIVE, INTERRUPTED, TERMINATED, USAGE_ERROR
from harness.cli.judge_command import judge
from harness.cli.report_command import report
from harness.cli.run_command import run
from harness.errors import TroubleError, UsageError
from harness.printable import printable


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="canvas-harness", prog_name="harness")
def commands() -> None:
    """Prove what a Celery canvas really does: real Redis, real workers, every fact recorded.

    \b
    Examples:
      harness run                   all scenarios
      harness run flaky slow        two of them
      harness judge harness-runs/*  judge former runs again
      harness report harness-runs/* write their reports again
      harness run --help            what else can be asked for
      harness doctor                what this machine has and lacks
    """


commands.add_command(run)
commands.add_command(judge)
commands.add_command(report)
commands.add_command(doctor)
commands.add_command(completion)


class _TerminatedError(SystemExit):
    """SIGTERM asked for the end; as with Ctrl-C, what goes on is ended in order."""

    def __init__(self) -> None:
        super().__init__(TERMINATED)


class _Ending:
    """What signals that ask for an end come to. The first ends what goes on in order, which takes a moment."""

    def __init__(self) -> None:
        self._asked = 0

    def asked(self, number: int, _frame: object) -> None:
        """Interrupt once; while that takes its course, say so; whoever insists is let go."""
        self._asked += 1
        if self._asked == 1:
            if number == signal.SIGINT:
                raise KeyboardInterrupt
            raise _TerminatedError
        if self._asked == 2:  # noqa: PLR2004 - twice
            os.write(2, b"harness: ending what runs; once more to leave that to the supervisor\n")
            return
        # Each testbed's supervisor ends everything when its channel closes.
        os._exit(INTERRUPTED if number == signal.SIGINT else TERMINATED)


def main() -> None:
    """Run a command; say what went wrong in three parts, and never in a traceback of ours that nobody asked for."""
    ending = _Ending()
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` and a shell's `&` have it
            signal.signal(number, ending.asked)
    try:
        # rich looks at NO_COLOR by itself, click does not (8.5).
        colour = False if os.environ.get("NO_COLOR") else None
        code = commands.main(prog_name="harness", standalone_mode=False, color=colour)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("interrupted; nothing was left behind", err=True)
        sys.exit(INTERRUPTED)
    except _TerminatedError:
        click.echo("terminated; nothing was left behind", err=True)
        raise
    except TroubleError as trouble:
        click.echo(printable(f"harness: {trouble}"), err=True)
        sys.exit(USAGE_ERROR if isinstance(trouble, UsageError) else INCONCLUSIVE)
    except Exception:  # noqa: BLE001 - an exit code of 1 would say something about Celery
        click.echo(f"harness: this is a defect of the harness, please report it\n{traceback.format_exc()}", err=True)
        sys.exit(INCONCLUSIVE)
    sys.exit(code or AS_EXPECTED)

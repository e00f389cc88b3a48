"""`harness run races`: what its options mean, how the campaign is shown, and its exit code."""

from __future__ import annotations

import re
import shlex
import time
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from harness.cli.exit_codes import AS_EXPECTED, DIFFERS, INCONCLUSIVE, USAGE_ERROR
from harness.cli.report_command import report_of_runs
from harness.cli.run_folder import folder_for, remove_if_empty
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from harness.campaign.fleets import Fleet
    from harness.campaign.races import RaceProgress
    from harness.cli.race_display import Tally
    from harness.scenario import Conditions, Pool

DEFAULT_CHORDS, DEFAULT_MEMBERS = 200, "2,8,50"
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_FEWEST_MEMBERS = 2
_PLENTY = "300,300,50"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line asks of races; what it does not name is None."""

    race: str
    chords: str | None
    members: str | None
    budget: str | None
    pool: Pool | None
    workers: int | None
    concurrency: int | None

    def fleets(self, conditions: Conditions) -> list[Fleet]:
        """Return the fleets that are to run."""
        from harness.campaign.fleets import MOST_MEMBERS, WORKERS, deal, fleets_for  # noqa: PLC0415 - as in `run_races`

        sizes = _numbers("--members", self.members or DEFAULT_MEMBERS, _FEWEST_MEMBERS, MOST_MEMBERS, DEFAULT_MEMBERS)
        if len(set(sizes)) < len(sizes):
            raise UsageError("--members to name each size once", self.members, f"write {DEFAULT_MEMBERS}, for example")
        slots = None
        if self.workers is not None or self.concurrency is not None:
            workers = self.workers or WORKERS
            slots = workers, self.concurrency or -(-max(sizes) // workers)
        chords = self._chords(sizes)
        dealt = deal(chords[0], sizes) if chords is not None and len(chords) == 1 else chords
        return fleets_for(sizes, dealt, conditions, pools=() if self.pool is None else (self.pool,), slots=slots)

    def _chords(self, sizes: Sequence[int]) -> list[int] | None:
        """Return how many chords: one number for all sizes, or one for each; None where time decides."""
        if self.chords is None:
            return None if self.budget else [DEFAULT_CHORDS]
        chords = _numbers("--chords", self.chords, 1, None, str(DEFAULT_CHORDS))
        if len(chords) not in (1, len(sizes)):
            raise UsageError(
                f"--chords to be one number, or one for each of the {len(sizes)} sizes of --members",
                self.chords,
                f"write {DEFAULT_CHORDS}, or {','.join(['100'] * len(sizes))}",
            )
        return chords

    def budget_s(self) -> float | None:
        """Return how much wall time there is; None for as much as it takes."""
        if self.budget is None:
            return None
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", self.budget)
        if found is None or not float(found[1]):
            raise UsageError("--budget to be a time: seconds, or with s, m or h", self.budget, "write 60s, for example")
        return float(found[1]) * _SECONDS[found[2]]

    def command(self) -> list[str]:
        """Return the words that repeat it: what was named, though it may be the default of scenarios."""
        named = [(name, value) for name, value in asdict(self).items() if name != "race" and value is not None]
        return [word for name, value in named for word in (f"--{name}", str(value))]

    def apart_from(self, conditions: Conditions) -> Conditions:
        """Return conditions without what is named here: fleets have their own."""
        usual = type(conditions)()
        return replace(conditions, pool=usual.pool, workers=usual.workers, concurrency=usual.concurrency)


def _numbers(option: str, text: str, least: int, most: int | None, example: str) -> list[int]:
    """Read numbers with commas between them."""
    numbers = [int(part) for part in text.split(",")] if re.fullmatch(r"\d{1,9}(,\d{1,9})*", text) else []
    if not numbers or min(numbers) < least or (most is not None and max(numbers) > most):
        limits = f"of at least {least}" if most is None else f"from {least} to {most}"
        why = "; a header of one cannot race" if least == _FEWEST_MEMBERS else ""
        raise UsageError(
            f"{option} to be numbers {limits}, with commas between them{why}", text, f"write {example}, for example"
        )
    return numbers


def wanted_races(scenarios: tuple[str, ...], **asked: str | None) -> Wanted | None:
    """Return what is asked of races, if they are what is asked for; options of theirs without them are refused."""
    from harness.catalog import race_names  # noqa: PLC0415 - `harness --help` should not wait for it

    named = [name for name in scenarios if name in race_names()]
    if not named:
        for option, value in asked.items():
            if value is not None:
                raise UsageError(
                    f"--{option} with a campaign of races only",
                    f"harness run {' '.join(scenarios)}".rstrip(),
                    f"write `harness run races --{option} {value}`",
                )
        return None
    if len(scenarios) > 1:
        raise UsageError(f"{named[0]} alone, for it is a campaign", " ".join(scenarios), f"run {named[0]} by itself")
    context = click.get_current_context()

    def chosen(name: str) -> Any:  # noqa: ANN401 - an option's value
        """Return an option's value if somebody has named it."""
        is_default = context.get_parameter_source(name) is ParameterSource.DEFAULT
        return None if is_default else context.params[name]

    return Wanted(
        race=named[0],
        chords=asked["chords"],
        members=asked["members"],
        budget=asked["budget"],
        pool=chosen("pool"),
        workers=chosen("workers"),
        concurrency=chosen("concurrency"),
    )


def run_races(
    wanted: Wanted, conditions: Conditions, directory: Path | None, repeat: Sequence[str], *, reports: bool
) -> int:
    """Run a campaign of races, show it, and return the exit code. All that may be wrong is said before it begins."""
    from harness.catalog import find_race  # noqa: PLC0415 - `harness --help` should not wait for it

    if not conditions.records_commands:
        raise UsageError(
            "the recorder: by the order of Redis's commands a race is told",
            "--no-recorder",
            "leave that option out",
        )
    fleets, budget_s, scenario_of = wanted.fleets(conditions), wanted.budget_s(), find_race(wanted.race)
    where = folder_for(directory, [next(fleet.batches(wanted.race)).name for fleet in fleets])
    try:
        from harness.campaign.races import carry_out_races  # noqa: PLC0415 - as above

        going_on = carry_out_races(wanted.race, scenario_of, fleets, where, budget_s=budget_s)
        return _watch(fleets, going_on, where, [*repeat, *wanted.command()], reports=reports)
    finally:
        if directory is None:
            remove_if_empty(where)


def _watch(
    fleets: Sequence[Fleet],
    going_on: Generator[RaceProgress, None, None],
    where: Path,
    repeat: Sequence[str],
    *,
    reports: bool,
) -> int:
    """Show what goes on and what came of it, and return the exit code."""
    from harness.cli.race_display import Tally, display, show  # noqa: PLC0415 - as above

    began = time.monotonic()
    tally = Tally(fleets)
    # Closed, not left to be collected: an interruption may strike while progress is shown.
    with display(tally) as tell, closing(going_on):
        for progress in going_on:
            tell(progress)
    show(tally)
    total = tally.total
    clocks = " and ".join(sorted(tally.clocks)) or "no"
    click.echo(f"{total.virtual_s:.1f} {clocks} seconds in {time.monotonic() - began:.1f} s of wall time")
    report = report_of_runs(where) if reports and total.runs else None
    if report is not None:
        click.echo(f"report: {report}")
    kept = f"; everything is in {where}" if total.runs else ""
    click.echo(f"{total.as_expected} of {total.runs + len(tally.failed)} batches as expected{kept}")
    click.echo(f"again: {shlex.join(repeat)}")
    code = exit_code(tally)
    return INCONCLUSIVE if code == AS_EXPECTED and reports and report is None else code


def exit_code(tally: Tally) -> int:
    """Return 0 if all came as expected and there were races, 1 if something differs, 2 and 3 as everywhere."""
    if any(not isinstance(failure.error, UsageError) for failure in tally.failed):
        return INCONCLUSIVE
    if tally.failed:
        return USAGE_ERROR
    if any(not batch.is_as_expected for batch in tally.differing):
        return DIFFERS
    return INCONCLUSIVE if tally.differing or not tally.total.races else AS_EXPECTED

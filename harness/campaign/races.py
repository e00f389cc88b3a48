"""Races: batches of chords whose members end as nearly at once as can be, each batch a run that all laws judge.

Fleet after fleet, batch after batch, until there are as many chords as were asked for, or time is up. Of each run the
figures and what differs are kept; its history is in its directory.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.campaign.figures import Figures, figures_of
from harness.campaign.in_turn import carry_out_in_turn
from harness.campaign.progress import Progress, RunEnded, RunFailed, TestbedUp, TimeIsReal
from harness.scenario import Experiment

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from harness.campaign.fleets import Fleet
    from harness.laws.verdict import Verdict
    from harness.run.run import Run
    from harness.run.settling import Settlement
    from harness.scenario import Batch, Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetStarts:
    """The workers of a fleet are about to be started."""

    fleet: Fleet


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEnded:
    """A batch has come to its end: its figures, and what a person must know if it did not come as expected."""

    fleet: Fleet
    name: str
    figures: Figures
    clock: str
    is_as_expected: bool
    settlement: Settlement
    discrepancies: tuple[str, ...]
    violations: tuple[Verdict, ...]
    unproved: tuple[Verdict, ...]


RaceProgress = FleetStarts | TestbedUp | TimeIsReal | BatchEnded | RunFailed


def carry_out_races(
    race: str,
    scenario_of: Callable[[Batch], Scenario],
    fleets: Sequence[Fleet],
    directory: Path,
    *,
    budget_s: float | None = None,
) -> Generator[RaceProgress, None, None]:
    """Have fleets run their chords, one fleet after another, and yield what goes on.

    Of `budget_s` of wall time each fleet gets an equal part of what the ones before it have left over, and at least
    one batch. A batch that fails by the harness's own trouble is its fleet's last one.
    """
    began = time.monotonic()
    for number, fleet in enumerate(fleets):
        yield FleetStarts(fleet=fleet)
        now = time.monotonic()
        until = None if budget_s is None else now + max(0.0, began + budget_s - now) / (len(fleets) - number)
        with closing(_carry_out(fleet, _experiments(race, scenario_of, fleet, until), directory)) as going_on:
            yield from going_on


def _experiments(
    race: str, scenario_of: Callable[[Batch], Scenario], fleet: Fleet, until: float | None
) -> Iterator[Experiment]:
    for batch in fleet.batches(race):
        yield Experiment(scenario=scenario_of(batch), conditions=fleet.conditions)
        if until is not None and time.monotonic() >= until:
            return


def _carry_out(fleet: Fleet, experiments: Iterator[Experiment], directory: Path) -> Generator[RaceProgress, None, None]:
    with closing(carry_out_in_turn(experiments, directory)) as going_on:
        for progress in going_on:
            told = _told(fleet, progress)
            if told is not None:
                yield told
            if isinstance(progress, RunFailed):
                return


def _told(fleet: Fleet, progress: Progress) -> RaceProgress | None:
    match progress:
        case RunEnded():
            return _ended(fleet, progress.run)
        case TestbedUp() | TimeIsReal() | RunFailed():
            return progress
        case _:
            return None


def _ended(fleet: Fleet, run: Run) -> BatchEnded:
    return BatchEnded(
        fleet=fleet,
        name=run.experiment.scenario.name,
        figures=figures_of(run),
        clock=run.timing.clock,
        is_as_expected=run.is_as_expected,
        settlement=run.settlement,
        discrepancies=run.discrepancies,
        violations=run.violations,
        unproved=run.unproved,
    )

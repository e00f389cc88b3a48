"""One trigger per chord, also when its last members end at the same time.

Real Redis, real workers, on every testbed: 200 chords whose header members all sleep until one instant and wake
together, in several processes of several workers, or in threads. A chord is a race if Redis took commands of its last
two members in between each other; what is not is no evidence here. Read the proofs as the specification.

CANVAS_HARNESS_RACES names how many chords of 2, 8 and 50 members (`130,56,14`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pytest

from harness.campaign import RunEnded, RunFailed, TimeIsReal
from harness.campaign.fleets import fleets_for
from harness.campaign.in_turn import carry_out_in_turn
from harness.catalog import find_race
from harness.history.events import ProcessStarted, WorkerStarted
from harness.history.overlap import Finish, finishes
from harness.history.redis_events import BodyClaimed
from harness.laws.case import Case
from harness.laws.verdict import Ruling
from harness.scenario import DELAY_TOLERANCE_S, Experiment, Pool

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.laws.chords import Chord
    from harness.run.run import Run
    from harness.scenario import Conditions

# By the size of the header. Processes have two workers, so do threads.
POOLS: dict[int, tuple[Pool, ...]] = {2: ("prefork", "threads"), 8: ("prefork",), 50: ("threads",)}
SIZES = tuple(POOLS)
CHORDS = tuple(int(count) for count in os.environ.get("CANVAS_HARNESS_RACES", "130,56,14").split(","))
# Far fewer than there are, also on a machine with other things to do; but none would mean that nothing was shown.
LEAST_SHARE = 0.2

of_every_size = pytest.mark.parametrize("members", SIZES)


@dataclass(frozen=True)
class Raced:
    """The runs in which chords of one size were raced."""

    runs: tuple[Run, ...]

    @cached_property
    def chords(self) -> list[tuple[Run, Chord, Finish]]:
        """Every chord, the run that it was sent in, and how it came to its end."""
        return [
            (run, chord, finished[chord.group_id])
            for run in self.runs
            for finished in [finishes(run.history.events)]
            for chord in Case(run.history, late_s=DELAY_TOLERANCE_S[run.timing.clock]).chords
        ]

    @property
    def races(self) -> list[tuple[Run, Chord, Finish]]:
        """The chords whose last two members ended at the same time."""
        return [one for one in self.chords if one[2].is_race]


@pytest.fixture(scope="session")
def campaign(conditions: Conditions, tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Raced]:
    """Return what looks up the races of a size on the testbed at hand; all are raced at the first call."""
    fleets = [
        fleet
        for size, chords in zip(SIZES, CHORDS, strict=True)
        for fleet in fleets_for([size], [chords], conditions, pools=POOLS[size])
    ]
    scenario_of = find_race("races")
    runs: dict[int, list[Run]] = {size: [] for size in SIZES}
    of_fleets = [(fleet, scenario_of(batch)) for fleet in fleets for batch in fleet.batches("races")]
    size_of = {scenario.name: fleet.members for fleet, scenario in of_fleets}
    experiments = [Experiment(scenario=scenario, conditions=fleet.conditions) for fleet, scenario in of_fleets]
    for progress in carry_out_in_turn(experiments, tmp_path_factory.mktemp("races")):
        match progress:
            case RunEnded():
                runs[size_of[progress.run.experiment.scenario.name]].append(progress.run)
            case RunFailed():
                raise progress.error
            case TimeIsReal() if os.environ.get("CI"):
                pytest.fail(f"in CI time must be virtual where it was asked for; it is real: {progress.reason}")
            case _:
                pass
    return lambda size: Raced(tuple(runs[size]))


@pytest.fixture
def raced(campaign: Callable[[int], Raced], members: int) -> Raced:
    """Return the races of the size that the test is about."""
    return campaign(members)


@of_every_size
def test_chords_are_raced_and_more_than_by_luck(raced: Raced, members: int) -> None:
    assert len(raced.chords) == CHORDS[SIZES.index(members)]
    assert {finish.counted for _, _, finish in raced.chords} == {members}
    assert len(raced.races) >= LEAST_SHARE * len(raced.chords)


@pytest.mark.parametrize("members", [2, 8])
def test_the_last_members_of_races_end_in_different_workers_and_processes_too(raced: Raced) -> None:
    ended_in = [{source_of(run, task_id) for task_id in finish.last} for run, _, finish in raced.races]
    assert any(len(sources) == 2 for sources in ended_in)
    workers = [
        {worker_of(run, source) for source in sources}
        for sources, (run, _, _) in zip(ended_in, raced.races, strict=True)
    ]
    assert any(len(names) == 2 for names in workers)


@of_every_size
def test_a_body_is_sent_once_and_runs_once(raced: Raced) -> None:
    for run, chord, _ in raced.chords:
        assert [body.task_id for body in chord.bodies] == [chord.body_id]
        assert len(run.history.attempts(chord.body_id)) == 1


@of_every_size
def test_a_body_receives_every_result_in_the_order_of_its_header(raced: Raced, members: int) -> None:
    for run, chord, _ in raced.chords:
        (attempt,) = run.history.attempts(chord.body_id)
        assert attempt.started.args == [list(range(members))]


@of_every_size
def test_no_body_is_sent_before_its_last_member_has_returned(raced: Raced) -> None:
    for _, chord, _ in raced.chords:
        (body,) = chord.bodies
        assert [fate.sent.task_id for fate in chord.members if fate.returned_before(body.index) is None] == []


@of_every_size
def test_it_is_sent_by_the_member_that_was_counted_last(raced: Raced) -> None:
    for _, chord, finish in raced.chords:
        assert [body.sender_id for body in chord.bodies] == [finish.last[-1]]


@of_every_size
def test_from_celery_5_7_on_one_member_claims_the_body_and_before_nobody_does(raced: Raced) -> None:
    # celery/backends/redis.py, on_chord_part_return: 5.7.0 claims within the script that counts, 5.4 to 5.6 do not.
    for run in raced.runs:
        version = next(event.versions["celery"] for event in run.history.all_of(WorkerStarted))
        claims = sorted(event.group_id for event in run.history.all_of(BodyClaimed))
        chords = sorted(chord.group_id for other, chord, _ in raced.chords if other is run)
        assert claims == (chords if tuple(map(int, version.split(".")[:2])) >= (5, 7) else [])


@of_every_size
def test_no_law_is_violated_and_those_that_races_are_to_show_are_shown(raced: Raced) -> None:
    for run in raced.runs:
        assert run.settlement.ending == "settled", run.settlement.reason
        assert (run.discrepancies, run.violations, run.unproved) == ((), (), ())
        assert [verdict for verdict in run.verdicts if verdict.ruling is Ruling.UNDECIDED] == []


def source_of(run: Run, task_id: str) -> str:
    """Return the process in which a task's only attempt ended."""
    (attempt,) = run.history.attempts(task_id)
    assert attempt.ended is not None
    return attempt.ended.source


def worker_of(run: Run, source: str) -> str:
    """Return the worker to which a process belongs."""
    return next(event.process for event in run.history.all_of(ProcessStarted) if event.source == source)

"""What goes wrong only when members end at the same time is caught by a campaign of races, and by its races alone."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from breaking import SABOTAGE_VARIABLE

from harness.campaign import RunFailed
from harness.campaign.fleets import fleets_for
from harness.campaign.races import BatchEnded, carry_out_races
from harness.catalog import find_race
from harness.history.overlap import finishes
from harness.laws.chords import chords_of
from harness.laws.messages import Messages
from harness.laws.verdict import Ruling
from harness.scenario import Conditions, Surroundings
from harness.store import RunDirectory

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.scenario import Batch, Scenario

CHORDS = 50
HERE = str(Path(__file__).parent)
BODY = re.compile(r"races\.body\[([0-9a-f-]{36})\]")


@pytest.fixture
def race(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], BatchEnded]:
    """Return what races chords of a size on a Celery that is broken in the way that is named, or in none."""
    option = request.config.getoption
    conditions = Conditions(clock=option("--clock"), redis_server=option("--redis-server"))

    def race(sabotage: str) -> BatchEnded:
        control = tmp_path / "sabotage"
        control.write_text(sabotage)
        surroundings = Surroundings(search_path=(HERE,), environment={SABOTAGE_VARIABLE: str(control)})

        def scenario_of(batch: Batch) -> Scenario:
            return replace(find_race("races")(batch), app="sabotaged_races:app", surroundings=surroundings)

        fleets = fleets_for([2], [CHORDS], conditions, pools=["prefork"])
        progress = list(carry_out_races("races", scenario_of, fleets, tmp_path / "runs"))
        for failure in progress:
            if isinstance(failure, RunFailed):
                raise failure.error
        (batch,) = (one for one in progress if isinstance(one, BatchEnded))
        return batch

    return race


def races_of(directory: Path) -> tuple[set[str], set[str]]:
    """Return the ids of the bodies of all chords of a run that were races, and of those that were none."""
    history = RunDirectory(directory).history()
    races: tuple[set[str], set[str]] = set(), set()
    finished = finishes(history.events)
    for chord in chords_of(Messages(history)):
        races[not finished[chord.group_id].is_race].add(chord.body_id)
    return races


@pytest.mark.parametrize(
    ("sabotage", "law"),
    [("body_sent_twice_in_races", "chord.body_once"), ("body_lost_in_races", "chord.none_missed")],
)
def test_what_goes_wrong_only_in_races_is_caught_by_them(
    sabotage: str,
    law: str,
    race: Callable[[str], BatchEnded],
    tmp_path: Path,
    tell: Callable[[str, str, str, str], None],
) -> None:
    batch = race(sabotage)
    caught = {verdict.law: verdict for verdict in batch.violations}
    guilty = {found for one in caught[law].evidence for found in BODY.findall(one.claim)} if law in caught else set()
    told = (
        f"{batch.figures.races} races of {CHORDS} chords; {caught[law].reason or f'{len(guilty)} instances'}, all races"
    )
    tell(sabotage, law, law if guilty else "nothing", told)
    assert not batch.is_as_expected
    assert guilty
    races, others = races_of(tmp_path / "runs" / batch.name)
    assert guilty <= races
    assert not guilty & others
    assert batch.figures.races == len(races)
    assert batch.figures.bound is None


def test_chords_of_a_celery_as_it_is_are_not_accused(race: Callable[[str], BatchEnded]) -> None:
    batch = race("")
    assert batch.is_as_expected
    assert batch.unproved == ()
    assert batch.figures.rulings["chord.body_once"] is batch.figures.rulings["chord.none_missed"] is Ruling.HOLDS
    assert batch.figures.races
    assert batch.figures.bound is not None

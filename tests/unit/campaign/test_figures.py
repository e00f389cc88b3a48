"""What races come to in figures, of one run and of many."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from harness.campaign.figures import Figures, figures_of
from harness.laws.verdict import Ruling, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.conftest import Record


def run_of(record: Record, **fields: Any) -> Any:
    usual = {"wall_s": 2.0, "timing": SimpleNamespace(virtual_s=10.0), "is_as_expected": True}
    nothing: dict[str, Any] = {"verdicts": (), "unproved": ()}
    return SimpleNamespace(history=record.history(), **(usual | nothing | fields))


def test_chords_are_counted_and_races_among_them(record: Record, chord: Callable[..., None]) -> None:
    for number in range(5):
        chord(f"c{number}", is_race=number in (1, 3))
    figures = figures_of(run_of(record))
    assert (figures.chords, figures.races) == (5, 2)
    assert figures.share == pytest.approx(0.4)
    assert figures.rate == pytest.approx(2.5)


def test_of_a_chord_that_lacks_a_count_nobody_knows_whether_it_was_a_race(
    record: Record, chord: Callable[..., None]
) -> None:
    chord("whole", is_race=True)
    chord("open", is_race=True, lacks_a_count=True)
    figures = figures_of(run_of(record))
    assert (figures.chords, figures.races) == (2, 1)


def test_the_slowest_is_told_from_its_first_members_end_to_its_bodys(
    record: Record, chord: Callable[..., None]
) -> None:
    chord("fast", is_race=True, took_ms=20)
    chord("slow", is_race=True, took_ms=70)
    chord("fast too", is_race=False, took_ms=30)
    assert figures_of(run_of(record)).slowest_s == pytest.approx(0.070)


def test_a_chord_that_has_lost_its_body_is_a_chord_and_takes_no_time(
    record: Record, chord: Callable[..., None]
) -> None:
    chord("lost", is_race=True, has_body=False)
    figures = figures_of(run_of(record))
    assert (figures.chords, figures.races, figures.slowest_s) == (1, 1, 0.0)


def test_without_chords_there_is_no_share_and_no_bound(record: Record) -> None:
    figures = figures_of(run_of(record, wall_s=0.0))
    assert (figures.chords, figures.share, figures.rate, figures.bound) == (0, None, 0.0, None)


def figures(races: int, *, as_expected: bool = True, **rulings: Ruling) -> Figures:
    return Figures(chords=2 * races, races=races, runs=1, as_expected=int(as_expected), rulings=rulings, wall_s=1.0)


@pytest.mark.parametrize(("races", "bound"), [(1, 1.0), (3, 1.0), (300, 0.01), (1000, 0.003)])
def test_of_n_races_without_a_failure_at_most_3_of_n_fail(races: int, bound: float) -> None:
    assert figures(races).bound == pytest.approx(bound)


def test_chords_that_are_no_races_support_no_bound() -> None:
    assert Figures(chords=1000, runs=1, as_expected=1).bound is None


def test_a_failure_anywhere_leaves_no_bound() -> None:
    total = figures(300)
    total.add(figures(300, as_expected=False))
    assert (total.races, total.bound) == (600, None)


def test_a_law_that_was_to_be_shown_and_was_not_leaves_no_bound(record: Record, chord: Callable[..., None]) -> None:
    chord("c", is_race=True)
    silent = Verdict(law="chord.body_once", ruling=Ruling.UNDECIDED, reason="lines of journals are missing")
    total = figures_of(run_of(record, unproved=(silent,), verdicts=(silent,)))
    assert (total.races, total.bound) == (1, None)
    total.add(figures(300))
    assert (total.races, total.bound) == (301, None)


def test_a_batch_that_the_harness_could_not_carry_through_leaves_no_bound() -> None:
    total = figures(300)
    total.add(Figures(failed=1))
    assert (total.races, total.bound) == (300, None)


def test_figures_add_up_and_the_slowest_stays() -> None:
    total = Figures()
    for slowest_s in (0.1, 0.5, 0.2):
        total.add(Figures(chords=4, races=3, slowest_s=slowest_s, wall_s=2.0, virtual_s=9.0, runs=1, as_expected=1))
    assert total == Figures(chords=12, races=9, slowest_s=0.5, wall_s=6.0, virtual_s=27.0, runs=3, as_expected=3)


@pytest.mark.parametrize(
    ("one", "other", "worst"),
    [
        (Ruling.HOLDS, Ruling.VIOLATED, Ruling.VIOLATED),
        (Ruling.HOLDS, Ruling.UNDECIDED, Ruling.UNDECIDED),
        (Ruling.UNDECIDED, Ruling.VIOLATED, Ruling.VIOLATED),
        (Ruling.NOT_EXERCISED, Ruling.HOLDS, Ruling.HOLDS),
    ],
)
def test_of_each_law_the_worst_ruling_stays(one: Ruling, other: Ruling, worst: Ruling) -> None:
    for first, second in ((one, other), (other, one)):
        total = figures(1, law=first)
        total.add(figures(1, law=second))
        assert total.rulings == {"law": worst}
        assert total.laws == {worst: 1}


def test_the_rulings_of_a_run_are_its_verdicts(record: Record) -> None:
    verdicts = (Verdict(law="a", ruling=Ruling.HOLDS), Verdict(law="b", ruling=Ruling.VIOLATED))
    run = run_of(record, verdicts=verdicts, is_as_expected=False)
    assert figures_of(run).rulings == {"a": Ruling.HOLDS, "b": Ruling.VIOLATED}
    assert (figures_of(run).runs, figures_of(run).as_expected) == (1, 0)

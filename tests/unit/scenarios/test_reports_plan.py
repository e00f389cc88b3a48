from __future__ import annotations

import pytest

from scenarios.reports.plan import BEYOND, KINDS, MAX_RETRIES, plan_of

SEEDS = range(200)
every_kind = pytest.mark.parametrize("kind", [*KINDS, *BEYOND])


@every_kind
def test_a_report_has_a_short_a_medium_and_a_long_part(kind: str) -> None:
    for seed in SEEDS:
        parts = {part.name: part.takes_s for part in plan_of(kind, seed)}
        assert parts.keys() == {"short", "medium", "long"}
        assert 1 <= parts["short"] <= 5
        assert 10 <= parts["medium"] <= 30
        assert parts["long"] >= 45
        assert parts["long"] <= 90 or kind == "outlived"


@every_kind
def test_the_same_seed_makes_the_same_report_and_another_one_another(kind: str) -> None:
    assert plan_of(kind, 7) == plan_of(kind, 7)
    assert len({plan_of(kind, seed) for seed in SEEDS}) == len(SEEDS)


def test_kinds_of_the_same_seed_are_not_the_same_report() -> None:
    assert len({plan_of(kind, 7) for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("kind", ["first_slowest", "outlived"])
def test_the_first_declared_part_is_the_slowest_where_the_kind_says_so(kind: str) -> None:
    for seed in SEEDS:
        first, *others = plan_of(kind, seed)
        assert first.takes_s > max(part.takes_s for part in others)
        assert first.failures == 0


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"first_slowest"}))
def test_the_first_declared_part_is_the_fastest_in_all_other_kinds(kind: str) -> None:
    for seed in SEEDS:
        assert [part.name for part in plan_of(kind, seed)] == ["short", "medium", "long"]


@pytest.mark.parametrize(
    ("kind", "first", "others"),
    [
        ("all_well", {0}, [{0}]),
        ("first_slowest", {0}, [{0}]),
        ("transient", {0}, [{0}, {1, 2, 3}]),
        ("sixth_attempt", {0}, [{0}, {5}]),
        ("one_fails", {0}, [{0}, {6}]),
        ("outlived", {0}, [{0}, {6}]),
        ("two_fail", {0}, [{6}, {6}]),
        ("first_fails", {6}, [{0}]),
    ],
)
def test_parts_fail_as_often_as_the_kind_says(kind: str, first: set[int], others: list[set[int]]) -> None:
    seen: set[int] = set()
    for seed in SEEDS:
        declared_first, *rest = (part.failures for part in plan_of(kind, seed))
        assert declared_first in first
        fewer, more = sorted(rest)
        assert fewer in others[0]
        assert more in others[-1]
        seen.add(more)
    assert seen == others[-1]


def test_faults_strike_either_of_the_parts_that_they_may_strike() -> None:
    for kind in ("transient", "one_fails", "sixth_attempt"):
        struck = {part.name for seed in SEEDS for part in plan_of(kind, seed) if part.failures}
        assert struck == {"medium", "long"}


@every_kind
def test_an_attempt_fails_before_it_is_half_done(kind: str) -> None:
    for seed in SEEDS:
        assert all(0 <= part.fails_after_s <= part.takes_s / 2 + 0.05 for part in plan_of(kind, seed))


def test_a_part_fails_for_good_if_it_fails_once_more_than_it_is_tried_again() -> None:
    for seed in SEEDS:
        assert [part.fails_for_good for part in plan_of("two_fail", seed)] == [False, True, True]
        assert not any(part.fails_for_good for part in plan_of("sixth_attempt", seed))
    assert MAX_RETRIES == 5


def test_what_outlives_a_failure_takes_longer_than_all_attempts_and_all_retries_of_another() -> None:
    retries_s = 40 + 80 + 160 + 320 + 500
    for seed in SEEDS:
        first, *others = plan_of("outlived", seed)
        assert all(6 * part.takes_s + retries_s + 60 < first.takes_s for part in others)


def test_a_kind_that_there_is_not_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match=r"one of all_well, .*; found 'half_well'"):
        plan_of("half_well", 0)

"""Which workers run which chords, and in what batches."""

from __future__ import annotations

import pytest

from harness.campaign.fleets import MOST_MEMBERS, Fleet, deal, fleets_for
from harness.errors import UsageError
from harness.scenario import Batch, Conditions

CONDITIONS = Conditions()


def names(fleets: list[Fleet]) -> list[tuple[str, int | None]]:
    return [(fleet.name, fleet.chords) for fleet in fleets]


def test_both_pools_share_the_chords_of_a_size_and_two_workers_have_room_for_two_chords_at_a_time() -> None:
    fleets = fleets_for([2, 8], [31, 10], CONDITIONS)
    assert names(fleets) == [("2-prefork-2x2", 16), ("2-threads-2x2", 15), ("8-prefork-2x8", 5), ("8-threads-2x8", 5)]
    assert {fleet.at_once for fleet in fleets} == {2}


def test_large_headers_get_threads_unless_processes_are_asked_for() -> None:
    assert names(fleets_for([50], [7], CONDITIONS)) == [("50-threads-2x50", 7)]
    (asked,) = fleets_for([50], [7], CONDITIONS, pools=["prefork"])
    assert (asked.name, asked.at_once) == ("50-prefork-2x25", 1)


def test_what_was_asked_for_is_what_is_run() -> None:
    fleets = fleets_for([2, 8], [10, 4], CONDITIONS, pools=["threads"], slots=(3, 4))
    assert names(fleets) == [("2-threads-3x4", 10), ("8-threads-3x4", 4)]
    assert [fleet.at_once for fleet in fleets] == [6, 1]


def test_other_conditions_are_kept() -> None:
    (fleet,) = fleets_for([2], [1], Conditions(clock="real", redis_server="embedded"), pools=["prefork"])
    assert (fleet.conditions.clock, fleet.conditions.redis_server) == ("real", "embedded")


@pytest.mark.parametrize(("pool", "slots"), [("prefork", (1, 7)), ("threads", (2, 3)), ("solo", (7, 8))])
def test_workers_with_too_few_slots_are_refused(pool: str, slots: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="at least as many slots as a header has members: 8"):
        fleets_for([8], [1], CONDITIONS, pools=[pool], slots=slots)  # type: ignore[list-item] # these are pools


def test_a_pool_that_would_get_no_chord_is_not_started() -> None:
    assert names(fleets_for([2], [1], CONDITIONS)) == [("2-prefork-2x2", 1)]


# ---- batches -----------------------------------------------------------------------------------------------------


def test_batches_are_of_one_size_and_the_last_one_gets_the_rest() -> None:
    (fleet,) = fleets_for([8], [60], CONDITIONS, pools=["threads"])
    batches = list(fleet.batches("races"))
    assert [batch.chords for batch in batches] == [25, 25, 10]
    assert batches[0] == Batch(name="races-8-threads-2x8-001", chords=25, members=8, at_once=2)
    assert len({batch.name for batch in batches}) == 3


@pytest.mark.parametrize("members", [2, 3, 8, 50, MOST_MEMBERS])
def test_a_batch_has_chords_and_no_more_members_than_can_be_judged(members: int) -> None:
    (fleet,) = fleets_for([members], None, CONDITIONS, pools=["threads"])
    batch = next(fleet.batches("races"))
    assert 0 < batch.chords * members <= MOST_MEMBERS


def test_without_a_number_batches_go_on() -> None:
    (fleet,) = fleets_for([2], None, CONDITIONS, pools=["threads"])
    batches = fleet.batches("races")
    assert [next(batches).name for _ in range(1000)][-1] == "races-2-threads-2x2-1000"


# ---- dealing -----------------------------------------------------------------------------------------------------


def test_every_chord_is_dealt_and_there_are_fewer_large_ones() -> None:
    dealt = deal(1000, [2, 8, 50])
    assert sum(dealt) == 1000
    assert dealt == sorted(dealt, reverse=True)
    assert dealt[1] * 2 == pytest.approx(dealt[0], rel=0.02)  # four times the members, half as many


@pytest.mark.parametrize(("chords", "members"), [(1, [2, 8, 50]), (3, [2, 8, 50]), (4, [50, 2])])
def test_every_size_gets_at_least_one(chords: int, members: list[int]) -> None:
    dealt = deal(chords, members)
    assert min(dealt) >= 1
    assert sum(dealt) == max(chords, len(members))

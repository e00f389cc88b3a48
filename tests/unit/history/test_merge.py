from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

from harness.history.events import ConnectionOpened
from harness.history.merge import merge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.history.events import AnyEvent


def journal(source: str, *times: int) -> list[ConnectionOpened]:
    return [
        ConnectionOpened(source=source, source_index=index, wall_ns=0, virtual_ns=time, address=f"{source}@{time}")
        for index, time in enumerate(times)
    ]


def addresses(events: Sequence[AnyEvent]) -> list[str]:
    return [event.address for event in events]  # type: ignore[union-attr]


def test_across_journals_the_testbeds_clock_decides() -> None:
    merged = merge([journal("a", 1, 4), journal("b", 2, 3)])
    assert addresses(merged) == ["a@1", "b@2", "b@3", "a@4"]


def test_events_are_numbered_in_their_order() -> None:
    merged = merge([journal("a", 1, 4), journal("b", 2, 3), journal("c", 9)])
    assert [event.index for event in merged] == [0, 1, 2, 3, 4]


def test_at_the_same_time_the_name_of_the_journal_decides_and_then_its_own_order() -> None:
    merged = merge([journal("b", 5, 5), journal("a", 5, 5)])
    assert [(event.source, event.source_index) for event in merged] == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]


def test_journals_give_the_same_history_in_whatever_order_they_are_handed_in() -> None:
    random.seed(1)
    journals = [journal(name, *(random.choices(range(6), k=8))) for name in "abcd"]  # noqa: S311 - no secret
    histories = {tuple(addresses(merge(order))) for order in itertools.permutations(journals)}
    assert len(histories) == 1


def test_a_clock_that_was_set_back_never_reorders_a_process_against_itself() -> None:
    merged = merge([journal("a", 10, 3, 4, 11), journal("b", 5, 10, 12)])
    assert [event.source_index for event in merged if event.source == "a"] == [0, 1, 2, 3]
    assert addresses(merged) == ["b@5", "a@10", "a@3", "a@4", "b@10", "a@11", "b@12"]


def test_a_clock_that_was_set_back_is_left_as_it_was_written() -> None:
    assert [event.virtual_ns for event in merge([journal("a", 10, 3)])] == [10, 3]


def test_every_event_of_every_journal_is_there_once() -> None:
    random.seed(2)
    journals = [journal(name, *(random.choices(range(1000), k=50))) for name in "abcdefgh"]  # noqa: S311 - no secret
    merged = merge(journals)
    assert sorted((e.source, e.source_index) for e in merged) == [(n, i) for n in "abcdefgh" for i in range(50)]


def test_merging_again_changes_nothing() -> None:
    journals = [journal("a", 2, 1, 2), journal("b", 2)]
    assert addresses(merge(journals)) == addresses(merge(journals))


def test_journals_may_be_read_only_once() -> None:
    assert addresses(merge(iter([iter(journal("a", 1)), iter(journal("b", 0))]))) == ["b@0", "a@1"]


def test_nothing_merges_into_nothing() -> None:
    assert merge([]) == merge([[], []]) == ()

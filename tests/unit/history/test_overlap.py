"""When the last two members of a chord ended at the same time, and when they did not: told by Redis's commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.history.overlap import Finish, finishes
from harness.history.redis_events import ChordCounted, ResultStored

if TYPE_CHECKING:
    from tests.unit.conftest import Record


def told(record: Record, story: str) -> dict[str, Finish]:
    """Return how chords finished of which Redis took these commands: `+A` stores A's result, `A` counts it.

    Members are those of chord `g`, unless a chord is named: `h/A`.
    """
    recorder = record.process("recorder")
    for word in story.split():
        group, _, task = word.rpartition("/")
        if task.startswith("+"):
            recorder.write(ResultStored, client="c", task_id=task[1:], state="SUCCESS")
        else:
            recorder.write(ChordCounted, client="c", group_id=group or "g", task_id=task)
    return finishes(record.history().events)


RACES = {
    "both results before the first count": "+A +B A B",
    "the other one counted first": "+A +B B A",
    "whoever stored later": "+B +A A B",
    "the one within the other": "+A +B B A",
    "an earlier member aside": "+A A +B +C B C",
    "with commands of other chords between": "+A h/+X +B h/X A B",
    "three at once": "+A +B +C A B C",
    "the first of three is last": "+A +B B +C C A",
    "a result that was never seen, counted between": "+A B A",
    "the last of two states of a task that was retried": "+A +B +A B A",
}
NO_RACES = {
    "one after the other": "+A A +B B",
    "the other one first": "+B B +A A",
    "the first two of three only": "+A +B A B +C C",
    "all but the last": "+A +B +C A B C +D D",
    "a former state of a task that was retried only": "+A +B B +A A",
    "a member that was counted again while the other one ended": "+A A +B A B",
    "another chord's members at the same time": "+A h/+X A h/X +B B",
    "one member only": "+A A",
    "no result was ever seen": "A B",
    "the first one's result was never seen": "A +B B",
    "the last one's result was never seen, and it came after": "+A A B",
}


@pytest.mark.parametrize("commands", RACES.values(), ids=RACES)
def test_it_is_a_race(record: Record, commands: str) -> None:
    finish = told(record, commands)["g"]
    assert finish.is_race
    assert finish.is_race_of(finish.counted)
    assert not finish.is_race_of(finish.counted + 1)  # a chord whose counts are not all there


@pytest.mark.parametrize("commands", NO_RACES.values(), ids=NO_RACES)
def test_it_is_no_race(record: Record, commands: str) -> None:
    assert not told(record, commands)["g"].is_race


def test_each_chord_is_told_by_itself(record: Record) -> None:
    found = told(record, "+A h/+X +B A B h/X h/+Y h/Y")
    assert {group: finish.is_race for group, finish in found.items()} == {"g": True, "h": False}


def test_the_members_that_were_counted_last_are_named_the_last_one_at_the_end(record: Record) -> None:
    finish = told(record, "+A A +B +C C B")["g"]
    assert (finish.last, finish.counted) == (("C", "B"), 3)


def test_a_member_that_is_counted_again_was_counted_the_first_time(record: Record) -> None:
    finish = told(record, "+A A +B B +A A")["g"]
    assert (finish.last, finish.counted, finish.is_race) == (("A", "B"), 2, False)


def test_a_count_that_names_nobody_is_passed_over(record: Record) -> None:
    record.process("recorder").write(ChordCounted, client="c", group_id="g", task_id=None)
    assert finishes(record.history().events) == {}


def test_without_chords_there_is_nothing_to_tell(record: Record) -> None:
    record.process("worker-1").ran("A")
    assert finishes(record.history().events) == {}

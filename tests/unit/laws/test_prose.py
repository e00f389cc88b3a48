from __future__ import annotations

import pytest

from harness.laws.book import NAMES
from harness.laws.prose import accuse, not_exercised
from harness.laws.verdict import Ruling, Verdict


@pytest.mark.parametrize("law", NAMES)
def test_every_law_can_be_told_of_in_words(law: str) -> None:
    first, second = accuse(Verdict(law=law, ruling=Ruling.VIOLATED, instances=1))
    assert first.startswith(f"violated: {law}: ")
    assert first.endswith(".")
    assert second.startswith("   stands in: ")


def verdicts(**rulings: Ruling) -> tuple[Verdict, ...]:
    return tuple(Verdict(law=name.replace("__", "."), ruling=ruling) for name, ruling in rulings.items())


def test_laws_that_had_nothing_to_judge_are_counted_and_named_a_whole_family_by_its_name() -> None:
    idle, holds = Ruling.NOT_EXERCISED, Ruling.HOLDS
    of_a_run = verdicts(
        chord__a=idle, chord__b=idle, retries__a=holds, retries__b=idle, states__a=Ruling.UNDECIDED, alone__a=idle
    )
    told = "4 of 6 laws had nothing to judge: all 2 of chord, retries.b, alone.a"
    assert not_exercised(of_a_run) == told


def test_where_every_law_had_something_to_judge_there_is_nothing_to_tell() -> None:
    assert not_exercised(verdicts(a__a=Ruling.HOLDS, a__b=Ruling.VIOLATED, a__c=Ruling.UNDECIDED)) == ""

from __future__ import annotations

import pytest

from harness.laws.expectation import surprises
from harness.laws.verdict import Ruling, Verdict

NAMED = "chord.errback_once"
OTHER = Verdict(law="chord.body_once", ruling=Ruling.HOLDS, instances=1)


def verdict(ruling: Ruling, law: str = NAMED) -> Verdict:
    return Verdict(law=law, ruling=ruling)


def test_a_law_that_is_violated_as_expected_surprises_nobody() -> None:
    assert surprises([OTHER, verdict(Ruling.VIOLATED)], [NAMED]) == ()


def test_a_law_that_is_violated_unasked_is_a_surprise() -> None:
    unasked = verdict(Ruling.VIOLATED, "chord.none_missed")
    assert surprises([OTHER, verdict(Ruling.VIOLATED), unasked], [NAMED]) == (unasked,)
    assert surprises([OTHER, unasked], []) == (unasked,)


@pytest.mark.parametrize("ruling", [Ruling.HOLDS, Ruling.NOT_EXERCISED, Ruling.UNDECIDED])
def test_a_law_that_was_to_be_violated_and_is_not_is_a_surprise_and_else_it_is_none(ruling: Ruling) -> None:
    assert surprises([OTHER, verdict(ruling)], [NAMED]) == (verdict(ruling),)
    assert surprises([OTHER, verdict(ruling)], []) == ()


def test_a_law_that_was_to_be_violated_and_said_nothing_is_undecided() -> None:
    (silent,) = surprises([OTHER], [NAMED, NAMED])
    assert (silent.law, silent.ruling) == (NAMED, Ruling.UNDECIDED)
    assert silent.reason

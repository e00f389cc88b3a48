from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.history.history import History
from harness.laws.book import judge
from harness.laws.case import Case
from harness.laws.jitter import judge_jitter

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

# Drawn the same way every time: what a test says must not depend on luck. A campaign may raise the number.
always_the_same = settings(max_examples=60, derandomize=True, deadline=None, database=None)


def test_merging_journals_in_any_order_gives_one_history(anything: SearchStrategy) -> None:
    @always_the_same
    @given(anything, st.randoms(use_true_random=False))
    def merges_alike(journals: list, random: object) -> None:
        merged = History.of(journals).events
        shuffled = list(journals)
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        assert History.of(shuffled).events == merged
        assert [event.index for event in merged] == list(range(len(merged)))
        for journal in journals:
            source = journal[0].source if journal else ""
            assert [event for event in merged if event.source == source] == journal

    merges_alike()


def test_no_law_raises_on_any_history(anything: SearchStrategy) -> None:
    @always_the_same
    @given(anything)
    def judges(journals: list) -> None:
        history = History.of(journals)
        verdicts = judge(Case(history, late_s=0.05))
        assert [str(verdict) for verdict in verdicts if "the law itself failed" in verdict.reason] == []
        for verdict in verdicts:
            for evidence in verdict.evidence:
                assert all(0 <= index < len(history.events) for index in evidence.events)
        judge_jitter([history])

    judges()

"""No law raises on a history, however it is garbled: told ones, joined and edited at random, keep laws at work."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
from accepted_and_rejected import accepted, rejected
from hypothesis import given, settings
from hypothesis import strategies as st
from storytelling import Story

from harness.history.history import History
from harness.laws.book import LAWS, judge
from harness.laws.case import Case
from harness.laws.verdict import Ruling

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.history.events import AnyEvent

TELLINGS = [*accepted.values(), *rejected.values()]
DATA: list[Any] = [None, 1, "x", [], [1], [None], {}, {"length": 1, "begins": "x"}, {"type": "a", "repr": "b"}]
# Drawn the same way every time: what a test says must not depend on luck. A campaign may raise the number.
always_the_same = settings(max_examples=600, derandomize=True, deadline=None, database=None)


def told(telling: Callable[[Story], None]) -> list[AnyEvent]:
    story = Story()
    telling(story)
    return story.events


def edited(events: list[AnyEvent], random: Any) -> list[AnyEvent]:
    """Lose an event, double it, tell it at another time or by another process, or say something else in it."""
    at = random.randrange(len(events))
    event, other = events[at], random.choice(events)
    match random.randrange(6):
        case 0:
            return events[:at] + events[at + 1 :] or [event]
        case 1:
            return [*events, event]
        case 2:
            event = msgspec.structs.replace(event, virtual_ns=other.virtual_ns, wall_ns=other.wall_ns)
        case 3:
            event = msgspec.structs.replace(event, source=other.source)
        case 4:
            alike = [name for name in ("task_id", "task", "retries") if hasattr(event, name) and hasattr(other, name)]
            event = msgspec.structs.replace(event, **{name: getattr(other, name) for name in alike})
        case _:
            free = [name for name in ("args", "returned", "canvas", "result", "kwargs") if hasattr(event, name)]
            event = msgspec.structs.replace(event, **{name: random.choice(DATA) for name in free})
    return [*events[:at], event, *events[at + 1 :]]


def history_of(events: list[AnyEvent]) -> History:
    by_source: dict[str, list[AnyEvent]] = {}
    for event in events:
        journal = by_source.setdefault(event.source, [])
        journal.append(msgspec.structs.replace(event, source_index=len(journal)))
    return History.of(by_source.values())


def test_no_law_raises_however_a_history_is_garbled() -> None:
    seen: Counter[tuple[str, Ruling]] = Counter()

    @always_the_same
    @given(
        st.lists(st.sampled_from(TELLINGS), min_size=1, max_size=3),
        st.integers(0, 12),
        st.randoms(use_true_random=False),
    )
    def judges(tellings: list[Callable[[Story], None]], edits: int, random: Any) -> None:
        events = [event for telling in tellings for event in told(telling)]
        for _ in range(edits):
            events = edited(events, random)
        history = history_of(events)
        for verdict in judge(Case(history, late_s=0.05)):
            seen[verdict.law, verdict.ruling] += 1
            assert "the law itself failed" not in verdict.reason, verdict
            assert all(0 <= index < len(events) for one in verdict.evidence for index in one.events)

    judges()
    # What is drawn must be worth drawing: every law has held, and has been violated.
    assert {law.name for law in LAWS if not seen[law.name, Ruling.HOLDS]} == set()
    assert {law.name for law in LAWS if not seen[law.name, Ruling.VIOLATED]} == set()


def test_merging_garbled_journals_in_any_order_gives_one_history() -> None:
    @always_the_same
    @given(st.sampled_from(TELLINGS), st.integers(0, 12), st.randoms(use_true_random=False))
    def merges_alike(telling: Callable[[Story], None], edits: int, random: Any) -> None:
        events = told(telling)
        for _ in range(edits):
            events = edited(events, random)
        merged = history_of(events).events
        journals: dict[str, list[AnyEvent]] = {}
        for event in sorted(merged, key=lambda event: event.source_index):
            journals.setdefault(event.source, []).append(msgspec.structs.replace(event, index=-1))
        shuffled = list(journals.values())
        random.shuffle(shuffled)
        assert History.of(shuffled).events == merged

    merges_alike()

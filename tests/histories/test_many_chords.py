"""A run may send hundreds of chords whose tasks bear the same names: which of them is guilty is told by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from storytelling import Story, step

from harness.laws.verdict import Ruling

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.history.parts import Following

CHORDS = 120
GUILTY = 87


def told(guilty: Callable[[Story, int, Following], None]) -> Story:
    """Tell of many chords of two members, and of one of them in another way."""
    story = Story()
    story.canvas_sent(None)
    for number in range(CHORDS):
        body = step(f"body#{number}")
        for place in (0, 1):
            group = f"group-{number}", place
            story.sent(f"member#{number}-{place}", args=[place], group=group, chord=body)
        story.ran(f"member#{number}-0", returned=0)
        (guilty if number == GUILTY else rightly)(story, number, body)
    return story


def rightly(story: Story, number: int, body: Following) -> None:
    with story.runs(f"member#{number}-1", returned=1):
        story.sent(str(body.task_id), args=[[0, 1]])
    story.ran(str(body.task_id), returned=[0, 1])


def twice(story: Story, number: int, body: Following) -> None:
    with story.runs(f"member#{number}-1", returned=1):
        story.sent(str(body.task_id), args=[[0, 1]])
        story.sent(str(body.task_id), args=[[0, 1]])
    story.ran(str(body.task_id), str(body.task_id), returned=[0, 1])


def never(story: Story, number: int, body: Following) -> None:  # noqa: ARG001 - it is told of in the members' messages
    story.ran(f"member#{number}-1", returned=1)


def swapped(story: Story, number: int, body: Following) -> None:
    with story.runs(f"member#{number}-1", returned=1):
        story.sent(str(body.task_id), args=[[1, 0]])
    story.ran(str(body.task_id), returned=[1, 0])


def one_missing(story: Story, number: int, body: Following) -> None:
    with story.runs(f"member#{number}-1", returned=1):
        story.sent(str(body.task_id), args=[[0]])
    story.ran(str(body.task_id), returned=[0])


def early(story: Story, number: int, body: Following) -> None:
    story.sent(str(body.task_id), by=f"member#{number}-0", args=[[0, 1]])
    story.ran(f"member#{number}-1", returned=1)
    story.ran(str(body.task_id), returned=[0, 1])


def after_a_failure(story: Story, number: int, body: Following) -> None:
    with story.runs(f"member#{number}-1", ending="failed"):
        story.sent(str(body.task_id), args=[[0, 1]])
    story.ran(str(body.task_id), returned=[0, 1])


@pytest.mark.parametrize(
    ("guilty", "law"),
    [
        (twice, "chord.body_once"),
        (never, "chord.none_missed"),
        (swapped, "ordering.results_in_header_order"),
        (one_missing, "ordering.results_in_header_order"),
        (early, "ordering.body_after_header"),
        (after_a_failure, "chord.none_after_failure"),
    ],
)
def test_one_guilty_chord_of_many_is_the_only_one_and_is_named(guilty: Callable[..., None], law: str) -> None:
    verdict = told(guilty).verdicts()[law]
    assert verdict.ruling is Ruling.VIOLATED
    (evidence,) = verdict.evidence
    assert f"body[body#{GUILTY}]" in evidence.claim
    assert verdict.instances == (1 if law == "chord.none_after_failure" else CHORDS)


def test_many_innocent_chords_are_not_accused() -> None:
    story = told(rightly)
    assert story.violated() == set()
    verdicts = story.verdicts()
    for law in ("chord.body_once", "chord.none_missed", "ordering.body_after_header"):
        assert (verdicts[law].ruling, verdicts[law].instances) == (Ruling.HOLDS, CHORDS)

"""What a history does not tell is neither a crime nor a proof: who can say nothing of an instance is undecided."""

from __future__ import annotations

from typing import Any

import pytest
from storytelling import POOL, Story, canvas, raised, step

from harness.laws.verdict import Ruling

CUT = {"length": 100_000, "begins": "xxx"}
DESCRIBED = {"type": "builtins.object", "repr": "<object object at 0x7f>"}


def a_step(story: Story, data: Any) -> None:
    story.sent("add", chain=[step("pack")])
    with story.runs("add", returned=data):
        story.sent("pack", args=[data and "xxx"])


def a_body(story: Story, data: Any) -> None:
    story.member("add", 0, step("total"))
    with story.runs("add", returned=data):
        story.sent("total", args=[["xxx"]])


def a_link(story: Story, data: Any) -> None:
    story.sent("add", callbacks=[step("notify")])
    with story.runs("add", returned=data):
        story.sent("notify#1", args=["xxx"])


def an_errback(story: Story, data: Any) -> None:
    story.sent("charge", errbacks=[step("mourn")])
    with story.runs("charge", ending="failed"):
        story.sent("mourn#1", args=data)


@pytest.mark.parametrize("data", [CUT, DESCRIBED])
@pytest.mark.parametrize(
    ("tell", "law"),
    [
        (a_step, "ordering.handed_on"),
        (a_body, "ordering.results_in_header_order"),
        (a_link, "callbacks.link_arguments"),
        (an_errback, "callbacks.errback_arguments"),
    ],
)
def test_what_is_not_written_down_whole_leaves_a_law_undecided(tell: Any, law: str, data: Any, story: Story) -> None:
    tell(story, data)
    verdict = story.verdicts()[law]
    assert (verdict.ruling, verdict.instances) == (Ruling.UNDECIDED, 1)
    assert "not written down whole" in verdict.reason
    assert story.violated() == set()


def test_one_instance_that_is_not_told_is_enough_beside_others_that_are_right(story: Story) -> None:
    story.sent("add", chain=[step("pack"), step("ship")])
    with story.runs("add", returned=1):
        story.sent("pack", args=[1], chain=[step("ship")])
    with story.runs("pack", returned=CUT):
        story.sent("ship", args=["xxx"])
    verdict = story.verdicts()["ordering.handed_on"]
    assert (verdict.ruling, verdict.instances) == (Ruling.UNDECIDED, 2)


def test_a_header_whose_order_is_told_by_nobody_leaves_its_results_undecided(story: Story) -> None:
    for member in ("add", "pack"):
        story.sent(member, group_id="group", chord=step("total"))
    story.ran("add", returned=1)
    with story.runs("pack", returned=2):
        story.sent("total", args=[[2, 1]])
    verdict = story.verdicts()["ordering.results_in_header_order"]
    assert (verdict.ruling, verdict.instances) == (Ruling.UNDECIDED, 1)


def test_an_error_that_is_told_by_nobody_leaves_what_an_errback_was_told_undecided(story: Story) -> None:
    story.sent("charge", errbacks=[step("wail")])
    story.delivered("charge")
    story.started("charge")
    story.ended("charge", "failed")
    story.errback_called("wail", "charge")
    story.closed("charge", "FAILURE")
    assert story.verdicts()["callbacks.errback_arguments"].ruling is Ruling.UNDECIDED


@pytest.mark.parametrize("ending", ["succeeded", "failed"])
def test_while_celery_is_not_through_with_an_attempt_it_may_yet_send(story: Story, ending: Any) -> None:
    story.sent("add", chain=[step("pack")], callbacks=[step("notify")], errbacks=[step("mourn")])
    story.delivered("add")
    story.started("add")
    story.ended("add", ending, exception=None if ending == "succeeded" else raised("ValueError"))
    open_ = {law for law, verdict in story.verdicts().items() if verdict.ruling is Ruling.UNDECIDED}
    of_its_step = {"ordering.chain_goes_on"} if ending == "succeeded" else set()
    assert open_ == {"callbacks.link_once", "callbacks.errback_once"} | of_its_step


@pytest.mark.parametrize("calls", [0, 1])
def test_a_callback_and_an_errback_of_one_name_are_not_told_apart(story: Story, calls: int) -> None:
    story.sent("charge", callbacks=[step("notify")], errbacks=[step("notify")])
    with story.runs("charge", ending="failed"):
        if calls:
            story.sent("notify#1", args=["charge"])
    # Where nothing was sent, nothing was sent wrongly.
    verdict = story.verdicts()["callbacks.link_once"]
    assert verdict.ruling is (Ruling.UNDECIDED if calls else Ruling.HOLDS)
    assert story.violated() == (set() if calls else {"callbacks.errback_once"})


@pytest.mark.parametrize("calls", [0, 1])
def test_an_errback_and_a_callback_of_one_name_are_not_told_apart(story: Story, calls: int) -> None:
    story.sent("add", callbacks=[step("notify")], errbacks=[step("notify")])
    with story.runs("add", returned=1):
        if calls:
            story.sent("notify#1", args=[1])
    verdict = story.verdicts()["callbacks.errback_once"]
    assert verdict.ruling is (Ruling.UNDECIDED if calls else Ruling.HOLDS)
    assert story.violated() == (set() if calls else {"callbacks.link_once"})


@pytest.mark.parametrize("calls", [1, 2])
def test_a_group_among_callbacks_may_hold_more_of_a_name(story: Story, calls: int) -> None:
    story.sent("add", callbacks=[step("notify"), canvas("group")])
    with story.runs("add", returned=1):
        for number in range(calls):
            story.sent(f"notify#{number}", args=[1])
    assert story.verdicts()["callbacks.link_once"].ruling is (Ruling.UNDECIDED if calls > 1 else Ruling.HOLDS)


@pytest.mark.parametrize("calls", [1, 2])
def test_a_group_among_errbacks_may_hold_more_of_a_name(story: Story, calls: int) -> None:
    story.sent("charge", errbacks=[step("mourn"), canvas("group")])
    story.delivered("charge")
    story.started("charge")
    story.ended("charge", "failed", exception=raised("ValueError"))
    for number in range(calls):
        story.sent(f"mourn#{number}", args=["charge"], by="charge", source=POOL)
    story.closed("charge", "FAILURE", error="ValueError")
    assert story.verdicts()["callbacks.errback_once"].ruling is (Ruling.UNDECIDED if calls > 1 else Ruling.HOLDS)

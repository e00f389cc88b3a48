"""What never ran, and what kept it from running: by the canvas, and by what messages tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storytelling import step
from told_stories import CHAIN, CHORD, task

if TYPE_CHECKING:
    from collections.abc import Callable

    from storytelling import Story

    from harness.report.format import Report


def test_what_never_ran_has_the_failure_that_it_comes_after(story: Story, told: Callable[..., Report]) -> None:
    story.sent("add", chain=[step("pack"), step("ship")])
    story.failed("add", error="ValueError")
    story.canvas_sent(CHAIN, "add", "pack", "ship")
    report = told(story)
    assert task(report, "add").final == "failed"
    for name in ("pack", "ship"):
        assert task(report, name).final == "never ran"
        assert task(report, name).why_not == "it comes after add, which failed"
    says = [(step.kind, step.says) for step in report.diagnosis.steps]
    assert says == [
        ("root cause", "add failed after 1 attempt: ValueError"),
        ("never ran", "pack, ship never ran: they come after add, which failed"),
    ]
    assert report.diagnosis.state == "The canvas failed in add: 0 of 3 tasks succeeded."


def test_a_body_that_only_messages_tell_of_is_a_task_that_never_ran(story: Story, told: Callable[..., Report]) -> None:
    for place, member in enumerate(("add#0", "add#1")):
        story.member(member, place, step("total"))
    story.failed("add#0")
    story.ran("add#1")
    story.canvas_sent(CHORD, "add#0", "add#1")
    found = task(told(story), "total")
    assert (found.id, found.planned, found.final) == ("total", True, "never ran")
    assert found.why_not == "it comes after add, which failed"


def test_a_part_of_a_canvas_that_never_got_an_id_is_a_task_that_never_ran(
    story: Story, told: Callable[..., Report]
) -> None:
    story.sent("add")
    story.failed("add")
    story.canvas_sent(CHAIN, "add", "pack")
    report = told(story)
    found = task(report, "ship")
    assert (found.id, found.planned, found.why_not) == ("unknown-2", True, "it comes after add, which failed")
    assert report.dag["of"][2] == {"kind": "task", "task": 2, "name": "ship"}


def test_a_step_whose_id_was_not_known_beforehand_is_found_by_its_name(
    story: Story, told: Callable[..., Report]
) -> None:
    story.sent("add")
    with story.runs("add", returned=1):
        story.sent("pack")
    story.failed("pack")
    story.canvas_sent(CHAIN, "add")
    report = told(story)
    assert [(one.name, one.planned, one.final) for one in report.tasks] == [
        ("add", True, "succeeded"),
        ("pack", True, "failed"),
        ("ship", True, "never ran"),
    ]
    assert report.diagnosis.state.startswith("All that was known beforehand of the canvas succeeded, but not the rest")


def test_a_callback_that_was_never_called_is_no_task(story: Story, told: Callable[..., Report]) -> None:
    story.sent("add")
    story.ran("add")
    story.canvas_sent({"task": "add", "options": {"link_error": [{"task": "tell"}]}}, "add")
    report = told(story)
    assert [one.name for one in report.tasks] == ["add"]
    assert report.dag["link_error"] == [{"kind": "task", "task": None, "name": "tell"}]


def test_without_a_canvas_as_data_messages_tell_what_comes_after_what(
    story: Story, told: Callable[..., Report]
) -> None:
    story.sent("add", chain=[step("pack")])
    story.failed("add")
    story.canvas_sent(None, "add", "pack")
    assert task(told(story), "pack").why_not == "it comes after add, which failed"


def test_a_task_whose_message_nobody_took_is_waiting_and_says_where(story: Story, told: Callable[..., Report]) -> None:
    story.sent("add", queue="nobodys")
    found = task(told(story), "add")
    assert found.final == "waiting"
    assert found.why_not == "its message was sent to queue nobodys, and nobody is known to have run it"


def test_a_failure_is_what_keeps_everything_after_it_from_running_not_only_what_comes_next(
    story: Story, told: Callable[..., Report]
) -> None:
    story.sent("add")  # whose message tells of nothing to come: only the canvas does
    story.failed("add")
    story.canvas_sent(CHAIN, "add", "pack", "ship")
    assert task(told(story), "ship").why_not == "it comes after add, which failed"

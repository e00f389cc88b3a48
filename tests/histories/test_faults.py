"""What was broken on purpose is nobody's crime, and excuses none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from storytelling import POOL, step

from harness.history import events
from harness.laws.book import judge
from harness.laws.case import Case
from harness.laws.verdict import Ruling

if TYPE_CHECKING:
    from storytelling import Story

LOST = "billiard.exceptions.WorkerLostError"
REDELIVERY = "redelivery.late_acknowledgements"


def returned(story: Story, task: str, value: object = 1, *, redelivered: bool = False) -> None:
    """Run a task's code, and no more than that."""
    story.delivered(task, redelivered=redelivered)
    story.started(task)
    story.ended(task, returned=value)


def test_what_was_to_be_stored_by_a_worker_that_died_is_not_missed(story: Story) -> None:
    story.sent("add")
    returned(story, "add")
    story.died()
    story.state("add", "PENDING")
    assert story.violated() == set()


def test_a_worker_that_lives_must_store_it(story: Story) -> None:
    story.sent("add")
    returned(story, "add")
    story.closed("add")
    story.died()
    story.state("add", "PENDING")
    assert story.violated() == {"states.of_what_ran"}


def test_what_a_redis_has_forgotten_is_not_missed(story: Story) -> None:
    story.member("add", 0, step("total"))
    story.canvas_sent(None, "add", "total")
    story.ran("add")
    story.broken("restart_redis", "add", loses_data=True)
    story.state("add", "PENDING")
    assert story.violated() == set()


def test_a_redis_that_keeps_its_data_excuses_nothing(story: Story) -> None:
    story.member("add", 0, step("total"))
    story.canvas_sent(None, "add", "total")
    story.ran("add")
    story.broken("restart_redis", "add", loses_data=False)
    story.state("add", "PENDING")
    assert story.violated() == {"chord.none_missed", "states.of_what_ran"}


def test_what_redis_learns_after_it_had_forgotten_is_judged(story: Story) -> None:
    story.broken("restart_redis", "pack", loses_data=True)
    story.sent("add")
    story.ran("add")
    story.state("add", "PENDING")
    assert story.violated() == {"states.of_what_ran"}


def test_a_success_that_was_stored_before_the_process_was_lost_may_stay(story: Story) -> None:
    story.sent("add")
    returned(story, "add")
    story.aborted("add", error=LOST)
    story.state("add", "SUCCESS")
    assert story.violated() == set()


def test_a_task_that_never_returned_is_not_stored_as_a_success(story: Story) -> None:
    story.sent("add")
    story.delivered("add")
    story.started("add")
    story.aborted("add", error=LOST)
    story.state("add", "SUCCESS")
    assert story.violated() == {"states.of_what_ran"}


def test_a_member_that_celery_takes_for_a_success_is_owed_its_body(story: Story) -> None:
    story.member("add", 0, step("total"))
    story.canvas_sent(None, "add", "total")
    returned(story, "add")
    story.aborted("add", error=LOST, had_succeeded=True)
    story.state("add", "SUCCESS")
    assert story.violated() == {"chord.none_missed"}


def test_a_member_that_celery_has_failed_is_owed_none(story: Story) -> None:
    story.member("add", 0, step("total"))
    story.canvas_sent(None, "add", "total")
    returned(story, "add")
    story.aborted("add", error=LOST)
    assert story.violated() == set()


def test_a_body_that_was_sent_before_its_member_was_lost_was_not_sent_after_a_failure(story: Story) -> None:
    story.member("add", 0, step("total"))
    returned(story, "add")
    story.sent("total", by="add", source=POOL, args=[[1]])
    story.aborted("add", error=LOST)
    assert story.violated() == set()


def test_a_body_that_is_sent_after_its_member_was_lost_was(story: Story) -> None:
    story.member("add", 0, step("total"))
    returned(story, "add")
    story.aborted("add", error=LOST)
    story.sent("total", by="add", source="worker-1-2", args=[[1]])
    assert "chord.none_after_failure" in story.violated()


def test_a_body_may_bring_what_any_run_of_a_member_returned(story: Story) -> None:
    story.member("add", 0, step("total"))
    returned(story, "add", "first")
    story.closed("add")
    story.delivered("add", redelivered=True)
    story.started("add")
    story.ended("add", returned="second")
    story.running.append("add")
    story.sent("total", args=[["first"]])
    assert story.violated() == set()


def test_a_body_may_not_bring_what_no_run_of_a_member_returned(story: Story) -> None:
    story.member("add", 0, step("total"))
    returned(story, "add", "first")
    story.closed("add")
    story.delivered("add", redelivered=True)
    story.started("add")
    story.ended("add", returned="second")
    story.running.append("add")
    story.sent("total", args=[["third"]])
    assert story.violated() == {"ordering.results_in_header_order"}


def test_a_second_run_that_came_to_its_end_is_owed_the_body_that_the_first_one_lost(story: Story) -> None:
    story.lives_in("worker-2", "worker-2-5")
    story.options("add", acks_late=True)
    story.member("add", 0, step("total"))
    story.canvas_sent(None, "add", "total")
    returned(story, "add")
    story.died()
    story.delivered("add", redelivered=True)
    story.started("add", source="worker-2-5")
    about = {"task_id": "add", "task": "add", "retries": 0}
    story.write("worker-2-5", events.AttemptEnded, **about, ending="succeeded", returned=1)
    story.write("worker-2-5", events.AttemptClosed, **about, state="SUCCESS")
    assert story.violated() == {"chord.none_missed"}


def test_a_body_that_never_went_out_is_missed(story: Story) -> None:
    story.member("add", 0, step("total"))
    story.canvas_sent(None, "add", "total")
    with story.runs("add", returned=1):
        story.sent("total", args=[[1]], goes_out=False)
    verdicts = story.verdicts()
    assert story.violated() == {"chord.none_missed"}
    assert verdicts["chord.body_once"].ruling is Ruling.NOT_EXERCISED
    (evidence,) = verdicts["chord.none_missed"].evidence
    assert evidence.observed == "one that never went out, though 1 of 1 have succeeded"


def test_a_body_whose_sender_died_before_it_could_say_so_went_out_if_it_was_handed_over(story: Story) -> None:
    story.lives_in("worker-2", "worker-2-5")
    story.member("add", 0, step("total"))
    story.canvas_sent(None, "add", "total")
    returned(story, "add", 1)
    story.sent("total", by="add", source=POOL, args=[[1]])
    story.sent("total", by="add", source=POOL, args=[[1]], goes_out=False)
    story.died()
    about = {"task_id": "total", "task": "total", "retries": 0, "delivery_tag": "t", "eta": None}
    story.write("worker-2-5", events.Delivered, **about, redelivered=False)
    assert "chord.body_once" not in story.violated()
    story.write("worker-2-5", events.Delivered, **about, redelivered=False)
    assert "chord.body_once" in story.violated()


def test_a_message_that_never_went_out_is_no_leave_to_start_once_more(story: Story) -> None:
    story.sent("add", goes_out=False)
    story.sent("add")
    story.ran("add")
    assert story.violated() == set()
    story.started("add")
    assert story.violated() == {"delivery.attempts_are_delivered", "delivery.one_start_a_message"}


@pytest.mark.parametrize("late", [True, False])
def test_who_acknowledges_late_is_run_again_when_its_worker_dies(story: Story, *, late: bool) -> None:
    story.options("add", acks_late=late)
    story.sent("add")
    story.delivered("add")
    story.started("add")
    story.died()
    story.states_read()
    assert story.violated() == ({REDELIVERY} if late else set())


def test_what_is_run_again_before_anybody_has_heard_of_the_death_is_run_again(story: Story) -> None:
    story.lives_in("worker-2", "worker-2-5")
    story.options("add", acks_late=True)
    story.sent("add")
    story.delivered("add")
    story.started("add")
    story.delivered("add", redelivered=True)
    story.started("add", source="worker-2-5")
    story.died()  # as an engine tells it, later than it was
    about = {"task_id": "add", "task": "add", "retries": 0}
    story.write("worker-2-5", events.AttemptEnded, **about, ending="succeeded", returned=1)
    story.write("worker-2-5", events.AttemptClosed, **about, state="SUCCESS")
    story.states_read()
    assert story.verdicts()[REDELIVERY].ruling is Ruling.HOLDS


def test_who_does_not_ask_for_it_is_not_run_again_when_its_process_is_lost(story: Story) -> None:
    story.options("add", acks_late=True, reject_on_worker_lost=False)
    story.sent("add")
    story.delivered("add")
    story.started("add")
    story.aborted("add", error=LOST)
    story.states_read()
    assert story.verdicts()[REDELIVERY].ruling is Ruling.NOT_EXERCISED


@pytest.mark.parametrize(
    ("lost_by", "had_succeeded", "ruling"),
    [
        (LOST, False, Ruling.VIOLATED),
        (LOST, True, Ruling.NOT_EXERCISED),  # from 5.7 on (celery/worker/request.py, Request.on_failure)
        ("billiard.exceptions.TimeLimitExceeded", False, Ruling.NOT_EXERCISED),
    ],
)
def test_who_asks_for_it_is_run_again_unless_it_was_stopped_or_had_stored_a_success(
    lost_by: str, ruling: Ruling, story: Story, *, had_succeeded: bool
) -> None:
    story.options("add", acks_late=True, reject_on_worker_lost=True)
    story.sent("add")
    returned(story, "add")
    story.aborted("add", error=lost_by, had_succeeded=had_succeeded)
    story.states_read()
    assert story.verdicts()[REDELIVERY].ruling is ruling


def test_what_a_redis_has_forgotten_does_not_come_back(story: Story) -> None:
    story.options("add", acks_late=True)
    story.sent("add")
    story.delivered("add")
    story.started("add")
    story.broken("restart_redis", "add", loses_data=True)
    story.died()
    story.states_read()
    assert story.verdicts()[REDELIVERY].ruling is Ruling.NOT_EXERCISED


def test_a_member_that_was_lost_with_its_worker_is_owed_no_body(story: Story) -> None:
    story.member("add", 0, step("total"))
    story.canvas_sent(None, "add", "total")
    returned(story, "add")
    story.died()
    assert story.verdicts()["chord.none_missed"].ruling is Ruling.NOT_EXERCISED


def test_a_member_may_be_counted_once_for_each_time_that_it_was_handed_over_and_not_more_often(story: Story) -> None:
    story.member("add", 0, step("total"))
    for redelivered in (False, True):
        returned(story, "add", redelivered=redelivered)
        story.counted("add")
        story.closed("add")
    assert "chord.retries_do_not_count" not in story.violated()
    story.counted("add")
    assert "chord.retries_do_not_count" in story.violated()


def test_a_member_that_was_counted_before_its_message_went_back_is_counted_again_when_it_has_run_again(
    story: Story,
) -> None:
    story.options("add", acks_late=True, reject_on_worker_lost=True)
    story.member("add", 0, step("total"))
    returned(story, "add")
    story.counted("add")
    story.aborted("add", error=LOST, goes_back=True)
    returned(story, "add", redelivered=True)
    story.counted("add")
    story.closed("add")
    assert "chord.retries_do_not_count" not in story.violated()
    story.counted("add")
    assert "chord.retries_do_not_count" in story.violated()


def test_a_member_whose_end_nobody_has_told_may_have_been_lost_and_counted(story: Story) -> None:
    story.member("add", 0, step("total"))
    story.delivered("add")
    story.started("add")
    story.counted("add")
    assert story.verdicts()["chord.retries_do_not_count"].ruling is Ruling.HOLDS


def test_a_member_is_not_counted_before_its_end(story: Story) -> None:
    story.member("add", 0, step("total"))
    story.delivered("add")
    story.started("add")
    story.counted("add")
    story.wait(1)
    story.ended("add", returned=1)
    story.closed("add")
    assert story.violated() == {"chord.retries_do_not_count"}


def test_before_the_end_it_may_yet_be_run_again(story: Story) -> None:
    story.options("add", acks_late=True)
    story.sent("add")
    story.delivered("add")
    story.started("add")
    story.died()
    assert story.verdicts()[REDELIVERY].ruling is Ruling.UNDECIDED


def test_the_model_says_nothing_of_a_run_in_which_something_was_broken(story: Story) -> None:
    signature = {"task": "add", "args": [], "kwargs": {}, "options": {"task_id": "add"}}
    story.sent("add")
    story.canvas_sent(signature, "add")
    story.broken("deliver_again", "add")
    story.ran("add")
    verdicts = {one.law: one for one in judge(Case(story.history(), late_s=0.05), has_settled=True)}
    verdict = verdicts["independence.model_agrees"]
    assert verdict.ruling is Ruling.UNDECIDED
    assert "broken on purpose" in verdict.reason

"""Authors' code around a task's own: who may send, and what is not Celery's doing."""

from __future__ import annotations

import pytest
from storytelling import POOL, WORKER, Story, raised, step

from harness.laws.verdict import Ruling

SENDERS = {"delivery.sent_by_a_running_task"}


# ---- who may be sending ------------------------------------------------------------------------------------------


def test_who_has_just_ended_may_send_until_the_next_attempt_starts_there(story: Story) -> None:
    story.sent("add")
    story.sent("pack")
    story.ran("add")
    story.sent("notify#1", by="add", source=POOL)  # a handler of task_postrun that comes after the probe's
    assert story.violated() == set()
    story.delivered("pack")
    story.started("pack")
    story.sent("notify#2", by="add", source=POOL)
    assert story.violated() == SENDERS


def test_who_has_ended_may_not_send_elsewhere(story: Story) -> None:
    story.sent("add")
    story.ran("add")
    story.sent("notify", by="add", source=WORKER)
    assert story.violated() == SENDERS


THREADS = "worker-2-5"


def test_of_a_process_with_threads_whoever_has_ended_may_send_until_all_of_them_are_taken(story: Story) -> None:
    story.lives_in("worker-2", THREADS, concurrency=2)
    for task in ("add", "pack", "ship"):
        story.sent(task)
        story.delivered(task)
    story.started("add", source=THREADS)
    story.ended("add", source=THREADS)
    story.closed("add", source=THREADS)
    story.started("pack", source=THREADS)
    story.sent("notify#1", by="add", source=THREADS)
    assert story.violated() == set()
    story.started("ship", source=THREADS)
    story.sent("notify#2", by="add", source=THREADS)
    assert story.violated() == SENDERS


def test_what_a_task_has_forked_sends_on_its_behalf_and_what_that_has_forked(story: Story) -> None:
    story.sent("add")
    story.delivered("add")
    story.started("add")
    story.forked("worker-1-6", POOL)
    story.sent("notify#1", by="add", source="worker-1-6")
    story.ended("add")
    story.closed("add")
    story.forked("worker-1-7", "worker-1-6")
    story.sent("notify#2", by="add", source="worker-1-7")
    assert story.violated() == set()
    assert story.verdicts()["delivery.sent_by_a_running_task"].instances == 2


def test_a_process_that_came_of_another_one_sends_for_nobody_there(story: Story) -> None:
    story.sent("add")
    story.delivered("add")
    story.started("add")
    story.forked("worker-1-6", WORKER)
    story.sent("notify", by="add", source="worker-1-6")
    assert story.violated() == SENDERS


def test_a_child_does_not_send_for_who_was_run_after_it_was_made(story: Story) -> None:
    story.sent("add")
    story.forked("worker-1-6", POOL)
    story.delivered("add")
    story.started("add")
    story.sent("notify", by="add", source="worker-1-6")
    assert story.violated() == SENDERS


# ---- what is not Celery's doing ----------------------------------------------------------------------------------

AMONG_LAWS_OF_CALLBACKS = {"callbacks.link_once", "callbacks.link_arguments"}


@pytest.mark.parametrize("by_author", [True, False])
def test_a_hook_may_send_what_is_linked_as_well(story: Story, *, by_author: bool) -> None:
    story.sent("add", callbacks=[step("notify")], errbacks=[step("mourn")])
    with story.runs("add", returned=1):
        story.sent("notify#1", args=[1])
        story.sent("notify#2", args=["by a hook"], by_author=by_author)
    assert story.violated() == (set() if by_author else AMONG_LAWS_OF_CALLBACKS)
    assert story.verdicts()["callbacks.link_once"].instances == 1


@pytest.mark.parametrize("by_author", [True, False])
def test_a_hook_does_not_stand_for_a_link_that_celery_never_called(story: Story, *, by_author: bool) -> None:
    story.sent("add", callbacks=[step("notify")])
    with story.runs("add", returned=1):
        story.sent("notify#1", args=[1], by_author=by_author)
    assert story.violated() == ({"callbacks.link_once"} if by_author else set())


@pytest.mark.parametrize("ending", ["failed", "succeeded"])
@pytest.mark.parametrize("by_author", [True, False])
def test_a_hook_may_send_what_hears_of_a_failure_as_well(story: Story, ending: str, *, by_author: bool) -> None:
    story.sent("charge", errbacks=[step("mourn")])
    with story.runs("charge", ending=ending):
        if ending == "failed":
            story.sent("mourn#1", args=["charge"])
        story.sent("mourn#2", args=["charge"], by_author=by_author)
    assert story.violated() == (set() if by_author else {"callbacks.errback_once"})


@pytest.mark.parametrize("by_author", [True, False])
def test_a_handler_in_the_sender_may_send_beside_a_chain(story: Story, *, by_author: bool) -> None:
    story.sent("add")
    story.sent("notify", by_author=by_author)
    story.canvas_sent({"task": "celery.chain", "kwargs": {"tasks": [{"task": "add"}, {"task": "pack"}]}}, "add", "pack")
    assert story.violated() == (set() if by_author else {"delivery.one_message_for_a_chain"})


# ---- Celery's own words under autoretry --------------------------------------------------------------------------


def test_what_is_ignored_is_due_no_retry(story: Story) -> None:
    story.options("charge", autoretry_for=["builtins.Exception"], max_retries=2, default_retry_delay=2)
    story.sent("charge", chain=[step("pack")], errbacks=[step("mourn")])
    story.delivered("charge")
    story.started("charge")
    story.ended("charge", "ignored", exception=raised("celery.exceptions.Ignore"))
    story.closed("charge", "IGNORED")
    story.state("charge", "PENDING")
    assert story.violated() == set()
    assert story.verdicts()["retries.exhausted"].ruling is Ruling.NOT_EXERCISED


@pytest.mark.parametrize("retries", [1, 0])
def test_what_is_rejected_is_due_as_many_retries_as_anything_else(story: Story, retries: int) -> None:
    story.options("charge", autoretry_for=["builtins.Exception"], max_retries=1, default_retry_delay=2)
    reject = "celery.exceptions.Reject"
    story.sent("charge")
    if retries:
        story.retried("charge", automatic=True, error=reject)
        story.wait(2)
    story.delivered("charge", retries)
    story.started("charge", retries)
    if retries:
        story.asked("charge", retries, automatic=True, error=reject)
        story.refused("charge", retries, error=reject)
    story.ended("charge", "rejected", retries, exception=raised(reject))
    story.closed("charge", "REJECTED", retries)
    assert story.violated() == (set() if retries else {"retries.exhausted"})


def test_a_retry_whose_message_cannot_be_sent_is_rejected_whatever_it_was_asked_for(story: Story) -> None:
    story.options("charge", max_retries=1, default_retry_delay=2)
    story.sent("charge")
    story.delivered("charge")
    story.started("charge")
    story.asked("charge")
    story.refused("charge", error="celery.exceptions.Reject")
    story.ended("charge", "rejected", exception=raised("celery.exceptions.Reject"))
    story.closed("charge", "REJECTED")
    assert story.violated() == set()

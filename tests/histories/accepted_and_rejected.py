"""For each law a history that it accepts, and one that it must reject; none of them breaks any other law."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storytelling import POOL, raised, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from storytelling import Story

accepted: dict[str, Callable[[Story], None]] = {}
rejected: dict[str, Callable[[Story], None]] = {}


def pair(law: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let one function tell both: it is told whether all is to be well."""

    def register(tell: Callable[..., None]) -> Callable[..., None]:
        assert law not in accepted
        accepted[law] = lambda story: tell(story, well=True)
        rejected[law] = lambda story: tell(story, well=False)
        return tell

    return register


# ---- ordering ----------------------------------------------------------------------------------------------------


@pair("ordering.step_after_step")
def a_step_after_the_former_one(story: Story, *, well: bool) -> None:
    story.sent("add", chain=[step("pack")])
    if not well:
        story.sent("pack")
        story.ran("pack")
    with story.runs("add", returned=1):
        if well:
            story.sent("pack", args=[1])
    if well:
        story.ran("pack")


@pair("ordering.chain_goes_on")
def a_step_that_is_sent(story: Story, *, well: bool) -> None:
    story.sent("add", chain=[step("pack")])
    with story.runs("add", returned=1):
        if well:
            story.sent("pack", args=[1])


@pair("ordering.handed_on")
def a_step_with_the_result(story: Story, *, well: bool) -> None:
    story.sent("add", chain=[step("pack", "own")])
    with story.runs("add", returned=1):
        story.sent("pack", args=[1, "own"] if well else ["own", 1])


@pair("ordering.body_after_header")
def a_body_after_the_last_member(story: Story, *, well: bool) -> None:
    body = step("total")
    story.member("add", 0, body)
    story.member("pack", 1, body)
    with story.runs("add", returned=1):
        if not well:
            story.sent("total", args=[[1]])
    with story.runs("pack", returned=2):
        if well:
            story.sent("total", args=[[1, 2]])


@pair("ordering.results_in_header_order")
def a_body_with_the_results(story: Story, *, well: bool) -> None:
    body = step("total", "own")
    story.member("add", 0, body)
    story.member("pack", 1, body)
    story.ran("pack", returned=2)
    with story.runs("add", returned=1):
        story.sent("total", args=[[1, 2] if well else [2, 1], "own"])


@pair("ordering.members_do_not_wait")
def members_side_by_side(story: Story, *, well: bool) -> None:
    story.sent("add", group=("group", 0))
    if well:
        story.sent("pack", group=("group", 1))
    with story.runs("add"):
        if not well:
            story.sent("pack", group=("group", 1))


# ---- delivery ----------------------------------------------------------------------------------------------------


@pair("delivery.one_message_for_a_chain")
def a_chain_is_one_message(story: Story, *, well: bool) -> None:
    story.sent("add")
    if not well:
        story.sent("pack")
    story.canvas_sent({"task": "celery.chain", "kwargs": {"tasks": [{"task": "add"}, {"task": "pack"}]}}, "add", "pack")


@pair("delivery.sent_once")
def a_step_is_one_message(story: Story, *, well: bool) -> None:
    story.sent("add", chain=[step("pack")])
    with story.runs("add", returned=1):
        story.sent("pack", args=[1])
        if not well:
            story.sent("pack", args=[1])


@pair("delivery.attempts_are_delivered")
def an_attempt_with_its_delivery(story: Story, *, well: bool) -> None:
    story.sent("add")
    if well:
        story.delivered("add")
    story.started("add")


@pair("delivery.one_start_a_message")
def one_start_for_one_message(story: Story, *, well: bool) -> None:
    story.sent("add")
    story.ran("add")
    story.delivered("add", redelivered=well)
    story.started("add")


@pair("delivery.sent_by_a_running_task")
def a_message_of_a_task_that_runs(story: Story, *, well: bool) -> None:
    story.sent("add")
    story.sent("ship")
    story.ran("add")
    story.delivered("ship")
    story.started("ship")
    story.sent("pack", by="ship" if well else "add", source=POOL)


@pair("delivery.lineage")
def a_step_with_its_parent(story: Story, *, well: bool) -> None:
    story.sent("add", chain=[step("pack")])
    with story.runs("add", returned=1):
        story.sent("pack", args=[1], parent_id="add" if well else "somebody")


# ---- redelivery --------------------------------------------------------------------------------------------------


@pair("redelivery.late_acknowledgements")
def what_was_lost_is_run_again(story: Story, *, well: bool) -> None:
    story.options("add", acks_late=True, reject_on_worker_lost=True)
    story.sent("add")
    story.delivered("add")
    story.started("add")
    story.aborted("add", goes_back=well, error="billiard.exceptions.WorkerLostError")
    if well:
        story.delivered("add", redelivered=True)
        story.started("add")
        story.ended("add")
        story.closed("add")
    story.states_read()


# ---- retries -----------------------------------------------------------------------------------------------------


@pair("retries.limited")
def as_many_retries_as_are_allowed(story: Story, *, well: bool) -> None:
    story.options("charge", max_retries=0, default_retry_delay=2)
    story.sent("charge")
    if well:
        story.delivered("charge")
        story.started("charge")
        story.asked("charge")
        story.refused("charge")
        story.ended("charge", "failed", exception=None)
    else:
        story.retried("charge")


@pair("retries.exhausted")
def no_fewer_retries_than_are_allowed(story: Story, *, well: bool) -> None:
    story.options("charge", max_retries=1, autoretry_for=["builtins.OSError"], default_retry_delay=2)
    story.sent("charge")
    if well:
        story.retried("charge", automatic=True)
    else:
        story.failed("charge", error="OSError")


@pair("retries.same_task")
def a_retry_is_the_same_task(story: Story, *, well: bool) -> None:
    story.options("charge", default_retry_delay=2)
    story.sent("charge")
    story.retried("charge", sends="" if well else "charge#2")


@pair("retries.delay_asked")
def a_backoff_as_promised(story: Story, *, well: bool) -> None:
    story.options("charge", autoretry_for=["builtins.OSError"], retry_backoff=2, retry_jitter=False)
    story.sent("charge")
    story.retried("charge", delay_s=2, automatic=True, countdown_s=2)
    story.wait(2)
    story.retried("charge", 1, delay_s=4 if well else 2, automatic=True, countdown_s=4)


@pair("retries.delay_kept")
def a_delay_that_is_kept(story: Story, *, well: bool) -> None:
    story.options("charge", default_retry_delay=2)
    story.sent("charge")
    story.retried("charge")
    story.wait(2 if well else 1)
    story.ran("charge", retries=1)


@pair("retries.original_exception")
def the_exception_that_was_to_be_retried(story: Story, *, well: bool) -> None:
    story.options("charge", max_retries=0, default_retry_delay=2)
    story.sent("charge")
    story.delivered("charge")
    story.started("charge")
    story.asked("charge")
    story.refused("charge", error="OSError" if well else "RuntimeError")
    story.ended("charge", "failed", exception=None)


# ---- chords ------------------------------------------------------------------------------------------------------


@pair("chord.body_once")
def one_body(story: Story, *, well: bool) -> None:
    story.member("add", 0, step("total"))
    with story.runs("add", returned=1):
        story.sent("total", args=[[1]])
        if not well:
            story.sent("total", args=[[1]])


@pair("chord.none_missed")
def a_body_for_every_chord(story: Story, *, well: bool) -> None:
    story.member("add", 0, step("total"))
    story.canvas_sent(None, "add", "total")
    with story.runs("add", returned=1):
        if well:
            story.sent("total", args=[[1]])


@pair("chord.none_after_failure")
def no_body_for_a_chord_that_failed(story: Story, *, well: bool) -> None:
    story.member("charge", 0, step("total"))
    # By Celery's word, not the code's: what it returned is no JSON. So the body has not come before its time.
    story.delivered("charge")
    story.started("charge")
    story.ended("charge", returned={"type": "builtins.object", "repr": "<object>"})
    if not well:
        story.sent("total", by="charge", source=POOL, args=[["?"]])
    story.closed("charge", "FAILURE")


@pair("chord.retries_do_not_count")
def a_retry_that_is_not_counted(story: Story, *, well: bool) -> None:
    story.options("charge", default_retry_delay=2)
    story.member("charge", 0, step("total"))
    story.retried("charge")
    if not well:
        story.counted("charge")
    story.wait(2)
    with story.runs("charge", 1, returned=1):
        story.counted("charge")
        story.sent("total", args=[[1]])


@pair("chord.errback_once")
def a_chord_that_mourns(story: Story, *, well: bool) -> None:
    story.member("charge", 0, step("total", errbacks=["mourn"]))
    with story.runs("charge", ending="failed"):
        if well:
            story.sent("mourn", args=["total"], parent_id="total")


# ---- callbacks ---------------------------------------------------------------------------------------------------


@pair("callbacks.link_once")
def a_link_that_is_called(story: Story, *, well: bool) -> None:
    story.sent("add", callbacks=[step("notify")])
    with story.runs("add", returned=1):
        story.sent("notify#1", args=[1])
        if not well:
            story.sent("notify#2", args=[1])


@pair("callbacks.link_arguments")
def a_link_with_the_result(story: Story, *, well: bool) -> None:
    story.sent("add", callbacks=[step("notify", "own")])
    with story.runs("add", returned=1):
        story.sent("notify#1", args=[1, "own"] if well else ["own"])


@pair("callbacks.errback_once")
def an_errback_that_is_called(story: Story, *, well: bool) -> None:
    story.sent("charge", errbacks=[step("mourn")])
    with story.runs("charge", ending="failed"):
        if well:
            story.sent("mourn#1", args=["charge"])


@pair("callbacks.errback_arguments")
def an_errback_that_is_told_the_error(story: Story, *, well: bool) -> None:
    story.sent("charge", errbacks=[step("wail")])
    with story.runs("charge", ending="failed", error="ValueError"):
        story.errback_called("wail", "charge", "ValueError" if well else "RuntimeError")


# ---- states ------------------------------------------------------------------------------------------------------


@pair("states.of_what_ran")
def a_success_that_is_stored(story: Story, *, well: bool) -> None:
    story.sent("add")
    story.ran("add")
    story.state("add", "SUCCESS" if well else "FAILURE")


@pair("states.of_what_never_ran")
def what_never_ran_is_pending(story: Story, *, well: bool) -> None:
    story.sent("add", chain=[step("pack")])
    story.canvas_sent(None, "add", "pack")
    story.state("pack", "PENDING" if well else "FAILURE")


@pair("states.failure_is_the_codes")
def a_failure_as_the_code_raised_it(story: Story, *, well: bool) -> None:
    story.sent("charge")
    story.delivered("charge")
    story.started("charge")
    story.ended("charge", "failed", exception=raised("ValueError"))
    story.closed("charge", "FAILURE", error="ValueError" if well else "RuntimeError")

"""What is rare and right, and no law may take for a crime; and what looks alike and is one."""

from __future__ import annotations

import pytest
from accepted_and_rejected import accepted, rejected
from storytelling import POOL, WORKER, Story, canvas, raised, step

from harness.history import events as e
from harness.history import parts
from harness.history.history import History
from harness.history.reader import CorruptLine
from harness.laws.book import judge
from harness.laws.case import Case
from harness.laws.verdict import Ruling

CUT = {"length": 100_000, "begins": "xxx"}
DESCRIBED = {"type": "builtins.object", "repr": "<object object at 0x7f>"}
OTHERWISE = {"type": "builtins.object", "repr": "<object object at 0x8a>"}


# ---- deliveries --------------------------------------------------------------------------------------------------


def redelivered(story: Story) -> None:
    """Tell of a task with a step, a link and a chord that runs twice, because its message was handed out again."""
    story.sent("add", chain=[step("pack")], callbacks=[step("notify")])
    with story.runs("add", returned=1):
        story.sent("notify#1", args=[1])
        story.sent("pack", args=[1])
    story.delivered("add", redelivered=True)
    story.started("add")
    story.ended("add", returned=1)
    story.sent("notify#2", args=[1], by="add", source=POOL)
    story.sent("pack", args=[1], by="add", source=POOL)
    story.closed("add")


def test_what_is_handed_out_again_may_run_and_send_again(story: Story) -> None:
    redelivered(story)
    assert story.violated() == set()


def test_what_is_handed_out_once_may_not(story: Story) -> None:
    redelivered(story)
    story.events = [one for one in story.events if not (isinstance(one, e.Delivered) and one.redelivered)]
    assert story.violated() == {"delivery.attempts_are_delivered", "delivery.one_start_a_message"}


def test_an_attempt_that_is_lost_and_goes_back_is_no_end(story: Story) -> None:
    story.sent("add", chain=[step("pack")], errbacks=[step("mourn")])
    story.delivered("add")
    story.started("add")
    story.aborted("add", goes_back=True)
    story.delivered("add", redelivered=True)
    story.started("add")
    story.ended("add", returned=1)
    story.sent("pack", args=[1], by="add", source=POOL)
    story.closed("add")
    story.state("add", "SUCCESS")
    assert story.violated() == set()


def test_an_attempt_that_is_lost_for_good_calls_its_errbacks_from_the_main_process(story: Story) -> None:
    story.sent("add", chain=[step("pack")], errbacks=[step("mourn")])
    story.delivered("add")
    story.started("add")
    story.write(WORKER, e.AttemptAborted, task_id="add", task="add", retries=0, exception=raised("WorkerLostError"))
    story.sent("mourn#1", args=["add"], parent_id="add", source=WORKER)
    story.write(WORKER, e.AttemptReleased, task_id="add", task="add", retries=0)
    story.state("add", "FAILURE")
    assert story.violated() == set()
    assert story.verdicts()["callbacks.errback_once"].ruling is Ruling.HOLDS


def test_errbacks_of_a_hard_time_limit_come_twice_which_is_a_defect_that_shows(story: Story) -> None:
    # `Request.on_failure` and then `Request.on_timeout` fail the task (celery/worker/request.py, 5.4.0 and 5.7.0).
    story.sent("add", errbacks=[step("mourn")])
    story.delivered("add")
    story.started("add")
    story.sent("mourn#1", args=["add"], parent_id="add", source=WORKER)
    story.write(WORKER, e.AttemptAborted, task_id="add", task="add", retries=0, exception=raised("TimeLimitExceeded"))
    story.sent("mourn#2", args=["add"], parent_id="add", source=WORKER)
    story.write(WORKER, e.AttemptReleased, task_id="add", task="add", retries=0)
    assert story.violated() == {"callbacks.errback_once"}


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_member_that_is_withdrawn_is_counted_and_fails_what_waits_for_it(story: Story, how: str) -> None:
    story.member("add", 0, step("total"))
    story.canvas_sent(None, "add", "total")
    story.delivered("add")
    getattr(story, how)("add")
    story.counted("add")
    story.state("add", "REVOKED")
    story.state("total", "FAILURE")
    assert story.violated() == set()


@pytest.mark.parametrize(("celery", "is_wrong"), [("5.5.3", True), ("5.6.3", False), ("5.7.0", True)])
def test_what_waits_for_a_failure_may_be_revoked_by_the_versions_that_revoke_it(celery: str, is_wrong: bool) -> None:  # noqa: FBT001
    story = Story(celery)
    story.member("add", 0, canvas("group", "total", "ship"))
    story.canvas_sent(None, "add", "total", "ship")
    story.failed("add")
    story.state("add", "FAILURE")
    story.state("total", "REVOKED")
    assert story.violated() == ({"states.of_what_never_ran"} if is_wrong else set())


def test_a_retry_that_is_revoked_while_it_waits_is_counted_once(story: Story) -> None:
    story.options("add", default_retry_delay=2)
    story.member("add", 0, step("total"))
    story.retried("add")
    story.delivered("add", 1)
    story.revoked("add")
    story.counted("add")
    assert story.violated() == set()
    story.counted("add")
    assert story.violated() == {"chord.retries_do_not_count"}


# ---- chords ------------------------------------------------------------------------------------------------------

INNER = step("inner", joins=[parts.Joining(task_id="inner", task="inner", group_id="outer", chord_id="total")])


def test_a_chord_waits_for_the_body_of_a_chord_in_its_header(story: Story) -> None:
    story.member("charge", 0, INNER)
    story.sent("add", group=("outer", 1), chord=step("total"))
    story.ran("add", returned=1)
    story.failed("charge")
    assert story.violated() == set()
    story.sent("total", args=[[1]], by="add", source=POOL)
    assert "ordering.body_after_header" in story.violated()


def test_a_chord_waits_for_the_end_of_a_chain_in_its_header(story: Story) -> None:
    join = parts.Joining(task_id="end", task="end", group_id="group", chord_id="total")
    story.sent("begin", chain=[step("end", joins=[join])])
    story.member("add", 1, step("total"))
    story.ran("add", returned=1)
    with story.runs("begin", returned=2):
        story.sent("end", args=[2], group=("group", 0), chord=step("total"))
    assert story.violated() == set()
    with story.runs("end", returned=3):
        story.sent("total", args=[[3, 1]])
    assert story.violated() == set()


def test_a_body_that_is_a_group_is_sent_once_each(story: Story) -> None:
    story.member("add", 0, canvas("group", "one", "two", task_id="body"))
    with story.runs("add", returned=1):
        story.sent("one", args=[[1]])
        story.sent("two", args=[[1]])
    assert story.violated() == set()
    assert story.verdicts()["ordering.results_in_header_order"].instances == 2


def test_a_body_that_is_a_chain_begins_with_its_first_task(story: Story) -> None:
    story.member("add", 0, canvas("chain", "one", task_id="two"))
    with story.runs("add", returned=1):
        story.sent("one", args=[[1]], chain=[step("two")])
    with story.runs("one", returned="x"):
        story.sent("two", args=["x"])
    assert story.violated() == set()
    assert story.verdicts()["chord.body_once"].instances == 1


@pytest.mark.parametrize(("immutable", "args"), [(True, []), (True, ["own"]), (False, [[1]]), (False, [[1], "own"])])
def test_whether_a_body_takes_results_is_a_fact_and_no_guess(
    story: Story, *, immutable: bool, args: list[object]
) -> None:
    own = [one for one in args if one == "own"]
    story.member("add", 0, step("total", *own, immutable=immutable))
    with story.runs("add", returned=1):
        story.sent("total", args=args)
    assert story.violated() == set()
    assert story.verdicts()["ordering.results_in_header_order"].ruling is Ruling.HOLDS


def test_an_immutable_body_that_receives_the_results_is_one_that_should_not(story: Story) -> None:
    story.member("add", 0, step("total", immutable=True))
    with story.runs("add", returned=1):
        story.sent("total", args=[[1]])
    assert story.violated() == {"ordering.results_in_header_order"}


def test_a_task_that_is_replaced_by_a_chord_lends_it_its_id(story: Story) -> None:
    story.sent("replaced", chain=[step("pack")])
    story.delivered("replaced")
    story.started("replaced")
    story.member("add", 0, step("replaced"), by="replaced", source=POOL)
    story.ended("replaced", "ignored", exception=raised("Ignore"))
    story.closed("replaced", "IGNORED")
    with story.runs("add", returned=1):
        story.sent("replaced", args=[[1]], chain=[step("pack")])
    with story.runs("replaced", returned="x"):
        story.sent("pack", args=["x"])
    assert story.violated() == set()


def test_a_task_that_is_replaced_by_a_chain_lends_its_id_to_the_last_step(story: Story) -> None:
    story.sent("replaced", chain=[step("ship")])
    story.delivered("replaced")
    story.started("replaced")
    story.sent("add", chain=[step("replaced"), step("ship")], by="replaced", source=POOL)
    story.ended("replaced", "ignored", exception=raised("Ignore"))
    story.closed("replaced", "IGNORED")
    with story.runs("add", returned=1):
        story.sent("replaced", args=[1], chain=[step("ship")])
    with story.runs("replaced", returned="x"):
        story.sent("ship", args=["x"])
    assert story.violated() == set()
    assert story.verdicts()["ordering.step_after_step"].instances == 1
    assert story.verdicts()["ordering.handed_on"].instances == 2


def test_a_member_that_fails_and_then_succeeds_because_it_is_handed_out_again_has_succeeded(story: Story) -> None:
    story.member("add", 0, step("total"))
    story.failed("add")
    story.delivered("add", redelivered=True)
    story.started("add")
    story.ended("add", returned=1)
    story.sent("total", args=[[1]], by="add", source=POOL)
    story.closed("add")
    assert story.violated() == set()


# ---- what is not written down whole ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("returned", "got"), [(CUT, ["xxx"]), (DESCRIBED, [OTHERWISE]), ([DESCRIBED], [[OTHERWISE]]), (1, CUT)]
)
def test_what_is_not_written_down_whole_accuses_nobody(story: Story, returned: object, got: object) -> None:
    story.sent("add", chain=[step("pack")], callbacks=[step("notify")])
    with story.runs("add", returned=returned):
        story.sent("notify#1", args=got)
        story.sent("pack", args=got)
    assert story.violated() == set()


def test_a_task_whose_result_is_no_json_has_failed_and_its_immutable_step_may_have_been_sent(story: Story) -> None:
    story.sent("odd", chain=[step("pack", immutable=True)])
    story.delivered("odd")
    story.started("odd")
    story.ended("odd", returned=DESCRIBED)
    story.sent("pack", by="odd", source=POOL)
    story.closed("odd", "FAILURE")
    story.state("odd", "FAILURE")
    assert story.violated() == set()


# ---- names -------------------------------------------------------------------------------------------------------


def test_tasks_of_one_name_are_told_apart_by_their_ids(story: Story) -> None:
    story.sent("pack", chain=[step("pack#2"), step("pack#3")], callbacks=[step("pack")], errbacks=[step("pack")])
    with story.runs("pack", returned=1):
        story.sent("pack#link", args=[1])
        story.sent("pack#2", args=[1], chain=[step("pack#3")])
    with story.runs("pack#2", returned=2):
        story.sent("pack#3", args=[2])
    assert story.violated() == set()


def test_what_a_task_sends_by_itself_is_its_own_business(story: Story) -> None:
    story.sent("charge", callbacks=[step("notify")], errbacks=[step("mourn")])
    story.delivered("charge")
    story.started("charge")
    story.sent("mourn#own", by="charge", source=POOL)
    story.sent("notify#own", by="charge", source=POOL)
    story.ended("charge", "failed", exception=raised("ValueError"))
    story.sent("mourn#1", args=["charge"], by="charge", source=POOL)
    story.closed("charge", "FAILURE", error="ValueError")
    assert story.violated() == set()


# ---- retries -----------------------------------------------------------------------------------------------------


def two_that_retry(story: Story, where: str) -> None:
    """Tell of a retry that starts 5 s late, while another task runs in the process that is named."""
    story.options("charge", default_retry_delay=2)
    story.sent("charge")
    story.sent("long")
    story.retried("charge")
    story.delivered("long")
    story.started("long", source=where)
    story.wait(7)
    for kind, more in ((e.AttemptEnded, {"ending": "succeeded"}), (e.AttemptClosed, {"state": "SUCCESS"})):
        story.write(where, kind, task_id="long", task="long", retries=0, **more)
    story.ran("charge", retries=1)


def test_a_retry_that_waits_for_a_free_slot_is_not_late(story: Story) -> None:
    two_that_retry(story, POOL)
    assert story.violated() == set()


def test_a_retry_is_late_that_waits_for_the_slot_of_another_worker(story: Story) -> None:
    story.lives_in("worker-2", "worker-2-5", "worker-2-6")
    two_that_retry(story, "worker-2-6")
    assert story.violated() == {"retries.delay_kept"}


@pytest.mark.parametrize(("waited_s", "is_right"), [(1.6, True), (2.0, True), (2.4, False)])
def test_a_delay_is_counted_from_some_moment_between_the_call_and_the_message(
    story: Story, *, waited_s: float, is_right: bool
) -> None:
    story.options("charge", default_retry_delay=2)
    story.sent("charge")
    story.delivered("charge")
    story.started("charge")
    story.asked("charge")
    story.wait(0.5)  # the machine had other things to do
    story.sent("charge", 1, by="charge", source=POOL)
    story.ended("charge", "retried", exception=raised("OSError"), retry_delay_s=2.0)
    story.closed("charge", "RETRY")
    story.wait(waited_s)
    story.ran("charge", retries=1)
    assert story.violated() == (set() if is_right else {"retries.delay_kept"})


def test_a_task_may_make_something_else_of_having_no_retries_left(story: Story) -> None:
    story.options("charge", max_retries=0, default_retry_delay=2)
    story.sent("charge")
    story.delivered("charge")
    story.started("charge")
    story.asked("charge", error=None)
    story.refused("charge", error="celery.exceptions.MaxRetriesExceededError")
    story.ended("charge", "failed", exception=raised("ValueError"))
    story.closed("charge", "FAILURE", error="ValueError")
    assert story.violated() == set()


def test_what_a_call_of_retry_names_goes_before_the_tasks_own_limit(story: Story) -> None:
    story.options("charge", max_retries=5, default_retry_delay=2)
    story.sent("charge")
    story.retried("charge", max_retries=0)
    assert story.violated() == {"retries.limited"}


@pytest.mark.parametrize(("delay_s", "is_right"), [(0, True), (3, True), (4, True), (2.5, False), (5, False)])
def test_jitter_is_a_whole_number_of_seconds_up_to_the_full_delay(
    story: Story, *, delay_s: float, is_right: bool
) -> None:
    story.options("charge", autoretry_for=["builtins.OSError"], retry_backoff=4, retry_jitter=True)
    story.sent("charge")
    story.retried("charge", delay_s=delay_s, automatic=True)
    assert story.violated() == (set() if is_right else {"retries.delay_asked"})


# ---- histories that end in the middle ------------------------------------------------------------------------------


@pytest.mark.parametrize("law", accepted)
def test_a_history_that_ends_anywhere_accuses_nobody(law: str, story: Story) -> None:
    accepted[law](story)
    told = list(story.events)
    for end in range(len(told)):
        story.events = told[:end]
        assert story.violated() == set(), told[end - 1]
        assert not any("failed" in verdict.reason for verdict in story.verdicts().values())


def test_in_an_empty_history_nothing_is_judged(story: Story) -> None:
    story.events = []
    assert {verdict.ruling for verdict in story.verdicts().values()} == {Ruling.NOT_EXERCISED}


def test_where_lines_are_missing_a_crime_is_not_proved(story: Story) -> None:
    rejected["chord.body_once"](story)
    history = History.of(story.journals(), [CorruptLine(source="a", line=1, reason="no JSON")])
    verdicts = {verdict.law: verdict for verdict in judge(Case(history, late_s=1))}
    assert verdicts["chord.body_once"].ruling is Ruling.UNDECIDED
    assert "missing" in verdicts["chord.body_once"].reason

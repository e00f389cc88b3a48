"""Tasks that do what a test says, while everything else of Celery stays real."""

from __future__ import annotations

from typing import Any

import pytest
from billiard.exceptions import TimeLimitExceeded
from celery import chain
from celery.exceptions import SoftTimeLimitExceeded
from proof_shop import (
    Declined,
    ShopError,
    add,
    calls_charge,
    charge,
    classy,
    hard,
    pays_and_tells,
    retries_itself,
    soft,
    wrapping,
)

from harness.behaviour import calls_through, raises, returns, sleeps


def test_each_attempt_does_what_its_step_says_and_then_the_real_code_runs(prove: Any) -> None:
    run = prove(charge.s(5) | add.s(1), behaviour={charge: [raises(OSError("down")), sleeps(3, raises(OSError))]})
    assert run.result == 6
    assert [attempt.ending for attempt in run.attempts(charge)] == ["retried", "retried", "succeeded"]
    assert run.retry_delays(charge) == pytest.approx([2, 4], abs=0.05)
    assert run.virtual_s == pytest.approx(9, abs=0.2)


def test_one_step_is_for_all_attempts_until_celery_gives_up(prove: Any) -> None:
    run = prove(charge.s(5) | add.s(1), behaviour={"proof_shop.charge": raises(OSError("down"))}, raises=OSError)
    assert run.retry_delays("proof_shop.charge") == pytest.approx([2, 4, 8], abs=0.05)
    assert (run.failed_task, run.exception.message, run.result) == ("proof_shop.charge", "down", None)
    assert run.attempts(add) == ()


def test_what_is_called_through_is_the_tasks_own(prove: Any) -> None:
    run = prove(retries_itself.s(5, [1, 3]), behaviour={retries_itself: [sleeps(10), calls_through(), returns(8)]})
    assert run.result == 8
    assert run.retry_delays() == pytest.approx([1, 3], abs=0.05)


def test_a_task_may_do_its_work_and_fail_all_the_same(prove: Any) -> None:
    lost_the_answer = calls_through(then=sleeps(3, raises(OSError("reset"))))
    run = prove(pays_and_tells.s(5), behaviour={pays_and_tells: [lost_the_answer]})
    assert [attempt.ending for attempt in run.attempts(pays_and_tells)] == ["retried", "succeeded"]
    assert run.retry_delays(pays_and_tells) == pytest.approx([2], abs=0.05)
    # What it had done before it failed, it has done once more.
    assert [attempt.started.args for attempt in run.attempts(add)] == [[5], [5]]


def test_an_exception_of_somebodys_own_arrives_as_it_was_made(prove: Any) -> None:
    run = prove(add.s(1), behaviour={add: raises(Declined(7, "no credit"))}, raises=ShopError)
    assert (run.exception.type, run.exception.message) == ("proof_shop.Declined", "7: no credit")


def test_a_soft_time_limit_comes_in_the_middle_of_a_sleep(prove: Any) -> None:
    run = prove(soft.s(1), behaviour={soft: sleeps(60)}, raises=SoftTimeLimitExceeded)
    assert run.virtual_s == pytest.approx(5, abs=0.5)


def test_a_hard_time_limit_comes_in_the_middle_of_a_sleep(prove: Any) -> None:
    run = prove(hard.s(1) | add.s(1), behaviour={hard: sleeps(60)}, raises=TimeLimitExceeded)
    assert run.attempts(add) == ()
    assert run.virtual_s < 10


def test_a_task_at_several_places_does_the_same_at_each_of_them(prove: Any) -> None:
    run = prove(chain(add.s(1), add.s(2), add.s(3)), behaviour={add: [returns(100)]})
    assert [attempt.started.args for attempt in run.attempts(add)] == [[1], [100, 2], [100, 3]]


def test_what_a_tasks_class_does_is_done_around_a_script(prove: Any) -> None:
    assert prove(wrapping.s(1), behaviour={wrapping: returns(5)}).result == {"wrapped": 5}
    assert prove(classy.s(1), behaviour={classy: returns(5)}).result == 5


def test_a_task_that_another_calls_as_a_function_is_that_ones_code(prove: Any) -> None:
    run = prove(calls_charge.s(5), behaviour={charge: raises(OSError)})
    assert run.result == 6


def test_a_script_ends_with_its_run(prove: Any) -> None:
    before = prove(add.s(1), behaviour={add: returns(100)})
    after = prove(add.s(1))
    assert (before.result, after.result) == (100, 2)
    assert worker_pids(before) == worker_pids(after)


def worker_pids(run: Any) -> set[int]:
    return {event.pid for event in run.history.events if getattr(event, "role", "") == "worker"}

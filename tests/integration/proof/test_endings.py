"""How canvases end, and what a proof says to that."""

from __future__ import annotations

from typing import Any

import pytest
from billiard.exceptions import WorkerLostError
from celery import chain, group
from proof_shop import (
    Declined,
    ShopError,
    add,
    declines,
    exits,
    fails_twice_over,
    kills_its_worker,
    now,
    sends_several,
    total,
)

from harness.errors import UsageError
from harness.proof.ending import ProofFailedError


@pytest.mark.parametrize("raises", [Declined, ShopError, (OSError, Exception)])
def test_a_failure_may_be_asked_for_by_any_of_its_classes(prove: Any, raises: Any) -> None:
    run = prove(add.s(1) | declines.s() | add.s(1), raises=raises)
    assert (run.failed_task, run.exception.message) == ("proof_shop.declines", "7: no credit")
    assert run.order == ["proof_shop.add", "proof_shop.declines"]


def test_another_failure_than_the_one_asked_for_fails_the_proof(prove: Any) -> None:
    with pytest.raises(ProofFailedError) as caught:
        prove(group(add.s(1), declines.s()) | total.s(), raises=OSError)
    expected, found, to_do, *rest = str(caught.value).splitlines()
    assert expected == "expected: the canvas to fail with builtins.OSError"
    assert found == "   found: error in proof_shop.declines: proof_shop.Declined: 7: no credit"
    assert to_do.endswith("raises=Declined")
    text = "\n".join(rest)
    assert "proof_shop.declines  attempt 1  failed: proof_shop.Declined: 7: no credit" in text
    assert "never ran: proof_shop.total, which was never sent" in text
    assert "in declines" in text
    assert "everything is in " in rest[-1]


def test_an_exception_with_others_inside_and_before_it_is_told_whole(prove: Any) -> None:
    run = prove(fails_twice_over.s(), raises=ExceptionGroup)
    for told in ("OSError: no disk", "ValueError: one", "Declined: 1: two", "both (2 sub-exceptions)"):
        assert told in run.exception.traceback


def test_a_success_where_a_failure_was_asked_for_fails_the_proof(prove: Any) -> None:
    with pytest.raises(ProofFailedError, match=r"fail with proof_shop\.Declined\n   found: success\n"):
        prove(add.s(1), raises=Declined)


def test_a_callback_that_fails_fails_the_proof(prove: Any) -> None:
    with pytest.raises(ProofFailedError, match=r"found: proof_shop\.declines failed: proof_shop\.Declined"):
        prove(add.s(1).set(link=declines.s()))


def test_an_exit_in_the_middle_of_a_task_is_its_failure(prove: Any) -> None:
    run = prove(exits.s(), raises=WorkerLostError)
    assert run.failed_task == "proof_shop.exits"
    assert prove(add.s(1)).result == 2


def test_a_loss_is_named_and_the_next_proof_has_a_testbed_of_its_own(prove: Any) -> None:
    before = pids(prove(add.s(1)))
    with pytest.raises(ProofFailedError) as caught:
        prove(chain(kills_its_worker.s(), add.s(1)), budget_s=60, raises=Exception)
    assert "a loss, which can never come to its end" in str(caught.value)
    assert "proof_shop.kills_its_worker[" in str(caught.value)
    assert "was with worker-1, which died" in str(caught.value)
    assert "never ran: proof_shop.add" in str(caught.value)
    after = prove(add.s(1))
    assert after.result == 2
    assert not before & pids(after)


def test_a_canvas_that_does_not_end_says_what_is_waited_for(prove: Any) -> None:
    with pytest.raises(ProofFailedError) as caught:
        prove(add.s(1) | add.s(2).set(countdown=500), budget_s=20)
    assert str(caught.value).startswith("expected: the canvas to end in 20 s of the testbed's time (budget_s)\n")
    assert "proof_shop.add[" in str(caught.value)
    assert "taken by worker-1" in str(caught.value)
    assert prove(add.s(1)).result == 2


def test_a_task_that_expires_before_its_time_comes_is_said_to(prove: Any) -> None:
    with pytest.raises(ProofFailedError, match=r"never ran: proof_shop\.add, which expired before"):
        prove(add.s(1).set(countdown=20, expires=10))


@pytest.mark.parametrize("option", ["eta", "expires"])
def test_a_moment_counts_from_now_however_far_the_testbed_is_ahead(prove: Any, option: str) -> None:
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 - a user's

    begun = prove(now.s().set(countdown=200)).result
    run = prove(now.s().set(**{option: datetime.now(UTC) + timedelta(seconds=20)}))
    assert run.result - begun == pytest.approx(20 if option == "eta" else 0, abs=2)


def test_what_cannot_be_is_refused_before_anything_runs(prove: Any) -> None:
    refused = [
        (add, {}, "with its arguments"),
        (sends_several, {}, "mark the test"),
        (add.s({1}), {}, "task_serializer"),
        (add.s(1), {"raises": "ValueError"}, "raises=SomeError"),
        (add.s(1), {"budget_s": 0}, "budget_s=60"),
        (add.s(1), {"behaviour": {"proof_shop.ad": []}}, "did you mean 'proof_shop.add'"),
    ]
    for canvas, options, remedy in refused:
        with pytest.raises(UsageError, match=remedy.replace("?", "")):
            prove(canvas, **options)


def pids(run: Any) -> set[int]:
    return {event.pid for event in run.history.events if getattr(event, "role", "") in ("worker", "redis", "sender")}

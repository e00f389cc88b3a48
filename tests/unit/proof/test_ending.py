from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import UsageError
from harness.history.outstanding import Unfinished
from harness.history.parts import Raised
from harness.laws.verdict import Evidence, Ruling, Verdict
from harness.proof.ending import ProofFailedError, refuse_no_exceptions, refuse_no_names, refuse_other_ending
from harness.run.settling import Settlement

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.run.run import Run
    from tests.unit.conftest import Record

    MakeRun = Callable[..., Run]

ERROR = Raised(
    type="shop.CardDeclined",
    message="no credit",
    traceback="Traceback: line 7\n",
    bases=["shop.CardDeclined", "builtins.LookupError", "builtins.Exception", "builtins.BaseException"],
)


class CardDeclined(LookupError):  # noqa: N818 - a user's
    pass


CardDeclined.__module__ = "shop"


def told(run: Run, raises: Any = None) -> str:
    with pytest.raises(ProofFailedError) as caught:
        refuse_other_ending(run, raises)
    return str(caught.value)


@pytest.fixture
def succeeded(record: Record, run: MakeRun) -> Run:
    """A run in which A and B succeed."""
    sender, worker = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    sender.canvas("A", "B")
    worker.ran("A", returned=1)
    worker.ran("B", returned=2)
    return run()


@pytest.fixture
def failed(record: Record, run: MakeRun) -> Run:
    """A run in which A fails and B never runs."""
    sender, worker = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    sender.canvas("A", "B")
    worker.started("A")
    worker.ended("A", ending="failed", exception=ERROR)
    worker.closed("A", state="FAILURE")
    return run()


def test_a_run_that_succeeds_is_let_pass(succeeded: Run) -> None:
    refuse_other_ending(succeeded, None)


@pytest.mark.parametrize("raises", [CardDeclined, LookupError, Exception, (OSError, CardDeclined)])
def test_a_run_that_fails_with_what_was_asked_for_is_let_pass(failed: Run, raises: Any) -> None:
    refuse_other_ending(failed, raises)


def test_a_run_that_fails_unasked_is_told_in_full(failed: Run) -> None:
    assert told(failed).splitlines() == [
        "expected: the canvas to succeed",
        "   found: error in A: shop.CardDeclined: no credit",
        "   to do: mend it; if it shall fail so, ask for that: raises=CardDeclined",
        "",
        "    0.003 s  A  attempt 1  failed: shop.CardDeclined: no credit",
        "never ran: B, which was never sent",
        "",
        "Traceback: line 7",
        "",
        "0.0 s by the virtual clock; everything is in the-runs-directory",
    ]


@pytest.mark.parametrize(
    ("raises", "name"), [(KeyError, "builtins.KeyError"), ((OSError, KeyError), "OSError or builtins.KeyError")]
)
def test_a_run_that_fails_with_something_else_says_what_was_asked_for_and_what_came(
    failed: Run, raises: Any, name: str
) -> None:
    text = told(failed, raises)
    assert name in text.splitlines()[0]
    assert text.splitlines()[1] == "   found: error in A: shop.CardDeclined: no credit"


def test_a_run_that_succeeds_where_it_should_fail_is_told(succeeded: Run) -> None:
    text = told(succeeded, CardDeclined)
    assert text.startswith("expected: the canvas to fail with shop.CardDeclined\n   found: success\n")
    assert "B  attempt 1  returned 2" in text


def test_a_run_in_which_nothing_was_sent_proves_nothing(record: Record, run: MakeRun) -> None:
    record.process("sender").canvas()
    assert told(run()).startswith("expected: something to be sent\n   found: no task was\n")
    assert "no failure, and no success" in told(run(), OSError)


def test_a_run_whose_task_expired_says_so(record: Record, run: MakeRun) -> None:
    sender, worker = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    sender.canvas("A")
    worker.expired("A")
    text = told(run())
    assert "   found: no failure, but A never ran" in text
    assert "never ran: A, which expired before its time came" in text


def test_what_the_canvas_calls_must_succeed_as_well(record: Record, run: MakeRun) -> None:
    sender, worker = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    sender.canvas("A")
    worker.ran("A")
    worker.sent("callback", by="task", sender="A")
    worker.retried("callback")
    worker.failed("callback", retries=1, message="no")
    text = told(run())
    assert text.splitlines()[:2] == [
        "expected: what the canvas calls or sends to succeed as well",
        "   found: callback failed: builtins.ValueError: no",
    ]


def test_a_callback_that_fails_once_and_then_succeeds_has_succeeded(record: Record, run: MakeRun) -> None:
    sender, worker = record.process("sender"), record.process("worker-1")
    sender.sent("A")
    sender.canvas("A")
    worker.ran("A")
    worker.failed("callback")
    worker.ran("callback")
    refuse_other_ending(run(), None)


def left(where: str) -> Unfinished:
    return Unfinished(task="A", task_id="id-A", retries=0, where=where, is_held=False)


@pytest.mark.parametrize(
    ("where", "remedy"),
    [("was with worker-1, which died", "acks_late"), ("sent, and taken by no worker", "queues=[...]")],
)
@pytest.mark.parametrize("raises", [None, CardDeclined])
def test_a_loss_is_a_failure_whatever_was_asked_for(
    failed: Run, run: MakeRun, where: str, remedy: str, raises: Any
) -> None:
    assert failed.settlement.ending == "settled"
    lost = run(Settlement(ending="settled with loss", left=(left(where),), reason=f"A: {where}"))
    text = told(lost, raises)
    assert f"a loss, which can never come to its end:\nA: {where}" in text
    assert remedy in text.split("to do:")[1].splitlines()[0]


@pytest.mark.parametrize("raises", [None, CardDeclined])
def test_a_run_that_did_not_end_says_in_what_time_and_what_was_left(failed: Run, run: MakeRun, raises: Any) -> None:
    assert failed.settlement.ending == "settled"
    text = told(run(Settlement(ending="timed out", left=(left("x"),), reason="A: taken by worker-1")), raises)
    assert text.startswith("expected: the canvas to end in 60 s of the testbed's time (budget_s)\n")
    assert "A: taken by worker-1" in text
    assert "budget_s=..." in text


def test_a_record_with_gaps_proves_nothing(succeeded: Run, run: MakeRun) -> None:
    assert succeeded.discrepancies == ()
    assert "journal worker-1, line 7" in told(run(discrepancies=("journal worker-1, line 7: ...",)))


@pytest.mark.parametrize("raises", [None, CardDeclined])
def test_a_violated_law_is_a_failure_whatever_was_asked_for(succeeded: Run, run: MakeRun, raises: Any) -> None:
    assert succeeded.violations == ()
    evidence = Evidence(claim="D is sent once", expected="1 message", observed="2", events=(3,))
    verdict = Verdict(law="chord.body_once", ruling=Ruling.VIOLATED, instances=1, evidence=(evidence,))
    text = told(run(verdicts=(verdict,)), raises)
    assert text.startswith("expected: the law chord.body_once to hold")
    for line in ("A chord's body is sent exactly once.", "D is sent once", "observed: 2", "#3"):
        assert line in text


ERRBACK_ONCE = "chord.errback_once"


@pytest.mark.parametrize("raises", [None, CardDeclined])
def test_a_law_that_was_to_be_violated_and_is_not_is_a_failure_whatever_else_was_asked_for(
    succeeded: Run, run: MakeRun, raises: Any
) -> None:
    assert succeeded.violations == ()
    verdict = Verdict(law=ERRBACK_ONCE, ruling=Ruling.NOT_EXERCISED, reason="nothing of its kind happened")
    text = told(run(verdicts=(verdict,), violates=(ERRBACK_ONCE,)), raises)
    assert text.startswith(f"expected: the law {ERRBACK_ONCE} to be violated, as violates=[...] says\n")
    for line in ("An errback of a chord's body is called once", "not exercised (0): nothing of its kind happened"):
        assert line in text
    assert "take it out of violates" in text


def test_a_law_that_is_violated_as_was_asked_for_is_let_pass_and_no_other_is(succeeded: Run, run: MakeRun) -> None:
    assert succeeded.violations == ()
    evidence = Evidence(claim="E is called once", expected="1 call", observed="2", events=(3,))
    known = Verdict(law=ERRBACK_ONCE, ruling=Ruling.VIOLATED, instances=1, evidence=(evidence,))
    other = Verdict(law="chord.body_once", ruling=Ruling.VIOLATED, instances=1, evidence=(evidence,))
    refuse_other_ending(run(verdicts=(known,), violates=(ERRBACK_ONCE,)), None)
    text = told(run(verdicts=(known, other), violates=(ERRBACK_ONCE,)))
    assert text.count("expected: the law ") == 1
    assert text.startswith("expected: the law chord.body_once to hold\n")


def test_who_is_told_of_a_violated_law_is_told_how_to_live_with_it(succeeded: Run, run: MakeRun) -> None:
    assert succeeded.violations == ()
    verdict = Verdict(law=ERRBACK_ONCE, ruling=Ruling.VIOLATED, instances=1)
    assert "violates=['chord.errback_once']" in told(run(verdicts=(verdict,)))


@pytest.mark.parametrize("violates", [None, 5, ERRBACK_ONCE, {ERRBACK_ONCE: 1}, [5]])
def test_what_names_no_laws_is_refused_before_anything_runs(violates: Any) -> None:
    with pytest.raises(UsageError, match="names of laws"):
        refuse_no_names(violates)


@pytest.mark.parametrize("violates", [(), [], [ERRBACK_ONCE], (ERRBACK_ONCE,), {ERRBACK_ONCE}])
def test_any_number_of_laws_may_be_asked_for_as_violated(violates: Any) -> None:
    refuse_no_names(violates)


@pytest.mark.parametrize("raises", [5, "OSError", OSError(), (), (OSError, "x"), [OSError], int])
def test_what_cannot_be_raised_is_refused_before_anything_runs(raises: Any) -> None:
    with pytest.raises(UsageError, match="an exception class"):
        refuse_no_exceptions(raises)


@pytest.mark.parametrize("raises", [None, OSError, KeyboardInterrupt, (OSError, KeyError)])
def test_what_can_be_raised_may_be_asked_for(raises: Any) -> None:
    refuse_no_exceptions(raises)

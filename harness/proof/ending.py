"""Whether a run came to the end that its author asked for; if not, what there is to say, in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.errors import UsageError
from harness.laws.prose import accuse, miss
from harness.laws.verdict import Ruling
from harness.printable import printable
from harness.proof.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.history.outstanding import Unfinished
    from harness.history.parts import Raised
    from harness.laws.verdict import Verdict
    from harness.run.run import Run

Exceptions = type[BaseException] | tuple[type[BaseException], ...]


class ProofFailedError(AssertionError):
    """A canvas did not come to the end that was asked for."""


class Complaint(NamedTuple):
    """What is wrong with an ending, in the three parts of `harness.errors`; its parts may be several lines long."""

    expected: str
    found: str
    remedy: str

    def __str__(self) -> str:
        return f"expected: {self.expected}\n   found: {self.found}\n   to do: {self.remedy}"


def refuse_no_exceptions(raises: object) -> None:
    """Refuse what `raises` cannot mean, before anything is run."""
    kinds = raises if isinstance(raises, tuple) else (raises,)
    if raises is not None and not (
        kinds and all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds)
    ):
        raise UsageError("raises=... to be an exception class, or a tuple of some", raises, "write raises=SomeError")


def refuse_no_names(violates: object) -> None:
    """Refuse what `violates` cannot mean; whether there are such laws, the scenario says."""
    is_list = isinstance(violates, list | tuple | set | frozenset)
    if not is_list or not all(isinstance(name, str) for name in violates):  # type: ignore[attr-defined]
        raise UsageError("violates=[...] of names of laws", violates, "write violates=['chord.errback_once']")


def refuse_other_ending(run: Run, raises: Exceptions | None) -> None:
    """Fail unless the run settled without a loss, and succeeded or failed as was asked for."""
    complaints = list(_complaints(run, raises))
    if complaints:
        raise ProofFailedError(printable("\n".join([*map(str, complaints), "", *_account(run)])))


def _complaints(run: Run, raises: Exceptions | None) -> Iterator[Complaint]:
    for verdict in run.surprises:
        yield complaint_of(verdict)
    settlement = run.settlement
    match settlement.ending:
        case "timed out":
            yield Complaint(
                f"the canvas to end in {run.experiment.scenario.budget_s:g} s of the testbed's time (budget_s)",
                f"this left:\n{settlement.reason}",
                "mend what is waited for or, if it does take that long, ask for more: prove(..., budget_s=...)",
            )
        case "settled with loss":
            yield Complaint(
                "every task that was sent to come to its end",
                f"a loss, which can never come to its end:\n{settlement.reason}",
                _remedy_of_loss(settlement.left),
            )
        case _:
            for line in run.discrepancies:
                yield Complaint("a record without gaps", line, "run it again, and see the logs if that does not help")
            yield from _unwanted(run) if raises is None else _unraised(run, raises)


def complaint_of(verdict: Verdict) -> Complaint:
    """Complain of a law that is violated unasked, or that was to be violated and is not."""
    if verdict.ruling is Ruling.VIOLATED:
        return Complaint(
            f"the law {verdict.law} to hold",
            "\n".join(accuse(verdict)),
            "see whether it is the app, or Celery itself, that breaks it; what you have to live with you can ask for: "
            f"violates=[{verdict.law!r}]",
        )
    return Complaint(
        f"the law {verdict.law} to be violated, as violates=[...] says",
        "\n".join(miss(verdict)),
        "if what broke it is mended, take it out of violates; else see why this canvas does not show it",
    )


def _remedy_of_loss(left: tuple[Unfinished, ...]) -> str:
    if any("died" in message.where for message in left):
        return "see the log of the worker that died; acks_late and reject_on_worker_lost let a task survive that"
    return "see where it was last; a queue that no worker consumes is named by @pytest.mark.testbed(queues=[...])"


def _unraised(run: Run, raises: Exceptions) -> Iterator[Complaint]:
    """Complain of a run that did not fail with what it should have failed with."""
    outcome = run.outcome
    expected = f"the canvas to fail with {_names(raises)}"
    if outcome.kind != "error":
        yield Complaint(expected, _found(run), "leave `raises` out if it shall succeed, else see why nothing failed")
    elif outcome.exception is None or not _is_one(outcome.exception, raises):
        yield Complaint(expected, _found(run), _ask_for(outcome.exception))


def _unwanted(run: Run) -> Iterator[Complaint]:
    """Complain of a run that did not succeed, or of what it called and what failed then."""
    outcome = run.outcome
    planned = run.history.canvas.planned if run.history.canvas else ()
    if outcome.kind == "error":
        yield Complaint("the canvas to succeed", _found(run), f"mend it; {_ask_for(outcome.exception)}")
    elif not planned:
        yield Complaint("something to be sent", "no task was", "prove what sends: nothing is proved by nothing")
    elif outcome.kind != "success":
        yield Complaint("the canvas to succeed", _found(run), "see what became of what never ran, below")
    else:
        last = {attempt.started.task_id: attempt for attempt in run.history.attempts()}
        for attempt in last.values():
            if attempt.ending in ("failed", "rejected"):
                found = f"{attempt.started.task} failed{_told(attempt.exception)}"
                yield Complaint(
                    "what the canvas calls or sends to succeed as well", found, f"mend {attempt.started.task}"
                )


def _found(run: Run) -> str:
    outcome = run.outcome
    never_ran = ", ".join(outcome.never_ran)
    if outcome.kind == "incomplete":
        return f"no failure, but {never_ran} never ran" if never_ran else "no failure, and no success"
    return f"{outcome}{_told(outcome.exception)}"


def _ask_for(exception: Raised | None) -> str:
    if exception is None:
        return "see the account below"
    return f"if it shall fail so, ask for that: raises={exception.type.rpartition('.')[2]}"


def _is_one(exception: Raised, raises: Exceptions) -> bool:
    kinds = raises if isinstance(raises, tuple) else (raises,)
    return any(_name(kind) in exception.bases for kind in kinds)


def _names(raises: Exceptions) -> str:
    return " or ".join(_name(kind) for kind in (raises if isinstance(raises, tuple) else (raises,)))


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _told(exception: Raised | None) -> str:
    return "" if exception is None else f": {exception.type}: {exception.message}"


def _account(run: Run) -> Iterator[str]:
    """Tell what happened: who failed, attempt by attempt, what never ran, and where the rest is."""
    yield from timeline(run.history)
    if run.outcome.exception is not None and run.outcome.exception.traceback:
        yield ""
        yield run.outcome.exception.traceback.rstrip()
    yield ""
    yield f"{run.timing.virtual_s:.1f} s by the {run.timing.clock} clock; everything is in {run.directory}"

"""Whether a run came to the end that its author asked for; if not, what there is to say, in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.laws.prose import accuse
from harness.proof.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.history.parts import Raised
    from harness.run.run import Run

Exceptions = type[BaseException] | tuple[type[BaseException], ...]


class ProofFailedError(AssertionError):
    """A canvas did not come to the end that was asked for."""


def refuse_other_ending(run: Run, raises: Exceptions | None) -> None:
    """Fail unless the run settled without a loss, and succeeded or failed as was asked for."""
    complaints = list(_complaints(run, raises))
    if complaints:
        raise ProofFailedError("\n".join([*complaints, "", *_account(run)]))


def _complaints(run: Run, raises: Exceptions | None) -> Iterator[str]:
    settlement, outcome = run.settlement, run.outcome
    for verdict in run.violations:
        yield from accuse(verdict)
    match settlement.ending:
        case "timed out":
            budget_s = run.experiment.scenario.budget_s
            yield f"the canvas did not end in {budget_s:g} s of the testbed's time (budget_s), with this left:"
            yield settlement.reason
            return
        case "settled with loss":
            yield "something was lost, and can never come to its end:"
            yield settlement.reason
            return
        case _:
            yield from run.discrepancies
    if raises is not None:
        if outcome.kind != "error":
            yield f"expected to fail with {_names(raises)}, but found {outcome}"
        elif outcome.exception is None or not _is_one(outcome.exception, raises):
            yield f"expected to fail with {_names(raises)}, but found {outcome}{_told(outcome.exception)}"
        return
    if outcome.kind != "success":
        yield f"expected to succeed, but found {outcome}{_told(outcome.exception)}"
        return
    planned = {task.task_id for task in run.history.canvas.planned} if run.history.canvas else set()
    last = {attempt.started.task_id: attempt for attempt in run.history.attempts()}
    for task_id, attempt in last.items():
        if task_id not in planned and attempt.ending in ("failed", "rejected"):
            told = _told(attempt.exception)
            yield f"the canvas succeeded, but {attempt.started.task}, which it called, failed{told}"


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
    if run.outcome.never_ran:
        yield f"never ran: {', '.join(run.outcome.never_ran)}"
    if run.outcome.exception is not None and run.outcome.exception.traceback:
        yield ""
        yield run.outcome.exception.traceback.rstrip()
    yield ""
    yield f"{run.timing.virtual_s:.1f} s by the {run.timing.clock} clock; everything is in {run.directory}"

"""How runs are put into words, the same in a terminal and in plain lines."""

from __future__ import annotations

import traceback
from collections import Counter
from typing import TYPE_CHECKING

from harness.errors import TroubleError, UsageError
from harness.history.attempt_events import AttemptEnded, AttemptStarted
from harness.laws.prose import not_exercised
from harness.laws.verdict import Ruling
from harness.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.history.events import AnyEvent
    from harness.laws.verdict import Verdict
    from harness.run.run import Run


_RULINGS = {
    Ruling.HOLDS: "hold",
    Ruling.NOT_EXERCISED: "not exercised",
    Ruling.UNDECIDED: "undecided",
    Ruling.VIOLATED: "violated",
}


def failure(error: Exception) -> str:
    """Say whose trouble it is that a run could not be made: the author's, or ours."""
    return "this cannot be run" if isinstance(error, UsageError) else "the harness failed"


def told(error: Exception) -> str:
    """Return our three parts for trouble; for a defect of the harness, where it happened."""
    return str(error) if isinstance(error, TroubleError) else "".join(traceback.format_exception(error))


def latest_news(events: Sequence[AnyEvent]) -> str | None:
    """Say the latest thing about attempts that a person would want to know."""
    for event in reversed(events):
        if isinstance(event, AttemptStarted | AttemptEnded):
            if isinstance(event, AttemptStarted):
                return printable(f"{event.task}, attempt {event.retries + 1}")
            if event.ending in ("retried", "failed"):
                return mishap(event)
    return None


def mishap(event: AttemptEnded) -> str:
    """Say what went wrong in an attempt, and what comes of it."""
    what = _retry(event) if event.ending == "retried" else "failed"
    return printable(f"{event.task}, attempt {event.retries + 1}: {_reason(event)}, {what}")


def attempts(run: Run) -> list[tuple[str, int]]:
    """Return how often each task of the canvas ran; nothing where the scenario tells it better."""
    if run.account is not None:
        return []
    canvas = run.history.canvas
    planned = canvas.planned if canvas else []
    return [(printable(one.task), len(run.history.attempts(one.task_id))) for one in planned]


def delays(run: Run) -> list[str]:
    """Say what was asked for and observed between attempts; nothing where the scenario tells it better."""
    if run.account is not None:
        return []
    return [
        printable(f"{delay.task} {delay.asked_s:g} s: {delay.observed_s:.3f} s ({delay.error_s * 1000:+.0f} ms)")
        for delay in run.history.retry_delays()
    ]


def outcome(run: Run) -> str:
    """Say how a run ended, and by whose fault."""
    came = str(run.outcome) if run.account is None else run.account.outcome
    if run.settlement.ending != "settled":
        return printable(f"{came} ({run.settlement.ending})")
    return printable(came)


def laws(run: Run) -> str:
    """Count what the laws say of a run."""
    return rulings(Counter(verdict.ruling for verdict in run.verdicts))


def rulings(count: Mapping[Ruling, int]) -> str:
    """Say how many laws have ruled which way."""
    return ", ".join(f"{count[ruling]} {_RULINGS[ruling]}" for ruling in Ruling if count[ruling])


def unproved(run: Run) -> list[str]:
    """Name the laws that a run was to show and did not."""
    return [
        printable(f"{verdict.law} was to be shown here and is {verdict.ruling.value}: {verdict.reason}")
        for verdict in run.unproved
    ]


def never_exercised(runs: Sequence[Run]) -> str:
    """Say which laws had nothing to judge in any of these runs; nothing if each had something in one of them."""
    best: dict[str, Verdict] = {}
    for verdict in (verdict for run in runs for verdict in run.verdicts):
        if verdict.law not in best or best[verdict.law].ruling is Ruling.NOT_EXERCISED:
            best[verdict.law] = verdict
    return not_exercised(tuple(best.values()))


def real_time(reason: str) -> str:
    """Say why time is real although it was to be virtual."""
    return printable(f"real time: {reason}")


def time_taken(runs: Sequence[Run], wall_s: float) -> str:
    """Say how much time passed in the runs, how much for whoever waited for them, and by which clock."""
    clocks = " and ".join(sorted({run.timing.clock for run in runs}))
    virtual_s = sum(run.timing.virtual_s for run in runs)
    return f"{virtual_s:.1f} {clocks} seconds in {wall_s:.1f} s of wall time"


def _retry(event: AttemptEnded) -> str:
    return "retry" if event.retry_delay_s is None else f"retry in {event.retry_delay_s:g} s"


def _reason(event: AttemptEnded) -> str:
    return event.exception.type.rpartition(".")[2] if event.exception else "no reason given"

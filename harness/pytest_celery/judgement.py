"""What the laws say of a test's nodes, and how the test hears of it.

Refuses to judge what the test itself asserts, and whether its tasks succeeded: a test of pytest-celery's may well want
them to fail.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.laws.expectation import surprises
from harness.printable import printable
from harness.proof.ending import ProofFailedError, complaint_of
from harness.proof.timeline import timeline
from harness.run.judging import judge_history
from harness.run.summary import summary_of
from harness.run.timing import Timing
from harness.scenario import DELAY_TOLERANCE_S

if TYPE_CHECKING:
    from pathlib import Path

    from harness.laws.verdict import Verdict
    from harness.pytest_celery.observation import Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """How the run of a test ended."""

    ending: str
    verdicts: tuple[Verdict, ...]
    surprises: tuple[Verdict, ...]
    account: str
    directory: Path

    def refuse_surprises(self) -> None:
        """Fail if a law was violated that the test does not name, or was not violated although it does."""
        __tracebackhide__ = True
        if self.surprises:
            complaints = [str(complaint_of(verdict)) for verdict in self.surprises]
            raise ProofFailedError(printable("\n".join([*complaints, "", self.account])))


def conclude(observation: Observation) -> Conclusion:
    """Wait for what a test has under way, judge, and write everything down."""
    watched = observation.watched
    assert watched is not None
    ending = observation.settle()
    clock = observation.clock.name
    history = watched.directory.history()
    verdicts = judge_history(history, DELAY_TOLERANCE_S[clock], ending)
    timing = Timing(clock=clock, reason=observation.clock_reason, virtual_s=history.duration_s)
    attempts = history.attempts()
    watched.directory.keep_logs({path.stem: path for path in observation.premises.logs.glob("*.log")})
    surprising = surprises(verdicts, watched.violates)
    watched.directory.finish(
        {
            "ending": ending,
            "reason": "" if ending == "settled" else "\n".join(map(str, watched.outstanding.unfinished())),
            "is_as_expected": not surprising,
            "attempts": {
                task: sum(attempt.started.task == task for attempt in attempts)
                for task in dict.fromkeys(attempt.started.task for attempt in attempts)
            },
            **summary_of(history, verdicts, timing),
        }
    )
    if watched.is_reported:
        _report(watched.directory.path)
    where = f"{timing.virtual_s:.1f} s by the {clock} clock; everything is in {watched.directory.path}"
    return Conclusion(
        ending=ending,
        verdicts=verdicts,
        surprises=surprising,
        account="\n".join([*timeline(history), "", where]),
        directory=watched.directory.path,
    )


def _report(run: Path) -> None:
    """Write the page of a run, beside which the session's end makes an index. Nobody's test fails because of that."""
    with suppress(Exception):
        from harness.report.writing import write_run  # noqa: PLC0415 - most sessions keep nothing

        write_run(run, "../index.html")

"""Carries one experiment out on a testbed and returns the run."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, UsageError
from harness.history.events import CanvasSent, OrderFailed, OrderRefused, SendingRefused
from harness.history.outcome import Outcome, outcome
from harness.history.redis_events import RecorderReached
from harness.journal import BROKEN
from harness.laws.expectation import surprises
from harness.laws.own import find_own_laws
from harness.laws.verdict import Ruling, Verdict
from harness.run.discrepancies import discrepancies
from harness.run.judging import judge_by_own_laws, judge_history
from harness.run.needs import refuse_lacking
from harness.run.provenance import provenance
from harness.run.settling import Settlement, Settler
from harness.run.summary import summary_of
from harness.run.timing import Timing, timing
from harness.scenario import DELAY_TOLERANCE_S
from harness.store import RunDirectory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.history.events import AnyEvent
    from harness.history.history import History
    from harness.laws.own import Account, OwnLaws
    from harness.scenario import Experiment
    from harness.testbed.testbed import Testbed

_ORDER_TIMEOUT_S = 30.0
_Failure = OrderFailed | OrderRefused | SendingRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of an experiment."""

    experiment: Experiment
    directory: Path
    settlement: Settlement
    history: History
    outcome: Outcome
    discrepancies: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    timing: Timing
    wall_s: float
    account: Account | None = None  # what the scenario has to tell in its own words

    @property
    def is_as_expected(self) -> bool:
        """Whether the run settled, and everything came as the scenario says, laws violated that it names among it."""
        return self.is_settled_as_expected and not self.discrepancies and not self.surprises

    @property
    def is_settled_as_expected(self) -> bool:
        """Whether the run settled, and lost the messages that the scenario says it loses, and no other."""
        loses = sorted(self.experiment.scenario.loses)
        ending = "settled with loss" if loses else "settled"
        return self.settlement.ending == ending and sorted(left.task for left in self.settlement.left) == loses

    @property
    def surprises(self) -> tuple[Verdict, ...]:
        """The laws that were violated where the scenario does not say so, and those that were not where it does."""
        return surprises(self.verdicts, self.experiment.scenario.violates)

    @property
    def unproved(self) -> tuple[Verdict, ...]:
        """The laws that the scenario names and of which the run says nothing."""
        named = self.experiment.scenario.laws
        silent = (Ruling.NOT_EXERCISED, Ruling.UNDECIDED)
        return tuple(one for one in self.verdicts if one.law in named and one.ruling in silent)

    @property
    def violations(self) -> tuple[Verdict, ...]:
        """The laws that were violated."""
        return tuple(verdict for verdict in self.verdicts if verdict.ruling is Ruling.VIOLATED)


def carry_out(
    experiment: Experiment,
    testbed: Testbed,
    path: Path,
    on_events: Callable[[list[AnyEvent]], None] = lambda _: None,
) -> Run:
    """Send the scenario's canvas on a testbed that is up, settle, and write everything down in a new directory."""
    began = time.monotonic()
    scenario = experiment.scenario
    own_laws = None if scenario.own_laws is None else find_own_laws(scenario.own_laws)
    refuse_lacking(experiment.scenario, testbed)
    directory = RunDirectory.begin(path, experiment, {**provenance(), **testbed.description})
    failures: list[_Failure] = []
    canvases: list[CanvasSent] = []
    marks: set[str] = set()

    def watch(events: list[AnyEvent]) -> None:
        failures.extend(event for event in events if isinstance(event, _Failure))
        canvases.extend(event for event in events if isinstance(event, CanvasSent))
        marks.update(event.marker for event in events if isinstance(event, RecorderReached))
        on_events(events)

    testbed.feed.copy_to(directory.append)
    try:
        settler = Settler(testbed, watch)
        faults = [asdict(fault) for fault in scenario.faults]
        _carry_out_order(testbed, settler, failures, "script", behaviour=dict(scenario.behaviour), faults=faults)
        ahead_s = round((testbed.clock.now_ns() - time.time_ns()) / 1e9, 3)  # what may be made of moments in a canvas
        order = testbed.order("send", canvas=asdict(scenario.canvas), ahead_s=ahead_s)
        settlement = settler.settle([order], scenario.budget_s)
        _refuse_failed(failures)
        for canvas in canvases:
            tasks = {planned.task_id: planned.task for planned in canvas.planned}
            _carry_out_order(testbed, settler, failures, "read_states", tasks=tasks)
            _carry_out_order(testbed, settler, failures, "read_result", of=canvas.order)
        _await_recorder(testbed, settler, marks)
        _refuse_broken_journals(testbed)
        if scenario.surroundings.files:
            directory.keep_files(testbed.files)
    except Exception as error:
        directory.finish({"ending": "harness failed", "reason": str(error), "wall_s": time.monotonic() - began})
        raise
    finally:
        testbed.feed.copy_to(None)
        directory.keep_logs(testbed.logs())
    return _conclude(experiment, testbed, directory, settlement, began, own_laws)


def _conclude(  # noqa: PLR0913, PLR0917 - it is the end of `carry_out`
    experiment: Experiment,
    testbed: Testbed,
    directory: RunDirectory,
    settlement: Settlement,
    began: float,
    own_laws: OwnLaws[Any] | None,
) -> Run:
    """Read the history back, compare it with what was expected, and write down how the run ended."""
    history = directory.history()
    came, late_s = outcome(history), DELAY_TOLERANCE_S[testbed.clock.name]
    own_verdicts, account = judge_by_own_laws(own_laws, history, directory.files, late_s)
    run = Run(
        experiment=experiment,
        directory=directory.path,
        settlement=settlement,
        history=history,
        outcome=came,
        discrepancies=tuple(discrepancies(experiment, history, came)),
        verdicts=(*judge_history(history, late_s, settlement.ending), *own_verdicts),
        timing=timing(history, testbed.clock, testbed.clock_reason),
        wall_s=time.monotonic() - began,
        account=account,
    )
    if account is not None:
        directory.tell(account.whole)
    directory.finish(_summary(run))
    return run


def _carry_out_order(
    testbed: Testbed, settler: Settler, failures: list[_Failure], do: str, **arguments: object
) -> None:
    """Have the sender do something that takes no time of the testbed's, and wait until it is done."""
    order = testbed.order(do, **arguments)
    if not settler.carried_out(order, _ORDER_TIMEOUT_S):
        raise HarnessError(f"the sender to carry out {do!r}", "silence", "see logs/sender.log")
    _refuse_failed(failures)


def _await_recorder(testbed: Testbed, settler: Settler, marks: set[str]) -> None:
    """Wait until the recorder has written down everything up to now."""
    marker = testbed.mark()
    deadline = time.monotonic() + _ORDER_TIMEOUT_S
    while marker is not None and marker not in marks:
        if (left_s := deadline - time.monotonic()) <= 0:
            raise HarnessError("the recorder to keep up with Redis", f"no {marker}", "see logs/recorder.log")
        if not settler.pull():
            testbed.wait(left_s)


def _refuse_failed(failures: list[_Failure]) -> None:
    """Fail with what the sender could not do. It runs the author's code: what that raises is the author's to mend.

    And with what any process was not let do: whatever came of that in a task says nothing about Celery.
    """
    for failure in failures:
        if not isinstance(failure, OrderFailed):
            raise UsageError(failure.expected, failure.found, failure.remedy)
        raised = failure.exception
        raise UsageError(
            "the sender to send the canvas and to read what became of it",
            f"{raised.type}: {raised.message}\n{raised.traceback}",
            "mend the canvas, or the app that it is made of",
        )


def _refuse_broken_journals(testbed: Testbed) -> None:
    """Fail when a process could not write down what it saw: what is missing must not be taken for Celery's doing."""
    for name, log in testbed.logs().items():
        for line in log.read_text(errors="replace").splitlines():
            if BROKEN in line:
                raise HarnessError("every process to keep its journal", line, f"make room on the disk; see {name}.log")


def _summary(run: Run) -> dict[str, object]:
    planned = run.history.canvas.planned if run.history.canvas else []
    tasks = dict.fromkeys(one.task for one in planned)
    return {
        "ending": run.settlement.ending,
        "reason": run.settlement.reason,
        "is_as_expected": run.is_as_expected,
        "outcome": run.outcome.kind,
        "root_cause": run.outcome.root_cause,
        "never_ran": run.outcome.never_ran,
        "attempts": {task: len(run.history.attempts(task)) for task in tasks},
        "states": run.history.states(),
        "discrepancies": run.discrepancies,
        "wall_s": run.wall_s,
        **summary_of(run.history, run.verdicts, run.timing),
    }

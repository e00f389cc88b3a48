"""Compares what came of a run with what its scenario expects.

Refuses to judge whether delays were kept: a law does, which tells a worker that is late from a machine that is busy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.history.fault_events import FaultInjected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.history.history import History
    from harness.history.outcome import Outcome
    from harness.scenario import Expected, Experiment


def discrepancies(experiment: Experiment, history: History, outcome: Outcome) -> Iterator[str]:
    """Say, line by line, where a run differs from what is expected."""
    for line in history.corrupt:
        yield f"journal {line.source}, line {line.line}: expected an event, found {line.reason}"
    expected = experiment.scenario.expected
    if expected is None:
        return
    for fault in experiment.scenario.faults:
        if not any((one.strike, one.point) == (fault.strike, fault.point) for one in history.all_of(FaultInjected)):
            yield f"fault: expected {fault}, found that it has not struck"
    if outcome.kind != expected.outcome:
        yield f"outcome: expected {expected.outcome}, found {outcome}"
    if outcome.root_cause != expected.root_cause:
        yield f"root cause: expected {expected.root_cause}, found {outcome.root_cause}"
    planned = {task.task for task in history.canvas.planned} if history.canvas else set()
    for task in sorted(planned | set(expected.attempts)):
        count, wanted = len(history.attempts(task)), expected.attempts.get(task, 0)
        if count != wanted:
            yield f"{task}: expected {wanted} attempts, found {count}"
        yield from _delays(expected, history, task)


def _delays(expected: Expected, history: History, task: str) -> Iterator[str]:
    wanted = expected.retry_delays.get(task, ())
    asked = tuple(delay.asked_s for delay in history.retry_delays(task))
    if asked != wanted:
        yield f"{task}: expected retry delays of {_listed(wanted)} s to be asked for, found {_listed(asked)}"


def _listed(delays: tuple[float, ...]) -> str:
    return ", ".join(f"{delay:g}" for delay in delays) or "none"

"""What depends on the version of Celery, and would be in the harness's way if it did not know."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.history.events import ErrbackCalled, ResultRead, WorkerStarted
from harness.run.run import carry_out
from harness.scenario import Canvas, Conditions, Experiment, OwnSending, Scenario
from harness.semantics.defects import version_of
from harness.testbed.choose import make_testbed

if TYPE_CHECKING:
    from harness.run.run import Run
    from harness.scenario import Pool


def carried_out(sent: Canvas | OwnSending, path: Path, pool: Pool = "prefork") -> tuple[Run, Run]:
    """Run the same twice on one testbed: what the first leaves behind, the second shows."""
    scenario = Scenario(name="trouble", title="", app="trouble_app:app", canvas=sent, budget_s=20)
    experiment = Experiment(scenario=scenario, conditions=Conditions(concurrency=1, pool=pool))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        testbed = make_testbed(scenario, experiment.conditions)
        testbed.start()
    try:
        return carry_out(experiment, testbed, path / "first"), carry_out(experiment, testbed, path / "second")
    finally:
        testbed.stop()


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_failure_that_celery_cannot_handle_is_waited_for_however_often_it_tries(pool: Pool, tmp_path: Path) -> None:
    # Before 5.7 an errback that is called inline and raises keeps Celery from handling the failure, which it then does
    # once more, and in a pool of processes a third time.
    runs = carried_out(Canvas(call="trouble_app:told_badly"), tmp_path, pool)
    assert [run.settlement.ending for run in runs] == ["settled", "settled"]
    is_mended = version_of(worker_version(runs[0])) >= (5, 7)
    for run in runs:
        assert len(inline_calls(run)) == (1 if is_mended else 3 if pool == "prefork" else 2)
        (attempt,) = run.history.attempts("fails")
        assert attempt.last_index is not None
        assert inline_calls(run)[-1].index < attempt.last_index
        assert run.history.states()["fails"] == "FAILURE"
        assert len(run.history.attempts("errback")) == (1 if is_mended else 0)


def test_a_sender_collects_no_garbage_while_it_sends(tmp_path: Path) -> None:
    # With the client of Redis that Celery 5.4 takes (5.3), a result that is collected in the middle of that deadlocks.
    for run in carried_out(OwnSending(call="trouble_app:looks_for_garbage"), tmp_path):
        (result,) = (event for event in run.history.events if isinstance(event, ResultRead))
        assert json.loads(base64.b64decode(result.body)) is False


def inline_calls(run: Run) -> list[ErrbackCalled]:
    return [event for event in run.history.events if isinstance(event, ErrbackCalled)]


def worker_version(run: Run) -> str:
    return next(event.versions["celery"] for event in run.history.events if isinstance(event, WorkerStarted))

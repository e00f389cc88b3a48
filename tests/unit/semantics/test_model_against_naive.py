"""Two that were written without each other's help say the same of any canvas: the model, and a naive interpreter."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from drawing import Drawn, canvases
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import BrokenError, Interpreter

from harness.canvas import read
from harness.semantics.planning import plan_of
from harness.semantics.prediction import Called, Ended, Unknown, predict

if TYPE_CHECKING:
    from harness.canvas import Canvas

TASKS = [f"drawn_app.step_{number}" for number in range(1, 7)]


def as_sent(drawn: Drawn) -> Canvas:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Celery's about errbacks of chords
        return read(json.loads(json.dumps(drawn.signature())))


def behaving(failing: set[str]) -> Any:
    def behave(called: Called) -> Ended:
        task = called.node.task
        if task in failing:
            return Ended(ending="failed", task_id=f"id of {task}")
        value = {task: ["?" if isinstance(arg, Unknown) else arg for arg in called.args]}
        return Ended(ending="succeeded", value=value, task_id=f"id of {task}")

    return behave


def in_any_order(calls: list[tuple[str, list[Any], dict[str, Any]]]) -> list[str]:
    return sorted(json.dumps(call, default=lambda _: "?") for call in calls)  # the id of a chord's body that failed


@settings(deadline=None, max_examples=100)
@given(canvases(), st.sets(st.sampled_from(TASKS)))
def test_the_model_and_a_naive_interpreter_agree(drawn: Drawn, failing: set[str]) -> None:
    canvas = as_sent(drawn)
    naive = Interpreter(failing)
    try:
        result, has_succeeded = naive.run(canvas, []), True
    except BrokenError:
        result, has_succeeded = None, False
    predicted = predict(plan_of(canvas, (5, 7)), behaving(failing))
    calls = [
        (
            call.node.task,
            list(call.args),
            {} if call.node.task.startswith("celery.") else dict(call.node.kwargs),
        )
        for call in predicted.called
    ]
    assert in_any_order(calls) == in_any_order(naive.calls)
    assert (predicted.has_succeeded, predicted.result) == (has_succeeded, result)


@settings(deadline=None, max_examples=50)
@given(canvases(), st.sets(st.sampled_from(TASKS)))
def test_every_call_is_predicted_or_said_to_be_never_made_and_after_what_it_waits_for(
    drawn: Drawn, failing: set[str]
) -> None:
    plan = plan_of(as_sent(drawn), (5, 7))
    predicted = predict(plan, behaving(failing))
    assert len(predicted.called) + len(predicted.never) == len(plan.nodes) == len(predicted.fates)
    for call in predicted.called:
        assert all(number < call.node.number for number in call.after)

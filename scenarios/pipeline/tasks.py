"""The six tasks of the pipeline, each with its retry policy. Refuses to know in which order they run.

Every task takes ``payload`` by keyword; A, B and C are clients of the model service and name themselves
to it by their task id, which stays the same over their retries.
"""
# Celery ships no types, and six ignores below would say so six times.
# mypy: allow-untyped-decorators

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests
from celery.exceptions import SoftTimeLimitExceeded

from scenarios.pipeline.app import app
from scenarios.pipeline.client import predict
from scenarios.pipeline.script import trouble_for

if TYPE_CHECKING:
    from celery import Task

    from scenarios.pipeline.script import Payload

# What a task returns crosses the broker as a JSON object.
Result = dict[str, Any]


@app.task(name="start")
def start(*, payload: Payload) -> Result:
    """Note that the pipeline began."""
    return {"stage": "start", "scenario": payload["scenario"]}


@app.task(
    name="TASK_A",
    bind=True,
    autoretry_for=(requests.RequestException, SoftTimeLimitExceeded),
    max_retries=3,
    retry_backoff=2,
    retry_backoff_max=30,
    retry_jitter=False,
    # A read time-out bounds the silence between two bytes, not the whole call; this does.
    soft_time_limit=6,
)
def task_a(self: Task, _started: Result, *, payload: Payload) -> Result:
    """Preprocess the raw text."""
    answer = _ask(self, payload["raw"], "preprocess", payload)
    return {
        "processed": answer["processed"],
        "length": answer["length"],
        "model": answer["model"],
        "retries_used": self.request.retries,
    }


@app.task(name="TASK_B", bind=True, max_retries=3)
def task_b(self: Task, prepared: Result, *, payload: Payload) -> Result:
    """Embed the preprocessed text."""
    try:
        answer = _ask(self, prepared["processed"], "embed", payload)
    except requests.RequestException as error:
        raise self.retry(exc=error, countdown=3) from error
    return {
        "b_result": f"embedding by B: dim={len(answer['embedding'])}",
        "embedding": answer["embedding"],
        "model": answer["model"],
        "retries_used": self.request.retries,
    }


@app.task(
    name="TASK_C",
    bind=True,
    autoretry_for=(requests.RequestException,),
    max_retries=3,
    retry_backoff=2,
    retry_backoff_max=15,
    retry_jitter=True,
)
def task_c(self: Task, prepared: Result, *, payload: Payload) -> Result:
    """Classify the preprocessed text."""
    answer = _ask(self, prepared["processed"], "classify", payload)
    return {
        "c_result": f"classified by C: {answer['label']} ({answer['confidence']:.2f})",
        "label": answer["label"],
        "confidence": answer["confidence"],
        "model": answer["model"],
        "retries_used": self.request.retries,
    }


@app.task(name="TASK_D")
def task_d(branches: list[Result], *, payload: Payload) -> Result:  # noqa: ARG001 - every task is given its payload
    """Merge what B and C found, in that order."""
    b, c = branches
    return {
        "final": "merge complete",
        "from_b": b["b_result"],
        "from_c": c["c_result"],
        "b_retries": b["retries_used"],
        "c_retries": c["retries_used"],
    }


@app.task(name="end")
def end(*, payload: Payload) -> Result:
    """Note that the pipeline came to its end."""
    return {"stage": "end", "scenario": payload["scenario"]}


def _ask(task: Task, text: str, task_type: str, payload: Payload) -> Result:
    """Call the model service for a task, with the trouble that the scenario has in store for it."""
    trouble = trouble_for(task.name, payload["scenario"])
    return predict(
        text,
        task_type,
        task.request.id,
        fail_times=trouble.fail_times,
        delay_seconds=trouble.delay_seconds,
        timeout_s=5.0,
    )

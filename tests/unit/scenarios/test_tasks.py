"""What the tasks return and how they are set up; that Celery retries them is what the proofs are for."""

from __future__ import annotations

import json

import pytest
import requests
import responses
from celery.exceptions import SoftTimeLimitExceeded

from scenarios.pipeline.app import app
from scenarios.pipeline.service.model import classify, embed, preprocess
from scenarios.pipeline.tasks import end, start, task_a, task_b, task_c, task_d

URL = "http://model.test/v1/predict"
PREPARED = {"processed": "HELLO", "length": 5, "model": "text-preprocessor-v1", "retries_used": 0}


@pytest.fixture(autouse=True)
def _service_at_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_SERVICE_URL", "http://model.test")


def payload(scenario: str) -> dict[str, str]:
    return {"raw": "hello", "scenario": scenario}


def test_the_pipelines_tasks_are_known_by_their_plain_names() -> None:
    # Other plugins of pytest lend every app tasks of theirs.
    names = {name for name, task in app.tasks.items() if task.__module__ == "scenarios.pipeline.tasks"}
    assert names == {"start", "TASK_A", "TASK_B", "TASK_C", "TASK_D", "end"}


def test_only_json_goes_in_and_out() -> None:
    assert (app.conf.task_serializer, app.conf.result_serializer) == ("json", "json")
    assert (app.conf.accept_content, app.conf.result_accept_content) == (["json"], ["json"])


def test_a_retries_for_every_trouble_of_the_service_with_exact_delays() -> None:
    assert task_a.autoretry_for == (requests.RequestException, SoftTimeLimitExceeded)
    assert (task_a.max_retries, task_a.soft_time_limit) == (3, 6)
    assert (task_a.retry_backoff, task_a.retry_backoff_max, task_a.retry_jitter) == (2, 30, False)


def test_c_retries_for_every_trouble_of_the_service_with_jitter() -> None:
    assert task_c.autoretry_for == (requests.RequestException,)
    assert task_c.max_retries == 3
    assert (task_c.retry_backoff, task_c.retry_backoff_max, task_c.retry_jitter) == (2, 15, True)


def test_b_and_d_leave_retrying_to_their_code() -> None:
    assert task_b.max_retries == 3
    assert not hasattr(task_b, "autoretry_for")
    assert not hasattr(task_d, "autoretry_for")


def test_start_and_end_note_the_stage() -> None:
    assert start(payload=payload("happy")) == {"stage": "start", "scenario": "happy"}
    assert end(payload=payload("happy")) == {"stage": "end", "scenario": "happy"}


@responses.activate
def test_a_preprocesses_the_raw_text() -> None:
    responses.post(URL, json=preprocess("hello"))
    assert task_a({"stage": "start"}, payload=payload("happy")) == PREPARED
    assert sent() == {"text": "hello", "task_type": "preprocess", "fail_times": 0, "delay_seconds": 0.0}


@responses.activate
def test_b_embeds_what_a_made_of_the_text() -> None:
    responses.post(URL, json=embed("HELLO"))
    assert task_b(PREPARED, payload=payload("happy")) == {
        "b_result": "embedding by B: dim=8",
        "embedding": embed("HELLO")["embedding"],
        "model": "embedding-v1",
        "retries_used": 0,
    }
    assert sent() == {"text": "HELLO", "task_type": "embed", "fail_times": 0, "delay_seconds": 0.0}


@responses.activate
def test_c_classifies_what_a_made_of_the_text() -> None:
    responses.post(URL, json=classify("HELLO"))
    assert task_c(PREPARED, payload=payload("happy")) == {
        "c_result": "classified by C: positive (0.92)",
        "label": "positive",
        "confidence": 0.92,
        "model": "classifier-v1",
        "retries_used": 0,
    }
    assert sent() == {"text": "HELLO", "task_type": "classify", "fail_times": 0, "delay_seconds": 0.0}


def test_d_merges_b_and_c_in_the_canvas_order() -> None:
    b = {"b_result": "embedding by B: dim=8", "retries_used": 1}
    c = {"c_result": "classified by C: positive (0.92)", "retries_used": 2}
    assert task_d([b, c], payload=payload("happy")) == {
        "final": "merge complete",
        "from_b": "embedding by B: dim=8",
        "from_c": "classified by C: positive (0.92)",
        "b_retries": 1,
        "c_retries": 2,
    }


@responses.activate
def test_the_service_is_told_what_the_scenario_has_in_store_for_the_task() -> None:
    responses.post(URL, json=preprocess("hello"))
    task_a({"stage": "start"}, payload=payload("flaky"))
    assert sent()["fail_times"] == 2


def sent() -> dict[str, object]:
    """What the service was last sent, but for the id: a task called by hand has none."""
    body: dict[str, object] = json.loads(responses.calls[-1].request.body or "")
    del body["request_id"]
    return body

from __future__ import annotations

import json

import pytest
import requests
import responses

from scenarios.pipeline.client import UnexpectedAnswerError, predict

URL = "http://model.test:8000/v1/predict"
PREPROCESSED = {"processed": "HELLO", "length": 5, "model": "text-preprocessor-v1"}


@pytest.fixture(autouse=True)
def _service_at_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_SERVICE_URL", "http://model.test:8000")


@responses.activate
def test_the_answer_is_returned_as_it_came() -> None:
    responses.post(URL, json=PREPROCESSED)
    assert predict("hello", "preprocess", "id-1") == PREPROCESSED


@responses.activate
def test_the_body_carries_everything_the_service_needs() -> None:
    responses.post(URL, json=PREPROCESSED)
    predict("hello", "preprocess", "id-1", fail_times=2, delay_seconds=0.5)
    assert json.loads(responses.calls[0].request.body or "") == {
        "text": "hello",
        "task_type": "preprocess",
        "request_id": "id-1",
        "fail_times": 2,
        "delay_seconds": 0.5,
    }


@responses.activate
def test_the_service_is_asked_for_no_trouble_unless_told_to() -> None:
    responses.post(URL, json=PREPROCESSED)
    predict("hello", "preprocess", "id-1")
    body = json.loads(responses.calls[0].request.body or "")
    assert (body["fail_times"], body["delay_seconds"]) == (0, 0.0)


@responses.activate
def test_the_read_time_out_reaches_the_connection() -> None:
    responses.post(URL, json=PREPROCESSED)
    predict("hello", "preprocess", "id-1", timeout_s=1.5)
    assert responses.calls[0].request.req_kwargs["timeout"] == 1.5  # type: ignore[attr-defined]


@responses.activate
def test_the_address_is_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    responses.post("http://elsewhere.test/v1/predict", json=PREPROCESSED)
    monkeypatch.setenv("MODEL_SERVICE_URL", "http://elsewhere.test/")
    assert predict("hello", "preprocess", "id-1") == PREPROCESSED


@responses.activate
def test_without_an_address_the_service_is_looked_for_on_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    responses.post("http://127.0.0.1:8000/v1/predict", json=PREPROCESSED)
    monkeypatch.delenv("MODEL_SERVICE_URL")
    assert predict("hello", "preprocess", "id-1") == PREPROCESSED


@responses.activate
def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    responses.post(URL, json=PREPROCESSED)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://proxy.test:3128")
    predict("hello", "preprocess", "id-1")
    assert not responses.calls[0].request.req_kwargs["proxies"]  # type: ignore[attr-defined]


@responses.activate
def test_a_500_is_an_http_error() -> None:
    responses.post(URL, status=500, json={"error": "told to fail"})
    with pytest.raises(requests.HTTPError, match="500 Server Error"):
        predict("hello", "preprocess", "id-1")


@responses.activate
def test_a_refused_question_is_an_http_error() -> None:
    responses.post(URL, status=422, json={"field": "text"})
    with pytest.raises(requests.HTTPError, match="422 Client Error"):
        predict("hello", "preprocess", "id-1")


@responses.activate
def test_a_read_time_out_is_passed_on() -> None:
    responses.post(URL, body=requests.ReadTimeout("read timed out"))
    with pytest.raises(requests.ReadTimeout):
        predict("hello", "preprocess", "id-1")


@responses.activate
def test_a_refused_connection_is_passed_on() -> None:
    responses.post(URL, body=requests.ConnectionError("connection refused"))
    with pytest.raises(requests.ConnectionError, match="refused"):
        predict("hello", "preprocess", "id-1")


@responses.activate
@pytest.mark.parametrize("body", ["", "<html>busy</html>", '{"processed": "HEL'])
def test_malformed_json_is_a_requests_exception(body: str) -> None:
    responses.post(URL, body=body)
    with pytest.raises(requests.exceptions.JSONDecodeError) as raised:
        predict("hello", "preprocess", "id-1")
    assert isinstance(raised.value, requests.RequestException)


@responses.activate
@pytest.mark.parametrize("answer", [None, ["HELLO"], "HELLO", 5])
def test_an_answer_that_is_no_object_is_a_requests_exception_that_quotes_it(answer: object) -> None:
    responses.post(URL, body=json.dumps(answer))
    with pytest.raises(UnexpectedAnswerError) as raised:
        predict("hello", "preprocess", "id-1")
    assert str(raised.value) == f"expected an object as the answer to 'preprocess', found {answer!r}"
    assert isinstance(raised.value, requests.RequestException)


@responses.activate
@pytest.mark.parametrize(
    ("task_type", "answer", "missing"),
    [
        ("preprocess", {"processed": "HELLO", "model": "m"}, "length"),
        ("embed", {"model": "m"}, "embedding"),
        ("classify", {"label": "positive", "model": "m"}, "confidence"),
    ],
)
def test_an_answer_that_lacks_a_field_is_a_requests_exception_that_names_it(
    task_type: str, answer: dict[str, object], missing: str
) -> None:
    responses.post(URL, json=answer)
    with pytest.raises(UnexpectedAnswerError, match=f"expected '{missing}'"):
        predict("hello", task_type, "id-1")


@responses.activate
def test_an_answer_with_a_field_of_the_wrong_type_is_a_requests_exception_that_quotes_it() -> None:
    responses.post(URL, json=PREPROCESSED | {"length": "five"})
    with pytest.raises(UnexpectedAnswerError, match=r"'length' .* to be int, found 'five'"):
        predict("hello", "preprocess", "id-1")

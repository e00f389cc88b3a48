"""The model service without its wires."""

from __future__ import annotations

import json
import math
from http import HTTPStatus

import pytest

from scenarios.pipeline.client import ANSWER_FIELDS
from scenarios.pipeline.service.endpoints import Answer, Endpoints
from scenarios.pipeline.service.listener import ListenError, is_activated
from scenarios.pipeline.service.model import MODELS, classify, embed, preprocess
from scenarios.pipeline.service.prediction import MalformedRequestError, Prediction, read_prediction

ASKED: dict[str, object] = {"text": "hello", "task_type": "preprocess", "request_id": "id-1"}


def predict(endpoints: Endpoints, **fields: object) -> Answer:
    return endpoints.answer("POST", "/v1/predict", json.dumps(ASKED | fields).encode())


def stats(endpoints: Endpoints) -> object:
    return endpoints.answer("GET", "/v1/stats", b"").document["calls"]


# The models.


def test_preprocessing_writes_capitals_and_measures_them() -> None:
    assert preprocess("straße") == {"processed": "STRASSE", "length": 7, "model": "text-preprocessor-v1"}


def test_an_embedding_has_eight_numbers_from_minus_one_to_one() -> None:
    embedding = embed("HELLO")["embedding"]
    assert isinstance(embedding, list)
    assert len(embedding) == 8
    assert all(isinstance(number, float) and -1 <= number <= 1 for number in embedding)


def test_equal_texts_have_equal_embeddings_and_others_have_others() -> None:
    assert embed("HELLO") == embed("HELLO")
    assert embed("HELLO")["embedding"] != embed("WORLD")["embedding"]


def test_a_text_with_half_a_surrogate_pair_can_be_embedded() -> None:
    assert embed("\ud800")["embedding"] != embed("")["embedding"]


def test_the_classifier_likes_every_text() -> None:
    assert classify("BAD") == {"label": "positive", "confidence": 0.92, "model": "classifier-v1"}


@pytest.mark.parametrize("task_type", list(MODELS))
def test_every_model_answers_with_what_the_client_expects(task_type: str) -> None:
    answer = MODELS[task_type]("hello")
    assert {field: type(value) for field, value in answer.items()} == ANSWER_FIELDS[task_type]


# What a request must look like.


def test_a_request_needs_no_more_than_text_type_and_id() -> None:
    assert read_prediction(json.dumps(ASKED).encode()) == Prediction(
        text="hello", task_type="preprocess", request_id="id-1", fail_times=0, delay_seconds=0.0
    )


def test_a_request_may_ask_for_failures_and_a_delay() -> None:
    body = json.dumps(ASKED | {"fail_times": 2, "delay_seconds": 8}).encode()
    assert read_prediction(body) == Prediction(
        text="hello", task_type="preprocess", request_id="id-1", fail_times=2, delay_seconds=8.0
    )


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe\xff", b"[" * 100_000, b"1" * 5000],
    ids=["nothing", "half an object", "bytes of no encoding", "nested too deep", "too many digits"],
)
def test_what_is_no_json_is_refused_as_a_body(body: bytes) -> None:
    with pytest.raises(MalformedRequestError) as raised:
        read_prediction(body)
    assert (raised.value.field, raised.value.expected) == ("body", "a JSON object")


@pytest.mark.parametrize(("body", "found"), [(b"[1]", "[1]"), (b'"text"', '"text"'), (b"null", "null")])
def test_json_that_is_no_object_is_refused_and_quoted(body: bytes, found: str) -> None:
    with pytest.raises(MalformedRequestError) as raised:
        read_prediction(body)
    assert raised.value.args == ("body", "a JSON object", found)


@pytest.mark.parametrize("field", list(ASKED))
def test_a_missing_field_is_named(field: str) -> None:
    body = json.dumps({name: value for name, value in ASKED.items() if name != field}).encode()
    with pytest.raises(MalformedRequestError) as raised:
        read_prediction(body)
    assert (raised.value.field, raised.value.found) == (field, "nothing")


COUNT = "a whole number, 0 or more"
DELAY = "a number of seconds from 0 to 86400"
TYPES = "one of preprocess, embed, classify"


@pytest.mark.parametrize(
    ("field", "value", "expected", "found"),
    [
        ("text", 5, "a string", "5"),
        ("text", None, "a string", "null"),
        ("request_id", ["id"], "a string", '["id"]'),
        ("task_type", "translate", TYPES, '"translate"'),
        ("task_type", {}, TYPES, "{}"),
        ("fail_times", -1, COUNT, "-1"),
        ("fail_times", 1.0, COUNT, "1.0"),
        ("fail_times", "2", COUNT, '"2"'),
        ("fail_times", True, COUNT, "true"),
        ("fail_times", None, COUNT, "null"),
        ("delay_seconds", -0.1, DELAY, "-0.1"),
        ("delay_seconds", 86_400.5, DELAY, "86400.5"),
        ("delay_seconds", False, DELAY, "false"),
        ("delay_seconds", "8", DELAY, '"8"'),
        ("delay_seconds", math.nan, DELAY, "NaN"),
        ("delay_seconds", math.inf, DELAY, "Infinity"),
    ],
)
def test_a_wrong_value_is_named_and_quoted(field: str, value: object, expected: str, found: str) -> None:
    with pytest.raises(MalformedRequestError) as raised:
        read_prediction(json.dumps(ASKED | {field: value}).encode())
    assert raised.value.args == (field, expected, found)


def test_a_misspelt_field_is_named() -> None:
    with pytest.raises(MalformedRequestError) as raised:
        read_prediction(json.dumps(ASKED | {"fail_time": 2}).encode())
    assert (raised.value.field, raised.value.found) == ("fail_time", "2")
    assert "fail_times" in raised.value.expected


def test_a_long_value_is_quoted_in_part() -> None:
    with pytest.raises(MalformedRequestError) as raised:
        read_prediction(json.dumps(ASKED | {"text": [0] * 1000}).encode())
    assert raised.value.found == json.dumps([0] * 1000)[:80] + "..."


# What is answered.


def test_a_prediction_says_which_call_it_answers() -> None:
    answer = predict(Endpoints())
    assert answer.status == HTTPStatus.OK
    assert answer.document == {"request_id": "id-1", "call": 1} | preprocess("hello")


def test_the_first_calls_of_an_id_fail_as_often_as_asked() -> None:
    endpoints = Endpoints()
    statuses = [predict(endpoints, fail_times=2).status for _ in range(4)]
    assert statuses == [500, 500, 200, 200]


def test_each_id_is_counted_for_itself() -> None:
    endpoints = Endpoints()
    predict(endpoints, fail_times=1, request_id="id-1")
    assert predict(endpoints, fail_times=1, request_id="id-2").status == HTTPStatus.INTERNAL_SERVER_ERROR
    assert predict(endpoints, fail_times=1, request_id="id-1").status == HTTPStatus.OK
    assert stats(endpoints) == {"id-1": 2, "id-2": 1}


@pytest.mark.parametrize("fail_times", [0, 1])
def test_a_delay_is_part_of_the_answer_whether_it_fails_or_not(fail_times: int) -> None:
    assert predict(Endpoints(), delay_seconds=8, fail_times=fail_times).delay_seconds == 8.0


def test_a_malformed_request_is_answered_with_422_and_not_counted() -> None:
    endpoints = Endpoints()
    answer = predict(endpoints, fail_times=-1)
    assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.document == {
        "error": HTTPStatus.UNPROCESSABLE_ENTITY.phrase,
        "field": "fail_times",
        "expected": COUNT,
        "found": "-1",
    }
    assert stats(endpoints) == {}


def test_a_reset_forgets_the_calls() -> None:
    endpoints = Endpoints()
    predict(endpoints, fail_times=1)
    assert endpoints.answer("POST", "/v1/reset", b"").status == HTTPStatus.OK
    assert stats(endpoints) == {}
    assert predict(endpoints, fail_times=1).status == HTTPStatus.INTERNAL_SERVER_ERROR


def test_the_service_says_that_it_is_well() -> None:
    assert Endpoints().answer("GET", "/health", b"") == Answer(status=HTTPStatus.OK, document={"status": "ok"})


def test_an_unknown_path_is_answered_with_404_and_the_known_ones() -> None:
    answer = Endpoints().answer("GET", "/v2/predict", b"")
    assert answer.status == HTTPStatus.NOT_FOUND
    assert answer.document["found"] == "/v2/predict"
    assert answer.document["expected"] == "one of /health, /v1/stats, /v1/predict, /v1/reset"


@pytest.mark.parametrize(("method", "path", "allow"), [("GET", "/v1/predict", "POST"), ("DELETE", "/v1/stats", "GET")])
def test_a_wrong_method_is_answered_with_405_and_the_right_one(method: str, path: str, allow: str) -> None:
    answer = Endpoints().answer(method, path, b"")
    assert answer.status == HTTPStatus.METHOD_NOT_ALLOWED
    assert (answer.allow, answer.document["expected"], answer.document["found"]) == (allow, allow, method)


# Whether a socket was passed.


@pytest.mark.parametrize(
    ("environment", "activated"),
    [
        ({}, False),
        ({"LISTEN_FDS": "0"}, False),
        ({"LISTEN_FDS": "1"}, True),
        ({"LISTEN_FDS": "1", "LISTEN_PID": "42"}, True),
        ({"LISTEN_FDS": "1", "LISTEN_PID": "41"}, False),
    ],
)
def test_a_socket_was_passed_if_the_environment_says_so_and_means_us(
    environment: dict[str, str], activated: object
) -> None:
    assert is_activated(environment, 42) is activated


@pytest.mark.parametrize("passed", ["2", "many", ""])
def test_any_other_number_of_sockets_is_refused(passed: str) -> None:
    with pytest.raises(ListenError, match=f"found '{passed}'"):
        is_activated({"LISTEN_FDS": passed}, 42)

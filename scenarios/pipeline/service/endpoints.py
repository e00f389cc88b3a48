"""What the service answers to what, and the calls it has counted. Refuses to touch a socket or to wait.

A delay is part of the answer: whoever sends the answer has to wait first.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from scenarios.pipeline.service.model import MODELS
from scenarios.pipeline.service.prediction import MalformedRequestError, read_prediction

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to send back, and how long to wait before that."""

    status: HTTPStatus
    document: dict[str, object]
    delay_seconds: float = 0.0
    allow: str = ""


class Calls:
    """How often each request_id has called; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def count(self, request_id: str) -> int:
        """Count one more call and say which it is, from 1."""
        with self._lock:
            self._counts[request_id] += 1
            return self._counts[request_id]

    def counts(self) -> dict[str, int]:
        """Return the counts as they are now."""
        with self._lock:
            return dict(self._counts)

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self._counts.clear()


class Endpoints:
    """The service without its wires: a method, a path and a body in, an answer out."""

    def __init__(self) -> None:
        self._calls = Calls()
        self._routes: dict[str, dict[str, Callable[[bytes], Answer]]] = {
            "/health": {"GET": self._health},
            "/v1/stats": {"GET": self._stats},
            "/v1/predict": {"POST": self._predict},
            "/v1/reset": {"POST": self._reset},
        }

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """Answer one request. It counts as called from now on, whatever becomes of the answer."""
        methods = self._routes.get(path)
        if methods is None:
            expected = f"one of {', '.join(self._routes)}"
            return _refusal(HTTPStatus.NOT_FOUND, field="path", expected=expected, found=path)
        if method not in methods:
            allow = ", ".join(methods)
            return _refusal(HTTPStatus.METHOD_NOT_ALLOWED, field="method", expected=allow, found=method, allow=allow)
        return methods[method](body)

    def _predict(self, body: bytes) -> Answer:
        try:
            prediction = read_prediction(body)
        except MalformedRequestError as error:
            return _refusal(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                field=error.field,
                expected=error.expected,
                found=error.found,
            )
        call = self._calls.count(prediction.request_id)
        document: dict[str, object] = {"request_id": prediction.request_id, "call": call}
        if call <= prediction.fail_times:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            document["error"] = f"told to fail {prediction.fail_times} times"
        else:
            status = HTTPStatus.OK
            document |= MODELS[prediction.task_type](prediction.text)
        return Answer(status=status, document=document, delay_seconds=prediction.delay_seconds)

    def _stats(self, _body: bytes) -> Answer:
        return Answer(status=HTTPStatus.OK, document={"calls": self._calls.counts()})

    def _reset(self, _body: bytes) -> Answer:
        self._calls.forget()
        return Answer(status=HTTPStatus.OK, document={"calls": {}})

    def _health(self, _body: bytes) -> Answer:
        return Answer(status=HTTPStatus.OK, document={"status": "ok"})


def _refusal(status: HTTPStatus, *, field: str, expected: str, found: str, allow: str = "") -> Answer:
    document: dict[str, object] = {
        "error": status.phrase,
        "field": field,
        "expected": expected,
        "found": found,
    }
    return Answer(status=status, document=document, allow=allow)

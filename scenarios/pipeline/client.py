"""The tasks' client of the model service. Refuses to retry: it makes one call and says how that went.

Whatever goes wrong between the question and a usable answer is a requests exception, because that is what the
tasks retry for.
"""

from __future__ import annotations

import os
from typing import Any, Final

import requests

DEFAULT_URL: Final = "http://127.0.0.1:8000"

ANSWER_FIELDS: Final[dict[str, dict[str, type]]] = {
    "preprocess": {"processed": str, "length": int, "model": str},
    "embed": {"embedding": list, "model": str},
    "classify": {"label": str, "confidence": float, "model": str},
}
"""What the tasks read from an answer, by task type."""


class UnexpectedAnswerError(requests.RequestException):
    """The service answered, in JSON, but not what it was asked."""


def predict(  # noqa: PLR0913 - these are the fields of the service's request, and all but three may be left out
    text: str,
    task_type: str,
    request_id: str,
    *,
    fail_times: int = 0,
    delay_seconds: float = 0.0,
    timeout_s: float = 5.0,
) -> dict[str, Any]:
    """Ask the model service for one prediction and return its answer."""
    url = os.environ.get("MODEL_SERVICE_URL", DEFAULT_URL).rstrip("/") + "/v1/predict"
    question = {
        "text": text,
        "task_type": task_type,
        "request_id": request_id,
        "fail_times": fail_times,
        "delay_seconds": delay_seconds,
    }
    # A session of its own for every call: a pool that lived longer would be shared by the children of a fork.
    with requests.Session() as session:
        # The service is a neighbour; a proxy that the environment names is meant for the world outside.
        session.trust_env = False
        response = session.post(url, json=question, timeout=timeout_s)
    response.raise_for_status()
    return _checked(response.json(), task_type)


def _checked(answer: object, task_type: str) -> dict[str, Any]:
    """Return the answer if it has what the tasks will read from it."""
    if not isinstance(answer, dict):
        raise UnexpectedAnswerError(f"expected an object as the answer to {task_type!r}, found {answer!r}")
    for field, kind in ANSWER_FIELDS[task_type].items():
        if field not in answer:
            raise UnexpectedAnswerError(
                f"expected {field!r} in the answer to {task_type!r}, found only {sorted(answer)!r}"
            )
        if not isinstance(answer[field], kind):
            raise UnexpectedAnswerError(
                f"expected {field!r} in the answer to {task_type!r} to be {kind.__name__}, found {answer[field]!r}"
            )
    return answer

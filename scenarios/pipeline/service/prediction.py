"""What a request for a prediction must look like. Refuses everything else, naming the field that is wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from scenarios.pipeline.service.model import MODELS

LONGEST_DELAY_S: Final = 86_400
"""A day: longer than any experiment, and well within what a thread can be asked to sleep."""

LONGEST_QUOTE: Final = 80


class MalformedRequestError(Exception):
    """A request cannot be understood: which field, what was expected there, and what was found."""

    def __init__(self, field: str, expected: str, found: str) -> None:
        super().__init__(field, expected, found)
        self.field = field
        self.expected = expected
        self.found = found


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A request for one prediction, and what to do to it first."""

    text: str
    task_type: str
    request_id: str
    fail_times: int = 0
    delay_seconds: float = 0.0


FIELDS: Final = tuple(Prediction.__dataclass_fields__)


def read_prediction(body: bytes) -> Prediction:
    """Understand the body of a request, or say what is wrong with it."""
    fields = _read_object(body)
    for name in fields:
        # A misspelt fail_times would otherwise be a service that never fails, and nobody would know why.
        if name not in FIELDS:
            raise MalformedRequestError(name, f"no field but {', '.join(FIELDS)}", _quote(fields[name]))
    return Prediction(
        text=_read_text(fields, "text"),
        task_type=_read_task_type(fields),
        request_id=_read_text(fields, "request_id"),
        fail_times=_read_count(fields, "fail_times"),
        delay_seconds=_read_delay(fields, "delay_seconds"),
    )


def _read_object(body: bytes) -> dict[str, object]:
    expected = "a JSON object"
    if not body:
        raise MalformedRequestError("body", expected, "nothing")
    try:
        document = json.loads(body)
    # Beside malformed JSON: bytes of no encoding, a number of too many digits, brackets nested too deep.
    except (ValueError, RecursionError) as error:
        raise MalformedRequestError("body", expected, f"no JSON ({error})") from error
    if not isinstance(document, dict):
        raise MalformedRequestError("body", expected, _quote(document))
    return document


def _read_text(fields: dict[str, object], name: str) -> str:
    expected = "a string"
    if name not in fields:
        raise MalformedRequestError(name, expected, "nothing")
    value = fields[name]
    if not isinstance(value, str):
        raise MalformedRequestError(name, expected, _quote(value))
    return value


def _read_task_type(fields: dict[str, object]) -> str:
    expected = f"one of {', '.join(MODELS)}"
    if "task_type" not in fields:
        raise MalformedRequestError("task_type", expected, "nothing")
    value = fields["task_type"]
    if not isinstance(value, str) or value not in MODELS:
        raise MalformedRequestError("task_type", expected, _quote(value))
    return value


def _read_count(fields: dict[str, object], name: str) -> int:
    value = fields.get(name, 0)
    # To Python, true is a whole number; to whoever wrote it into JSON it is not.
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise MalformedRequestError(name, "a whole number, 0 or more", _quote(value))
    return value


def _read_delay(fields: dict[str, object], name: str) -> float:
    value = fields.get(name, 0.0)
    # Python's JSON knows NaN and Infinity; neither lies between these bounds.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST_DELAY_S:
        raise MalformedRequestError(name, f"a number of seconds from 0 to {LONGEST_DELAY_S}", _quote(value))
    return float(value)


def _quote(value: object) -> str:
    """Write a value as it stood in the JSON, shortened if it is long."""
    text = json.dumps(value)
    return text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "..."

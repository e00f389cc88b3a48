"""What a test hands to `prove`, as data: a signature in its app's own serializer, or the name of a function."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

from celery import Task
from celery.canvas import Signature

from harness.app.serial import encode
from harness.errors import UsageError
from harness.proof.naming import function_of
from harness.scenario import GivenCanvas, OwnSending

_FORMS = "a signature (task.s(...), chain, group, chord) or a function that sends by itself"


def canvas_of(canvas: object) -> GivenCanvas | OwnSending:
    """Return a canvas as data."""
    match canvas:
        case Task():
            raise UsageError(_FORMS, f"the task {canvas.name}", f"write {canvas.__name__}.s(...), with its arguments")
        case Signature():
            return _given(canvas)
        case functools.partial():
            if canvas.args:
                raise UsageError("keyword arguments only, in a partial", canvas, "name its arguments")
            return _own(canvas.func, canvas.keywords)
        case Callable():
            return _own(canvas, {})
        case _:
            raise UsageError(_FORMS, canvas, "pass the canvas itself, not what sending it returns")


def _given(signature: Signature) -> GivenCanvas:
    app = signature.app
    serializer = app.conf.task_serializer
    try:
        kind, encoding, body = encode(dict(signature), serializer)
    except Exception as error:
        raise UsageError(
            f"a canvas that the app's own serializer ({serializer}) can hold",
            f"{type(error).__name__}: {error}",
            "give tasks data that it can hold, or choose another with the app's `task_serializer`",
        ) from error
    return GivenCanvas(
        text=str(signature),
        content_type=kind,
        content_encoding=encoding,
        body=base64.b64encode(body).decode(),
    )


def _own(function: Callable[..., Any], arguments: Mapping[str, Any]) -> OwnSending:
    try:
        json.dumps(arguments)
    except (TypeError, ValueError) as error:
        raise UsageError("arguments that JSON can hold", f"{arguments!r}: {error}", "pass texts and numbers") from None
    call, file = function_of(function)
    return OwnSending(call=call, file=file, arguments=dict(arguments))

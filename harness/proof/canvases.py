"""What a test hands to `prove`, as data: a signature in its app's own serializer, or the name of a function."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from celery import Task
from celery.canvas import Signature
from celery.result import ResultBase

from harness.app.serial import encode
from harness.errors import UsageError
from harness.proof.naming import function_of
from harness.scenario import GivenCanvas, OwnSending

_FORMS = "a signature (task.s(...), chain, group, chord) or a function that sends by itself"
_NOT_SENT = "pass the canvas itself, not what sending it returns"


def canvas_of(canvas: object) -> GivenCanvas | OwnSending:
    """Return a canvas as data."""
    match canvas:
        case Task():
            raise _not_called(canvas)
        case Signature():
            return _given(canvas)
        case functools.partial():
            _refuse_tasks(canvas.func)
            if canvas.args:
                raise UsageError("keyword arguments only, in a partial", canvas, "name its arguments")
            return _own(canvas.func, canvas.keywords)
        case ResultBase():
            raise UsageError(_FORMS, canvas, _NOT_SENT)
        case Callable():
            _refuse_tasks(canvas)
            return _own(canvas, {})
        case _:
            raise UsageError(_FORMS, canvas, _NOT_SENT)


def _refuse_tasks(function: object) -> None:
    """Refuse a task, or its `delay`: to whom the sender called would be a question."""
    owner = getattr(function, "__self__", function)
    if isinstance(owner, Task):
        raise _not_called(owner)


def _not_called(task: Any) -> UsageError:  # noqa: ANN401 - Celery says nothing useful about types
    name = task.name.rpartition(".")[2]
    return UsageError(_FORMS, f"the task {task.name}", f"write {name}.s(...), with its arguments")


def _given(signature: Signature) -> GivenCanvas:
    own = signature.app.conf.task_serializer
    refusals = []
    for serializer in dict.fromkeys((own, *_serializers(signature))):
        try:
            kind, encoding, body = encode(dict(signature), serializer)
        except Exception as error:  # noqa: BLE001 - serializers are anybody's
            refusals.append(f"{type(error).__name__}: {error}")
            continue
        return GivenCanvas(
            text=str(signature),
            content_type=kind,
            content_encoding=encoding,
            body=base64.b64encode(body).decode(),
        )
    raise UsageError(
        f"a canvas that the app's own serializer ({own}) can hold",
        refusals[0],
        "give tasks data that it can hold, or choose another with the app's `task_serializer`",
    )


def _serializers(signature: Signature) -> Iterator[str]:
    """List what the tasks of a canvas are sent in, where that is said of one task and not of the app."""
    for part in (signature, *getattr(signature, "tasks", ()), getattr(signature, "body", None)):
        if part is signature:
            found = part.options.get("serializer") or getattr(signature.app.tasks.get(part.task), "serializer", None)
            if found:
                yield found
        elif isinstance(part, Signature):
            yield from _serializers(part)


def _own(function: Callable[..., Any], arguments: Mapping[str, Any]) -> OwnSending:
    try:
        json.dumps(arguments)
    except (TypeError, ValueError) as error:
        raise UsageError("arguments that JSON can hold", f"{arguments!r}: {error}", "pass texts and numbers") from None
    call, file = function_of(function)
    return OwnSending(call=call, file=file, arguments=dict(arguments))

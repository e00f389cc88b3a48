"""Sends a canvas, in one of three ways, and notes which tasks it has put on their way.

built    by a function `module:function` that returns a signature
given    as data, in the app's own serializer
own      by the author's own code, which may do anything and sends by itself
"""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any

from celery import signals
from celery.canvas import maybe_signature

from harness.app.find import load
from harness.app.serial import decode
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CANVAS_KINDS = {"celery.chain": ("tasks",), "celery.group": ("tasks",), "celery.chord": ("header", "body")}
_MAPPING_KINDS = {"celery.map": "xmap", "celery.starmap": "xstarmap", "celery.chunks": "chunks"}
_CALLBACKS, _MOMENTS = ("link", "link_error"), ("eta", "expires")


class Sending:
    """One sending, and the tasks that it was seen to send or to send with what it sent."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.planned: dict[str, str] = {}  # by task id

    def send(self, canvas: dict[str, Any], ahead_s: float = 0.0) -> tuple[Any, Any]:
        """Send, and return the signature as data (None where there is none) and the result to read later.

        `ahead_s` is how far the testbed's clock is ahead of the one by which a given canvas was made.
        """
        match canvas:
            case {"kind": "given", "content_type": kind, "content_encoding": encoding, "body": body}:
                data = decode(kind, encoding, base64.b64decode(body))
                refuse_unknown(self._app, sorted({part["task"] for part in _parts(data)}))
                _postpone(data, timedelta(seconds=ahead_s))
                _restore_class(data, self._app)
                signature = maybe_signature(data, app=self._app)
            case {"kind": "built", "call": call, "arguments": arguments}:
                signature = _function(call, None)(**arguments)
            case {"kind": "own", "call": call, "file": file, "arguments": arguments}:
                return None, self._watched(lambda: _function(call, file)(**arguments))
            case _:
                raise UsageError("a canvas that was built, given, or is sent by its author", canvas, "send another")
        as_data = json.loads(json.dumps(signature, default=repr, skipkeys=True))
        return as_data, self._watched(signature.apply_async)

    def _watched(self, send: Any) -> Any:
        signals.before_task_publish.connect(self._on_publish)
        try:
            return send()
        finally:
            signals.before_task_publish.disconnect(self._on_publish)

    def _on_publish(self, sender: str, body: Any, headers: dict[str, Any], **_: object) -> None:
        # Message protocol 2 is a tuple, the rest in the headers; protocol 1 a dict that holds everything.
        embed, about = (body, body) if isinstance(body, dict) else (body[2], headers)
        self.planned.setdefault(about["id"], sender)
        self.planned.update(_tasks([*reversed(embed.get("chain") or ()), embed.get("chord")]))


def refuse_unknown(app: Any, names: Iterable[str]) -> None:
    """Refuse tasks that the app does not know: its workers would throw their messages away."""
    for name in names:
        if name not in app.tasks:
            known = sorted(task for task in app.tasks if not task.startswith("celery."))
            close = get_close_matches(name, known)
            known.sort(key=lambda task: task not in close)  # of a long list, what may have been meant is shown
            shown = ", ".join(known[:10]) + (f" and {len(known) - 10} more" if len(known) > 10 else "")  # noqa: PLR2004
            raise UsageError(
                f"a task that is registered in the app that the workers run: {shown or 'it has none'}",
                name,
                f"did you mean {close[0]!r}?" if close else "import its module from the app, or name it in `include`",
            )


def _function(call: str, file: str | None) -> Any:
    module, _, path = call.partition(":")
    found: Any = load(module, file) if file is not None else import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found


def _tasks(signatures: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """List the tasks that have an id, id and name, of signatures in the order of the canvas; callbacks left out."""
    for signature in signatures:
        if signature is None:
            continue
        parts = _CANVAS_KINDS.get(signature["task"])
        if parts is None:
            if task_id := signature["options"].get("task_id"):
                yield task_id, signature["task"]
            continue
        for part in parts:
            inner = signature["kwargs"][part]
            yield from _tasks(inner if isinstance(inner, list | tuple) else [inner])


def _parts(data: Any) -> Iterator[dict[str, Any]]:
    """List every signature in a signature: what it is made of, what it maps, and its callbacks; itself first."""
    if isinstance(data, list | tuple):
        for part in data:
            yield from _parts(part)
    elif isinstance(data, dict):
        yield data
        for name in _CANVAS_KINDS.get(data["task"], ("task",) if data["task"] in _MAPPING_KINDS else ()):
            yield from _parts(data["kwargs"].get(name))
        for name in _CALLBACKS:
            yield from _parts(data["options"].get(name))


def _restore_class(data: dict[str, Any], app: Any) -> None:
    """Have what maps a task be sent as its author would have sent it.

    As data it has lost its class, whose `apply_async` is its own: that of `chunks` sends a group, where a plain
    signature is sent as the task `celery.chunks`. In a canvas they lose it anyway (celery/canvas.py, 5.4 to 5.7).
    """
    if data["task"] in _MAPPING_KINDS:
        data["subtask_type"] = _MAPPING_KINDS[data["task"]]
        data["kwargs"]["task"] = maybe_signature(data["kwargs"]["task"], app=app)


def _postpone(data: dict[str, Any], ahead: timedelta) -> None:
    """Have moments mean what they did where they were made: so much time from now.

    A testbed that several tests have used may be hours ahead: what none of them has done must not depend on that.
    """
    # One signature that stands in two places is one dictionary in both, where a serializer keeps that (pickle, YAML).
    for options in {id(part["options"]): part["options"] for part in _parts(data)}.values():
        options.update({name: options[name] + ahead for name in _MOMENTS if isinstance(options.get(name), datetime)})

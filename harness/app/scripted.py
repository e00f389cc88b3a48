"""Has tasks do what a script says instead of their own code. Everything around that code stays Celery's own.

A script lies in the testbed's folder, where the sender puts it before it sends a canvas. Which step is an attempt's
turn follows from the number of its retries alone, so it does not matter which process runs it.
"""

from __future__ import annotations

import functools
import json
import os
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.app.find import load
from harness.journal import TESTBED_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from celery import Celery

_FILE = "behaviour.json"


class Behaviour:
    """The script of the run at hand. Looked at once for every attempt, and read when it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._scripts: dict[str, Any] = {}

    def write(self, scripts: Mapping[str, Any]) -> None:
        """Make a script known to all processes of the testbed, whole or not at all."""
        if not scripts:
            self._path.unlink(missing_ok=True)
            return
        temporary = self._path.with_name(f".{_FILE}")
        temporary.write_text(json.dumps(scripts))
        temporary.replace(self._path)

    def step(self, task: str, retries: int) -> Mapping[str, Any]:
        """Return what this attempt shall do."""
        script = self._current().get(task, [])
        if not isinstance(script, list):
            return script  # type: ignore[no-any-return] # what `harness.behaviour` encoded
        return script[retries] if retries < len(script) else {"do": "call"}

    def _current(self) -> dict[str, Any]:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return {}
        if self._seen != (status.st_ino, status.st_mtime_ns):
            self._scripts = json.loads(self._path.read_text())
            self._seen = (status.st_ino, status.st_mtime_ns)
        return self._scripts


def behaviour_at_hand() -> Behaviour:
    """Return the behaviour of the testbed that this process belongs to."""
    return Behaviour(Path(os.environ[TESTBED_VARIABLE]) / _FILE)


def make_scriptable(app: Celery) -> None:
    """Let every task of an app be scripted. To be called before tracers are built, and before the probe wraps `run`."""
    behaviour = behaviour_at_hand()
    for task in app.tasks.values():
        # With autoretry, `run` is Celery's and calls `_orig_run`, which is the task's own (celery/app/autoretry.py).
        name = "_orig_run" if hasattr(task, "_orig_run") else "run"
        setattr(task, name, _scriptable(task, getattr(task, name), behaviour))


def _scriptable(task: Any, code: Callable[..., Any], behaviour: Behaviour) -> Callable[..., Any]:
    @functools.wraps(code)
    def scriptable(*args: Any, **kwargs: Any) -> Any:
        request = task.request
        # A task that is called as a function is part of somebody else's code.
        if request.called_directly or request.is_eager:
            return code(*args, **kwargs)
        return _perform(behaviour.step(task.name, request.retries or 0), lambda: code(*args, **kwargs))

    return scriptable


def _perform(step: Mapping[str, Any], call: Callable[[], Any]) -> Any:
    match step:
        case {"do": "sleep", "seconds": seconds, "then": then}:
            time.sleep(seconds)
            return _perform(then, call)
        case {"do": "return", "value": value}:
            return value
        case {"do": "raise"}:
            raise _exception(step)
        case {"do": "call", "then": then}:
            call()
            return _perform(then, call)
        case _:
            return call()


def _exception(step: Mapping[str, Any]) -> BaseException:
    """Make an exception: by its constructor or, where that takes something else, from its state."""
    module, _, path = step["class"].partition(":")
    found: Any = import_module(module) if step["file"] is None else load(module, step["file"])
    for part in path.split("."):
        found = getattr(found, part)
    if step["attributes"] is None:
        return found(*step["arguments"])  # type: ignore[no-any-return] # what `harness.behaviour.raises` has tried
    exception: BaseException = found.__new__(found, *step["arguments"])
    vars(exception).update(step["attributes"])
    return exception

"""What a task's code does instead of its own doing: scripted, attempt by attempt.

    prove(canvas, behaviour={"shop.charge": [raises(OSError), raises(OSError), returns(5)]})

A list goes by attempts: its first step is what the first attempt does, and so on; attempts past its end run the real
code. One step alone is what every attempt does. Owns the steps and how they travel, as JSON; `harness.app.scripted`
performs them in the worker. Everything else of Celery stays real.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that an attempt does. Made by `raises`, `returns`, `sleeps` and `calls_through`."""

    data: Mapping[str, Any]


Script = Step | Sequence[Step]


def returns(value: Any = None) -> Step:
    """Return a value, any that JSON can hold, without running the task's own code."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UsageError("a value that JSON can hold", f"{value!r}: {error}", "return data, not objects") from None
    return Step({"do": "return", "value": value})


def raises(exception: type[BaseException] | BaseException) -> Step:
    """Raise an exception, given as a class or as an instance, without running the task's own code."""
    kind = exception if isinstance(exception, type) else type(exception)
    if not issubclass(kind, BaseException):
        raise UsageError("an exception to raise", exception, "give its class, or one that you have made")
    if "<locals>" in kind.__qualname__ or kind.__module__ == "__main__":
        raise UsageError("an exception class that a worker can import", kind, "define it at the top of a module")
    arguments: tuple[Any, ...] = ()
    attributes = None
    if isinstance(exception, type):
        _refuse_without_arguments(kind)
    else:
        arguments, attributes = exception.args, _attributes(exception)
    try:
        json.dumps([arguments, attributes])
    except (TypeError, ValueError):
        raise UsageError(
            "an exception whose arguments and attributes JSON can hold",
            repr(arguments) if attributes is None else f"{arguments!r} and {attributes!r}",
            "give it texts and numbers, or have the task's own code raise it",
        ) from None
    return Step(
        {
            "do": "raise",
            "class": f"{kind.__module__}:{kind.__qualname__}",
            "file": _file_of(kind.__module__),
            "arguments": list(arguments),
            "attributes": attributes,
        }
    )


def _refuse_without_arguments(kind: type[BaseException]) -> None:
    """Refuse a class that cannot be made as it is; better here than in a worker, where that would be the failure."""
    try:
        kind()
    except Exception as error:  # noqa: BLE001 - its constructor is somebody else's
        raise UsageError(
            "an exception class that can be made without arguments",
            f"{kind.__qualname__}, which raises {type(error).__name__}: {error}",
            f"give one that you have made: raises({kind.__name__}(...))",
        ) from None


def _attributes(exception: BaseException) -> dict[str, Any] | None:
    """Return what an exception consists of besides its arguments; None if these alone make it what it is.

    A constructor may take something else than it hands on as `args`: then its class cannot be called with them.
    """
    try:
        again = type(exception)(*exception.args)
    except Exception:  # noqa: BLE001 - as above
        return vars(exception)
    is_the_same = again.args == exception.args and vars(again) == vars(exception)
    return None if is_the_same else vars(exception)


def _file_of(module: str) -> str | None:
    """Return where a module of one file comes from: a test's may have a name that leads nowhere."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return None if file is None or file.endswith("__init__.py") else file


def calls_through(then: Step | None = None) -> Step:
    """Run the task's own code; then, if that has returned, do something else instead of returning what it did.

    `calls_through(then=raises(OSError))` is a task that has done its work and fails all the same: what it has done, it
    will do once more.
    """
    if then is None:
        return Step({"do": "call"})
    if not isinstance(then, Step) or _last_of(then)["do"] == "call":
        expected = "a step to do after the task's own code, which does not run that again"
        found = then.data if isinstance(then, Step) else then
        raise UsageError(expected, found, "use raises(...), returns(...), or sleeps(seconds, then one of these)")
    return Step({"do": "call", "then": then.data})


def _last_of(step: Step) -> Mapping[str, Any]:
    """Return what a step does after its sleeps."""
    data: Mapping[str, Any] = step.data
    while data["do"] == "sleep":
        data = data["then"]
    return data


def sleeps(seconds: float, then: Step | None = None) -> Step:
    """Wait by the testbed's clock, then do something else: by default run the task's own code."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        raise UsageError("a time to sleep, of no less than nothing and less than for ever", seconds, "give seconds")
    if then is not None and not isinstance(then, Step):
        raise UsageError("a step to do after a sleep", then, "use raises(...), returns(...) or calls_through()")
    return Step({"do": "sleep", "seconds": seconds, "then": (then or calls_through()).data})


def encode(behaviour: Mapping[Any, Script]) -> dict[str, Any]:
    """Turn a behaviour into data: by task (its name, or the task itself), a step or a list of them."""
    encoded: dict[str, Any] = {}
    for task, script in behaviour.items():
        name = task if isinstance(task, str) else getattr(task, "name", None)
        if not isinstance(name, str):
            raise UsageError("a task, or its name, for what shall behave otherwise", task, "write `task.name`")
        if name in encoded:
            raise UsageError(f"one script for {name}", "two: by its name and by itself", "leave one of them out")
        if isinstance(script, Step):
            encoded[name] = script.data
        elif isinstance(script, Sequence) and all(isinstance(step, Step) for step in script):
            encoded[name] = [step.data for step in script]
        else:
            advice = "use raises(...), returns(...), sleeps(...), calls_through(), or a list of those"
            raise UsageError(f"a script for {name}", script, advice)
    return encoded

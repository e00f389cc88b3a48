"""What a task's code does instead of its own doing: scripted, attempt by attempt.

    prove(canvas, behaviour={"shop.charge": [raises(OSError), raises(OSError), returns(5)]})

A list goes by attempts: its first step is what the first attempt does, and so on; attempts past its end run the real
code. One step alone is what every attempt does. Owns the steps and how they travel, as JSON; `harness.app.scripted`
performs them in the worker. Everything else of Celery stays real.
"""

from __future__ import annotations

import json
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
    arguments = () if isinstance(exception, type) else exception.args
    if not issubclass(kind, BaseException):
        raise UsageError("an exception to raise", exception, "give its class, or one that you have made")
    if "<locals>" in kind.__qualname__ or kind.__module__ == "__main__":
        raise UsageError("an exception class that a worker can import", kind, "define it at the top of a module")
    try:
        json.dumps(arguments)
    except (TypeError, ValueError):
        raise UsageError("an exception whose arguments JSON can hold", arguments, "give it texts and numbers") from None
    return Step({"do": "raise", "class": f"{kind.__module__}:{kind.__qualname__}", "arguments": list(arguments)})


def calls_through() -> Step:
    """Run the task's own code."""
    return Step({"do": "call"})


def sleeps(seconds: float, then: Step | None = None) -> Step:
    """Wait by the testbed's clock, then do something else: by default run the task's own code."""
    if seconds < 0:
        raise UsageError("a time to sleep of no less than nothing", seconds, "give seconds")
    return Step({"do": "sleep", "seconds": seconds, "then": (then or calls_through()).data})


def encode(behaviour: Mapping[Any, Script]) -> dict[str, Any]:
    """Turn a behaviour into data: by task (its name, or the task itself), a step or a list of them."""
    encoded: dict[str, Any] = {}
    for task, script in behaviour.items():
        name = task if isinstance(task, str) else getattr(task, "name", None)
        if not isinstance(name, str):
            raise UsageError("a task, or its name, for what shall behave otherwise", task, "write `task.name`")
        if isinstance(script, Step):
            encoded[name] = script.data
        elif isinstance(script, Sequence) and all(isinstance(step, Step) for step in script):
            encoded[name] = [step.data for step in script]
        else:
            advice = "use raises(...), returns(...), sleeps(...), calls_through(), or a list of those"
            raise UsageError(f"a script for {name}", script, advice)
    return encoded

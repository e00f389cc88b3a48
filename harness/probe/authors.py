"""Whose code sends a message: Celery in its own course, or an author's code that Celery has called on its way.

Celery sends steps, callbacks and errbacks on behalf of a task, and so may that task's hooks, under the same names, from
the same process and at the same moment. Only the stack tells them apart. Owns how it is read; refuses to guess: what is
not seen to be an author's is Celery's. Code that only stands in for Celery's own (an `apply_async` of a task's class,
what an instrumentation has wrapped) passes on what Celery sends, and makes it nobody else's.

The ways from Celery into an author's code (5.4.0 to 5.7.0):

- celery/app/trace.py, `trace_task`: the task's code, or its class's `__call__`; the hooks `before_start`, `on_success`
  and `after_return`. `TraceInfo.handle_failure` and `handle_retry`: `on_failure` and `on_retry`;
- celery/utils/dispatch/signal.py, `Signal.send`: handlers of signals;
- celery/app/task.py, `Task.__call__`: a task that is called as a function, as an errback is (celery/backends/base.py,
  `_call_task_errbacks`);
- the standard library's `logging`, for whoever has a handler that sends.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

_HOOKS = frozenset({"before_start", "on_success", "on_failure", "on_retry", "after_return"})
_CELERY = frozenset({"celery", "kombu", "vine", "billiard", "amqp", "redis"})
_OURS = "harness.probe."  # which stands around Celery's functions, and is no author
_PLACES = {
    "celery.app.trace": "tracer",
    "celery.utils.dispatch.signal": "signal",
    "celery.app.task": "task",
    "harness.probe.attempts": "observed",
    "logging": "logging",
}


def is_sent_by_an_author(frame: FrameType | None, task: Any) -> bool:
    """Say whether a message goes out of an author's code. `task` is the one whose attempt is at hand, if one is."""
    called: FrameType | None = None  # by the one that is looked at
    is_author_seen = False
    while frame is not None:
        function = frame.f_code.co_name
        match _place_of(str(frame.f_globals.get("__name__"))):
            case "tracer":
                return called is not None and called.f_code in _codes_of_hooks(task)
            case "observed" if function == "observed":  # the task's own code
                return True
            case "signal" | "logging" if is_author_seen:
                return True
            case "task" if is_author_seen and function == "__call__":
                return True
            case "author":
                if function in _HOOKS:
                    return True
                is_author_seen, called = True, frame
            case _:
                called = frame
        frame = frame.f_back
    return False


@functools.cache
def _place_of(module: str) -> str:
    """Say whose module it is; of Celery's, which of those from which it comes to an author's code."""
    is_celerys = module.partition(".")[0] in _CELERY or module.startswith(_OURS)
    return _PLACES.get(module, "celery" if is_celerys else "author")


def _codes_of_hooks(task: Any) -> set[CodeType]:
    """Return what Celery's tracer calls of a task, by whatever name an author has given it."""
    calls = [vars(kind).get("__call__") for kind in task.__class__.__mro__]  # it may be a proxy
    hooks = [getattr(task, name, None) for name in _HOOKS]
    return {code for called in (*calls, *hooks) for code in _codes_in(called)}


def _codes_in(called: Any) -> Iterator[CodeType]:
    """Yield the code of a function or a method, of what a partial calls, and of an object that can be called."""
    for part in (called, getattr(called, "func", None), vars(type(called)).get("__call__")):
        code = getattr(part, "__code__", None)
        if code is not None:
            yield code

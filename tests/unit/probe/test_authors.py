from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

import pytest
from celery import Task

from harness.probe.authors import is_sent_by_an_author

if TYPE_CHECKING:
    from collections.abc import Callable

TRACER = "celery.app.trace", "trace_task"
FAILURE = "celery.app.trace", "handle_failure"
DISPATCH = "celery.app.trace", "_dispatch_callbacks_and_chain"
SIGNAL = "celery.utils.dispatch.signal", "send"
ERRBACKS = "celery.backends.base", "_call_task_errbacks"
CALLED = "celery.app.task", "__call__"
PUBLISH = [("celery.canvas", "apply_async"), ("celery.app.task", "apply_async"), ("celery.app.amqp", "publish")]
# The probe hears of a message from Celery too, and is no author.
OBSERVED = [*PUBLISH, SIGNAL, ("harness.probe.messages", "before")]


def stacked(stack: list[tuple[Any, str]], ask: Callable[[], bool]) -> bool:
    """Ask from within functions of these names in modules of these names, the outermost first."""
    for module, function in reversed(stack):
        scope: dict[str, Any] = {"__name__": module, "ask": ask}
        exec(f"def {function}(): return ask()", scope)  # noqa: S102 - a function of that name, there
        ask = scope[function]
    return ask()


def whose(task: Any = None) -> bool:
    """Ask whose whoever calls this is."""
    here = inspect.currentframe()
    assert here is not None
    return is_sent_by_an_author(here.f_back, task)


def answer(stack: list[tuple[str, str]]) -> bool:
    return stacked([("billiard.pool", "workloop"), *stack], whose)


@pytest.mark.parametrize(
    "stack",
    [
        [TRACER, *OBSERVED],
        [TRACER, DISPATCH, ("celery.app.amqp", "_retry_publish"), *OBSERVED],
        [TRACER, FAILURE, ("celery.backends.base", "mark_as_failure"), ERRBACKS, *OBSERVED],
        [TRACER, ("celery.backends.redis", "on_chord_part_return"), ("celery.canvas", "delay"), *OBSERVED],
        [("celery.worker.request", "on_timeout"), ERRBACKS, *OBSERVED],
        [CALLED, ("celery.app.builtins", "unlock_chord"), ("celery.canvas", "delay"), *OBSERVED],
        # what stands in for Celery's own
        [TRACER, DISPATCH, PUBLISH[0], ("shop", "apply_async"), *OBSERVED],
        [TRACER, ("instrumented", "wrapper"), *OBSERVED],
        [TRACER, FAILURE, ("shop.backend", "mark_as_failure"), ERRBACKS, *OBSERVED],
        [("shop", "main"), *OBSERVED],
    ],
)
def test_what_celery_sends_is_celerys_whoever_stands_between(stack: list[tuple[str, str]]) -> None:
    assert not answer(stack)


@pytest.mark.parametrize(
    "stack",
    [
        [TRACER, ("harness.probe.attempts", "observed"), ("shop", "charge"), *OBSERVED],
        [TRACER, ("harness.probe.attempts", "observed"), ("celery.app.autoretry", "run"), ("shop", "pay"), *OBSERVED],
        [TRACER, ("shop", "on_success"), *OBSERVED],
        [TRACER, ("shop", "on_success"), ("shop.mail", "tell"), *OBSERVED],
        [TRACER, FAILURE, ("shop", "on_failure"), *OBSERVED],
        [TRACER, ("wrapt", "whatever"), ("shop", "after_return"), *OBSERVED],
        [TRACER, SIGNAL, ("shop", "on_any"), *OBSERVED],
        [TRACER, SIGNAL, ([], "made_by_exec"), *OBSERVED],
        [TRACER, SIGNAL, ("shop", "on_any"), ("kombu.utils", "retry_over_time"), *OBSERVED],
        [("celery.worker.consumer", "start"), SIGNAL, ("shop", "on_ready"), *OBSERVED],
        [TRACER, FAILURE, ERRBACKS, ("celery.canvas", "__call__"), CALLED, ("shop", "wail"), *OBSERVED],
        [TRACER, FAILURE, ("logging", "handle"), ("shop", "emit"), *OBSERVED],
    ],
)
def test_what_an_authors_code_sends_is_the_authors(stack: list[tuple[str, str]]) -> None:
    assert answer(stack)


class Caller:
    """What can be called and is no function."""

    def __init__(self, task: Any) -> None:
        self.task = task

    def __call__(self) -> bool:
        return whose(self.task)


class Hooked(Task):
    """A task all of whose hooks have other names, or none."""

    def __init__(self) -> None:
        self.after_return = lambda: whose(self)
        self.before_start = functools.partial(self.other_name)
        self.on_failure = Caller(self)

    def __call__(self) -> bool:
        return whose(self)

    def other_name(self) -> bool:
        return whose(self)

    on_success = other_name


@pytest.mark.parametrize("name", ["__call__", "before_start", "on_success", "on_failure", "after_return"])
def test_a_hook_is_known_by_what_the_tracer_calls_whatever_its_own_name_is(name: str) -> None:
    assert stacked([TRACER], getattr(Hooked(), name))


def test_what_else_the_tracer_calls_is_no_hook() -> None:
    assert not stacked([TRACER], lambda: whose(Hooked()))
    assert not stacked([TRACER], Caller(Task()))

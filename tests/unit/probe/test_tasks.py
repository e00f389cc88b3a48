from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest
from celery import Task

from harness.probe.tasks import _options

if TYPE_CHECKING:
    from celery import Celery

BY_DECORATOR = {
    "autoretry_for": (OSError,),
    "dont_autoretry_for": (TimeoutError,),
    "retry_backoff": 2,
    "retry_backoff_max": 100,
    "retry_jitter": False,
}
AS_TOLD = {
    "autoretry_for": ["builtins.OSError"],
    "dont_autoretry_for": ["builtins.TimeoutError"],
    "retry_backoff": 2.0,
    "retry_backoff_max": 100.0,
    "retry_jitter": False,
}
NONE = {"autoretry_for": [], "retry_backoff": 0.0, "retry_backoff_max": 600.0, "retry_jitter": True}


def nothing(*_: object) -> None:
    return None


def made(app: Celery, name: str = "A", **options: Any) -> Any:
    """Return a task as a worker has it."""
    app.task(nothing, name=name, shared=False, **options)
    return app.tasks[name]


def told(task: Any, names: Any = AS_TOLD) -> dict[str, Any]:
    options = _options(task)
    return {name: options[name] for name in names}


def test_what_a_decorator_says_of_autoretry_is_told(app: Celery) -> None:
    assert told(made(app, **BY_DECORATOR)) == AS_TOLD


@pytest.mark.parametrize("annotated", [{"retry_backoff": 30, "retry_jitter": True, "autoretry_for": (KeyError,)}])
def test_what_annotations_say_beside_it_is_not(app: Celery, annotated: dict[str, Any]) -> None:
    app.conf.task_annotations = {"A": annotated}
    task = made(app, **BY_DECORATOR)
    assert task.retry_backoff == 30
    assert told(task) == AS_TOLD


def test_what_annotations_alone_say_is_told(app: Celery) -> None:
    app.conf.task_annotations = {"A": BY_DECORATOR}
    assert told(made(app)) == AS_TOLD


def test_what_a_class_says_is_told(app: Celery) -> None:
    kind = type("A", (Task,), {"name": "A", "run": nothing, **BY_DECORATOR})
    assert told(app.register_task(kind())) == AS_TOLD


def test_attributes_that_are_set_later_make_no_autoretry_and_change_none(app: Celery) -> None:
    without = made(app)
    task = made(app, "B", **BY_DECORATOR)
    for one in (without, task):
        one.autoretry_for, one.retry_backoff, one.retry_backoff_max = (KeyError,), 7, 8
    assert told(without, NONE) == NONE
    assert told(task) == AS_TOLD


def wrapped(run: Any) -> Any:
    @functools.wraps(run)
    def outer(*args: Any) -> Any:
        return run(*args)

    return outer


def test_autoretry_is_found_below_what_wraps_it(app: Celery) -> None:
    task = made(app, **BY_DECORATOR)
    task.run = wrapped(task.run)
    task.retry_backoff = 7
    assert told(task) == AS_TOLD


def test_of_autoretry_that_is_hidden_the_attributes_tell(app: Celery) -> None:
    task = made(app, **BY_DECORATOR)
    task.run = wrapped(task.run)
    del task.run.__wrapped__
    assert told(task) == AS_TOLD
    task.retry_backoff = 7
    assert told(task)["retry_backoff"] == 7

"""Tasks: the options on which Celery's promises about them depend, as the worker knows them.

What autoretry goes by lies in a closure: `add_autoretry_behaviour` (celery/app/autoretry.py, 5.4.0 to 5.7.0) takes each
option from the decorator, else from the task's attribute as it is then, and wraps `task.run` in a function `run` that
keeps them. What annotations say beside a decorator, and attributes that are set later, say nothing of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import Task, signals
from celery.app import autoretry

from harness.probe.raised import name_of

if TYPE_CHECKING:
    from harness.journal import Journal

_AUTORETRY = ("autoretry_for", "dont_autoretry_for", "retry_backoff", "retry_backoff_max", "retry_jitter")


def observe(journal: Journal) -> None:
    """Write down what a worker's tasks say of themselves, before it runs any."""

    def on_init(sender: Any, **_: object) -> None:
        tasks = {name: _options(task) for name, task in sender.app.tasks.items() if not name.startswith("celery.")}
        journal.append("TasksKnown", tasks=tasks)

    signals.worker_init.connect(on_init, weak=False)


def _options(task: Any) -> dict[str, Any]:
    of_autoretry = _autoretry_of(task)
    return {
        "max_retries": task.max_retries,
        "default_retry_delay": task.default_retry_delay,
        "autoretry_for": _names(of_autoretry.get("autoretry_for", ())),
        "dont_autoretry_for": _names(of_autoretry.get("dont_autoretry_for", ())),
        "retry_backoff": float(of_autoretry.get("retry_backoff", False)),
        "retry_backoff_max": float(of_autoretry.get("retry_backoff_max", 600)),
        "retry_jitter": bool(of_autoretry.get("retry_jitter", True)),
        "acks_late": bool(task.acks_late),
        "reject_on_worker_lost": bool(task.reject_on_worker_lost),
        "ignore_result": bool(task.ignore_result),
        "has_own_call": _has_own_call(task),
        "time_limit": task.time_limit,
        "soft_time_limit": task.soft_time_limit,
    }


def _autoretry_of(task: Any) -> dict[str, Any]:
    """Return what autoretry goes by; nothing for a task that has none.

    Where `run` was wrapped once more, so that what it wraps is not to be seen, it is what the task's attributes say.
    """
    if not hasattr(task, "_orig_run"):
        return {}
    run = task.run
    while run is not None:
        code = getattr(run, "__code__", None)
        if code is not None and "autoretry_for" in code.co_freevars and run.__globals__ is vars(autoretry):
            return {name: cell.cell_contents for name, cell in zip(code.co_freevars, run.__closure__, strict=True)}
        run = getattr(run, "__wrapped__", None)
    return {name: getattr(task, name) for name in _AUTORETRY if hasattr(task, name)}


def _has_own_call(task: Any) -> bool:
    """Say whether a class of an author's, below Celery's own, says what calling the task does."""
    kinds = type(task).__mro__
    return any("__call__" in vars(kind) for kind in kinds[: kinds.index(Task)])


def _names(exceptions: Any) -> list[str]:
    return [name_of(kind) for kind in exceptions]

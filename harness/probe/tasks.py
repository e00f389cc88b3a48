"""Tasks: the options on which Celery's promises about them depend, as the worker knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import Task, signals

from harness.probe.raised import name_of

if TYPE_CHECKING:
    from harness.journal import Journal


def observe(journal: Journal) -> None:
    """Write down what a worker's tasks say of themselves, before it runs any."""

    def on_init(sender: Any, **_: object) -> None:
        tasks = {name: _options(task) for name, task in sender.app.tasks.items() if not name.startswith("celery.")}
        journal.append("TasksKnown", tasks=tasks)

    signals.worker_init.connect(on_init, weak=False)


def _options(task: Any) -> dict[str, Any]:
    # What autoretry goes by are attributes of the task, with these defaults (celery/app/autoretry.py, 5.4 to 5.7).
    return {
        "max_retries": task.max_retries,
        "default_retry_delay": task.default_retry_delay,
        "autoretry_for": _names(getattr(task, "autoretry_for", ())),
        "dont_autoretry_for": _names(getattr(task, "dont_autoretry_for", ())),
        "retry_backoff": float(getattr(task, "retry_backoff", False)),
        "retry_backoff_max": float(getattr(task, "retry_backoff_max", 600)),
        "retry_jitter": bool(getattr(task, "retry_jitter", True)),
        "acks_late": bool(task.acks_late),
        "reject_on_worker_lost": bool(task.reject_on_worker_lost),
        "ignore_result": bool(task.ignore_result),
        "has_own_call": _has_own_call(task),
        "time_limit": task.time_limit,
        "soft_time_limit": task.soft_time_limit,
    }


def _has_own_call(task: Any) -> bool:
    """Say whether a class of an author's, below Celery's own, says what calling the task does."""
    kinds = type(task).__mro__
    return any("__call__" in vars(kind) for kind in kinds[: kinds.index(Task)])


def _names(exceptions: Any) -> list[str]:
    return [name_of(kind) for kind in exceptions]

"""The app of drawn canvases: steps that say what they were given, and errbacks of both kinds."""

from __future__ import annotations

from typing import Any

from celery import Celery, Task

app = Celery("drawn_app")
app.conf.update(broker_url="memory://", result_backend="cache+memory://", task_always_eager=False)

STEPS = tuple(f"step_{number}" for number in range(1, 9))
ERRBACKS = tuple(f"told_{number}" for number in range(1, 5))
INLINE = tuple(f"inline_{number}" for number in range(1, 5))


def _add(name: str) -> Task:
    # What fails with this is retried by Celery, at most three times, after a second each.
    @app.task(name=f"drawn_app.{name}", autoretry_for=(ConnectionError,), default_retry_delay=1, max_retries=3)
    def step(*args: Any, **kwargs: Any) -> dict[str, Any]:
        return {name: list(args), **kwargs}

    return step


def _add_errback(name: str) -> Task:
    @app.task(name=f"drawn_app.{name}")
    def told(failed_id: str) -> str:
        return failed_id

    return told


def _add_inline(name: str) -> Task:
    @app.task(name=f"drawn_app.{name}")
    def inline(request: Any, exc: BaseException, traceback: Any) -> None:
        """Be called as a function, in the process that found the failure."""

    return inline


RAISING = "raising_1"


@app.task(name=f"drawn_app.{RAISING}")
def raising(request: Any, exc: BaseException, traceback: Any) -> None:  # noqa: ARG001 - Celery's
    """Be called as a function, and raise."""
    raise OSError("nobody to tell")


TASKS = (
    {name: _add(name) for name in STEPS}
    | {name: _add_errback(name) for name in ERRBACKS}
    | {name: _add_inline(name) for name in INLINE}
    | {RAISING: raising}
)

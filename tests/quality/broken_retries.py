"""Retries, broken: how long they wait, how many there are, under which id, and what is raised at the end."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import celery.app.autoretry
from breaking import breaks
from celery import Task
from celery.canvas import Signature
from celery.exceptions import Retry

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKOFF = celery.app.autoretry, "get_exponential_backoff_interval"


@breaks(*BACKOFF)
def backoff_too_short(interval: Any, **how: Any) -> int:
    return interval(**how) // 2


@breaks(*BACKOFF)
def backoff_too_long(interval: Any, **how: Any) -> int:
    return interval(**how) + 1


@breaks(*BACKOFF)
def backoff_not_growing(interval: Any, **how: Any) -> int:
    return interval(**how | {"retries": 0})


@breaks(*BACKOFF)
def backoff_beyond_its_maximum(interval: Any, **how: Any) -> int:
    return interval(**how | {"maximum": 10**6})


@breaks(*BACKOFF)
def jitter_out_of_range(interval: Any, **how: Any) -> int:
    return interval(**how | {"full_jitter": False}) + 1


@breaks(*BACKOFF)
def jitter_not_whole(interval: Any, **how: Any) -> float:
    return interval(**how | {"full_jitter": False}) - 0.5


@breaks(*BACKOFF)
def jitter_constant(interval: Any, **how: Any) -> int:
    return interval(**how | {"full_jitter": False}) // 2


@breaks(*BACKOFF)
def jitter_over_half_the_range(interval: Any, **how: Any) -> int:
    full = interval(**how | {"full_jitter": False})
    return random.randrange(full // 2, full + 1)


@contextmanager
def _limit_of(task: Any, change: int) -> Iterator[None]:
    task.max_retries += change
    try:
        yield
    finally:
        task.max_retries -= change


@breaks(Task, "retry")
def a_retry_too_many(retry: Any, self: Any, *args: Any, **options: Any) -> Any:
    with _limit_of(self, 1):
        return retry(self, *args, **options)


@breaks(Task, "retry")
def a_retry_too_few(retry: Any, self: Any, *args: Any, **options: Any) -> Any:
    with _limit_of(self, -1):
        return retry(self, *args, **options)


@breaks(Task, "retry")
def another_exception_at_the_end(retry: Any, self: Any, *args: Any, **options: Any) -> Any:
    try:
        return retry(self, *args, **options)
    except Retry:
        raise
    except Exception:  # noqa: BLE001 - whatever it is, it is replaced
        raise RuntimeError("something else") from None


@breaks(Task, "signature_from_request")
def retry_under_a_new_id(make: Any, self: Any, *args: Any, **options: Any) -> Any:
    return make(self, *args, **options).set(task_id=str(uuid4()))


@breaks(Task, "signature_from_request")
def retry_too_early(make: Any, self: Any, *args: Any, **options: Any) -> Any:
    return make(self, *args, **options | {"countdown": options["countdown"] / 2})


@breaks(Task, "signature_from_request")
def retry_too_late(make: Any, self: Any, *args: Any, **options: Any) -> Any:
    return make(self, *args, **options | {"countdown": options["countdown"] * 2})


@breaks(Signature, "apply_async")
def retry_sent_twice(send: Any, self: Any, *args: Any, **options: Any) -> Any:
    if self.options.get("retries"):
        send(self, *args, **options)
    return send(self, *args, **options)


@breaks(Signature, "apply_async")
def retry_lost(send: Any, self: Any, *args: Any, **options: Any) -> Any:
    return None if self.options.get("retries") else send(self, *args, **options)

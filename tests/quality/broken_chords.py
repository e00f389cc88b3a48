"""Chords, broken: their bodies, what those receive, and what is counted."""

from __future__ import annotations

from typing import Any

from breaking import breaks
from celery.app.trace import TraceInfo
from celery.backends.base import Backend
from celery.backends.redis import RedisBackend
from celery.canvas import Signature

# `RedisBackend.on_chord_part_return` sends the body by `callback.delay`, which nothing else in Celery calls but
# `Task.replace` (celery/backends/redis.py, 5.4 to 5.7).


@breaks(Signature, "delay")
def body_sent_twice(delay: Any, self: Any, *args: Any) -> Any:
    delay(self, *args)
    return delay(self, *args)


@breaks(Signature, "delay")
def body_lost(delay: Any, self: Any, *args: Any) -> None:
    pass


@breaks(Signature, "delay")
def results_swapped(delay: Any, self: Any, results: list[Any]) -> Any:
    return delay(self, results[::-1])


@breaks(Signature, "delay")
def a_result_missing(delay: Any, self: Any, results: list[Any]) -> Any:
    return delay(self, results[:-1])


@breaks(Signature, "delay")
def body_without_its_results(delay: Any, self: Any, results: list[Any]) -> Any:
    return delay(self)


@breaks(RedisBackend, "set_chord_size")
def body_sent_one_member_early(set_size: Any, self: Any, group_id: str, size: int) -> Any:
    return set_size(self, group_id, size - 1)


@breaks(RedisBackend, "_unpack_chord_result")
def body_sent_after_a_failure(unpack: Any, self: Any, packed: Any, decode: Any, **_: Any) -> Any:
    return decode(packed)[3]


@breaks(TraceInfo, "handle_retry")
def a_retry_counted(handle: Any, self: Any, task: Any, request: Any, **options: Any) -> Any:
    if request.chord:
        task.backend.on_chord_part_return(request, "SUCCESS", "retried")
    return handle(self, task, request, **options)


@breaks(Backend, "chord_error_from_stack")
def chord_errback_never(fail: Any, self: Any, callback: Any, exc: Any = None) -> Any:
    callback.options["link_error"] = []
    return fail(self, callback, exc)


@breaks(Backend, "chord_error_from_stack")
def chord_errback_twice(fail: Any, self: Any, callback: Any, exc: Any = None) -> Any:
    callback.options["link_error"] *= 2
    return fail(self, callback, exc)

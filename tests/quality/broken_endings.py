"""Endings, broken: what is stored of a task, what it fails with, and who hears of it."""

from __future__ import annotations

from typing import Any

from breaking import breaks
from celery.app.trace import TraceInfo
from celery.backends.base import Backend, KeyValueStoreBackend

# `KeyValueStoreBackend` takes `store_result` from `Backend`, as does Redis's.
assert KeyValueStoreBackend.store_result is Backend.store_result


@breaks(Backend, "store_result")
def success_stored_as_failure(store: Any, self: Any, task_id: str, result: Any, state: str, **options: Any) -> Any:
    if state == "SUCCESS":
        return store(self, task_id, ValueError("made up"), "FAILURE", **options)
    return store(self, task_id, result, state, **options)


@breaks(Backend, "store_result")
def failure_stored_as_success(store: Any, self: Any, task_id: str, result: Any, state: str, **options: Any) -> Any:
    if state == "FAILURE":
        return store(self, task_id, "made up", "SUCCESS", **options)
    return store(self, task_id, result, state, **options)


@breaks(Backend, "store_result")
def success_not_stored(store: Any, self: Any, task_id: str, result: Any, state: str, **options: Any) -> Any:
    return None if state == "SUCCESS" else store(self, task_id, result, state, **options)


@breaks(Backend, "mark_as_failure")
def success_stored_for_what_never_ran(mark: Any, self: Any, task_id: str, exc: Any, *args: Any, **options: Any) -> Any:
    marked = mark(self, task_id, exc, *args, **options)
    for step in options["request"].chain or ():
        self.store_result(step["options"]["task_id"], "made up", "SUCCESS")
    return marked


@breaks(Backend, "_fail_chain")
def steps_behind_a_failure_left_pending(fail: Any, self: Any, *args: Any, **options: Any) -> None:
    pass


@breaks(TraceInfo, "handle_failure")
def exception_replaced(handle: Any, self: Any, *args: Any, **options: Any) -> Any:
    self.retval = RuntimeError("something else")
    return handle(self, *args, **options)


@breaks(Backend, "_call_task_errbacks")
def errback_twice(call: Any, self: Any, *failure: Any) -> Any:
    call(self, *failure)
    return call(self, *failure)


@breaks(Backend, "_call_task_errbacks")
def errback_never(call: Any, self: Any, *failure: Any) -> None:
    pass


@breaks(Backend, "_call_task_errbacks")
def errback_with_another_error(call: Any, self: Any, request: Any, exc: Any, traceback: Any) -> Any:
    return call(self, request, RuntimeError("something else"), traceback)


@breaks(Backend, "mark_as_done")
def errback_after_a_success(mark: Any, self: Any, task_id: str, result: Any, request: Any = None, *args: Any) -> Any:
    if request.errbacks:
        self._call_task_errbacks(request, ValueError("made up"), None)
    return mark(self, task_id, result, request, *args)

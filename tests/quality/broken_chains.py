"""Chains, links and groups, broken: what follows a task, when, how often, and with what."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from breaking import breaks, control_file
from celery import current_task
from celery.app.task import Context
from celery.app.trace import TraceInfo
from celery.backends.base import Backend
from celery.canvas import Signature, _chain, maybe_signature
from celery.loaders.base import BaseLoader

# After a task Celery sends what follows with `priority=`: the next step of its chain with `chain=`, the steps after
# that; a callback without (celery/app/trace.py, build_tracer, 5.4 to 5.7).


def is_step(options: dict[str, Any]) -> bool:
    return "chain" in options and "priority" in options


def is_link(options: dict[str, Any]) -> bool:
    return "chain" not in options and "priority" in options


@breaks(Signature, "apply_async")
def step_sent_twice(send: Any, self: Any, *args: Any, **options: Any) -> Any:
    if is_step(options):
        send(self, *args, **options)
    return send(self, *args, **options)


@breaks(Signature, "apply_async")
def chain_stops_after_a_success(send: Any, self: Any, *args: Any, **options: Any) -> Any:
    return None if is_step(options) else send(self, *args, **options)


@breaks(Signature, "apply_async")
def mutable_step_without_the_result(send: Any, self: Any, *args: Any, **options: Any) -> Any:
    return send(self, () if is_step(options) else args, **options)


@breaks(Signature, "apply_async")
def step_with_another_parent(send: Any, self: Any, *args: Any, **options: Any) -> Any:
    return send(self, *args, **options | ({"parent_id": "somebody"} if is_step(options) else {}))


@breaks(Signature, "apply_async")
def step_sent_by_somebody_else(send: Any, self: Any, *args: Any, **options: Any) -> Any:
    if not is_step(options):
        return send(self, *args, **options)
    current_task.request_stack.push(Context(id="somebody"))
    try:
        return send(self, *args, **options)
    finally:
        current_task.request_stack.pop()


@breaks(Signature, "_merge")
def immutable_step_with_the_result(merge: Any, self: Any, *args: Any, **options: Any) -> Any:
    return merge(self, *args, **options | {"force": True})


@breaks(TraceInfo, "handle_failure")
def chain_goes_on_after_a_failure(handle: Any, self: Any, task: Any, request: Any, **options: Any) -> Any:
    handled = handle(self, task, request, **options)
    *rest, step = request.chain
    Signature.apply_async(maybe_signature(step, app=task.app), ("unasked",), chain=rest, parent_id=request.id)
    return handled


@breaks(BaseLoader, "on_task_init")
def step_sent_at_the_start(init: Any, self: Any, task_id: str, task: Any) -> Any:
    if task.request.chain:
        step = maybe_signature(task.request.chain.pop(), app=task.app)
        step.apply_async((3,), parent_id=task_id, root_id=task.request.root_id)
    return init(self, task_id, task)


@breaks(_chain, "run")
def two_messages_for_a_chain(run: Any, self: Any, *args: Any, **options: Any) -> Any:
    self.tasks[0].clone().set(task_id=str(uuid4())).apply_async()
    return run(self, *args, **options)


@breaks(Signature, "apply_async")
def link_twice(send: Any, self: Any, *args: Any, **options: Any) -> Any:
    if is_link(options):
        send(self, *args, **options)
    return send(self, *args, **options)


@breaks(Signature, "apply_async")
def link_never(send: Any, self: Any, *args: Any, **options: Any) -> Any:
    return None if is_link(options) else send(self, *args, **options)


@breaks(Signature, "apply_async")
def link_with_a_wrong_argument(send: Any, self: Any, *args: Any, **options: Any) -> Any:
    return send(self, *((("wrong",),) if is_link(options) else args), **options)


@breaks(TraceInfo, "handle_failure")
def link_after_a_failure(handle: Any, self: Any, task: Any, request: Any, **options: Any) -> Any:
    for link in request.callbacks:
        maybe_signature(link, app=task.app).apply_async(("unasked",), parent_id=request.id)
    return handle(self, task, request, **options)


@breaks(Signature, "apply_async")
def member_waits_for_another(send: Any, self: Any, *args: Any, **options: Any) -> Any:
    """Keep a group's second member back until its first one is done, which is not sent before that is seen to."""
    if "producer" not in options or self.options.get("group_index") not in (0, 1):
        return send(self, *args, **options)
    if self.options["group_index"] == 0:
        _first[:] = [lambda: send(self, *args, **options)]
    else:
        _waiting().write_text(json.dumps([self, options["args"]]))
        _first[0]()
    return self.app.AsyncResult(self.options["task_id"])


_first: list[Any] = []


def _send_who_waited(done: Any, self: Any, task_id: str, result: Any, request: Any = None, *args: Any) -> Any:
    if request is not None and request.group_index == 0:
        signature, arguments = json.loads(_waiting().read_text())
        maybe_signature(signature, app=self.app).apply_async(arguments)
    return done(self, task_id, result, request, *args)


_send_who_waited.__name__ = member_waits_for_another.__name__
breaks(Backend, "mark_as_done")(_send_who_waited)


def _waiting() -> Any:
    path = control_file()
    assert path is not None
    return path.with_suffix(".waiting")

"""The points at which a fault may strike, in Celery's code: each is told to whoever asks, and nothing is changed.

What is relied upon, the same in celery 5.4.0 to 5.7.0:

taken                      the signal task_received (celery/worker/strategy.py), in a worker's main process
before_result              `Backend.mark_as_done` (celery/backends/base.py) begins: the code has returned
before_count, after_count  `RedisBackend.on_chord_part_return` (celery/backends/redis.py) begins and returns
before_body, after_body    within it, `Signature.delay` (celery/canvas.py) begins and returns; 5.7 has counted and
                           claimed the body in one script by then, and clears the chord away afterwards
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

from celery import signals, states
from celery.backends.base import Backend
from celery.backends.redis import RedisBackend
from celery.canvas import Signature

if TYPE_CHECKING:
    from collections.abc import Callable

    Reached = Callable[[str, Any], None]  # takes the point's name, and the request of the member that has come to it


class _MemberAtHand(threading.local):
    request: Any = None


def watch(reached: Reached) -> None:
    """Say of every header member when it comes to a point."""
    _watch_deliveries(reached)
    _watch_results(reached)
    _watch_counts(reached)


def _watch_deliveries(reached: Reached) -> None:
    def on_received(request: Any, **_: object) -> None:
        if request.request_dict.get("group_index") is not None:
            reached("taken", request)

    signals.task_received.connect(on_received, weak=False)


def _watch_results(reached: Reached) -> None:
    mark_as_done = Backend.mark_as_done

    @functools.wraps(mark_as_done)
    def marked(self: Any, task_id: str, result: Any, request: Any = None, *args: Any, **kwargs: Any) -> Any:
        if request is not None and request.chord:
            reached("before_result", request)
        return mark_as_done(self, task_id, result, request, *args, **kwargs)

    Backend.mark_as_done = marked


def _watch_counts(reached: Reached) -> None:
    at_hand = _MemberAtHand()
    count, delay = RedisBackend.on_chord_part_return, Signature.delay

    @functools.wraps(count)
    def counted(self: Any, request: Any, state: str, *args: Any, **kwargs: Any) -> Any:
        if state != states.SUCCESS or not request.chord:
            return count(self, request, state, *args, **kwargs)
        reached("before_count", request)
        at_hand.request = request
        try:
            returned = count(self, request, state, *args, **kwargs)
        finally:
            at_hand.request = None
        reached("after_count", request)
        return returned

    @functools.wraps(delay)
    def delayed(self: Any, *args: Any, **kwargs: Any) -> Any:
        request = at_hand.request
        if request is None:
            return delay(self, *args, **kwargs)
        reached("before_body", request)
        returned = delay(self, *args, **kwargs)
        reached("after_body", request)
        return returned

    RedisBackend.on_chord_part_return, Signature.delay = counted, delayed

"""Errbacks that Celery calls inline.

An errback that takes (request, exc, traceback) is called as a function, in the process that found the failure, without
a message and without a signal: `Backend._call_task_errbacks` (celery/backends/base.py, 5.4 to 5.7) calls the signature,
and `Signature.__call__` (celery/canvas.py) the task's code. The others are sent, and seen as messages.
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

from celery.backends.base import Backend
from celery.canvas import Signature

from harness.probe.raised import raised

if TYPE_CHECKING:
    from harness.journal import Journal


class _FailureAtHand(threading.local):
    request: Any = None


def observe(journal: Journal) -> None:
    """Write down every errback that is called inline."""
    at_hand = _FailureAtHand()
    call_errbacks, call_signature = Backend._call_task_errbacks, Signature.__call__  # noqa: SLF001 - see above

    @functools.wraps(call_errbacks)
    def calling(self: Any, request: Any, exc: BaseException, traceback: Any) -> Any:
        at_hand.request = request
        try:
            return call_errbacks(self, request, exc, traceback)
        finally:
            at_hand.request = None

    @functools.wraps(call_signature)
    def called(self: Any, *args: Any, **kwargs: Any) -> Any:
        if at_hand.request is not None and args and args[0] is at_hand.request:
            _, exc, _ = args
            journal.append("ErrbackCalled", errback=self.task, task_id=args[0].id, exception=raised(exc))
        return call_signature(self, *args, **kwargs)

    Backend._call_task_errbacks = calling  # noqa: SLF001 - see above
    Signature.__call__ = called

"""Groups and their callbacks, broken, and the application's own log: what reports are told by."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Any

from breaking import breaks
from celery.backends.base import Backend
from celery.backends.redis import RedisBackend
from celery.canvas import group

from scenarios.reports import database

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

# ---- a group's callbacks (celery/canvas.py, 5.4 to 5.7) ----------------------------------------------------------


@breaks(group, "link")
def linked_to_nobody(link: Any, self: Any, sig: Any) -> Any:
    return sig


@breaks(group, "link")
def linked_to_the_last(link: Any, self: Any, sig: Any) -> Any:
    return self.tasks[-1].link(sig)


@breaks(group, "link")
def linked_with_a_text(link: Any, self: Any, sig: Any) -> Any:
    text = sig.clone()
    text.args = [str(number) for number in sig.args]
    return self.tasks[0].link(text)


@breaks(group, "link")
def linked_the_wrong_one(link: Any, self: Any, sig: Any) -> Any:
    return self.tasks[0].link(sig.app.tasks["report_failed"].si(*sig.args))


@breaks(group, "link_error")
def errback_of_the_last_alone(link_error: Any, self: Any, sig: Any) -> Any:
    return (self.tasks[-1].link_error(sig),)


@breaks(Backend, "_call_task_errbacks")
def errback_sent_by_somebody_else(call: Any, self: Any, request: Any, *how: Any) -> None:
    thread = Thread(target=call, args=(self, request, *how))  # where no task is the current one
    thread.start()
    thread.join()


# ---- a chord's errback (celery/backends/redis.py, 5.4 to 5.7) ----------------------------------------------------

_told: set[str] = set()


@breaks(RedisBackend, "on_chord_part_return")
def errback_at_the_first_failure(count: Any, self: Any, request: Any, state: str, result: Any, *more: Any) -> Any:
    """Call the errback as soon as a member has failed, and have the rest of the header counted for nothing."""
    if state == "FAILURE" and request.group not in _told:
        _told.add(request.group)
        self.chord_error_from_stack(self.app.signature(request.chord), result)
    return None if request.group in _told else count(self, request, state, result, *more)


# ---- the application (scenarios/reports) -------------------------------------------------------------------------


@breaks(database, "logged")
def log_without_retries(logged: Any, number: int, task: str, retry: int) -> AbstractContextManager[None]:
    return logged(number, task, 0)  # type: ignore[no-any-return]


@breaks(database, "set_status")
def first_status_kept(set_status: Any, number: int, status: str) -> None:
    if number not in _with_status:
        _with_status.add(number)
        set_status(number, status)


_with_status: set[int] = set()

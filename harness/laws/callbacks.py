"""Callbacks: who is called when a task has succeeded, or failed, how often, and with what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.history.events import Sent
from harness.history.parts import FirstTask
from harness.laws.handing import compared, due
from harness.laws.law import HELD, Law, Open
from harness.laws.verdict import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.history.events import ErrbackCalled
    from harness.history.history import Attempt
    from harness.history.parts import Following
    from harness.laws.case import Case
    from harness.laws.fates import Fate
    from harness.laws.law import Finding
    from harness.laws.messages import Messages


def _is_canvas(following: Following) -> bool:
    return following.task.startswith("celery.")


def _has_canvases(followings: Iterable[Following]) -> bool:
    return any(_is_canvas(one) for one in followings)


def _calls(messages: Messages, attempt: Attempt, name: str) -> list[Sent]:
    """Return what Celery sent after an attempt that is neither a step of a chain nor a body, by its name."""
    after = messages.sent_after(attempt)
    return [one for one in after if one.task == name and one.task_id not in messages.planned_ids]


def _links(case: Case) -> Iterator[Finding]:
    """Judge the callbacks of one name, of an attempt that came to its end by itself."""
    messages = case.messages
    for fate in messages.fates.values():
        links = [link.task for link in fate.sent.callbacks if not _is_canvas(link)]
        for attempt in (*fate.successes, *fate.failures) if links else ():
            if attempt.ended is None or attempt.aborted is not None:
                continue
            has_failed = attempt.ending == "failed"
            if has_failed and attempt.ended.ending == "succeeded":
                continue  # callbacks go before what fails it
            for name in dict.fromkeys(links):
                found = _calls(messages, attempt, name)
                wanted = 0 if has_failed else links.count(name)
                if attempt.last_index is None:
                    yield _may_yet_call(fate)
                elif len(found) == wanted:
                    yield HELD
                elif len(found) > wanted and _has_canvases(fate.sent.callbacks):
                    yield _may_be_of_a_canvas(name)
                elif has_failed and any(errback.task == name for errback in fate.sent.errbacks):
                    yield _may_be_either(name)
                else:
                    yield Evidence(
                        claim=f"{name}, linked to {fate.sent.task}, is called when that has succeeded, and once",
                        expected=f"{wanted} messages after {fate.sent.task} has {attempt.ending}",
                        observed=f"{len(found)}",
                        events=(attempt.ended.index, *(event.index for event in found)),
                    )


def _link_arguments(case: Case) -> Iterator[Finding]:
    """Judge a callback that was sent, and is the only one of its name."""
    messages = case.messages
    for fate in messages.fates.values():
        links = {link.task: link for link in fate.sent.callbacks}
        if len(links) != len(fate.sent.callbacks) or any(_is_canvas(link) for link in links.values()):
            continue
        for attempt in fate.successes if links else ():
            if attempt.ended is None:
                continue
            for name, link in links.items():
                first = FirstTask(task_id="", task=name, args=link.args, immutable=link.immutable)
                wanted = due(first, attempt.ended.returned)
                claim = f"{name} is called with what {fate.sent.task} returned, unless it is immutable"
                for call in _calls(messages, attempt, name):
                    yield compared(claim, wanted, call.args, attempt.ended.index, call.index)


def _errback_calls(case: Case, fate: Fate, attempt: Attempt, name: str) -> list[Sent | ErrbackCalled]:
    """Return the calls of an errback that Celery made when an attempt had failed, or wrongly when it had not.

    Of an attempt that was lost the worker's main process calls them, also before it says that it has found out: a hard
    time limit fails a task twice, in `Request.on_failure` and in `Request.on_timeout` (celery/worker/request.py).
    """
    messages = case.messages
    calls = messages.errbacks_of(fate.sent.task_id, name)
    if attempt.aborted is not None:
        source, first, last = attempt.aborted.source, attempt.started.index, len(case.history.events)
        calls = [call for call in calls if not (isinstance(call, Sent) and call.sender_id is not None)]
    elif attempt.ended is not None:
        source, first = attempt.ended.source, attempt.ended.index
        last = attempt.closed.index if attempt.closed is not None else len(case.history.events)
    else:
        return []
    return [
        call
        for call in calls
        if call.source == source
        and first < call.index < last
        and not (isinstance(call, Sent) and call.task_id in messages.planned_ids)
    ]


def _errbacks(case: Case) -> Iterator[Finding]:
    """Judge the errbacks of one name, of an attempt that came to its end."""
    messages = case.messages
    for fate in messages.fates.values():
        errbacks = [errback.task for errback in fate.sent.errbacks if not _is_canvas(errback)]
        for attempt in (*fate.successes, *fate.failures) if errbacks else ():
            for name in dict.fromkeys(errbacks):
                found = _errback_calls(case, fate, attempt, name)
                wanted = errbacks.count(name) if attempt.ending == "failed" else 0
                if attempt.last_index is None:
                    yield _may_yet_call(fate)
                elif len(found) == wanted:
                    yield HELD
                elif len(found) > wanted and _has_canvases((*fate.sent.errbacks, *fate.sent.callbacks)):
                    yield _may_be_of_a_canvas(name)
                elif not wanted and any(link.task == name for link in fate.sent.callbacks):
                    yield _may_be_either(name)
                else:
                    inline = sum(not isinstance(call, Sent) for call in found)
                    yield Evidence(
                        claim=f"{name}, an errback of {fate.sent.task}, is called when that has failed, and once",
                        expected=f"{wanted} calls after {fate.sent.task} has {attempt.ending}",
                        observed=f"{len(found) - inline} messages and {inline} calls inline",
                        events=(attempt.started.index, *(call.index for call in found)),
                    )


def _errback_arguments(case: Case) -> Iterator[Finding]:
    """Judge the call of an errback that is the only one of its name: the id as a message, the error inline."""
    messages = case.messages
    for fate in messages.fates.values():
        errbacks = {errback.task: errback for errback in fate.sent.errbacks}
        if len(errbacks) != len(fate.sent.errbacks):
            continue
        for attempt in fate.failures if errbacks else ():
            for name, errback in errbacks.items():
                first = FirstTask(task_id="", task=name, args=errback.args, immutable=errback.immutable)
                wanted = due(first, fate.sent.task_id)
                for call in _errback_calls(case, fate, attempt, name):
                    if isinstance(call, Sent):
                        claim = f"{name} is told which task has failed"
                        yield compared(claim, wanted, call.args, attempt.started.index, call.index)
                    else:
                        yield _told_the_error(attempt, call)


def _told_the_error(attempt: Attempt, call: ErrbackCalled) -> Finding:
    """Judge the error that an errback was told, by the one of its task."""
    if attempt.exception is None:
        return Open(f"what {attempt.started.task} failed with is told by nobody")
    if call.exception.type in (attempt.exception.type, *attempt.exception.bases):
        return HELD
    return Evidence(
        claim=f"{call.errback} is told with what its task has failed",
        expected=attempt.exception.type,
        observed=call.exception.type,
        events=(attempt.started.index, call.index),
    )


def _may_yet_call(fate: Fate) -> Open:
    return Open(f"Celery is not through with {fate.sent.task}, and may yet call what hears of it")


def _may_be_of_a_canvas(name: str) -> Open:
    return Open(f"a canvas that is called as well may hold more tasks of the name {name}")


def _may_be_either(name: str) -> Open:
    return Open(f"{name} is a callback and an errback of one task: which of them was called is not told")


LAWS = (
    Law(
        name="callbacks.link_once",
        statement="A callback is called once when its task has succeeded, and never when it has failed.",
        source="documentation, Calling Tasks: Linking; celery/app/trace.py, build_tracer (5.4.0 to 5.7.0)",
        findings=_links,
    ),
    Law(
        name="callbacks.link_arguments",
        statement="A callback is called with its task's result first; an immutable one with its own arguments only.",
        source="documentation, Calling Tasks: Linking; Canvas: Immutability (5.4.0 to 5.7.0)",
        findings=_link_arguments,
    ),
    Law(
        name="callbacks.errback_once",
        statement="An errback is called once when its task has failed for good, and never when it has succeeded.",
        source="documentation, Calling Tasks: Linking; celery/backends/base.py, _call_task_errbacks (5.4.0 to 5.7.0)",
        findings=_errbacks,
    ),
    Law(
        name="callbacks.errback_arguments",
        statement="An errback receives the failed task's id, as a message, or its error, as a call.",
        source="documentation, Calling Tasks: Linking; celery/backends/base.py, _call_task_errbacks (5.4.0 to 5.7.0)",
        findings=_errback_arguments,
    ),
)

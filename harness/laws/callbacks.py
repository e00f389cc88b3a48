"""Callbacks: who is called when a task has succeeded, or failed, how often, and with what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.history.events import ErrbackCalled
from harness.laws.law import HELD, Law
from harness.laws.messages import is_whole
from harness.laws.verdict import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.laws.case import Case
    from harness.laws.law import Finding


def _links(case: Case) -> Iterator[Finding]:
    """Judge a callback of a task that came to its end."""
    messages = case.messages
    for fate in messages.fates.values():
        attempt = fate.success or fate.failure
        if not fate.sent.callbacks or attempt is None:
            continue
        after = messages.sent_after(attempt)
        wanted = 1 if fate.success is not None else 0
        for link in fate.sent.callbacks:
            if link.task.startswith("celery."):
                continue
            same = [one for one in fate.sent.callbacks if one.task == link.task]
            follows = bool(fate.sent.chain) and fate.sent.chain[0].task == link.task and wanted
            found = [event for event in after if event.task == link.task]
            if len(found) == wanted * len(same) + bool(follows):
                yield HELD
            else:
                yield Evidence(
                    claim=f"{link.task}, linked to {fate.sent.task}, is called when that has succeeded, and once",
                    expected=f"{wanted} message after {fate.sent.task} has {attempt.ending}",
                    observed=f"{len(found)}",
                    events=(attempt.started.index, *(event.index for event in found)),
                )


def _link_arguments(case: Case) -> Iterator[Finding]:
    """Judge a callback that was sent and is the only one of its name."""
    messages = case.messages
    for fate in messages.fates.values():
        attempt = fate.success
        names = [link.task for link in fate.sent.callbacks] + [step.task for step in fate.sent.chain[:1]]
        if attempt is None or attempt.ended is None:
            continue
        for link in fate.sent.callbacks:
            found = [event for event in messages.sent_after(attempt) if event.task == link.task]
            if names.count(link.task) != 1 or not found:
                continue
            result, own, got = attempt.ended.returned, link.args, found[0].args
            if not is_whole(result, own, got):
                continue
            wanted = list(own or []) if link.immutable else [result, *(own or [])]
            if list(got) == wanted:
                yield HELD
            else:
                yield Evidence(
                    claim=f"{link.task} is called with what {fate.sent.task} returned",
                    expected=repr(wanted),
                    observed=repr(got),
                    events=(attempt.ended.index, found[0].index),
                )


def _errbacks(case: Case) -> Iterator[Finding]:
    """Judge an errback of a task that came to its end."""
    messages = case.messages
    inline = [event for event in case.history.events if isinstance(event, ErrbackCalled)]
    for fate in messages.fates.values():
        attempt = fate.failure or fate.success
        if not fate.sent.errbacks or attempt is None:
            continue
        wanted = 1 if fate.failure is not None else 0
        for errback in fate.sent.errbacks:
            same = sum(one.task == errback.task for one in fate.sent.errbacks)
            as_messages = [
                event
                for event in messages.sent
                if event.task == errback.task and event.parent_id == fate.sent.task_id and not event.retries
            ]
            as_calls = [one for one in inline if one.errback == errback.task and one.task_id == fate.sent.task_id]
            found = [*as_messages, *as_calls]
            if len(found) == wanted * same:
                yield HELD
            else:
                yield Evidence(
                    claim=f"{errback.task}, an errback of {fate.sent.task}, is called when that has failed, and once",
                    expected=f"{wanted * same} calls after {fate.sent.task} has {attempt.ending}",
                    observed=f"{len(as_messages)} messages and {len(as_calls)} calls inline",
                    events=(attempt.started.index, *(event.index for event in found)),
                )


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
)

"""Retries: what was asked, by what formula, and what was waited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report.format import RetryTold
from harness.semantics.retrying import delay_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.history.history import Attempt
    from harness.report.told import Told
    from harness.semantics.retrying import Delay


def retries(told: Told) -> list[RetryTold]:
    """Return all retries in the order in which they were asked for, also those that never came."""
    return list(_retries(told))


def _retries(told: Told) -> Iterator[RetryTold]:
    places = {attempt.started.index: place for place, attempt in enumerate(told.attempts)}
    next_of = {delay.former.started.index: delay for delay in told.history.retry_delays()}
    for place, attempt in enumerate(told.attempts):
        if attempt.ended is None or attempt.ended.retry_delay_s is None:
            continue
        asked_us = round(attempt.ended.retry_delay_s * 1e6)
        promised, came = _promised(told, attempt), next_of.get(attempt.started.index)
        yield RetryTold(
            task=told.tasks[attempt.started.task_id],
            from_=place,
            to=None if came is None else places[came.next.started.index],
            asked_at=told.moments.of(attempt.asked or attempt.ended),
            asked_us=asked_us,
            low_us=asked_us if promised is None else round(promised.least_s * 1e6),
            high_us=asked_us if promised is None else round(promised.most_s * 1e6),
            observed_us=None if came is None else round(came.observed_s * 1e6),
            error_us=None if came is None else round(came.error_s * 1e6),
            formula=None if promised is None else _formula(promised),
            is_jittered=promised is not None and promised.is_whole,
        )


def _promised(told: Told, attempt: Attempt) -> Delay | None:
    """Return what the task's options make of the call that asked; None where that named a moment, or is not known."""
    return None if attempt.asked is None else delay_of(told.history.options_of(attempt.started.task), attempt.asked)


def _formula(promised: Delay) -> str:
    if promised.is_whole:
        return f"{promised.rule} = {promised}"
    return f"{promised.rule} = {promised.most_s:g} s"

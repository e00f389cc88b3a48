"""What Celery promises about retries: how long one waits, how many there are, and what makes one.

Read off celery/app/autoretry.py, celery/app/task.py (`Task.retry`) and celery/utils/time.py
(`get_exponential_backoff_interval`), Celery 5.4.0 to 5.7.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.history.attempt_events import RetryAsked
    from harness.history.parts import Raised, TaskOptions


_ROUNDING_S = 1e-6


@dataclass(frozen=True, slots=True)
class Delay:
    """How long a retry may be asked to wait, and by what rule."""

    least_s: float
    most_s: float
    rule: str
    is_whole: bool = False  # a whole number of seconds, and nothing else

    def __str__(self) -> str:
        if self.least_s == self.most_s:
            return f"{self.least_s:g} s"
        kind = "a whole number of seconds" if self.is_whole else "seconds"
        return f"{kind} from {self.least_s:g} to {self.most_s:g}"

    def allows(self, seconds: float) -> bool:
        """Say whether a delay is what the rule gives, but for what a float loses on its way through JSON."""
        if self.is_whole and abs(seconds - round(seconds)) > _ROUNDING_S:
            return False
        return self.least_s - _ROUNDING_S <= seconds <= self.most_s + _ROUNDING_S


def delay_of(options: TaskOptions, asked: RetryAsked) -> Delay | None:
    """Return the delay that a call of `retry` stands for; None where it names a moment instead (`eta`)."""
    if asked.automatic and options.retry_backoff:
        return _backoff(options, asked.retries)
    if asked.has_eta:
        return None
    if asked.countdown_s is not None:
        return _exactly(asked.countdown_s, "the countdown that the code gave")
    return _exactly(options.default_retry_delay, "the task's default_retry_delay")


def _backoff(options: TaskOptions, retries: int) -> Delay:
    factor = int(max(1.0, options.retry_backoff))
    full = max(0, min(int(options.retry_backoff_max), factor * 2**retries))
    rule = f"min({options.retry_backoff_max:g}, {factor} * 2**{retries})"
    if options.retry_jitter:
        return Delay(0, full, f"a whole number from 0 to {rule}", is_whole=True)
    return _exactly(full, rule)


def _exactly(seconds: float, rule: str) -> Delay:
    return Delay(seconds, seconds, rule)


def retries_allowed(options: TaskOptions, asked: RetryAsked | None) -> int | None:
    """Return the number of retries after which an attempt gets none; None for any number.

    What a call of `retry` names goes before the task's own limit, for that call.
    """
    return asked.max_retries if asked is not None and asked.max_retries is not None else options.max_retries


def is_retried_automatically(options: TaskOptions, exception: Raised) -> bool:
    """Say whether autoretry takes an exception up: one of `autoretry_for`, and none of `dont_autoretry_for`."""
    kinds = set(exception.bases)
    return bool(kinds & set(options.autoretry_for)) and not kinds & set(options.dont_autoretry_for)

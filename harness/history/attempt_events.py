"""The facts about attempts: the start of a task's code, and what becomes of it.

Owns their names and fields, as `events` does for all others.
"""

from __future__ import annotations

from typing import Literal

from harness.history.fact import Event
from harness.history.parts import Data, Raised

Ending = Literal["succeeded", "failed", "retried", "rejected", "ignored"]


class OfAttempt(Event, frozen=True, kw_only=True):
    """A fact about one attempt.

    `start` says which start of its process it is, where the process that runs the code says so: when a message has come
    twice, one task may run twice at once, in threads of one process.
    """

    task_id: str
    task: str
    retries: int
    start: int | None = None


class AttemptStarted(OfAttempt, frozen=True, kw_only=True, tag=True):
    """One start of a task's code."""

    args: Data
    kwargs: Data


class RetryAsked(OfAttempt, frozen=True, kw_only=True, tag=True):
    """A task's code, or autoretry for it, asked for a retry. Celery counts the delay from here; then it sends."""

    automatic: bool = False  # by autoretry
    countdown_s: float | None = None  # what the call named, if it did
    has_eta: bool = False
    max_retries: int | None = None
    exception: Raised | None = None  # the one that the call named


class RetryRefused(OfAttempt, frozen=True, kw_only=True, tag=True):
    """The call that asked for a retry raised something else: no retry was left, or its message could not be sent."""

    exception: Raised


class AttemptEnded(OfAttempt, frozen=True, kw_only=True, tag=True):
    """A task's code returned or raised. Celery has neither stored the result nor sent what follows from it.

    A retry has been sent already: Celery sends it inside the call that asks for it.
    """

    ending: Ending
    returned: Data = None
    exception: Raised | None = None
    retry_delay_s: float | None = None


class AttemptClosed(OfAttempt, frozen=True, kw_only=True, tag=True):
    """Celery is through with an attempt: result stored, callbacks and the next step sent, its chord counted.

    Its state is Celery's word, which may differ from how the code ended: a result that no JSON can hold is a FAILURE.
    Without a state the process is about to end (SystemExit); what then becomes of the attempt, the worker's main
    process finds out.
    """

    state: str | None
    exception: Raised | None = None


class AttemptAborted(OfAttempt, frozen=True, kw_only=True, tag=True):
    """A worker's main process found that an attempt will never end: its process was lost or ran into a hard limit."""

    exception: Raised


class AttemptReleased(OfAttempt, frozen=True, kw_only=True, tag=True):
    """A worker's main process is through with an attempt that was left to it: one that was lost, or was rejected.

    State stored, errbacks and retry sent, chord counted, message acknowledged or back in its queue.
    """

    had_succeeded: bool = False  # Celery found its success stored, and left it at that (5.7)

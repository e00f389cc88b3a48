"""Attempts that were lost with their worker: its main process died, and nobody was left to say what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.history.events import ProcessDied, ProcessStarted

if TYPE_CHECKING:
    from harness.history.history import Attempt, History


class Deaths:
    """Who died, and what died with them."""

    def __init__(self, history: History) -> None:
        self._process_of = {event.source: event.process for event in history.all_of(ProcessStarted)}
        # No two processes of a testbed have one name: who takes another's place has a name of its own.
        self._died = {event.process: event for event in history.all_of(ProcessDied)}

    def of(self, attempt: Attempt) -> ProcessDied | None:
        """Return the death of the worker with which an attempt was lost; None if Celery was through with it before."""
        if attempt.closed is not None or attempt.aborted is not None:
            return None
        death = self._died.get(self._process_of.get(attempt.started.source, ""))
        return death if death is not None and death.index > attempt.started.index else None

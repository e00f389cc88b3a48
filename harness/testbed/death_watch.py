"""Watches the engine's events for containers that die. Refuses to judge whether that was expected."""

from __future__ import annotations

from contextlib import suppress
from signal import Signals
from threading import Thread
from typing import TYPE_CHECKING

from harness.testbed.sweep import TESTBED_LABEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient

PROCESS_LABEL, ROLE_LABEL = "canvas-harness.process", "canvas-harness.role"
# An engine knows exit codes only; a process that was ended by a signal has, as in a shell, its number and 128 more.
_SIGNALLED = {128 + number: -number for number in Signals}


class DeathWatch:
    """A thread that hears of every death in a testbed, from the moment it is made until it is closed.

    It calls `on_death(process, role, code)`, where a negative code is a signal's number; and `on_silence()` when the
    engine has closed its stream of events, after which nobody would hear of anything.
    """

    def __init__(
        self,
        engine: DockerClient,
        testbed: str,
        on_death: Callable[[str, str, int], None],
        on_silence: Callable[[], None],
    ) -> None:
        self._on_death = on_death
        self._on_silence = on_silence
        self._is_closing = False
        # The engine has answered when this returns: no death after it is missed.
        self._events = engine.events(
            decode=True, filters={"type": "container", "event": "die", "label": f"{TESTBED_LABEL}={testbed}"}
        )
        self._thread = Thread(target=self._listen, name=f"deaths in {testbed}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hear of nothing any more."""
        self._is_closing = True
        if self._thread.is_alive():
            with suppress(AttributeError, OSError):  # docker 7.2, where the stream has just ended by itself
                self._events.close()
        self._thread.join()

    def _listen(self) -> None:
        for event in self._events:
            about = event["Actor"]["Attributes"]
            code = int(about["exitCode"])
            if not self._is_closing:
                self._on_death(about[PROCESS_LABEL], about[ROLE_LABEL], _SIGNALLED.get(code, code))
        if not self._is_closing:
            self._on_silence()

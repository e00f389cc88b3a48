"""The protocol of testbeds: what a run may ask of the place where it runs, whatever that place is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from harness.clock.clock import Clock
    from harness.testbed.feed import Feed
    from harness.testbed.supervisor import Death


class Capability(Enum):
    """What some testbeds can do and others cannot. A run that needs a lacking one is skipped with a reason."""

    ADD_WORKER = auto()
    KILL_WORKER = auto()
    PAUSE_WORKER = auto()
    RESTART_WORKER = auto()
    # What breaks things from within (harness/faults.py) asks for these.
    KILL_POOL_PROCESS = auto()
    REPLACE_WORKER = auto()
    RESTART_REDIS = auto()
    RECORD_COMMANDS = auto()
    VIRTUAL_TIME = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What the broker holds for workers: messages in its queues, and those handed over and not acknowledged.

    RabbitMQ counts no unacknowledged messages for strangers. It gives back what a dead worker held when it misses that
    worker's consumers: as long as it counts more of them than there are workers (`lingering`), something may come back.
    """

    queued: Mapping[str, int] = field(default_factory=dict)
    unacked: int = 0
    lingering: int = 0  # consumers of workers that are dead
    broker: str = "Redis"

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left at all."""
        return not self.unacked and not self.lingering and not any(self.queued.values())

    def may_move(self, consumed: Collection[str] | None) -> bool:
        """Whether anything is left that workers who consume these queues (None: any queue) may still get."""
        # What is not acknowledged comes back. The name of a queue with a priority ends with it (kombu: `\x06\x163`).
        return (
            self.unacked > 0
            or self.lingering > 0
            or any(
                count and (consumed is None or queue.partition("\x06\x16")[0] in consumed)
                for queue, count in self.queued.items()
            )
        )

    def __str__(self) -> str:
        queues = ", ".join(f"{count} in queue {name!r}" for name, count in self.queued.items() if count)
        if self.broker != "Redis":
            dead = f"; {self.lingering} consumers of dead workers are still counted" if self.lingering else ""
            return f"{queues or 'queues empty'}{dead}"
        return f"{queues or 'queues empty'}; {self.unacked} not acknowledged"


class Testbed(Protocol):
    """A place where canvases run. Its life is `start`, any number of orders, `stop`; it is used by one thread."""

    @property
    def name(self) -> str:
        """What people call this kind of testbed."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do beyond running canvases."""

    @property
    def description(self) -> Mapping[str, str]:
        """What it is made of: programs, images, versions. Known once it is up."""

    @property
    def clock(self) -> Clock:
        """What time it is in it. Held, wherever nobody waits for something to happen there."""

    @property
    def clock_reason(self) -> str | None:
        """Why its time is real although virtual time was asked for; None if it is as was asked for."""

    @property
    def feed(self) -> Feed:
        """What its processes write down."""

    @property
    def deaths(self) -> list[Death]:
        """The processes that have ended so far."""

    @property
    def workers(self) -> tuple[str, ...]:
        """The names of the workers that live, those that took the place of another among them."""

    def start(self) -> None:
        """Bring everything up and return when workers consume."""

    def order(self, do: str, **arguments: object) -> str:
        """Have the sender do something; it answers in its journal under the name that is returned."""

    def wait(self, timeout_s: float) -> None:
        """Sleep until something may have happened, but no longer than this."""

    def interrupt(self) -> None:
        """Make the thread that uses it fail with InterruptedRunError at its next `wait`. From any thread."""

    def write_down(self, kind: str, **fields: object) -> None:
        """Write down a fact of the harness's own, where its processes write down theirs."""

    def backlog(self) -> Backlog:
        """Look into the broker."""

    def mark(self) -> str | None:
        """Send a marker through Redis's command stream and return its name; None where nobody records."""

    def add_worker(self) -> str:
        """Start one more worker like the others; return its name when it consumes. No time is jumped over meanwhile."""

    def kill_worker(self, name: str) -> None:
        """Kill a worker, its pool and all, as a power cut would."""

    def pause_worker(self, name: str) -> None:
        """Let a worker, its pool and all, not run on until it is resumed. Until then time does not jump."""

    def resume_worker(self, name: str) -> None:
        """Let a worker that was paused run on."""

    def restart_worker(self, name: str) -> str:
        """Kill a worker and start another one in its place; return the name of that when it consumes.

        To Celery both have the same name. No time is jumped over meanwhile.
        """

    def logs(self) -> Mapping[str, Path]:
        """Return what each process has printed so far."""

    @property
    def files(self) -> Path:
        """The folder of the files that its surroundings give the app."""

    def stop(self) -> None:
        """Stop everything and leave nothing behind. It may be called at any time and more than once."""

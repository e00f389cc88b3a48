"""Settling: waiting until nothing more can happen. Facts decide, never a sleep.

Settled is a testbed in which the sender has carried out its orders, every message has come to its end, no attempt runs,
and Redis holds nothing that a worker may still get. Where something is left that can never move (a worker was killed
with an acknowledged message), the run has settled with a loss, and the loss is named. To tell it from a message that a
worker has just taken and not yet written down, every worker's main loop is made to go round first.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.errors import HarnessError
from harness.history.events import WorkersAnswered, WorkerStarted
from harness.history.outstanding import Outstanding, Unfinished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.history.events import AnyEvent
    from harness.testbed.testbed import Backlog, Testbed

Ending = Literal["settled", "settled with loss", "timed out"]

# After this long without news, a message that nobody holds is suspected to be lost.
_SUSPICION_S = 0.5
# Redis rings no bell. Whoever acknowledges does, but not from every version and pool; so look again after a while.
_LOOK_AGAIN_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How the waiting ended, and what was left."""

    ending: Ending
    left: tuple[Unfinished, ...] = ()
    reason: str = ""


class Settler:
    """Follows one run on a testbed, event by event."""

    def __init__(self, testbed: Testbed, on_events: Callable[[list[AnyEvent]], None]) -> None:
        self._testbed = testbed
        self._on_events = on_events
        self._outstanding = Outstanding()
        self._outstanding.see_all(testbed.feed.founding_events)
        self._answers: dict[str, list[str]] = {}

    def pull(self) -> bool:
        """Take in what has come; return whether anything has."""
        events = self._testbed.feed.pull()
        self._outstanding.see_all(events)
        self._answers.update({event.order: event.workers for event in events if isinstance(event, WorkersAnswered)})
        if events:
            self._on_events(events)
        self._refuse_deaths()
        return bool(events)

    def carried_out(self, order: str, timeout_s: float) -> bool:
        """Wait until the sender has carried out an order; return whether it has."""
        self._outstanding.expect(order)
        deadline = time.monotonic() + timeout_s
        while True:
            self.pull()
            if order not in self._outstanding.orders:
                return True
            if (left_s := deadline - time.monotonic()) <= 0:
                return False
            self._testbed.wait(left_s)

    def settle(self, orders: Iterable[str], budget_s: float) -> Settlement:
        """Wait until nothing more can happen, but no longer than the budget."""
        for order in orders:
            self._outstanding.expect(order)
        deadline = time.monotonic() + budget_s
        while True:
            is_quiet = not self.pull()
            unfinished = self._outstanding.unfinished()
            patience_s = _SUSPICION_S if unfinished else _LOOK_AGAIN_S
            backlog = None
            if not self._outstanding.orders and not any(message.is_held for message in unfinished):
                backlog = self._testbed.backlog()
                if self.pull():  # something happened while we looked, so what we saw does not belong together
                    continue
                if not unfinished and not backlog.may_move(self._consumed()):
                    return Settlement(ending="settled")
                if is_quiet and self._is_loss(backlog):
                    left = tuple(self._outstanding.unfinished())
                    return Settlement(ending="settled with loss", left=left, reason=self._reason(left, backlog))
            else:
                patience_s = budget_s
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return Settlement(ending="timed out", left=tuple(unfinished), reason=self._reason(unfinished, backlog))
            self._testbed.wait(min(left_s, patience_s))

    def _is_loss(self, backlog: Backlog) -> bool:
        """Say whether what is left can never move again."""
        if not self._testbed.workers:
            return True
        if backlog.may_move(self._consumed()):
            return False  # what is queued will be taken; what is not acknowledged comes back in time
        order = self._testbed.order("answer", workers=len(self._testbed.workers))
        if not self.carried_out(order, timeout_s=30):
            return False
        # A worker is known to Celery as `worker-1@host`.
        if not set(self._testbed.workers) <= {name.partition("@")[0] for name in self._answers.get(order, ())}:
            return False
        unfinished = self._outstanding.unfinished()
        is_held = any(message.is_held for message in unfinished)
        return bool(unfinished) and not is_held and not self._testbed.backlog().may_move(self._consumed())

    def _consumed(self) -> set[str] | None:
        """Return the queues from which the workers that live take messages; None if one of them has not said."""
        queues = {
            event.hostname.partition("@")[0]: event.queues
            for event in self._testbed.feed.founding_events
            if isinstance(event, WorkerStarted)
        }
        if not set(self._testbed.workers) <= set(queues):
            return None
        return {queue for worker in self._testbed.workers for queue in queues[worker]}

    def _reason(self, left: Iterable[Unfinished], backlog: Backlog | None) -> str:
        lines = [f"the sender has not carried out {order}" for order in sorted(self._outstanding.orders)]
        lines += [str(message) for message in left]
        lines.append(f"Redis: {backlog or self._testbed.backlog()}")
        return "\n".join(lines)

    def _refuse_deaths(self) -> None:
        """Fail when a part of the testbed that must live died by itself; a worker's death is a fact of the run."""
        for death in self._testbed.deaths:
            if death.role != "worker" and not death.expected:
                raise HarnessError(
                    f"{death.name} to live as long as its testbed",
                    str(death),
                    f"see logs/{death.name}.log in the run directory",
                )

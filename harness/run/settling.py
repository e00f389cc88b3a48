"""Settling: waiting until nothing more can happen. Facts decide, never a sleep.

Settled is a testbed in which the sender has carried out its orders, every message has come to its end, no attempt runs,
and Redis holds nothing that a worker may still get. Where something is left that can never move (a worker was killed
with an acknowledged message), the run has settled with a loss, and the loss is named. To tell it from a message that a
worker has just taken and not yet written down, every worker's main loop is made to go round first.

Only here does the testbed's clock run freely, if it can: everywhere else it is held.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.errors import HarnessError
from harness.history.events import WorkersAnswered
from harness.history.outstanding import Outstanding, Unfinished, consuming

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from harness.clock.clock import Statistics
    from harness.history.events import AnyEvent, WorkerStarted
    from harness.testbed.testbed import Backlog, Testbed

Ending = Literal["settled", "settled with loss", "timed out"]

# After this long without news, a message that nobody holds is suspected to be lost.
_SUSPICION_S = 0.5
# Redis rings no bell. Whoever acknowledges does, but not from every version and pool; so look again after a while.
_LOOK_AGAIN_S = 0.2
# Nobody rings when the testbed's time has come to its limit.
_LOOK_AT_CLOCK_S = 0.25


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
        """Wait until nothing more can happen, but no longer than the budget of the testbed's time."""
        for order in orders:
            self._outstanding.expect(order)
        with self._released(budget_s):
            settlement = self._wait_until_settled()
        self.pull()
        return settlement

    def _wait_until_settled(self) -> Settlement:
        while True:
            # Asked before looking: at the limit all that happened before it can be seen.
            is_over = self._testbed.clock.is_at_limit()
            is_quiet = not self.pull()
            # Mostly answered at once: what is held moves by itself, and what else waits nobody need know.
            is_held = self._outstanding.is_anything_held()
            unfinished = self._outstanding.unfinished() if is_over or not is_held else []
            patience_s = _SUSPICION_S if is_held or unfinished else _LOOK_AGAIN_S
            backlog = None
            if not self._outstanding.orders and not is_held:
                backlog = self._testbed.backlog()
                if self.pull():  # something happened while we looked, so what we saw does not belong together
                    continue
                if not unfinished and not backlog.may_move(self._consumed()):
                    return Settlement(ending="settled")
                if (is_quiet or is_over) and self._is_loss(backlog):
                    left = tuple(self._outstanding.unfinished())
                    return Settlement(ending="settled with loss", left=left, reason=self._reason(left, backlog))
            if is_over:
                reason = "\n".join((self._reason(unfinished, backlog), *self._whereabouts()))
                return Settlement(ending="timed out", left=tuple(unfinished), reason=reason)
            self._testbed.wait(min(patience_s, _LOOK_AT_CLOCK_S))

    @contextmanager
    def _released(self, budget_s: float) -> Iterator[None]:
        """Release the clock for a block, and write down what it did meanwhile."""
        clock = self._testbed.clock
        before = clock.statistics()
        clock.limit(budget_s)
        clock.release()
        try:
            yield
        finally:
            clock.hold()
            clock.limit(None)
            after = clock.statistics()
            pins = _pins(before, after)
            if pins or after.jumps > before.jumps:
                self._testbed.write_down(
                    "ClockMoved",
                    offset_ns=clock.offset_ns(),
                    jumps=after.jumps - before.jumps,
                    skipped_s=after.skipped_s - before.skipped_s,
                    pins=pins,
                )

    def _is_loss(self, backlog: Backlog) -> bool:
        """Say whether what is left can never move again."""
        if not self._testbed.workers:
            return True
        if backlog.may_move(self._consumed()):
            return False  # what is queued will be taken; what is not acknowledged comes back in time
        order = self._testbed.order("answer", workers=len(self._testbed.workers))
        if not self.carried_out(order, timeout_s=30):
            return False
        said, answers = consuming(self._testbed.feed.founding_events), self._answers.get(order, ())
        if not all(_has_answered(worker, said.get(worker), answers) for worker in self._testbed.workers):
            return False
        unfinished = self._outstanding.unfinished()
        is_held = any(message.is_held for message in unfinished)
        return bool(unfinished) and not is_held and not self._testbed.backlog().may_move(self._consumed())

    def _consumed(self) -> set[str] | None:
        """Return the queues from which the workers that live take messages; None if one of them has not said."""
        said = consuming(self._testbed.feed.founding_events)
        if not set(self._testbed.workers) <= set(said):
            return None
        return {queue for worker in self._testbed.workers for queue in said[worker].queues}

    def _reason(self, left: Iterable[Unfinished], backlog: Backlog | None) -> str:
        lines = [f"the sender has not carried out {order}" for order in sorted(self._outstanding.orders)]
        lines += [str(message) for message in left]
        backlog = backlog or self._testbed.backlog()
        lines.append(f"{backlog.broker}: {backlog}")
        return "\n".join(lines)

    def _whereabouts(self) -> Iterator[str]:
        """Say what every thread waits for, where the clock knows."""
        if waits := self._testbed.clock.report():
            yield f"Clock: {self._testbed.clock.why_not_jumping()}"
            yield from map(str, waits)

    def _refuse_deaths(self) -> None:
        """Fail when a part of the testbed that must live died by itself; a worker's death is a fact of the run."""
        for death in self._testbed.deaths:
            if death.role != "worker" and not death.expected:
                raise HarnessError(
                    f"{death.name} to live as long as its testbed",
                    str(death),
                    f"see logs/{death.name}.log in the run directory",
                )


def _has_answered(worker: str, said: WorkerStarted | None, answers: Iterable[str]) -> bool:
    """Say whether a worker is among those who have: Celery knows it as `worker-1@host`, and by no other name again."""
    return any(name == said.hostname if said is not None else name.partition("@")[0] == worker for name in answers)


def _pins(before: Statistics, after: Statistics) -> list[dict[str, object]]:
    """Return who pinned the clock between two moments."""
    sums: dict[tuple[int, str], tuple[int, int]] = {}
    for sign, pins in ((-1, before.pins), (1, after.pins)):
        for pin in pins:
            pinned_ns, waits = sums.get((pin.pid, pin.peer), (0, 0))
            sums[pin.pid, pin.peer] = pinned_ns + sign * pin.pinned_ns, waits + sign * pin.waits
    return [
        {"pid": pid, "peer": peer, "pinned_s": pinned_ns / 1e9, "waits": waits}
        for (pid, peer), (pinned_ns, waits) in sums.items()
        if pinned_ns or waits
    ]

"""What went wrong on purpose, and until when it did: until who was killed is there again."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from harness.faults import POINTS, STRIKES
from harness.history.events import ProcessDied, ProcessStarted, WorkerStarted
from harness.history.fact import Event
from harness.history.fault_events import FaultInjected
from harness.history.redis_events import RecorderStarted
from harness.report.format import FaultTold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.report.told import Told

Kind = TypeVar("Kind", bound=Event)


def faults(told: Told) -> list[FaultTold]:
    """Return the faults in the order in which they struck."""
    return [_fault(told, event) for event in told.history.all_of(FaultInjected)]


def _fault(told: Told, event: FaultInjected) -> FaultTold:
    death = next(_after(told, event, ProcessDied), None) if event.strike.startswith("kill_worker") else None
    end = event if event.strike == "deliver_again" else next(_back(told, event), None)
    point, strike = POINTS.get(event.point, event.point), STRIKES.get(event.strike, event.strike)  # type: ignore[call-overload]
    return FaultTold(
        name=event.strike,
        from_=told.moments.of(event),
        to=None if end is None else told.moments.of(end),
        what=f"member {event.member}, {event.task}: {point}; {strike}",
        task=told.tasks.get(event.task_id),
        event=event.index,
        events=[one.index for one in (event, death, end) if one is not None],
    )


def _back(told: Told, fault: FaultInjected) -> Iterator[Event]:
    """Yield what was started after a fault in the place of what it killed."""
    match fault.strike:
        case "kill_worker":
            yield from _after(told, fault, WorkerStarted)
        case "kill_pool_process":
            yield from (one for one in _after(told, fault, ProcessStarted) if one.role == "pool")
        case "restart_redis":
            yield from _after(told, fault, RecorderStarted)
        case _:
            pass


def _after(told: Told, fault: FaultInjected, kind: type[Kind]) -> Iterator[Kind]:
    yield from (event for event in told.history.all_of(kind) if event.index > fault.index)

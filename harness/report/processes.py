"""The processes of a run: who they were, whose they were, and how they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.history.events import ClockMoved, ProcessDied, ProcessStarted
from harness.report.format import PinTold, ProcessTold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.report.told import Told


def processes(told: Told) -> list[ProcessTold]:
    """Return one process for each journal, also where nobody has said whose it is."""
    started = {event.source: event for event in told.history.all_of(ProcessStarted)}
    mains = {event.process: told.sources[event.source] for event in started.values() if event.role == "worker"}
    deaths = {(event.process, event.pid): event for event in told.history.all_of(ProcessDied)}
    of_worker = {process: death for (process, _), death in deaths.items()}
    found = []
    for source in told.sources:
        event = started.get(source)
        if event is None:
            found.append(ProcessTold(source=source, process=source, role="unknown"))
            continue
        # A pool's processes end with their worker.
        with_worker = of_worker.get(event.process) if event.role == "pool" else None
        death = deaths.get((event.process, event.pid), with_worker)
        found.append(
            ProcessTold(
                source=source,
                process=event.process,
                role=event.role,
                pid=event.pid,
                host=event.host,
                worker=mains.get(event.process) if event.role == "pool" else None,
                began_us=told.moments.of(event),
                died_us=None if death is None else told.moments.of(death),
                died=None if death is None else _how(death),
            )
        )
    return found


def pins(told: Told) -> Iterator[PinTold]:
    """Yield who kept the clock from jumping."""
    names = {event.pid: event.process for event in told.history.all_of(ProcessStarted)}
    for move in told.history.all_of(ClockMoved):
        for pin in move.pins:
            who = names.get(pin.pid, f"process {pin.pid}")
            yield PinTold(process=who, towards=pin.peer, us=round(pin.pinned_s * 1e6))


def _how(death: ProcessDied) -> str:
    how = f"killed by signal {death.signal}" if death.signal is not None else f"ended with {death.exit_code}"
    return how if death.expected else f"{how}, unexpectedly"

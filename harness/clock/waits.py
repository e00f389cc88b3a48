"""Owns the report of who waits for what: the slots of the page, completed by what /proc tells of the other threads.

Refuses to judge: it lists. A thread without a deadline waits for somebody else, or works.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.clock.page import Page

_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadWait:
    """What one thread was waiting for: `due_in_s` is virtual, None where it waits without a time."""

    pid: int
    tid: int
    name: str
    kind: str
    due_in_s: float | None = None
    pinned_by: str | None = None

    def __str__(self) -> str:
        due = "no deadline" if self.due_in_s is None else f"due in {self.due_in_s:.3f} s"
        pinned = f", pins the clock for {self.pinned_by}" if self.pinned_by else ""
        return f"{self.name} (process {self.pid}, thread {self.tid}): {self.kind}, {due}{pinned}"

    def as_json(self) -> dict[str, int | float | str | None]:
        """Give the plain data for a JSON file."""
        return asdict(self)


def list_waits(page: Page, virtual_monotonic_ns: int, proc: Path = Path("/proc")) -> tuple[ThreadWait, ...]:
    """List every thread of every registered process, earliest deadline first."""
    slots = {slot.tid: slot for slot in page.slots() if slot.is_waiting}
    pins = {pin.tid: pin.peer for pin in page.pins()}
    waits = []
    for pid in sorted(page.processes()):
        for tid in _threads_of(proc, pid):
            slot = slots.get(tid)
            waits.append(
                ThreadWait(
                    pid=pid,
                    tid=tid,
                    name=_read(proc / str(pid) / "task" / str(tid) / "comm"),
                    kind=slot.kind if slot else _kind_from_proc(proc, pid, tid),
                    due_in_s=(slot.deadline_ns - virtual_monotonic_ns) / _SECOND if slot else None,
                    pinned_by=pins.get(tid),
                )
            )
    return tuple(sorted(waits, key=lambda wait: (wait.due_in_s is None, wait.due_in_s or 0.0, wait.pid, wait.tid)))


def why_not_readable(pid: int, proc: Path = Path("/proc")) -> str | None:
    """Say why the states of a process's threads cannot be read: the same right shows its open files."""
    try:
        next((proc / str(pid) / "fd").iterdir(), None)
    except PermissionError:
        return (
            f"process {pid} belongs to another user (or is protected): its threads cannot be seen sleeping, "
            "so run it as the user who runs the harness"
        )
    except FileNotFoundError:
        return f"process {pid} has ended"
    return None


def _threads_of(proc: Path, pid: int) -> list[int]:
    try:
        return sorted(int(path.name) for path in (proc / str(pid) / "task").iterdir())
    except OSError:
        return []


def _kind_from_proc(proc: Path, pid: int, tid: int) -> str:
    place = _read(proc / str(pid) / "task" / str(tid) / "wchan")
    return "running" if place in {"", "0"} else f"asleep in {place}"


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""

"""Owns the Python view of the page that clocked processes and the autojump loop share (page.h has the C view).

Refuses to interpret: it reads and writes words. A test compares the layout with the one the C compiler made.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = 0x6A756D32
SLOT_LIMIT, PIN_LIMIT, PROCESS_LIMIT, LISTENER_LIMIT, INTERVAL_TIMER_LIMIT, PIN_TOTAL_LIMIT = (
    4096,
    1024,
    1024,
    1024,
    256,
    128,
)
WAIT_KINDS = (
    "unknown",
    "sleep",
    "poll",
    "epoll",
    "select",
    "semaphore",
    "condition",
    "signal",
    "timer",
    "lock",
    "socket",
    "message queue",
)
_SLOT = struct.Struct("=iiIIqIIQQ")
_PIN = struct.Struct("=iiiiqq88s")
_PIN_TOTAL = struct.Struct("=iiqq88s")
_SLOT_SIZE, _LISTENER_SIZE, _INTERVAL_TIMER_SIZE, _REASON_LENGTH = 128, 16, 24, 252

_READINGS = 1000  # of a text that is just being written: it takes nanoseconds, unless its writer was killed there

_WORDS = {  # name: format, in the order of the C structure
    "magic": "I",
    "jumper": "i",
    "offset": "q",
    "released": "i",
    "attempting": "i",
    "limit": "q",
    "target": "q",
    "process_generation": "i",
    "overflow": "i",
    "slots_used": "i",
    "pins_used": "i",
    "listeners_used": "i",
    "processes_used": "i",
    "interval_timers_used": "i",
    "pin_totals_used": "i",
    "jumps": "q",
    "skipped": "q",
    "attempts": "q",
    "listings": "q",
    "pinned_waits": "q",
    "pid_namespace": "q",
    "reason_version": "I",
}


def _layout() -> dict[str, int]:
    offsets, place = {}, 0
    for name, code in _WORDS.items():
        size = struct.calcsize("=" + code)
        place = -(-place // size) * size
        offsets[name] = place
        place += size
    sizes = {
        "reason": _REASON_LENGTH,
        "processes": 4 * PROCESS_LIMIT,
        "listeners": _LISTENER_SIZE * LISTENER_LIMIT,
        "interval_timers": _INTERVAL_TIMER_SIZE * INTERVAL_TIMER_LIMIT,
        "pins": _PIN.size * PIN_LIMIT,
        "pin_totals": _PIN_TOTAL.size * PIN_TOTAL_LIMIT,
        "slots": _SLOT_SIZE * SLOT_LIMIT,
    }
    for name, size in sizes.items():
        offsets[name] = place
        place += size
    return offsets | {"size": place}


OFFSETS = _layout()


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One thread's timed wait as its slot shows it; `deadline_ns` is virtual monotonic time."""

    tid: int
    pid: int
    is_waiting: bool
    deadline_ns: int
    kind: str
    wakeups: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Somebody who waits for something outside of virtual time; times are real monotonic."""

    pid: int
    tid: int
    descriptor: int
    since_ns: int
    until_ns: int
    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PinTotal:
    """How long and how often one process has pinned the clock towards one peer."""

    pid: int
    descriptor: int
    pinned_ns: int
    waits: int
    peer: str


def offset_in(directory: Path) -> int:
    """Read how far virtual time is ahead in the page of this directory; real time, so 0, where there is none."""
    try:
        with (directory / "page").open("rb", buffering=0) as file:
            file.seek(OFFSETS["offset"])
            (offset,) = struct.unpack("=q", file.read(8))
    except FileNotFoundError:
        return 0
    return int(offset)


def processes_in(directory: Path) -> set[int] | None:
    """Read which processes live under the clock of this directory; None where there is none."""
    try:
        page = Page(directory / "page")
    except FileNotFoundError:
        return None
    try:
        return page.processes()
    finally:
        page.close()


class Page:
    """The mapped page. Words are read and written one by one, as aligned machine words."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), OFFSETS["size"])
        self._bytes = memoryview(self._map)
        words = self._bytes[:256]
        self._words = {"i": words.cast("i"), "I": words.cast("I"), "q": words.cast("q")}

    @classmethod
    def create(cls, path: Path) -> Page:
        """Make a new page, private to this user, for processes of our pid namespace. So far the clock is held.

        All of it is there from the start: on a file system that fills up, touching a hole would be a SIGBUS.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            if sys.platform == "linux":
                os.posix_fallocate(descriptor, 0, OFFSETS["size"])
            else:  # no process maps it there
                os.ftruncate(descriptor, OFFSETS["size"])
            os.pwrite(descriptor, struct.pack("=q", _pid_namespace()), OFFSETS["pid_namespace"])
            os.pwrite(descriptor, struct.pack("=I", MAGIC), 0)
        finally:
            os.close(descriptor)
        return cls(path)

    def close(self) -> None:
        """Unmap the page; who still has it mapped keeps it."""
        for words in self._words.values():
            words.release()
        self._bytes.release()
        self._map.close()

    def read(self, name: str) -> int:
        """Read one word by its name in page.h."""
        code = _WORDS[name]
        return self._words[code][OFFSETS[name] // self._words[code].itemsize]

    def write(self, name: str, value: int) -> None:
        """Write one word by its name in page.h."""
        code = _WORDS[name]
        self._words[code][OFFSETS[name] // self._words[code].itemsize] = value

    def reason(self) -> str:
        """Why the autojump loop did not jump at its last attempt."""
        for _ in range(_READINGS):
            version = self.read("reason_version")
            place = OFFSETS["reason"]
            text = _text(bytes(self._bytes[place : place + _REASON_LENGTH]))
            if version % 2 == 0 and self.read("reason_version") == version:
                break
        return text

    def processes(self) -> set[int]:
        """Pids of the processes that have registered (and are not between two images)."""
        place, count = OFFSETS["processes"], self.read("processes_used")
        return {pid for (pid,) in struct.iter_unpack("=i", self._bytes[place : place + 4 * count]) if pid > 0}

    def slots(self) -> Iterator[Slot]:
        """Yield every slot in use."""
        for index in range(self.read("slots_used")):
            place = OFFSETS["slots"] + _SLOT_SIZE * index
            tid, pid, sequence, _, deadline, _, kind, _, wakeups = _SLOT.unpack_from(self._bytes, place)
            if tid > 0:  # -1: being taken back from the dead
                name = WAIT_KINDS[kind] if kind < len(WAIT_KINDS) else WAIT_KINDS[0]
                yield Slot(
                    tid=tid, pid=pid, is_waiting=sequence % 2 == 1, deadline_ns=deadline, kind=name, wakeups=wakeups
                )

    def pins(self) -> Iterator[Pin]:
        """Yield every pin in the table; one whose `until_ns` has passed pins no longer."""
        for index in range(self.read("pins_used")):
            place = OFFSETS["pins"] + _PIN.size * index
            pid, tid, descriptor, _, since, until, peer = _PIN.unpack_from(self._bytes, place)
            if pid:
                yield Pin(pid=pid, tid=tid, descriptor=descriptor, since_ns=since, until_ns=until, peer=_text(peer))

    def pin_totals(self) -> Iterator[PinTotal]:
        """Yield who has pinned the clock so far."""
        for index in range(self.read("pin_totals_used")):
            place = OFFSETS["pin_totals"] + _PIN_TOTAL.size * index
            pid, descriptor, pinned_ns, waits, peer = _PIN_TOTAL.unpack_from(self._bytes, place)
            yield PinTotal(pid=pid, descriptor=descriptor, pinned_ns=pinned_ns, waits=waits, peer=_text(peer))


def _pid_namespace() -> int:
    return Path("/proc/self/ns/pid").stat().st_ino if sys.platform == "linux" else 0


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "replace")

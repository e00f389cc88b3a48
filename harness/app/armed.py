"""The faults of the run at hand, and which of them have struck: files in the testbed's folder, so that all know.

The sender arms them before it sends a canvas. A fault strikes once, whichever process comes to its point first, and not
again after its message came back: that it strikes is a file that only one can make.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import Fault
from harness.journal import TESTBED_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_FILE = "faults.json"


class Armed:
    """What may still go wrong in this run."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._seen: tuple[int, int] | None = None
        self._run = ""
        self._faults: list[Fault] = []

    def write(self, run: str, faults: Iterable[Mapping[str, Any]]) -> None:
        """Arm the faults of a run, known by a name that no other run of this testbed has, and those of no other."""
        path = self._directory / _FILE
        found = [Fault(**fault) for fault in faults]  # refused here, where somebody is told
        if not found:
            path.unlink(missing_ok=True)
            return
        temporary = path.with_name(f".{_FILE}")
        temporary.write_text(json.dumps({"run": run, "faults": list(faults)}))
        temporary.replace(path)

    def at(self, point: str, member: int | None) -> Iterator[Fault]:
        """Yield the faults whose point this is, each to the one who then strikes."""
        for number, fault in enumerate(self._current()):
            if (fault.point, fault.member) == (point, member) and self._is_first(number):
                yield fault

    def is_ahead(self, strike: str, point: str, member: int | None) -> bool:
        """Say whether such a fault is still to strike, at a point that this member has not come to yet."""
        return any(
            (fault.strike, fault.point, fault.member) == (strike, point, member) and not self._mark(number).exists()
            for number, fault in enumerate(self._current())
        )

    def wants_message_of(self, member: int | None) -> bool:
        """Say whether this member's message is to be delivered again."""
        return any(
            fault.strike == "deliver_again" and member in (fault.message_of, fault.member) for fault in self._current()
        )

    def keep_message(self, member: int, message: Mapping[str, Any]) -> None:
        """Keep a member's message, the first time that it is taken."""
        path = self._message(member)
        if not path.exists():
            temporary = path.with_name(f".{path.name}")
            temporary.write_text(json.dumps(message))
            temporary.replace(path)

    def message(self, member: int) -> dict[str, Any]:
        """Return a member's message."""
        found: dict[str, Any] = json.loads(self._message(member).read_text())
        return found

    def _message(self, member: int) -> Path:
        return self._directory / f"message-{self._run}-{member}.json"

    def _mark(self, number: int) -> Path:
        return self._directory / f"struck-{self._run}-{number}"

    def _is_first(self, number: int) -> bool:
        try:
            os.close(os.open(self._mark(number), os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return False
        return True

    def _current(self) -> list[Fault]:
        try:
            status = (self._directory / _FILE).stat()
        except FileNotFoundError:
            return []
        if self._seen != (status.st_ino, status.st_mtime_ns):
            content = json.loads((self._directory / _FILE).read_text())
            self._run, self._faults = content["run"], [Fault(**fault) for fault in content["faults"]]
            self._seen = (status.st_ino, status.st_mtime_ns)
        return self._faults


def faults_at_hand() -> Armed:
    """Return the faults of the testbed that this process belongs to."""
    return Armed(Path(os.environ[TESTBED_VARIABLE]))

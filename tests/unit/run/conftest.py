"""A testbed that follows a script: what its processes do happens whenever somebody waits for them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import pytest

from harness.clock.clock import Statistics
from harness.clock.real_clock import RealClock
from harness.errors import InterruptedRunError
from harness.run import settling
from harness.testbed.feed import Feed
from harness.testbed.testbed import Backlog, Capability

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from harness.clock.waits import ThreadWait
    from harness.history.events import AnyEvent
    from harness.testbed.supervisor import Death
    from tests.unit.conftest import Record

    Step = Callable[[], object]

EMPTY = Backlog()


class ScriptedClock(RealClock):
    """Real time as the script has it; remembers whether it was released."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self._script = script
        self._end_s: float | None = None
        self.is_released = self.was_released = False
        self.counts: deque[Statistics] = deque()
        self.waits: list[ThreadWait] = []

    def release(self) -> None:
        self.is_released = self.was_released = True

    def hold(self) -> None:
        self.is_released = False

    def limit(self, seconds: float | None) -> None:
        self._end_s = None if seconds is None else self._script.now_s + seconds

    def is_at_limit(self) -> bool:
        return self._end_s is not None and self._script.now_s >= self._end_s

    def statistics(self) -> Statistics:
        return self.counts.popleft() if self.counts else Statistics()

    def report(self) -> tuple[ThreadWait, ...]:
        return tuple(self.waits)

    def why_not_jumping(self) -> str:
        return "it was released, all the same" if self.is_released else "it is held"


class Script:
    """A testbed whose processes do one thing of a script whenever somebody waits for them, on a clock of its own."""

    name = "scripted"
    capabilities: frozenset[Capability] = frozenset()

    def __init__(self, journals: Path, record: Record, line: Callable[[AnyEvent], bytes]) -> None:
        self._journals = journals
        self._record = record
        self._line = line
        self._written = 0
        self.feed = Feed(journals)
        self.deaths: list[Death] = []
        self.workers: tuple[str, ...] = ("worker-1",)
        self.steps: deque[Step] = deque()
        self.looks: deque[Backlog | Step] = deque()
        self.orders: list[str] = []
        self.on_answer: Step | None = None
        self.now_s = 0.0
        self.waits: list[float] = []
        self.looked = 0
        self.clock = ScriptedClock(self)
        self.clock_reason: str | None = None
        self.written: list[tuple[str, dict[str, object]]] = []

    def monotonic(self) -> float:
        return self.now_s

    def do(self, step: Step) -> None:
        """Do something and write down what the processes saw of it."""
        step()
        for event in self._record.events[self._written :]:
            with (self._journals / f"{event.source}.jsonl").open("ab") as file:
                file.write(self._line(event))
        self._written = len(self._record.events)

    def wait(self, timeout_s: float) -> None:
        assert len(self.waits) < 1000, "it waits and waits"
        assert timeout_s > 0
        self.waits.append(timeout_s)
        if self.steps:
            self.now_s += min(0.001, timeout_s)
            self.do(self.steps.popleft())
        else:
            self.now_s += timeout_s

    def backlog(self) -> Backlog:
        """Return the next of the looks into Redis, the last one for ever; a step among them happens meanwhile."""
        self.looked += 1
        look = self.looks.popleft() if len(self.looks) > 1 else (self.looks[0] if self.looks else EMPTY)
        if isinstance(look, Backlog):
            return look
        self.do(look)
        return EMPTY

    def order(self, do: str, **_: object) -> str:
        self.orders.append(do)
        if self.on_answer is not None:
            self.steps.append(self.on_answer)
        return f"order-{len(self.orders)}"

    def write_down(self, kind: str, **fields: object) -> None:
        self.written.append((kind, fields))

    def mark(self) -> str | None:
        return None

    def interrupt(self) -> None:
        self.steps.appendleft(self._interrupted)

    def logs(self) -> Mapping[str, Path]:
        return {}

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def kill_worker(self, name: str) -> None: ...

    def _interrupted(self) -> None:
        raise InterruptedRunError


@pytest.fixture
def script(
    tmp_path: Path, record: Record, line: Callable[[AnyEvent], bytes], monkeypatch: pytest.MonkeyPatch
) -> Script:
    """A testbed on which nothing happens yet."""
    script = Script(tmp_path, record, line)
    monkeypatch.setattr(settling, "time", script)  # its clock is the only one that is looked at
    return script

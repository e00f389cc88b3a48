"""What every testbed with processes of its own has in common: a folder, a supervisor, a look into Redis, a sender."""

from __future__ import annotations

import os
import sys
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, TypeVar

from harness.clock.clock import Clock, ClockError
from harness.clock.real_clock import RealClock
from harness.clock.virtual_clock import VirtualClock
from harness.errors import HarnessError, InterruptedRunError, TroubleError
from harness.history.events import ProcessStarted, WorkerStarted
from harness.history.redis_events import RecorderStarted
from harness.journal import BELL, FAULTS_VARIABLE, Bell, Journal
from harness.scenario import Surroundings
from harness.testbed.abandoned import remove_abandoned
from harness.testbed.celery_commands import worker_names
from harness.testbed.feed import Feed
from harness.testbed.premises import Premises, choose_directory
from harness.testbed.redis_server import Inspector
from harness.testbed.staffing import Staff
from harness.testbed.start_trouble import start_trouble
from harness.testbed.supervisor import ProcessPlan, Supervisor
from harness.testbed.testbed import Capability
from harness.testbed.timekeeping import CLOCK, make_clock, page_directory
from harness.testbed.versions import refuse_old

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.scenario import Conditions, Service
    from harness.testbed.redis_server import Server
    from harness.testbed.supervisor import Death
    from harness.testbed.testbed import Backlog

Part = TypeVar("Part")
_START_TIMEOUT_S = 60.0
_ORDER_TIMEOUT_S = 30.0  # after which a sender that takes nothing of an order is in trouble
_MUST_LIVE = ("redis", "rabbitmq", "counter", "service", "sender")
# A worker that cannot load its app says so in half a line; the sender dies of the same and tells more.
_FULLER_REASON_S = 2.0
# A process registers with the clock before its first line runs. One that was started last may not have come so far.
_REGISTRATION_TIMEOUT_S, _REGISTRATION_LOOK_S = 2.0, 0.005


class SupervisedTestbed(ABC):
    """A testbed whose everything is owned by one supervisor. Its subclasses say what is started, and how."""

    abilities: ClassVar[frozenset[Capability]] = frozenset()

    def __init__(
        self,
        app: str,
        conditions: Conditions,
        service: Service | None = None,
        surroundings: Surroundings = Surroundings(),  # noqa: B008 - it is immutable
    ) -> None:
        self.app = app
        self.surroundings = surroundings
        self.conditions = conditions
        self.service = service
        self.description: dict[str, str] = {}
        self.clock: Clock = RealClock()
        self.clock_reason: str | None = None
        self._journal: Journal | None = None
        self._premises: Premises | None = None
        self._supervisor: Supervisor | None = None
        self._inspector: Inspector | None = None
        self._feed: Feed | None = None
        self._marks = 0
        self._is_interrupted = False
        self._staff = Staff(self)

    @abstractmethod
    def bring_up(self) -> Server:
        """Start Redis, recorder, service, workers and sender, and return where Redis is; nobody waits for workers."""

    @abstractmethod
    def hire(self, name: str, node: str) -> None:
        """Start one more worker like the others, under this name; `node` is what Celery is to call it."""

    @abstractmethod
    def kill_worker(self, name: str) -> None:
        """Kill a worker, its pool and all, as a power cut would."""

    # ---- the protocol ------------------------------------------------------------------------------------------

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do beyond running canvases; whether its time is virtual is known once it is up."""
        found = self.abilities | ({Capability.VIRTUAL_TIME} if isinstance(self.clock, VirtualClock) else set())
        return found if self.conditions.pool == "prefork" else found - {Capability.KILL_POOL_PROCESS}

    @property
    def feed(self) -> Feed:
        """What its processes write down."""
        return _started(self._feed)

    @property
    def deaths(self) -> list[Death]:
        """The processes that have ended so far. What would have moved a clock that is real now is none of them."""
        deaths = self._supervisor.deaths if self._supervisor is not None else []
        if isinstance(self.clock, VirtualClock):
            return deaths
        return [death for death in deaths if death.role != CLOCK]

    @property
    def workers(self) -> tuple[str, ...]:
        """The names of the workers that live."""
        return self._staff.living(self._supervisor.replaced if self._supervisor is not None else {})

    def add_worker(self) -> str:
        """Start one more worker like the others; return its name when it consumes. No time is jumped over meanwhile."""
        return self._staff.add()

    def pause_worker(self, name: str) -> None:
        """Let a worker, its pool and all, not run on until it is resumed. Until then time does not jump."""
        self._staff.pause(name)

    def resume_worker(self, name: str) -> None:
        """Let a worker that was paused run on."""
        self._staff.resume(name)

    def restart_worker(self, name: str) -> str:
        """Kill a worker and start another one in its place; return the name of that when it consumes."""
        return self._staff.restart(name)

    def start(self) -> None:
        """Bring everything up and return when workers consume."""
        try:
            refuse_old()
            remove_abandoned()
            self._inspector = Inspector(self.bring_up())
            self._wait_until_up()
            self.verify_clock()
        except BaseException as error:
            try:
                if isinstance(error, (TroubleError, OSError)) and self._premises is not None:
                    self._premises.refuse_full_disk()  # then that is the reason, whatever has died of it
            finally:
                self.stop()
            raise

    def order(self, do: str, **arguments: object) -> str:
        """Have the sender do something; it answers in its journal under the name that is returned."""
        name, rest = self.premises.word_order(do, arguments)
        deadline = time.monotonic() + _ORDER_TIMEOUT_S
        while left := self.premises.pass_on(rest):
            if len(left) < len(rest):
                deadline = time.monotonic() + _ORDER_TIMEOUT_S
            rest = left
            self._await_room(deadline)
        return name

    def wait(self, timeout_s: float, *, for_room: bool = False) -> None:
        """Sleep until something may have happened, but no longer than this; `for_room`: or there is room for orders."""
        self.premises.wait([self.supervisor], timeout_s, for_room=for_room)
        if self._is_interrupted:
            raise InterruptedRunError
        self.premises.refuse_full_disk()
        self.supervisor.hear()

    def interrupt(self) -> None:
        """Make the thread that uses it fail with InterruptedRunError at its next `wait`. From any thread."""
        self._is_interrupted = True
        if (premises := self._premises) is not None:
            premises.ring()

    def write_down(self, kind: str, **fields: object) -> None:
        """Write down a fact of the harness's own, where its processes write down theirs."""
        _started(self._journal).append(kind, virtual_ns=self.clock.now_ns(), **fields)

    def backlog(self) -> Backlog:
        """Look into Redis."""
        return self.inspector.backlog()

    def mark(self) -> str | None:
        """Send a marker through Redis's command stream and return its name; None where nobody records."""
        if not self.conditions.records_commands:
            return None
        self._marks += 1
        return self.inspector.mark(self._marks)

    def logs(self) -> Mapping[str, Path]:
        """Return what each process has printed so far."""
        return {path.stem: path for path in self.premises.logs.glob("*.log")}

    @property
    def files(self) -> Path:
        """The folder of the files that its surroundings give the app."""
        return self.premises.files

    def stop(self) -> None:
        """Stop everything and leave nothing behind. It may be called at any time and more than once."""
        inspector, supervisor, premises = self._inspector, self._supervisor, self._premises
        journal, clock = self._journal, self.clock
        self._inspector = self._supervisor = self._premises = self._journal = None
        self.clock = RealClock()
        try:
            if inspector is not None:
                inspector.close()
            if journal is not None:
                journal.close()
            if isinstance(clock, VirtualClock):
                clock.close()
        finally:
            try:
                if supervisor is not None:
                    supervisor.end()
            finally:
                if premises is not None:
                    premises.close()

    # ---- for subclasses ----------------------------------------------------------------------------------------

    @property
    def premises(self) -> Premises:
        """Its folder."""
        return _started(self._premises)

    @property
    def supervisor(self) -> Supervisor:
        """Its supervisor."""
        return _started(self._supervisor)

    @property
    def inspector(self) -> Inspector:
        """Its look into Redis."""
        return _started(self._inspector)

    def app_environment(self) -> dict[str, str]:
        """Return the variables of the app's surroundings: its own, and where its files are."""
        files = {variable: str(self.premises.files / name) for variable, name in self.surroundings.files.items()}
        return {**self.surroundings.environment, **files}

    def awaited(self) -> set[str]:
        """Return the processes that write down that they are up, and must have done so before a canvas is sent."""
        return set(worker_names(self.conditions)) | ({"recorder"} if self.conditions.records_commands else set())

    @property
    def importer(self) -> str:
        """Which Python imports the app in it: whoever cannot import it is to be told."""
        return sys.executable

    def supervise(self, descriptors: tuple[int, ...] = ()) -> Supervisor:
        """Start the supervisor, which owns the folder and everything that it is told to start; then make the folder.

        In this order, so that at no moment there is something that nobody would remove if we were killed.
        """
        directory = choose_directory()
        page = page_directory(directory)
        self._supervisor = Supervisor.start(directory, page, descriptors)
        self._premises = Premises.create(directory)
        self._premises.others.append(page)
        self._feed = Feed(self._premises.journals)
        self._journal = Journal(self._premises.journals, "harness", "harness", Bell(directory / BELL))
        self._journal.begin()
        if FAULTS_VARIABLE in self.surroundings.environment:
            self._supervisor.open_door()
        self.clock, self.clock_reason = make_clock(self.conditions, page, self.obstacle())
        if isinstance(self.clock, VirtualClock):
            self._supervisor.start_process(self._clock_plan(self.clock))
        return self._supervisor

    def obstacle(self) -> str | None:
        """Say why time cannot be virtual in a testbed of this kind here; None if nothing is known against it."""
        return None

    def await_clock(self) -> None:
        """Return when the clock can jump, or it is known that it cannot: in between other things can be started."""
        if isinstance(self.clock, VirtualClock):
            try:
                self.clock.await_autojump()
            except ClockError as error:
                self._go_real(str(error.found))

    def pids(self) -> Mapping[str, int]:
        """Return the processes that must be under the clock, with their numbers on this machine."""
        return {name: pid for name, pid in self.supervisor.pids.items() if name != CLOCK}

    def _await_room(self, deadline: float) -> None:
        """Wait until the sender takes more of an order: one that is longer than its FIFO (64 KiB) comes in parts.

        The FIFO never tells that its reader is gone, for we have it open ourselves.
        """
        for death in self.deaths:  # first: nothing more is heard of who is known to be dead
            if death.role == "sender":
                raise self.trouble("the sender to live as long as its testbed", str(death), "sender")
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise self.trouble(f"the sender to take an order within {_ORDER_TIMEOUT_S:.0f} s", "silence", "sender")
        self.wait(left_s, for_room=True)

    def _clock_plan(self, clock: VirtualClock) -> ProcessPlan:
        return ProcessPlan(
            name=CLOCK,
            role=CLOCK,
            argv=clock.autojump_command(self.supervisor.process.pid, adopts=True),
            environment=os.environ,
            cwd=self.premises.directory,
            log=self.premises.logs / f"{CLOCK}.log",
        )

    def verify_clock(self) -> None:
        """See that every process is under the clock; if one is not, nobody's time may jump."""
        if not isinstance(self.clock, VirtualClock):
            return
        deadline = time.monotonic() + _REGISTRATION_TIMEOUT_S
        while complaint := self._complaint(self.clock):
            if time.monotonic() > deadline:
                self._go_real(complaint)
                return
            self.wait(_REGISTRATION_LOOK_S)

    def _complaint(self, clock: VirtualClock) -> str | None:
        """Name a process that is not under the clock, or cannot be watched."""
        for name, pid in self.pids().items():
            for complaint in clock.verify([pid]):
                return complaint.replace(f"process {pid}", name)
        return None

    def _go_real(self, reason: str) -> None:
        """Go on in real time. Who lives under the virtual clock may stay there: it is held, and stays so."""
        assert isinstance(self.clock, VirtualClock)
        self.clock.close()
        self.clock, self.clock_reason = RealClock(), reason

    def _wait_until_up(self) -> None:
        """Return when every worker consumes and the recorder records: they write it down themselves."""
        deadline = time.monotonic() + _START_TIMEOUT_S
        missing = self.awaited()
        process_of: dict[str, str] = {}
        while True:
            for event in self.feed.pull():
                if isinstance(event, ProcessStarted):
                    process_of[event.source] = event.process
                    if event.role == "service":
                        missing.discard(event.process)
                elif isinstance(event, WorkerStarted | RecorderStarted):
                    missing.discard(process_of[event.source])
            if not missing:
                return
            left_s = deadline - time.monotonic()
            for death in self.deaths:
                if death.name in missing or death.role in _MUST_LIVE:
                    raise start_trouble(self.app, death, self.supervisor.printed(death.name), self.importer)
            if left_s <= 0:
                name = min(missing)
                raise self.trouble(
                    f"{', '.join(sorted(missing))} to be up in {_START_TIMEOUT_S:.0f} s", "silence", name
                )
            self.wait(left_s)

    def trouble(self, expected: str, found: str, process: str) -> HarnessError:
        """Describe trouble with a process by the end of what it printed."""
        return self.supervisor.trouble(expected, found, process)


def _started(part: Part | None) -> Part:
    assert part is not None, "the testbed has not been started"
    return part

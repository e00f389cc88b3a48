"""The default testbed: Redis, workers, service and sender as processes of this machine, in well under a second."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
from typing import TYPE_CHECKING, ClassVar

from harness.errors import HarnessError
from harness.testbed import celery_commands
from harness.testbed.inherited import inherited_environment
from harness.testbed.redis_server import READY, Server, configuration, find_program, free_port
from harness.testbed.supervised import SupervisedTestbed
from harness.testbed.supervisor import ProcessPlan
from harness.testbed.testbed import Capability

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOOPBACK = "127.0.0.1"
_REDIS_TIMEOUT_S = 10.0
_PORT_TRIES = 5
_BY_PROC = (Capability.PAUSE_WORKER, Capability.REPLACE_WORKER, Capability.RESTART_REDIS)


class LocalTestbed(SupervisedTestbed):
    """A private Redis and workers, on the loopback, behind a port and a password that nobody else knows."""

    name: ClassVar[str] = "local"
    _celery: dict[str, str]  # what workers and sender are told
    abilities: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.ADD_WORKER,
            Capability.KILL_WORKER,
            Capability.RESTART_WORKER,
            Capability.KILL_POOL_PROCESS,
            Capability.RECORD_COMMANDS,
            # Whose pool a process is, and the supervisor's door, are found through /proc.
            *(_BY_PROC if sys.platform == "linux" else ()),
        }
    )

    def bring_up(self) -> Server:
        """Start Redis, and when it is ready everything else at once."""
        program = find_program(self.conditions.redis_server)
        self.description = {"redis server": program}
        with socket.create_server((_LOOPBACK, 0)) as listener:
            self.supervise((listener.fileno(),) if self.service is not None else ())
            server = self._start_redis(program)
            self.await_clock()
            celery = celery_commands.celery_environment(server)
            if self.service is not None:
                # The socket is there before the service: whoever connects too early waits, and nobody polls.
                celery[self.service.url_variable] = f"http://{_LOOPBACK}:{listener.getsockname()[1]}"
                self._start_service(listener.fileno())
        if self.conditions.records_commands:
            recorder = celery_commands.recorder_command(sys.executable)
            self._start("recorder", "recorder", recorder, celery_commands.recorder_environment(server))
        self._celery = {**self.app_environment(), **celery}
        for name in celery_commands.worker_names(self.conditions):
            self.hire(name, name)
        command = celery_commands.sender_command(self._launcher, self.app, self.surroundings)
        self._start("sender", "sender", command, self._celery)
        return server

    def hire(self, name: str, node: str) -> None:
        """Start one more worker like the others, under this name; `node` is what Celery is to call it."""
        command = celery_commands.worker_command(self._launcher, self.app, self.surroundings, node, self.conditions)
        self._start(name, "worker", command, self._celery)

    @property
    def _launcher(self) -> tuple[str, ...]:
        return celery_commands.launcher(sys.executable)

    def kill_worker(self, name: str) -> None:
        """Kill a worker's main process; the kernel kills its pool with it (celery/concurrency/prefork.py)."""
        self.supervisor.signal(name, signal.SIGKILL, expected=True)

    def _start_redis(self, program: str) -> Server:
        """Start Redis on a free port; another program may take that port first, and then there are others."""
        for again in range(_PORT_TRIES):
            name = f"redis-{again}" if again else "redis"
            folder = self._redis_folder()
            server = Server(host=_LOOPBACK, port=free_port(), password=secrets.token_urlsafe(24), folder=folder)
            plan = self._plan(name, "redis", [program, "-"], {}, configuration=configuration(server), ready=READY)
            self.supervisor.start_process(plan)
            try:
                self.supervisor.wait_ready(name, _REDIS_TIMEOUT_S)
            except HarnessError as error:
                if "in use" not in str(error):
                    raise
                self.supervisor.forgive(name)
            else:
                return server
        raise HarnessError(
            "a free port on the loopback",
            f"{_PORT_TRIES} ports were taken between their choice and their use",
            "see which program takes ports so fast, and run again",
        )

    def _redis_folder(self) -> str | None:
        """Make the folder in which Redis keeps what it was told, where it is to keep it."""
        if not self.surroundings.redis_keeps_data:
            return None
        folder = self.premises.directory / "redis"
        folder.mkdir(exist_ok=True)
        return str(folder)

    def _start_service(self, listener: int) -> None:
        assert self.service is not None
        command = [sys.executable, "-m", self.service.module]
        self.supervisor.start_process(self._plan("service", "service", command, {"LISTEN_FDS": "1"}, listener=listener))

    def _start(self, name: str, role: str, command: Sequence[str], environment: dict[str, str]) -> None:
        self.supervisor.start_process(self._plan(name, role, command, environment))

    def _plan(  # noqa: PLR0913 - it spares every caller three of them
        self,
        name: str,
        role: str,
        command: Sequence[str],
        environment: dict[str, str],
        *,
        configuration: str | None = None,
        ready: str | None = None,
        listener: int | None = None,
    ) -> ProcessPlan:
        return ProcessPlan(
            name=name,
            role=role,
            argv=command,
            environment=inherited_environment()
            | environment
            | self.premises.environment(name, role)
            | self.clock.environment(os.environ),
            # Nobody's modules are here: a user's own folder named like a module of ours disturbs nothing.
            cwd=self.premises.directory,
            log=self.premises.logs / f"{name}.log",
            input=configuration,
            ready=ready,
            listener=listener,
        )

"""Redis as a process, in the place of a Redis container: a port of the loopback, and no password, as there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.pytest_celery.processes.node import Executed, Node
from harness.testbed.inherited import inherited_environment
from harness.testbed.redis_server import READY, free_port
from harness.testbed.supervisor import ProcessPlan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.pytest_celery.processes.engine import ProcessEngine

PORT = "6379/tcp"
_HOST = "127.0.0.1"
# Fewer idle wake-ups, at which a virtual clock stops; and a title would be written over the environment, by which what
# is left of a testbed is found (`leftovers`).
_OWN = ("--hz", "1", "--dynamic-hz", "no", "--set-proc-title", "no")
# How /proc/net/tcp tells of a port that is listened on: pytest-docker-tools asks a container's own for the ports that
# it publishes (wrappers/container.py, 3.1).
_LISTENS = "   0: 00000000:{:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 0 1\n"


class RedisNode(Node):
    """A Redis that goes for a container."""

    def __init__(self, engine: ProcessEngine, command: Sequence[str] | None, **about: Any) -> None:  # noqa: ANN401
        super().__init__(engine, engine.observation.next_name("redis"), **about)
        self.port = free_port()
        self._arguments = tuple(command or ())[1:]

    def plan(self, name: str) -> ProcessPlan:
        """Start it on its own port, with what the container's command asked for."""
        premises, clock = self.engine.observation.premises, self.engine.observation.clock
        place = ("--bind", _HOST, "--port", str(self.port), "--dir", str(self.folder))
        return ProcessPlan(
            name=name,
            role="redis",
            argv=[self.engine.redis_program, *self._arguments, *place, *_OWN],
            environment=inherited_environment()
            | self.environment
            | premises.environment(name, "redis")
            | clock.environment(),
            cwd=self.folder,
            log=self.log,
            ready=READY,
        )

    @property
    def environment(self) -> dict[str, str]:
        """None of its own."""
        return {}

    @property
    def folder(self) -> Path:
        """The session's."""
        return self.engine.observation.premises.directory

    @property
    def hostname(self) -> str:
        """Where workers find it: pytest-celery puts no port behind this name (vendors/redis/container.py, 1.3)."""
        return f"{_HOST}:{self.port}"

    @property
    def ports(self) -> dict[str, list[dict[str, str]]]:
        """The port that it would have in a container, and the one that it has."""
        return {PORT: [{"HostIp": _HOST, "HostPort": str(self.port)}]}

    def exec_run(self, cmd: str | Sequence[str], **arguments: object) -> Executed:
        """Tell of the port that is published, as the network of a container of its own would; else run the command."""
        if "/proc/net/tcp" in cmd:
            is_listening = self.status == "running"
            return Executed(0, _LISTENS.format(int(PORT.partition("/")[0])).encode() if is_listening else b"")
        return super().exec_run(cmd, **arguments)

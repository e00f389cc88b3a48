"""One process of a testbed in a container of its own: what it is, and how it is started.

A part is written down as a small shell script in the testbed's folder, and its container runs that. So the engine, its
logs and `docker inspect` know no password; and what the process prints goes straight into the testbed's log, where it
is complete at every moment, whoever is killed.
"""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from harness.clock.virtual_clock import VirtualClock
from harness.errors import HarnessError
from harness.testbed.death_watch import PROCESS_LABEL, ROLE_LABEL
from harness.testbed.engine import obeying
from harness.testbed.sweep import FOLDER_LABEL, OWNER_LABEL, TESTBED_LABEL, owner

with suppress(ImportError):  # they come with an extra: nobody gets here before `engine.unavailable` has said so
    from docker.types import Mount
    from testcontainers.core.config import testcontainers_config
    from testcontainers.core.container import DockerContainer, Reaper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.clock.clock import Clock
    from harness.testbed.premises import Premises

COMMANDS = "commands"
_RYUK = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A process to start in a container."""

    name: str
    role: str
    image: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def container_name(premises: Premises, part: str) -> str:
    """Return the name under which the engine knows a part of a testbed; people see it in `docker ps`."""
    return f"{premises.directory.name}-{part}"


def start(part: Part, premises: Premises, network: str, clock: Clock) -> None:
    """Start a part. The folder has the same name inside as outside, so nobody has to translate.

    A virtual clock needs the machine's own process numbers: the autojump loop looks for those processes in its /proc.
    """
    folder = str(premises.directory)
    mounts, pid_mode = [premises.directory], None
    if isinstance(clock, VirtualClock):
        mounts += clock.mounts()
        pid_mode = "host"
    with obeying(f"start a container for {part.name}"):
        container = DockerContainer(part.image)
        try:
            container.image = part.image  # it is here; a registry's prefix from Testcontainers' settings would hide it
            container.with_name(container_name(premises, part.name)).with_command([_script(part, premises, clock)])
            container.with_kwargs(
                entrypoint=["sh"],
                # Without the first, Testcontainers looks for a network of its own choice (docker_client.py, 4.15).
                network=None,
                network_mode=network,
                # What a container writes into the folder belongs to whoever runs the harness.
                user=f"{os.getuid()}:{os.getgid()}",
                working_dir=folder,
                # A mount and not a volume: for a volume's folder that is gone already the engine makes a new one.
                mounts=[Mount(target=str(path), source=str(path), type="bind") for path in mounts],
                pid_mode=pid_mode,
                labels={
                    TESTBED_LABEL: premises.directory.name,
                    FOLDER_LABEL: folder,
                    OWNER_LABEL: owner(),
                    PROCESS_LABEL: part.name,
                    ROLE_LABEL: part.role,
                },
            )
            container.start()
        finally:
            # Nobody calls its `stop`: what removes a testbed must work without the harness (sweep.py).
            container.get_docker_client().client.close()


def _script(part: Part, premises: Premises, clock: Clock) -> str:
    environment = {**part.environment, **premises.environment(part.name, part.role), **clock.environment({})}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
    log = premises.logs / f"{part.name}.log"
    lines.append(f"exec {shlex.join(part.command)} >>{shlex.quote(str(log))} 2>&1")
    path = premises.directory / COMMANDS / part.name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def start_ryuk() -> None:
    """Start Testcontainers' own reaper where it is on, before several threads would do so at the same time."""
    if testcontainers_config.ryuk_disabled:
        return
    try:
        with _RYUK, obeying("start Testcontainers' reaper, Ryuk"):
            Reaper.get_instance()
    except HarnessError as error:
        remedy = "set TESTCONTAINERS_RYUK_DISABLED=true: this testbed's supervisor removes its containers anyway"
        raise HarnessError(error.expected, error.found, remedy) from error

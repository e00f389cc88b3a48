"""One process in the place of a container: what pytest-celery and pytest-docker-tools ask of a container, and no more.

Its life is that of a container: it can be killed, stopped, started again under its id, and what it prints adds up over
its lives. To the harness each life has a name of its own. Refuses to know what it is for: subclasses say what to start.
"""

from __future__ import annotations

import io
import secrets
import shlex
import signal
import subprocess
import tarfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.pytest_celery.processes.engine import is_running
from harness.pytest_celery.processes.own_python import python_of
from harness.pytest_celery.signal_names import KILL, number_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.pytest_celery.processes.engine import ProcessEngine
    from harness.testbed.supervisor import ProcessPlan

_STOP_TIMEOUT_S = 10.0  # Docker's own
_EXEC_TIMEOUT_S = 60.0


class Executed(NamedTuple):
    """What became of a command, in the form that Docker's client has for it."""

    exit_code: int
    output: bytes


class Node(ABC):
    """A process that goes for a container."""

    def __init__(self, engine: ProcessEngine, name: str, network: str | None, labels: Mapping[str, str]) -> None:
        self.id = secrets.token_hex(32)
        self.short_id = self.id[:12]
        self.name = f"{name}-{self.short_id}"
        self.labels = dict(labels)
        self.engine = engine
        self._base = name
        self._network = network
        self._lives = 0
        self._pid: int | None = None
        self._life = ""  # the name of this life
        self._printed_before = 0  # in former lives

    @abstractmethod
    def plan(self, name: str) -> ProcessPlan:
        """Return what to start for a life of this name."""

    def is_up(self, name: str) -> bool:
        """Say whether a life of this name is of use to others; one that was started is."""
        return bool(name)

    @property
    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The variables that it was given."""

    @property
    @abstractmethod
    def folder(self) -> Path:
        """The folder that it runs in."""

    def inside(self, path: str) -> Path:
        """Return where a path of the container's is on this machine."""
        return Path(path)

    # ---- what a container is -----------------------------------------------------------------------------------

    @property
    def status(self) -> str:
        """Say in Docker's words whether it runs."""
        return "running" if self._pid is not None and is_running(self._pid) else "exited"

    @property
    def attrs(self) -> dict[str, Any]:
        """What Docker would tell of it, as far as it is asked for that."""
        networks = {self._network: {"IPAddress": "127.0.0.1"}} if self._network else {}
        return {
            "Id": self.id,
            "Name": f"/{self.name}",
            "Config": {
                "Hostname": self.hostname,
                "Env": [f"{name}={value}" for name, value in self.environment.items()],
                "Labels": self.labels,
            },
            "HostConfig": {"PortBindings": {}},
            "Mounts": [],
            "NetworkSettings": {"Networks": networks, "Ports": self.ports},
            "State": {"Status": self.status, "Pid": self._pid or 0},
        }

    @property
    def hostname(self) -> str:
        """Return by what name others find it."""
        return self.short_id

    @property
    def ports(self) -> dict[str, list[dict[str, str]]]:
        """Return which of its ports are which of this machine's."""
        return {}

    def reload(self) -> None:  # noqa: B027 - there is nothing to ask again: it looks whenever it is asked
        """Do nothing: what it tells is never old."""

    def logs(self, **_: object) -> bytes:
        """Return what it has printed in all its lives."""
        return self.log.read_bytes() if self.log.exists() else b""

    def has_printed(self, words: bytes) -> bool:
        """Say whether it has printed this in this life."""
        return words in self.logs()[self._printed_before :]

    @property
    def log(self) -> Path:
        """Where that is kept."""
        return self.engine.observation.premises.logs / f"{self.name}.log"

    # ---- what a container does ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin a life, and return when it is of use, or over."""
        self._lives += 1
        self._life = self._base if self._lives == 1 else f"{self._base}.{self._lives}"
        self._printed_before = len(self.logs())
        life = self._life
        self._pid = self.engine.start(self.plan(life))
        if self._pid is not None and not self.engine.await_up(life, self._pid, lambda: self.is_up(life)):
            self._pid = None

    def kill(self, signal: str | int | None = None) -> None:
        """Send a signal; return when a life is over that this one ends at once."""
        if self._pid is None or self.status != "running":
            return
        number = number_of(signal)
        self.engine.signal(self._life, number)
        if number == KILL:
            self.engine.await_death(self._life, self._pid, _STOP_TIMEOUT_S)

    def stop(self, timeout: float = _STOP_TIMEOUT_S) -> None:
        """Ask it to end, and kill it if it does not."""
        if self._pid is None or self.status != "running":
            return
        self.engine.signal(self._life, signal.SIGTERM)
        if not self.engine.await_death(self._life, self._pid, timeout):
            self.kill()

    def restart(self, timeout: float = _STOP_TIMEOUT_S) -> None:
        """Stop it and start it again."""
        self.stop(timeout)
        self.start()

    def wait(self, timeout: float | None = None) -> dict[str, int]:
        """Wait for its end and return how it came to that, in the form that Docker's client has for it."""
        if self._pid is not None:
            self.engine.await_death(self._life, self._pid, timeout or _EXEC_TIMEOUT_S)
        death = self.engine.death_of(self._life)
        if death is None:
            return {"StatusCode": 0}
        return {"StatusCode": 128 + death.signal if death.signal else death.exit_code or 0}

    def remove(self, **_: object) -> None:
        """End it for good. What it has printed goes with it."""
        self.kill()
        self.log.unlink(missing_ok=True)

    def exec_run(self, cmd: str | Sequence[str], **_: object) -> Executed:
        """Run a command beside it, with its variables and in its folder."""
        words = shlex.split(cmd) if isinstance(cmd, str) else list(cmd)
        done = subprocess.run(
            python_of(words),
            env=dict(self.plan(self._life).environment),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=_EXEC_TIMEOUT_S,
            check=False,
        )
        return Executed(done.returncode, done.stdout)

    def get_archive(self, path: str, **_: object) -> tuple[list[bytes], dict[str, str]]:
        """Return a file or a folder of its as a tar archive, in the form that Docker's client has for it."""
        packed, place = io.BytesIO(), self.inside(path)
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(place, arcname=place.name)
        return [packed.getvalue()], {"name": place.name}

"""A Docker client and its containers as pytest-celery has them, but for what is seen of workers.

Everything that is not here is the client's own: attributes are passed on. Owns what a probe cannot say itself, that its
worker was killed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from harness.journal import PROCESS_VARIABLE, ROLE_VARIABLE, TESTBED_VARIABLE
from harness.pytest_celery.probed import is_worker, probed
from harness.pytest_celery.signal_names import KILL, number_of

if TYPE_CHECKING:
    from harness.pytest_celery.observation import Observation

_TIMEOUT_S = 10  # Docker's own


class ObservedClient:
    """A Docker client that starts workers with a probe in them."""

    def __init__(self, client: Any, observation: Observation) -> None:
        self._client = client
        self.containers = ObservedContainers(client, observation)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class ObservedContainers:
    """What a Docker client calls `containers`."""

    def __init__(self, client: Any, observation: Observation) -> None:
        self._client = client
        self._observation = observation

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client.containers, name)

    def run(self, image: Any, command: Any = None, **arguments: Any) -> Any:
        """Start a container; a worker's with the probe in it."""
        if command is not None and not is_worker(command):
            return self._client.containers.run(image, command, **arguments)
        about = self._client.images.get(image).attrs["Config"]
        if not is_worker(command or about.get("Cmd")):
            return self._client.containers.run(image, command, **arguments)
        name = self._observation.next_name("worker")
        folder = self._observation.premises.directory
        own = {TESTBED_VARIABLE: str(folder), PROCESS_VARIABLE: name, ROLE_VARIABLE: "worker"}
        arguments = probed({**arguments, "command": command}, about, own, folder)
        if os.geteuid():  # what it writes must be ours to read; root reads everything
            arguments.setdefault("user", f"{os.geteuid()}:{os.getegid()}")
        raw = self._client.containers.run(image, **arguments)
        return ObservedContainer(raw, name, self._observation)


class ObservedContainer:
    """A worker's container: tells of its own death, which its probe cannot."""

    def __init__(self, raw: Any, name: str, observation: Observation) -> None:
        self._raw = raw
        self._name = name
        self._observation = observation

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def kill(self, signal: str | int | None = None) -> None:
        """Send a signal; what kills at once is written down."""
        self._raw.kill(signal)
        if (number := number_of(signal)) == KILL:
            self._write_down(None, number)

    def stop(self, **arguments: Any) -> None:
        """Have the worker end, and write down how it did."""
        self._raw.stop(**arguments)
        self._raw.reload()
        self._write_down(self._raw.attrs["State"]["ExitCode"], None)

    def restart(self, **arguments: Any) -> None:
        """Stop it and start it again, as Docker does, and tell of the end before the beginning."""
        self._raw.reload()
        if self._raw.status == "running":
            self.stop(timeout=arguments.pop("timeout", _TIMEOUT_S))
        self._raw.start()

    def _write_down(self, exit_code: int | None, number: int | None) -> None:
        how = {"exit_code": exit_code, "signal": number, "expected": True}
        self._observation.write_down("ProcessDied", process=self._name, role="worker", pid=1, **how)

"""Removes every container of one testbed, with its volumes: `python -m harness.testbed.sweep TESTBED`.

The supervisor runs it last, however the harness ended, so there is one way out and every run takes it. Only if both
were killed at the same moment there is nobody left to do so: then whoever starts the next testbed of containers does
(`abandoned_containers`).
"""

from __future__ import annotations

import os
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.testbed.engine import connect

with suppress(ImportError):  # it comes with an extra: `connect` says so
    from docker.errors import APIError, NotFound

if TYPE_CHECKING:
    from docker import DockerClient

TESTBED_LABEL = "canvas-harness.testbed"
FOLDER_LABEL, OWNER_LABEL = "canvas-harness.folder", "canvas-harness.owner"
_PATIENCE_S = 30.0
_REMOVAL_PATIENCE_S = 10


def owner() -> str:
    """Return who may remove what is abandoned: the same user of the same machine, who sees the same folders.

    An engine may be shared with containers that have its socket, and with other users.
    """
    return f"{os.getuid()}@{socket.gethostname()}"


def sweep(testbed: str) -> None:
    """Remove all that carries the testbed's label, until nothing does."""
    deadline = time.monotonic() + _PATIENCE_S
    with closing(connect()) as engine:
        # More than once: a harness that was killed may have left an order for one more container in the engine.
        while containers := engine.api.containers(
            all=True, quiet=True, filters={"label": f"{TESTBED_LABEL}={testbed}"}
        ):
            with ThreadPoolExecutor(len(containers)) as threads:
                for container in containers:
                    threads.submit(_remove, engine, container["Id"])
            if time.monotonic() > deadline:
                raise HarnessError(
                    f"the Docker engine to remove {len(containers)} containers of {testbed} in {_PATIENCE_S:.0f} s",
                    "they are still there",
                    f"docker ps -aq --filter label={TESTBED_LABEL}={testbed} | xargs docker rm -fv",
                )


def _remove(engine: DockerClient, container: str) -> None:
    """Kill and remove a container. Nothing in it is asked to stop: all that it knows is on record already."""
    try:
        engine.api.remove_container(container, v=True, force=True)
    except NotFound:
        pass
    except APIError:  # somebody else (Ryuk, a person) is removing it
        engine.api.wait(container, condition="removed", timeout=_REMOVAL_PATIENCE_S)


if __name__ == "__main__":
    try:
        sweep(sys.argv[1])
    except HarnessError as error:
        sys.exit(str(error))

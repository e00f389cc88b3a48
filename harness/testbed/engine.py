"""The Docker engine: whether one answers, whether containers can be used with it, a connection to it.

Owns the words for an engine that is missing, silent or of no use here. Refuses to know images and containers.
"""

from __future__ import annotations

import os
import platform
import socket
import sys
from contextlib import closing, contextmanager
from importlib.util import find_spec
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from requests import RequestException

from harness.errors import HarnessError

try:
    import docker
except ImportError:  # it comes with an extra: unreachable says so
    docker = None

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from docker import DockerClient

PATIENCE_S = 2
_INSTALL = "pip install 'canvas-harness[containers]'"


def unavailable() -> str | None:
    """Return None where containers can be used, else one line that says why not; within a few seconds."""
    if sys.platform != "linux":
        return "containers share journals and FIFOs with the harness, which takes Linux"
    if find_spec("testcontainers") is None:
        return f"the package testcontainers is not installed: {_INSTALL}"
    return unreachable() or _ask_why_useless()


def unreachable() -> str | None:
    """Return None where a Docker engine answers, else one line that says why not; within two seconds."""
    if docker is None:
        return f"the package docker is not installed: {_INSTALL}"
    _choose_engine()
    answers: SimpleQueue[str | None] = SimpleQueue()
    # In a thread: none of the client's time-outs covers looking up the name of a remote engine.
    Thread(target=lambda: answers.put(_why_unreachable()), daemon=True).start()
    try:
        return answers.get(timeout=PATIENCE_S)
    except Empty:
        return f"no answer from the Docker engine within {PATIENCE_S} s"


def connect(timeout_s: float = 60) -> DockerClient:
    """Return a connection to the engine; whoever asked for it closes it."""
    why = unreachable()
    if why is not None:
        raise HarnessError("a Docker engine that answers", why, "start one, or use the local testbed")
    return docker.from_env(timeout=timeout_s)


@contextmanager
def obeying(what: str) -> Iterator[None]:
    """Turn an engine's refusal into trouble in three parts; `what` completes "the Docker engine to"."""
    try:
        yield
    except (docker.errors.DockerException, RequestException, OSError) as error:
        raise HarnessError(
            f"the Docker engine to {what}",
            getattr(error, "explanation", None) or str(error),
            "mend what the engine names, or use the local testbed",
        ) from error


def _choose_engine() -> None:
    """Let every client here talk to the engine that Testcontainers' own clients talk to.

    Those also ask ~/.testcontainers.properties and the current Docker context, and keep the answer where this does
    (testcontainers/core/docker_client.py, 4.15).
    """
    if find_spec("testcontainers") is not None:
        from testcontainers.core.docker_client import get_docker_host  # noqa: PLC0415 - after it is known to be there

        if host := get_docker_host():
            os.environ["DOCKER_HOST"] = host


def _why_unreachable() -> str | None:
    where = os.environ.get("DOCKER_HOST") or "the default socket"
    try:
        with closing(docker.from_env(version=docker.constants.DEFAULT_DOCKER_API_VERSION)) as unconnected:
            api = unconnected.api
            where = getattr(api.get_adapter(api.base_url), "socket_path", where)
        if where.startswith("/"):
            # Tried here first: docker 7.2 leaves the socket of a failed connection open, with a warning.
            with socket.socket(socket.AF_UNIX) as attempt:
                attempt.connect(where)
        # The first thing that a client without a version does is to ask the engine for its own.
        docker.from_env(timeout=PATIENCE_S).close()
    except PermissionError:
        return f"no Docker engine at {where}: uid {os.getuid()} has no permission to use that socket"
    except docker.errors.InvalidVersion as error:
        return f"the Docker engine at {where} is too old: {' '.join(str(error).split())}"
    except (docker.errors.DockerException, OSError, ValueError) as error:
        return f"no Docker engine at {where}: {' '.join(str(error).split())}"
    return None


def why_useless(info: Mapping[str, Any]) -> str | None:
    """Say why an engine with this to say of itself is of no use: it must share this machine's kernel and users."""
    if info["KernelVersion"] != platform.release():
        return f"the Docker engine runs on another kernel ({info['KernelVersion']}): a FIFO does not reach that far"
    for option in info.get("SecurityOptions") or ():
        if option in ("name=rootless", "name=userns"):
            return f"the Docker engine gives users in containers other numbers ({option}): journals need the same ones"
    return None


def _ask_why_useless() -> str | None:
    try:
        with closing(docker.from_env(timeout=PATIENCE_S)) as engine:
            return why_useless(engine.info())
    except (docker.errors.DockerException, OSError) as error:
        return f"the Docker engine does not say what it is: {' '.join(str(error).split())}"

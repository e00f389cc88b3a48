"""The images that containers start from: found again by the hash of what is in them, made only if missing.

Owns their names, the way to them (here, from a registry, by a build), and the words for a missing engine,
image or registry. Refuses to start containers, and to remove images: they are a cache, and Docker's to prune.
"""

from __future__ import annotations

import os
import re
import socket
from contextlib import closing
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from requests import RequestException

from harness.errors import HarnessError
from harness.testbed.image.context import Context, context

try:
    import docker
except ImportError:  # it comes with an extra: engine_unreachable says so
    docker = None

if TYPE_CHECKING:
    from docker import DockerClient

PYTHON_IMAGE = ("CANVAS_HARNESS_PYTHON_IMAGE", "python:3.12-slim")
REDIS_IMAGE = ("CANVAS_HARNESS_REDIS_IMAGE", "redis:7")
REPOSITORY = "canvas-harness/worker"

ENGINE_PATIENCE_S = 2
REGISTRY_PATIENCE_S = 4
BUILD_PATIENCE_S = 600
LOG_TAIL_LINES = 20


def engine_unreachable() -> str | None:
    """Return None where a Docker engine answers, else one line that says why not; within two seconds."""
    if docker is None:
        return "the package docker is not installed: pip install 'canvas-harness[containers]'"
    answers: SimpleQueue[str | None] = SimpleQueue()
    # In a thread: none of the client's time-outs covers looking up the name of a remote engine.
    Thread(target=lambda: answers.put(_why_unreachable()), daemon=True).start()
    try:
        return answers.get(timeout=ENGINE_PATIENCE_S)
    except Empty:
        return f"no answer from the Docker engine within {ENGINE_PATIENCE_S} s"


def worker_image(*packages: str) -> str:
    """Return the tag of the image with this harness, these packages, and the versions installed here.

    Where there is none yet it is built, on the image that CANVAS_HARNESS_PYTHON_IMAGE names, and with the
    host's network: some machines have a package index that only they can reach.
    """
    with closing(_engine()) as engine:
        base, base_id = _present(engine, *PYTHON_IMAGE)
        content = context(("harness", *packages))
        tag = f"{REPOSITORY}:{content.digest(base, base_id)}"
        if _id_of(engine, tag) is None:
            _build(engine, content, tag, base)
        return tag


def redis_image() -> str:
    """Return the name of the image that CANVAS_HARNESS_REDIS_IMAGE names, pulled if it is not here."""
    with closing(_engine()) as engine:
        return _present(engine, *REDIS_IMAGE)[0]


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
        docker.from_env(timeout=ENGINE_PATIENCE_S).close()
    except PermissionError:
        return f"no Docker engine at {where}: uid {os.getuid()} has no permission to use that socket"
    except (docker.errors.DockerException, OSError, ValueError) as error:
        return f"no Docker engine at {where}: {' '.join(str(error).split())}"
    return None


def _engine() -> DockerClient:
    why = engine_unreachable()
    if why is not None:
        raise HarnessError("a Docker engine that answers", why, "start one, or use the local testbed")
    # Long, for a build is silent while pip downloads.
    return docker.from_env(timeout=BUILD_PATIENCE_S)


def _id_of(engine: DockerClient, name: str) -> str | None:
    try:
        return str(engine.images.get(name).id)
    except docker.errors.ImageNotFound:
        return None


def _present(engine: DockerClient, setting: str, default: str) -> tuple[str, str]:
    """Return the name and the id of the image that a setting names, pulled if it is not here."""
    name = os.environ.get(setting) or default
    try:
        found = _id_of(engine, name)
        if found is None:
            # A pull from behind a wall hangs for minutes: the registry is first asked for the name.
            with closing(docker.from_env(timeout=REGISTRY_PATIENCE_S)) as impatient:
                impatient.images.get_registry_data(name)
            found = str(engine.images.pull(name).id)
    except RequestException as error:
        silence = f"not here, and its registry did not answer within {REGISTRY_PATIENCE_S} s"
        raise HarnessError(
            f"the image {name}, on this machine or from its registry",
            getattr(error, "explanation", None) or silence,
            f"set {setting} to an image that is here or can be pulled; on Debian, .ci/base-images makes one",
        ) from error
    return name, found


def _build(engine: DockerClient, content: Context, tag: str, base: str) -> None:
    try:
        engine.images.build(
            fileobj=content.tar(),
            custom_context=True,
            tag=tag,
            buildargs={"PYTHON_IMAGE": base},
            labels={"canvas-harness.image": "worker"},
            network_mode="host",
            rm=True,
            forcerm=True,
        )
    except (docker.errors.BuildError, RequestException) as error:
        log = "".join(line.get("stream", "") for line in getattr(error, "build_log", ()))
        plain = re.sub(r"\x1b\[\d*m", "", log)  # the engine paints what went to standard error red
        raise HarnessError(
            f"a worker image built on {base}",
            "\n".join(["the end of the build's log:", *plain.splitlines()[-LOG_TAIL_LINES:], str(error)]),
            "mend what it names: the package index, a version that is not on it, or the base image",
        ) from error

"""The images that containers start from: found again by the hash of what is in them, made only if missing.

Owns their names, the way to them (here, from a registry, by a build), and the words for a missing image or registry.
Refuses to start containers, and to remove images: they are a cache, and Docker's to prune.
"""

from __future__ import annotations

import os
import re
from contextlib import closing
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from requests import RequestException

from harness.errors import HarnessError
from harness.testbed.engine import PATIENCE_S, connect, obeying
from harness.testbed.image.context import NOTHING, Context, context

try:
    import docker
except ImportError:  # it comes with an extra: `connect` says so
    docker = None

if TYPE_CHECKING:
    from docker import DockerClient

    from harness.testbed.image.belongings import Belongings

REPOSITORY = "canvas-harness/worker"

REGISTRY_PATIENCE_S = 3
BUILD_PATIENCE_S = 600
LOG_TAIL_LINES = 20


# Two testbeds that start side by side need the same image: the second one finds what the first has built.
_BUILDING = Lock()


@dataclass(frozen=True, slots=True)
class Setting:
    """How an image is chosen: by an option, else by a variable, else it is the official one."""

    option: str
    variable: str
    official: str

    def name(self, wanted: str | None = None) -> str:
        """Return the image's name; `wanted` is what the option says."""
        return wanted or os.environ.get(self.variable) or self.official


PYTHON_IMAGE = Setting("--python-image", "CANVAS_HARNESS_PYTHON_IMAGE", "python:3.12-slim")
REDIS_IMAGE = Setting("--redis-image", "CANVAS_HARNESS_REDIS_IMAGE", "redis:7")
RABBITMQ_IMAGE = Setting("--rabbitmq-image", "CANVAS_HARNESS_RABBITMQ_IMAGE", "rabbitmq:3")


@dataclass(frozen=True, slots=True)
class Image:
    """An image that is here: the name it goes by, and the id of its content."""

    name: str
    id: str

    def __str__(self) -> str:
        return f"{self.name} ({self.id.removeprefix('sha256:')[:12]})"


def worker_image(*packages: str, app: Belongings = NOTHING, python: str | None = None) -> Image:
    """Return the image with this harness, these packages, an app, and the versions installed here.

    Where there is none yet it is built, on the image `python` (or what the environment names), and with the host's
    network: some machines have a package index that only they can reach.
    """
    with closing(connect(BUILD_PATIENCE_S)) as engine, _BUILDING:  # a build is silent while pip downloads
        base = _present(engine, PYTHON_IMAGE, python)
        content = context(("harness", *packages), app)
        tag = f"{REPOSITORY}:{content.digest(base.name, base.id)}"
        found = _id_of(engine, tag)
        if found is None:
            _build(engine, content, tag, base.name)
            found = _id_of(engine, tag)
        return Image(tag, str(found))


def present_image(setting: Setting, wanted: str | None = None) -> Image:
    """Return the image that is wanted, or that the environment names, pulled if it is not here."""
    with closing(connect(BUILD_PATIENCE_S)) as engine:
        return _present(engine, setting, wanted)


def absent_images() -> list[str]:
    """Return the images that the first run in containers would have to pull. Asks an engine that is known to answer."""
    return [name for name in (PYTHON_IMAGE.name(), REDIS_IMAGE.name()) if not is_here(name)]


def why_not_pulled(name: str) -> str | None:
    """Say in one line why an image that is not here cannot be pulled; None if its registry knows it.

    A pull from behind a wall hangs for minutes: the registry is only asked for the name.
    """
    try:
        with closing(docker.from_env(timeout=REGISTRY_PATIENCE_S)) as impatient:
            impatient.images.get_registry_data(name)
    except RequestException as error:
        silence = f"its registry did not answer within {REGISTRY_PATIENCE_S} s"
        return " ".join(str(getattr(error, "explanation", None) or silence).split())
    return None


def is_here(name: str) -> bool:
    """Say whether an image need not be pulled. Asks an engine that is known to answer."""
    with obeying("tell which images are here"), closing(docker.from_env(timeout=PATIENCE_S)) as engine:
        return _id_of(engine, name) is not None


def _id_of(engine: DockerClient, name: str) -> str | None:
    try:
        return str(engine.images.get(name).id)
    except docker.errors.ImageNotFound:
        return None


def _present(engine: DockerClient, setting: Setting, wanted: str | None) -> Image:
    name = setting.name(wanted)
    try:
        found = _id_of(engine, name)
        if found is None and (why := why_not_pulled(name)):
            raise _not_to_be_had(name, setting, why)
        return Image(name, found or str(engine.images.pull(name).id))
    except RequestException as error:
        raise _not_to_be_had(name, setting, getattr(error, "explanation", None) or str(error)) from error


def _not_to_be_had(name: str, setting: Setting, why: str) -> HarnessError:
    return HarnessError(
        f"the image {name}, on this machine or from its registry",
        f"it is not here; {why}",
        f"name one that is here or can be pulled, by {setting.option} or {setting.variable}; on a Debian machine "
        "without a registry .ci/base-images makes stand-ins (docs/containers.md)",
    )


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

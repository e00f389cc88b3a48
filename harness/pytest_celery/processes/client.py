"""A Docker client without Docker: what pytest-celery and pytest-docker-tools ask of one, answered by processes.

Images are names, networks are names, volumes are folders, containers are nodes. Refuses what cannot be had as a process
here (RabbitMQ, memcached, localstack): the test that asks for it is skipped with that reason, never passed.
"""

from __future__ import annotations

import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.pytest_celery.probed import is_worker, words_of
from harness.pytest_celery.processes.redis_node import RedisNode
from harness.pytest_celery.processes.worker_node import WorkerNode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import IO

    from harness.pytest_celery.processes.engine import ProcessEngine
    from harness.pytest_celery.processes.node import Node

_REDIS = ("redis", "valkey")


@dataclass(frozen=True, slots=True)
class Named:
    """An image or a network: no more than its name."""

    name: str
    attrs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its name once more."""
        return self.name

    def remove(self, *_: object, **__: object) -> None:
        """Do nothing: there is nothing."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A folder."""

    name: str
    folder: Path

    def remove(self, *_: object, **__: object) -> None:
        """Leave it to the session's folder, which is removed as a whole."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A container that never runs: pytest-docker-tools fills a volume through one."""

    volumes: Mapping[str, Path]

    def put_archive(self, path: str, data: IO[bytes]) -> bool:
        """Unpack an archive into the volume that would be there."""
        with tarfile.open(fileobj=data) as archive:
            archive.extractall(self.volumes[path], filter="data")
        return True

    def remove(self, **_: object) -> None:
        """Do nothing: it never was."""


class Images:
    """What a Docker client calls `images`: nobody builds or pulls anything."""

    def build(self, *, tag: str = "process", **_: object) -> tuple[Named, Iterator[dict[str, str]]]:
        """Return a name for what would have been built."""
        return Named(tag), iter(())

    def get(self, name: str) -> Named:
        """Return the name of an image."""
        return Named(name)

    def pull(self, repository: str, tag: str | None = None, **_: object) -> Named:
        """Return the name of an image."""
        return Named(f"{repository}:{tag}" if tag else repository)


class Networks:
    """What a Docker client calls `networks`: all nodes are on the loopback."""

    def create(self, name: str, **_: object) -> Named:
        """Return the name of a network."""
        return Named(name)


class Volumes:
    """What a Docker client calls `volumes`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, name: str, **_: object) -> Volume:
        """Make a folder."""
        place = self.place_of(name)
        place.mkdir(parents=True)
        return Volume(name, place)

    def place_of(self, name: str) -> Path:
        """Return where a volume is; one that is named by a path is there."""
        return Path(name) if name.startswith("/") else self._folder / name

    def mounted(self, volumes: Mapping[str, Mapping[str, str]] | Sequence[str] | None) -> dict[str, Path]:
        """Return, by the path that a container sees, where its volumes are."""
        if isinstance(volumes, (list, tuple)):
            pairs = [text.split(":")[:2] for text in volumes]
        else:
            pairs = [[name, about["bind"]] for name, about in (volumes or {}).items()]  # type: ignore[union-attr]
        return {inner: self.place_of(outer) for outer, inner in pairs}


class Containers:
    """What a Docker client calls `containers`."""

    def __init__(self, engine: ProcessEngine, volumes: Volumes) -> None:
        self._engine = engine
        self._volumes = volumes

    def create(self, *, volumes: Mapping[str, Mapping[str, str]], **_: object) -> Shelf:
        """Return what fills volumes."""
        return Shelf(self._volumes.mounted(volumes))

    def run(  # noqa: PLR0913 - as Docker's client has them
        self,
        image: str,
        command: Sequence[str] | str | None = None,
        *,
        environment: Mapping[str, str] | Sequence[str] | None = None,
        volumes: Mapping[str, Mapping[str, str]] | Sequence[str] | None = None,
        network: str | None = None,
        labels: Mapping[str, str] | None = None,
        **_: object,
    ) -> Node:
        """Start a node, and return when it is of use."""
        about: dict[str, Any] = {"network": network, "labels": labels or {}}
        node: Node
        if command is not None and is_worker(command):
            node = WorkerNode(self._engine, command, environment, self._volumes.mounted(volumes), **about)
        elif _is_redis(image, command):
            node = RedisNode(self._engine, words_of(command), **about)
        else:
            pytest.skip(
                f"{image} cannot be had as a process: without Docker, nodes are Redis and Celery workers whose command "
                "is given; run this test with --testbed containers"
            )
        node.start()
        return node


def _is_redis(image: str, command: Sequence[str] | str | None) -> bool:
    program = (words_of(command) or [image.rpartition("/")[2]])[0]
    return program.startswith(_REDIS)


class ProcessClient:
    """A Docker client whose containers are processes."""

    def __init__(self, engine: ProcessEngine) -> None:
        self.images = Images()
        self.networks = Networks()
        self.volumes = Volumes(engine.observation.premises.directory / "volumes")
        self.containers = Containers(engine, self.volumes)

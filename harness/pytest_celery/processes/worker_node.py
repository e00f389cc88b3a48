"""A Celery worker as a process, in the place of a worker's container.

Its folder is the volume that the container would have as its own: it runs the app and the tasks that pytest-celery has
written there. Its Python, its Celery and all other modules are those of the tests: what an image would hold besides,
it finds where the tests find it. Paths of the container that are volumes mean those here, in variables as well.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from harness.pytest_celery.probed import environment_of, with_probe, words_of
from harness.pytest_celery.processes.node import Node
from harness.pytest_celery.processes.own_python import python_of
from harness.testbed.inherited import inherited_environment
from harness.testbed.supervisor import ProcessPlan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.pytest_celery.processes.engine import ProcessEngine

_APP = "/app"  # where pytest-celery's own image has it, and most others
_READY = b" ready."  # celery/apps/worker.py, on_consumer_ready: said when the probe has heard the signal
_READY_LATER_S = 0.2  # or it does not say so: of a worker that logs warnings only nothing is to be waited for


class WorkerNode(Node):
    """A worker that goes for a container."""

    def __init__(
        self,
        engine: ProcessEngine,
        command: Sequence[str] | str,
        environment: Mapping[str, str] | Sequence[str] | None,
        volumes: Mapping[str, Path],
        **about: Any,  # noqa: ANN401 - what all nodes are told
    ) -> None:
        super().__init__(engine, engine.observation.next_name("worker"), **about)
        self._volumes = volumes
        self._given = environment_of(environment)
        self._command = words_of(with_probe(command))
        self._consuming_since: dict[str, float] = {}

    def plan(self, name: str) -> ProcessPlan:
        """Start it as its container would, with this Python."""
        observation = self.engine.observation
        return ProcessPlan(
            name=name,
            role="worker",
            argv=python_of([word.replace("%h", self.short_id) for word in self._command]),
            environment=inherited_environment()
            | self.environment
            | observation.premises.environment(name, "worker")
            | observation.clock.environment(),
            cwd=self.folder,
            log=self.log,
        )

    def is_up(self, name: str) -> bool:
        """Its probe has seen it begin to consume, and whoever looks into its log finds it there."""
        if name not in self.engine.observation.consuming:
            return False
        since = self._consuming_since.setdefault(name, time.monotonic())
        return self.has_printed(_READY) or time.monotonic() - since > _READY_LATER_S

    @property
    def environment(self) -> dict[str, str]:
        """What the container was given, in terms of this machine; modules come from there first, then from here."""
        given = {name: os.pathsep.join(map(self._translated, text.split(":"))) for name, text in self._paths()}
        search = [part for part in given.get("PYTHONPATH", "").split(os.pathsep) if part]
        return {
            **self._given,
            **given,
            "PYTHONPATH": os.pathsep.join(dict.fromkeys([*search, *filter(None, sys.path)])),
        }

    @property
    def folder(self) -> Path:
        """The volume that a container would have as its own; without one, where pytest was called."""
        return self._volumes.get(_APP) or next(iter(self._volumes.values()), Path.cwd())

    def inside(self, path: str) -> Path:
        """Return where a path of the container's is on this machine: on a volume, or where it is."""
        return Path(self._translated(path))

    def _paths(self) -> list[tuple[str, str]]:
        """List the variables that hold paths: lists of them, not URLs."""
        return [(name, text) for name, text in self._given.items() if text.startswith("/")]

    def _translated(self, path: str) -> str:
        for inner, outer in self._volumes.items():
            if PurePosixPath(path).is_relative_to(inner):
                return str(outer / PurePosixPath(path).relative_to(inner))
        return path

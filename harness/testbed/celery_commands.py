"""The command lines and environments of the processes that run a canvas, the same on every testbed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import harness
from harness.journal import BROKER_VARIABLE, REDIS_PASSWORD_VARIABLE, REDIS_VARIABLE, RESULTS_VARIABLE
from harness.testbed.redis_server import BROKER_DATABASE, RESULT_DATABASE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.scenario import Conditions, Surroundings
    from harness.testbed.redis_server import Server


def worker_names(conditions: Conditions) -> tuple[str, ...]:
    """Return what the workers are called."""
    return tuple(f"worker-{number}" for number in range(1, conditions.workers + 1))


def launcher(python: str) -> tuple[str, ...]:
    """Return what starts a worker or a sender on this machine: by its file, so that nobody's folder gets in its way."""
    return (python, "-P", str(Path(harness.__path__[0]) / "launch.py"))


def worker_command(
    launcher: Sequence[str], app: str, surroundings: Surroundings, name: str, conditions: Conditions
) -> list[str]:
    """Return the command of a worker with the probe in it.

    Mingling, gossip and heartbeats are chatter between workers: a second at every start, and nothing to a canvas.
    """
    return [
        *_launch(launcher, "worker", app, surroundings),
        *("-n", f"{name}@%h", "-P", conditions.pool, "-c", str(conditions.concurrency), "-l", "INFO"),
        *("-I", "harness.probe", "--without-mingle", "--without-gossip", "--without-heartbeat"),
    ]


def sender_command(launcher: Sequence[str], app: str, surroundings: Surroundings) -> list[str]:
    """Return the command of the sender."""
    return _launch(launcher, "sender", app, surroundings)


def modules_command(launcher: Sequence[str], app: str, surroundings: Surroundings, path: Path) -> list[str]:
    """Return the command of a process that imports the app, and writes down which modules that took."""
    return [*_launch(launcher, "modules", app, surroundings), str(path)]


def _launch(launcher: Sequence[str], role: str, app: str, surroundings: Surroundings) -> list[str]:
    """Return the beginning of a command, as harness/launch.py reads it."""
    queues = ",".join(surroundings.queues)
    return [*launcher, json.dumps(surroundings.search_path), role, app, surroundings.file or "", queues]


def recorder_command(python: str) -> list[str]:
    """Return the command of the recorder."""
    return [python, "-m", "harness.recorder"]


def celery_environment(server: Server, broker_url: str | None = None) -> dict[str, str]:
    """Return the two variables that Celery prefers to an app's own settings; the broker is that Redis, or another."""
    return {
        BROKER_VARIABLE: broker_url or server.url(BROKER_DATABASE),
        RESULTS_VARIABLE: server.url(RESULT_DATABASE),
    }


def recorder_environment(server: Server) -> dict[str, str]:
    """Return what the recorder needs to connect."""
    return {REDIS_VARIABLE: f"{server.host}:{server.port}", REDIS_PASSWORD_VARIABLE: server.password}

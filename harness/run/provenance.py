"""Under what versions, where and by which command a run was made. The first thing in a report."""

from __future__ import annotations

import platform
import shlex
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("canvas-harness", "celery", "kombu", "billiard", "redis")


def provenance() -> dict[str, str]:
    """Describe this process's surroundings.

    Of what a testbed is made, it says itself; the workers' own versions are in their `WorkerStarted` events, that of
    Redis is in `RecorderStarted`.
    """
    found = {"python": platform.python_version(), "platform": platform.platform(), "host": platform.node()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # a container's worker may have what the harness's side has not
            continue
    made = datetime.now(UTC).isoformat(timespec="seconds")  # in real time, wherever the testbed's clock is
    return found | {"command": shlex.join(sys.argv), "made": made}

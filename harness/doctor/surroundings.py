"""The versions of what is installed, and the folders that runs write to."""

from __future__ import annotations

import errno
import os
import platform
import shutil
import socket
import sys
import tempfile
from pathlib import Path

from harness.doctor.findings import Finding
from harness.doctor.remedies import as_root
from harness.testbed.timekeeping import SHARED_MEMORY
from harness.testbed.versions import LEAST, install_line, installed, is_old

_ROOM_MIB = 32
_MIB = 1 << 20


def find_versions() -> list[Finding]:
    """Say which versions are installed of what takes part in a run."""
    python = f"{platform.python_version()} ({sys.executable})"
    findings = [Finding(name="Python", state="ok", found=python)]
    packages = {"canvas-harness": "canvas-harness", "Celery": "celery", "kombu": "kombu", "redis-py": "redis"}
    for name, package in (packages | {"pytest": "pytest"}).items():
        found, least = installed(package), LEAST.get(package)
        if found is not None and (least is None or not is_old(found, least)):
            findings.append(Finding(name=name, state="ok", found=found))
            continue
        needed = f"; {least} or later is needed" if least else ""
        line = install_line(package, least) if least else f"pip install {package}"
        findings.append(Finding(name=name, state="missing", found=f"{found or 'none'}{needed}", remedies=(line,)))
    return findings


def find_places() -> list[Finding]:
    """Say whether the folders that runs write to can be written to, by writing."""
    return [_temporary(), _shared_memory(), _here(), _loopback()]


def _temporary() -> Finding:
    name = "Temporary folder"
    try:
        folder = Path(tempfile.gettempdir())
    except OSError as error:
        return Finding(name=name, state="missing", found=str(error), remedies=("export TMPDIR=$HOME/tmp",))
    if why := why_not_writable(folder):
        lines = ("mkdir -p $HOME/tmp", "export TMPDIR=$HOME/tmp")
        return Finding(name=name, state="missing", found=f"{folder}: {why}", remedies=lines)
    left = shutil.disk_usage(folder).free // _MIB
    if left < _ROOM_MIB:
        return Finding(name=name, state="limited", found=f"{folder}: {left} MiB are left, runs may fill that")
    return Finding(name=name, state="ok", found=str(folder))


def _shared_memory() -> Finding:
    name = "Shared memory"
    if sys.platform != "linux":
        return Finding(name=name, state="ok", found="not needed here")
    if why := why_not_writable(SHARED_MEMORY):
        found = f"{SHARED_MEMORY}: {why}; clocks are kept in the temporary folder, a little slower"
        return Finding(name=name, state="limited", found=found)
    return Finding(name=name, state="ok", found=str(SHARED_MEMORY))


def _here() -> Finding:
    name = "This folder"
    try:
        folder = Path.cwd()
    except OSError as error:
        return Finding(name=name, state="limited", found=str(error.strerror), remedies=("cd",))
    if why := why_not_writable(folder):
        line = "harness run --directory $HOME/harness-runs/today"
        return Finding(name=name, state="limited", found=f"{folder}: {why}; runs are kept here", remedies=(line,))
    return Finding(name=name, state="ok", found=str(folder))


def _loopback() -> Finding:
    name = "Loopback"
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            socket.create_connection(listener.getsockname(), timeout=2).close()
    except OSError as error:
        found = f"127.0.0.1 cannot be used: {error.strerror or error}".lower()
        line = f"{as_root()}ip link set lo up" if sys.platform == "linux" else f"{as_root()}ifconfig lo0 up"
        return Finding(name=name, state="missing", found=found, remedies=(line,))
    return Finding(name=name, state="ok", found="127.0.0.1")


def why_not_writable(folder: Path) -> str | None:
    """Say why nothing can be written into a folder; None where something was, and was removed again."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * 4096)
    except OSError as error:
        return os.strerror(error.errno or errno.EIO).lower()
    return None

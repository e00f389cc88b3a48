"""Owns the answer to "can time be virtual here?": what this install has, and whether a program can be clocked.

Refuses to guess: each "no" is one line with its reason. What only a trial can tell (does /proc show who sleeps?) the
autojump loop tries when it starts; `VirtualClock.await_autojump` then gives the reason.
"""

from __future__ import annotations

import os
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
_PROGRAM_INTERPRETER = 3  # PT_INTERP: names the dynamic loader; a static program has none
_ELF_HEADER, _ELF_MAGIC, _ELF_64_BIT = 64, b"\x7fELF", 2


@dataclass(frozen=True, slots=True)
class Available:
    """Time can be virtual: the library to preload, and the one with the autojump loop."""

    interposer: Path
    autojump: Path


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Time stays real, and why: one line."""

    reason: str


def availability(
    folder: Path = _HERE, *, platform: str = sys.platform, proc: Path = Path("/proc")
) -> Available | Unavailable:
    """Say whether this install on this machine can make time virtual."""
    if platform != "linux":
        return Unavailable(f"virtual time needs Linux, this is {platform}")
    if _c_library() != "glibc":
        return Unavailable("virtual time needs the GNU C library, this Python runs on another one (musl?)")
    interposer, autojump = find_library(folder, "_interposer"), find_library(folder, "_autojump")
    if interposer is None or autojump is None:
        return Unavailable(
            # Without those two options pip would say that it is installed, or take the same one from its cache.
            "this install has no compiled clock library: install a C compiler, then canvas-harness again, by "
            "`pip install --force-reinstall --no-cache-dir`"
        )
    if any(character in str(interposer) for character in " :"):
        return Unavailable(f"the path {str(interposer)!r} has a space or a colon: LD_PRELOAD cannot name it")
    for name in ("loadavg", "self/wchan", "self/schedstat"):
        if not os.access(proc / name, os.R_OK):
            return Unavailable(f"{proc / name} cannot be read: nobody can be seen sleeping")
    return Available(interposer, autojump)


def find_library(folder: Path, name: str) -> Path | None:
    """Find a compiled library by its name. It is no module of Python: one serves every version."""
    path = folder / f"{name}.so"
    return path if path.is_file() else None


def why_not_clockable(program: Path) -> str | None:
    """Say why a program cannot be put under the clock; None if nothing speaks against it.

    Answers for what LD_PRELOAD depends on only. That each process really registered is checked at the start.
    """
    with program.open("rb") as file:
        header = file.read(_ELF_HEADER)
        if header[:2] == b"#!":
            return None  # a script: its interpreter decides
        if header[:4] != _ELF_MAGIC or header[4] != _ELF_64_BIT:
            return f"{program} is no 64-bit Linux program"
        table_at, entry_size, entries = struct.unpack("=Q14xHH", header[32:58])
        for index in range(entries):
            file.seek(table_at + index * entry_size)
            kind, place, length = struct.unpack("=I4xQ16xQ", file.read(40))
            if kind == _PROGRAM_INTERPRETER:
                file.seek(place)
                loader = file.read(length).rstrip(b"\0").decode()
                return f"{program} runs on musl, not on the GNU C library" if "musl" in loader else None
    return f"{program} is linked statically: nothing can be preloaded into it"


def _c_library() -> str:
    try:
        version = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (ValueError, OSError):
        return ""
    return version.split(" ")[0]

"""Folders of testbeds whose harness and supervisor were killed at the same moment: nobody was left to remove them.

Whoever makes a folder keeps a file in it locked, and the kernel lets go of the lock when he is gone, however he went.
Then his supervisor removes the folder; where that is gone too, whoever starts the next testbed does, and ends what
still runs in it. (Where it is not gone, both do the same at the same time.)

Refuses to touch what is another user's, and the folder of a testbed of containers: they may live on in it, and go first
(`abandoned_containers`).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from harness.testbed.leftovers import kill_processes_of
from harness.testbed.timekeeping import page_directory

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX = "canvas-harness-"
CONTAINERS = "commands"  # what only a testbed of containers has in its folder
_OWNED = "owned"


def own(directory: Path) -> int:
    """Lock a new folder and return the descriptor that does so. The file is locked before anybody can see it."""
    unseen = directory / f".{_OWNED}"
    lock = os.open(unseen, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with suppress(OSError):  # a file system without locks: such a folder is never taken for an abandoned one
        fcntl.flock(lock, fcntl.LOCK_EX)
        unseen.rename(directory / _OWNED)
    return lock


def remove_abandoned() -> None:
    """Remove every folder of this user's in the folder for temporary files that nobody owns any more."""
    with suppress(OSError):
        for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            with suppress(OSError):  # somebody else removes it at this moment, or it is none of ours
                _remove_if_abandoned(directory)


def _remove_if_abandoned(directory: Path) -> None:
    if not (directory / CONTAINERS).exists():
        remove_if_abandoned(directory)


def remove_if_abandoned(directory: Path, first: Callable[[], None] = lambda: None) -> None:
    """Remove a folder of this user's, with all that runs in it, if nobody owns it; raise OSError if somebody does.

    `first` is done before, while nobody else can take the folder for abandoned.
    """
    about = directory.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid():
        return
    lock = os.open(directory / _OWNED, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        first()
        kill_processes_of(directory)
        for path in (page_directory(directory), directory):
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(lock)

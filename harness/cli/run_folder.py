"""The folder for the runs of a command: found before anything starts, and taken away again if nothing came into it."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable


def folder_for(directory: Path | None, names: Iterable[str]) -> Path:
    """Return the folder for the runs. Without a name for it one is made, which nobody else can have chosen as well."""
    if directory is not None:
        _refuse_unwritable(directory)
        for name in names:
            if (path := directory / name).exists():
                raise UsageError("a directory for this run that is not there yet", str(path), "name another")
        return directory
    from harness.store import cannot_be_made  # noqa: PLC0415 - `harness --help` should not wait for it

    now = datetime.now().astimezone().strftime("%Y-%m-%dT%H-%M-%S")
    for again in count(1):
        path = Path("harness-runs") / (now if again == 1 else f"{now}-{again}")
        with suppress(FileExistsError):
            try:
                path.mkdir(parents=True, mode=0o700)
            except (PermissionError, FileNotFoundError) as error:
                raise UsageError(
                    f"to make the folder harness-runs in {_here()}",
                    error.strerror,
                    "give --directory a place to write to",
                ) from None
            except NotADirectoryError:
                raise UsageError(
                    "harness-runs to be a folder", "it is a file", "rename it, or give --directory"
                ) from None
            except OSError as error:
                raise cannot_be_made(path, error) from None
            return path
    raise AssertionError


def _refuse_unwritable(directory: Path) -> None:
    """Fail before anything is started where a run directory cannot be made."""
    there = directory.absolute()
    while not os.path.exists(there):  # noqa: PTH110 - Path's says of a folder that it cannot look into: an exception
        there = there.parent
    if not there.is_dir():
        raise UsageError(f"--directory {directory} to be a folder", f"{there} is a file", "name another")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(
            f"to make the run directory {directory}",
            f"user {os.geteuid()} may not write to {there}",
            "give --directory a place that you may write to",
        )


def _here() -> str:
    with suppress(OSError):
        return str(Path.cwd())
    return "this folder, which is gone"


def remove_if_empty(where: Path) -> None:
    """Take the folder that was made for the runs away again if no run came into it."""
    with suppress(OSError):
        where.rmdir()
        where.parent.rmdir()

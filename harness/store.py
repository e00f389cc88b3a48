"""Run directories: written in phases, so that a run that is cut short leaves what there was, and read back.

experiment.json   before anything starts: what is asked
journals/         as it comes in: what the processes wrote down
files/            at the end: what the app has left in the files that were given to it
logs/             at the end, whatever happened: what the processes printed
run.json          last: how the run ended
"""

from __future__ import annotations

import errno
import json
import shutil
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, TroubleError, UsageError
from harness.history.history import History
from harness.history.reader import read_journals
from harness.journal import JOURNALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from harness.scenario import Experiment

_VERSION = 1
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """The directory of one run."""

    path: Path

    @classmethod
    def begin(cls, path: Path, experiment: Experiment, provenance: Mapping[str, str]) -> RunDirectory:
        """Make the directory and write down what is asked."""
        try:
            path.mkdir(parents=True, mode=0o700)
            (path / JOURNALS).mkdir()
            (path / "logs").mkdir()
        except FileExistsError:
            raise UsageError(
                "a directory for this run that is not there yet", str(path), "give --directory another name"
            ) from None
        except OSError as error:
            raise cannot_be_made(path, error) from None
        directory = cls(path)
        directory._write("experiment", {"id": experiment.id, **asdict(experiment), "provenance": dict(provenance)})
        return directory

    @property
    def journals(self) -> Path:
        """Where the journals are."""
        return self.path / JOURNALS

    def append(self, name: str, lines: bytes) -> None:
        """Add lines to a journal."""
        with self._writable(), (self.journals / name).open("ab") as file:
            file.write(lines)

    def keep_logs(self, logs: Mapping[str, Path]) -> None:
        """Copy what the processes have printed."""
        with self._writable():
            for name, log in logs.items():
                shutil.copyfile(log, self.path / "logs" / f"{name}.log")

    @property
    def files(self) -> Path:
        """Where the files are that the app has left."""
        return self.path / "files"

    def keep_files(self, folder: Path) -> None:
        """Copy what the app has left. Nobody writes to it any more."""
        with self._writable():
            shutil.copytree(folder, self.files)

    def tell(self, account: Iterable[str]) -> None:
        """Write down in words what came of the run."""
        with self._writable():
            (self.path / "account.txt").write_text("\n".join((*account, "")))

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Write down how the run ended."""
        self._write("run", summary)

    def history(self) -> History:
        """Read the history back from the journals."""
        return History.of(*read_journals(self.journals))

    def read(self, what: str) -> dict[str, Any]:
        """Read `experiment` or `run` back."""
        content: dict[str, Any] = json.loads((self.path / f"{what}.json").read_text())
        return content

    def _write(self, what: str, content: Mapping[str, Any]) -> None:
        """Write a file whole or not at all."""
        temporary = self.path / f".{what}.json"
        with self._writable():
            temporary.write_text(json.dumps({"version": _VERSION, **content}, indent=2, default=str) + "\n")
            temporary.replace(self.path / f"{what}.json")

    @contextmanager
    def _writable(self) -> Iterator[None]:
        """Say in three parts what a full disk, or somebody who cleans up too early, says in one."""
        try:
            yield
        except OSError as error:
            raise HarnessError(
                f"to be able to write into the run directory {self.path}",
                error.strerror,
                "see that there is room on the disk, and that nobody removes the directory while the run goes on",
            ) from error


def cannot_be_made(path: Path, error: OSError) -> TroubleError:
    """Say that a directory for runs cannot be made: a full disk is nobody's wrong usage."""
    expected = f"to make the run directory {path}"
    if error.errno in _NO_ROOM:
        return HarnessError(expected, error.strerror, "make room on that disk, or give --directory another place")
    return UsageError(expected, error.strerror, "give --directory a place that you may write to")

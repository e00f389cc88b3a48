"""Apps as people write them, where this process and its workers find them; and pytest run as a person runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

sys.path.insert(0, str(Path(__file__).parent / "apps"))

MARK = "CANVAS_HARNESS_TEST_MARK"
PATIENCE_S = 120.0


@dataclass
class Project:
    """Somebody's folder, in which pytest is run. What it leaves behind can be looked for, and nothing else is there."""

    folder: Path
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def write(self, **files: str) -> None:
        """Write modules, by their paths without the ending."""
        for name, text in files.items():
            path = self.folder / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start pytest."""
        (self.folder / "tmp").mkdir(exist_ok=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", *arguments],
            cwd=self.folder,
            env=environment | {MARK: self.mark, "TMPDIR": str(self.folder / "tmp")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    def pytest(self, *arguments: str) -> tuple[int, str]:
        """Run pytest and return its exit code and what it printed."""
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=PATIENCE_S)
        return process.returncode, output

    def outcomes(self, *arguments: str) -> dict[str, int]:
        """Run pytest and return how many tests passed, failed and so on."""
        _, output = self.pytest("-q", *arguments)
        found = re.findall(r"(\d+) (passed|failed|error|skipped)", output.splitlines()[-1])
        print(output)  # noqa: T201 - shown if that is not what was expected
        return {what: int(count) for count, what in found}

    def left(self) -> list[str]:
        """Return what of it still lives, or lies about: processes, folders of testbeds, pages of clocks."""
        lives = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if self.mark.encode() in (process / "environ").read_bytes():
                    lives.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        own = [path.name for path in (self.folder / "tmp").iterdir() if not path.name.startswith("pytest-of-")]
        return lives + own

    def close(self) -> None:
        """End what has not ended."""
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            assert process.stdout is not None
            process.stdout.close()
            process.wait()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """An empty folder."""
    made = Project(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Project]]:
    """Return what makes empty folders that last for a whole file of tests."""
    made: list[Project] = []

    def make() -> Project:
        made.append(Project(tmp_path_factory.mktemp("project")))
        return made[-1]

    yield make
    for project in made:
        project.close()

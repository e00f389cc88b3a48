"""A suite of pytest-celery's, run as its author runs it: in a folder of its own, by a pytest of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import uuid
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from textwrap import dedent

import pytest

from harness.testbed.timekeeping import SHARED_MEMORY

collect_ignore = ["suite"]  # it is for that pytest, and not for this one
SUITE = Path(__file__).parent / "suite"
MARK = "CANVAS_HARNESS_TEST_MARK"
PATIENCE_S = 480.0


class Suite:
    """A copy of the suite. What it leaves behind can be looked for, and nothing else is there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "suite"
        self.runs = folder / "runs"
        self._tmp = folder / "tmp"
        self._tmp.mkdir()
        self._mark = uuid.uuid4().hex
        self._pages_before = _pages()
        shutil.copytree(SUITE, self.folder, ignore=shutil.ignore_patterns("__pycache__"))

    def write(self, name: str, text: str) -> None:
        """Write one more module."""
        (self.folder / f"{name}.py").write_text(dedent(text))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start pytest."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", *arguments],
            cwd=self.folder,
            env=environment | {MARK: self._mark, "TMPDIR": str(self._tmp)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def pytest(self, *arguments: str) -> tuple[dict[str, int], str]:
        """Run pytest; return how many tests passed, failed and so on, and what it printed."""
        with self.start("--report-dir", str(self.runs), *arguments) as process:
            try:
                output, _ = process.communicate(timeout=PATIENCE_S)
            finally:
                process.kill()
        print(output)  # noqa: T201 - shown if it is not what was expected
        found = re.findall(r"(\d+) (passed|failed|error|skipped|deselected)", output.splitlines()[-1])
        return {what: int(count) for count, what in found}, output

    def left(self) -> list[str]:
        """Return what of it still lives, or lies about."""
        lives = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if self._mark.encode() in (process / "environ").read_bytes():
                    lives.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        own = [path.name for path in self._tmp.iterdir() if not path.name.startswith("pytest-of-")]
        return lives + own + [str(page) for page in _pages() - self._pages_before]


def _pages() -> set[Path]:
    """Return the pages of clocks that a pytest owns: only these are locked, and nobody else makes some meanwhile."""
    return {path for path in SHARED_MEMORY.glob("canvas-harness-*") if (path / "owned").exists()}


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """A copy of the suite; skips, with the reason, where pytest-celery is not installed."""
    if find_spec("pytest_celery") is None:
        reason = "pytest-celery is not installed: pip install 'canvas-harness[pytest-celery]'"
        # A green run of the environment that is for it must mean that they ran.
        (pytest.fail if os.environ.get("CANVAS_HARNESS_NEEDS_PYTEST_CELERY") else pytest.skip)(reason)
    return Suite(tmp_path)

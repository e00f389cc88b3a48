"""The tests that the documentation shows do what it says, for somebody who types them into a folder of their own."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
_TIMEOUT_S = 240


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(), re.DOTALL | re.MULTILINE)


def run_pytest(folder: Path) -> str:
    shutil.copy(ROOT / "examples/shop/shop.py", folder)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", "--basetemp", str(folder / "tmp")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("page", ["own-app.md", "clock.md", "reading-a-history.md"])
def test_what_a_page_shows_passes(page: str, tmp_path: Path) -> None:
    shown = [block for block in blocks(page, "python") if "def test_" in block]
    for number, block in enumerate(shown):
        (tmp_path / f"test_{number}.py").write_text(block)
    output = run_pytest(tmp_path)
    tests = [name for block in shown for name in re.findall(r"^def (test_\w+)", block, re.MULTILINE)]
    assert tests
    assert [name for name in tests if not re.search(rf"^PASSED .*::{name}$", output, re.MULTILINE)] == [], output


def test_the_first_proof_passes_and_then_fails_as_it_says(tmp_path: Path) -> None:
    _app, *tests = blocks("first-proof.md", "python")
    (tmp_path / "test_shop.py").write_text("\n\n".join(tests))
    output = run_pytest(tmp_path)
    assert "1 failed, 2 passed" in output
    [account] = blocks("first-proof.md", "text")
    for line in account.splitlines():
        assert re.search(told(line), output), f"{line}\n{output}"


def told(line: str) -> str:
    """Return a pattern for a line of an account: its time differs by some milliseconds each time."""
    return re.sub(r"^(\d+)\\\.\d+", r"\\b\1\\.\\d+", re.escape(line))

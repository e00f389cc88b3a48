"""What the tables of a report's page compute before they show anything: run by Node, which has no page."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "harness" / "report" / "page"
TESTS = Path(__file__).with_name("page")


@pytest.mark.parametrize("name", ["tables.test.mjs"])
def test_the_pages_modules_compute_what_they_say(name: str, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        # A green run in CI must mean that they ran.
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Node on the path: the page's modules are not tested")
    for module in PAGE.glob("*.js"):
        shutil.copy(module, tmp_path)
    shutil.copy(TESTS / name, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')  # a page knows nothing else; Node wants to be told
    ran = subprocess.run([node, "--test", name], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr

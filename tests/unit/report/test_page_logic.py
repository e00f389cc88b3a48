"""What the page's modules compute without a browser: each file of `page/` is run by Node's own test runner."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "page"
MODULES = Path(__file__).parents[3] / "harness" / "report" / "page"
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None and "CI" not in os.environ, reason="needs node on the PATH: Debian's package nodejs")
@pytest.mark.parametrize("name", sorted(path.name for path in HERE.glob("*.test.js")))
def test_the_pages_modules_compute_what_they_should(name: str, tmp_path: Path) -> None:
    assert NODE is not None, "expected node on the PATH in CI: install Debian's package nodejs"
    # Node takes a .js file for a module only beside a package.json that says so; there is none in this repository.
    shutil.copytree(MODULES, tmp_path / "page", ignore=shutil.ignore_patterns("*.html", "*.css"))
    shutil.copytree(HERE, tmp_path / "tests")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    ran = subprocess.run(
        [NODE, "--test", f"tests/{name}"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "# pass 0" not in ran.stdout

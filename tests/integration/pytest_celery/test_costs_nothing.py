"""Who does not ask for it has nothing of it, whether pytest-celery is installed or not; and it takes nobody's names."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import harness
from canvas_harness import HOME

FORBIDDEN = {"celery_app", "celery_worker", "celery_setup"}
PACKAGE = Path(harness.__path__[0]) / "pytest_celery"
# A pytest with a test that needs nothing, and in the end what it has loaded; pytest-celery cannot be imported in it.
BARE = """
import sys
sys.modules["pytest_celery"] = sys.modules["pytest_docker_tools"] = None
import pytest
code = pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:celery", "-p", "no:docker_tools", sys.argv[1]])
print(int(code), *sorted(name for name in sys.modules if name.startswith(("harness", "docker"))))
"""
WITHOUT = "import sys; sys.modules['pytest_celery'] = None; import pytest; sys.exit(pytest.main(sys.argv[1:]))"


def test_without_pytest_celery_a_session_runs_and_loads_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "test_nothing.py").write_text("def test_nothing(): ...\n")
    command = [sys.executable, "-c", BARE, str(tmp_path)]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-1] == "0"


def test_where_it_is_asked_for_and_pytest_celery_is_missing_one_is_told_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("pytest_plugins = ['canvas_harness.pytest_celery']\n")
    blocked = [sys.executable, "-c", WITHOUT, "-p", "no:celery", "-p", "no:docker_tools", "-p", "no:cacheprovider"]
    said = subprocess.run(blocked, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.returncode == 4  # pytest's own for wrong usage
    assert "to do: \"pip install 'canvas-harness[pytest-celery]'\"" in said.stderr or (
        "pip install 'canvas-harness[pytest-celery]'" in said.stderr
    )


def test_no_fixture_of_theirs_is_defined() -> None:
    defined = {
        node.name if isinstance(node, ast.FunctionDef) else target.id
        for file in (*PACKAGE.rglob("*.py"), Path(HOME, "canvas_harness", "pytest_celery.py"))
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.Assign)
        for target in (node.targets if isinstance(node, ast.Assign) else [ast.Name("")])
        if isinstance(target, ast.Name)
    }
    assert {"observed", "docker_client", "default_redis_broker"} <= defined  # so it is found where there is one
    assert not defined & FORBIDDEN


def test_no_entry_point_has_their_name() -> None:
    ours = [one for one in entry_points() if one.dist is not None and one.dist.name == "canvas-harness"]
    assert "canvas-harness" in {one.name for one in ours}
    assert not {one.name for one in ours} & {"celery", "pytest-celery", "pytest_celery", "docker_tools"}

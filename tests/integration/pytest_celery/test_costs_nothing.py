"""Who does not ask for it has nothing of it, whether pytest-celery is installed or not; and it takes nobody's names."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import harness
from canvas_harness import HOME

FORBIDDEN = {"celery_app", "celery_worker", "celery_setup"}
PACKAGE = Path(harness.__path__[0]) / "pytest_celery"
# A pytest that finds no pytest-celery, and says in the end what it has loaded.
WITHOUT = """
import functools, sys
from importlib.machinery import PathFinder

def find_spec(find, name, *rest):
    return None if name in {"pytest_celery", "pytest_docker_tools"} else find(name, *rest)

PathFinder.find_spec = functools.partial(find_spec, PathFinder.find_spec)
import pytest

code = pytest.main(["-q", "-p", "no:celery", "-p", "no:docker_tools", "-p", "no:cacheprovider"])
print("loaded", int(code), *sorted(name for name in sys.modules if name.startswith(("harness", "docker"))))
"""


def test_without_pytest_celery_a_session_runs_and_loads_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "test_nothing.py").write_text("def test_nothing(): ...\n")
    said = run_without(tmp_path)
    assert "1 passed" in said
    assert said.splitlines()[-1] == "loaded 0"


def test_where_it_is_asked_for_and_pytest_celery_is_missing_one_is_told_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("pytest_plugins = ['canvas_harness.pytest_celery']\n")
    said = run_without(tmp_path)
    assert "to do: pip install 'canvas-harness[pytest-celery]'" in said
    assert "loaded 4" in said  # pytest's own code for wrong usage


def run_without(folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", WITHOUT], cwd=folder, capture_output=True, text=True, check=True)
    return done.stderr + done.stdout


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
    ours = {one.name for one in distribution("canvas-harness").entry_points}
    assert "canvas-harness" in ours
    assert not ours & {"celery", "pytest-celery", "pytest_celery", "docker_tools"}

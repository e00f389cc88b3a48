"""The rules of this repository that no linter keeps."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli import exit_codes

ROOT = Path(__file__).parents[2]
OURS = sorted(
    path
    for folder in ("canvas_harness", "harness", "scenarios", "tests", "examples")
    for path in (ROOT / folder).rglob("*.py")
    if path.is_file()
)
MODULES = [path for path in OURS if "tests" not in path.relative_to(ROOT).parts]
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "manager", "core"}


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE
    for function in functions(path):
        assert function.end_lineno is not None
        assert function.end_lineno - function.lineno < LONGEST_FUNCTION, function.name


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_have_names_that_say_something_and_shadow_nothing(path: Path) -> None:
    name = path.stem if path.stem != "__init__" else path.parent.name
    assert name not in FORBIDDEN_NAMES
    assert name in {"__main__", "testbed"} or name not in sys.stdlib_module_names


@pytest.mark.parametrize("module", ["harness", "harness.plugin", "canvas_harness.plugin"])
def test_what_every_pytest_and_every_worker_passes_through_loads_nothing(module: str) -> None:
    # A fresh interpreter, and what it has loaded before and after.
    around = "pytest" if module.endswith("plugin") else "sys"  # it is pytest that loads a plugin
    code = f"import sys, {around}; before = set(sys.modules); import {module}; print(*set(sys.modules) - before)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) <= {module.partition(".")[0], module} | stdlib(loaded)
    assert len(loaded) < 30


def stdlib(names: list[str]) -> set[str]:
    return {name for name in names if name.partition(".")[0] in sys.stdlib_module_names}


def test_the_probe_loads_neither_msgspec_nor_a_surface() -> None:
    code = "import sys, harness.probe; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    roots = {name.partition(".")[0] for name in loaded}
    assert "celery" in roots
    assert not roots & {"msgspec", "rich", "pytest", "testcontainers", "docker", "requests"}
    ours = {name for name in loaded if name.startswith("harness.")}
    assert {name.split(".")[1] for name in ours} == {"journal", "probe"}


@pytest.mark.parametrize("path", sorted((ROOT / "harness" / "cli").glob("[!_]*.py")), ids=lambda path: path.name)
def test_exit_codes_are_spelled_in_one_place(path: Path) -> None:
    tree = ast.parse(path.read_text())
    codes = {value for name, value in vars(exit_codes).items() if name.isupper()}
    assert codes == {0, 1, 2, 3, 130, 143}
    given = [
        *(node.value for node in ast.walk(tree) if isinstance(node, ast.Return) and gives_a_code(node, tree)),
        *(argument for node in ast.walk(tree) if is_an_exit(node) for argument in node.args),
    ]
    assert [ast.unparse(value) for value in given if value is not None and spells(value, codes)] == []


def gives_a_code(node: ast.Return, tree: ast.Module) -> bool:
    """Say whether this is the answer of a function that is named for an exit code, or of a command."""
    return any(
        node in ast.walk(function) and ("exit" in function.name or bool(function.decorator_list))
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
    )


def is_an_exit(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {"exit", "_exit", "Exit"}


def spells(value: ast.AST, codes: set[int]) -> bool:
    return any(
        isinstance(node, ast.Constant) and type(node.value) is int and node.value in codes for node in ast.walk(value)
    )


def test_the_readme_has_its_two_commands_and_each_sets_itself_up() -> None:
    commands = re.findall(r"^    (python3 -m venv .*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(commands) == 2
    assert commands[0].endswith(".venv/bin/harness run")
    assert commands[1].endswith(".venv/bin/pytest")


def test_the_top_of_the_repository_stays_as_it_was_fixed() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert {name.partition("/")[0] for name in tracked} <= {
        *("harness", "scenarios", "tests", "conftest.py", "pyproject.toml", "tox.ini", ".github", ".ci", ".gitignore"),
        *("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE", "docs", "examples"),
        "canvas_harness",  # its whole point is a name at the top that no user's folder has
    }


def test_nothing_that_is_tracked_names_this_machine() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    here = re.compile(r"/(?:root|work|home)/[a-z.]")
    named = [
        name for name in tracked if (ROOT / name).is_file() and here.search((ROOT / name).read_text(errors="replace"))
    ]
    assert named == []

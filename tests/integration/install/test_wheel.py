"""Installed from a wheel, in a folder of the user's: everything works, whatever else lies there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

APP = """
from celery import Celery

app = Celery("shop", broker="redis://nobody.invalid/0", backend="redis://nobody.invalid/1")

@app.task(autoretry_for=(OSError,), retry_backoff=2, retry_jitter=False)
def charge(amount):
    return amount

@app.task
def ship(amount):
    return f"shipped for {amount}"
"""
PLAIN_TEST = """
from shop import charge, ship

def test_a_checkout_ships(prove):
    assert prove(charge.s(5) | ship.s()).result == "shipped for 5"
"""
SCRIPTED_TEST = """
from canvas_harness import raises, returns
from shop import charge, ship

def test_a_checkout_ships(prove):
    run = prove(charge.s(5) | ship.s(), behaviour={charge: [raises(OSError), returns(5)]})
    assert run.result == "shipped for 5"
    assert len(run.attempts(charge)) == 2
"""
RUBBISH = "raise RuntimeError('not meant for you')\n"
NAMES = ("harness", "scenarios", "tests")
# What of ours lies there by the same name.
MODULES = ("plugin", "cli", "run", "catalog", "pipeline", "testbed", "clock", "errors", "behaviour", "conftest_")

Stranger = Any


def put_packages_of_rubbish(folder: Path) -> None:
    for name in NAMES:
        (folder / name).mkdir()
        for module in ("__init__", "__main__", *MODULES):
            (folder / name / f"{module}.py").write_text(RUBBISH)


def put_folders_of_rubbish(folder: Path) -> None:
    put_packages_of_rubbish(folder)
    for name in NAMES:
        (folder / name / "__init__.py").unlink()


def put_nothing(_folder: Path) -> None: ...


RUBBISH_OF_ANY_KIND = pytest.mark.parametrize("put", [put_packages_of_rubbish, put_folders_of_rubbish])


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_five_scenarios_run_in_an_empty_folder_and_leave_their_runs_there(
    stranger: Stranger, tmp_path: Path
) -> None:
    done = stranger("harness run")
    assert done.returncode == 0, done.stdout
    assert "5 of 5 as expected" in done.stdout
    assert re.search(r"^6\d\.\d virtual seconds in ", done.stdout, re.MULTILINE), done.stdout
    assert names(tmp_path) == {"harness-runs"}


@pytest.mark.parametrize("command", ["harness", "python -m canvas_harness"])
@RUBBISH_OF_ANY_KIND
def test_no_folder_disturbs_the_command(
    put: Callable[[Path], None], command: str, stranger: Stranger, tmp_path: Path
) -> None:
    put(tmp_path)
    done = stranger(f"{command} run flaky")
    assert done.returncode == 0, done.stdout
    assert "1 of 1 as expected" in done.stdout
    assert "virtual seconds in" in done.stdout


def test_python_m_harness_works_where_no_package_has_that_name(stranger: Stranger, tmp_path: Path) -> None:
    put_packages_of_rubbish(tmp_path)
    (tmp_path / "harness" / "__init__.py").unlink()
    done = stranger("python -m harness run flaky")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("command", "put", "test"),
    [
        ("pytest", put_nothing, PLAIN_TEST),
        ("pytest", put_packages_of_rubbish, SCRIPTED_TEST),
        ("pytest --import-mode=importlib -o pythonpath=.", put_packages_of_rubbish, PLAIN_TEST),
        ("python -m pytest", put_packages_of_rubbish, PLAIN_TEST),
        ("python -m pytest", put_packages_of_rubbish, SCRIPTED_TEST),
        ("python -m pytest", put_folders_of_rubbish, PLAIN_TEST),
    ],
)
def test_no_folder_disturbs_a_proof_of_an_own_app(
    put: Callable[[Path], None], command: str, test: str, stranger: Stranger, tmp_path: Path
) -> None:
    put(tmp_path)
    (tmp_path / "shop.py").write_text(APP)
    (tmp_path / "test_shop.py").write_text(test)
    done = stranger(f"{command} -q test_shop.py")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def put_own_harness(folder: Path) -> None:
    (folder / "harness").mkdir()
    (folder / "harness" / "__init__.py").write_text("OWN = True\n")
    (folder / "harness" / "plugin.py").write_text("ALSO_OWN = True\n")
    (folder / "test_own.py").write_text(
        "from harness import OWN\nfrom harness.plugin import ALSO_OWN\n\ndef test_it():\n    assert OWN and ALSO_OWN\n"
    )


@pytest.mark.parametrize("command", ["pytest", "python -m pytest"])
def test_a_project_that_has_a_harness_of_its_own_keeps_it(command: str, stranger: Stranger, tmp_path: Path) -> None:
    put_own_harness(tmp_path)
    done = stranger(f"{command} -q")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_a_proof_beside_tests_that_use_another_harness_says_what_to_do(stranger: Stranger, tmp_path: Path) -> None:
    put_own_harness(tmp_path)
    (tmp_path / "shop.py").write_text(APP)
    (tmp_path / "test_shop.py").write_text("from shop import charge\n\ndef test_it(prove):\n    prove(charge.s(5))\n")
    done = stranger("pytest -q")
    assert done.returncode == 1
    assert "found: another package or module of that name" in done.stdout
    assert "to do: run the tests that prove canvases in a pytest without" in done.stdout
    assert "Traceback" not in done.stdout
    assert "1 passed, 1 error" in done.stdout


def test_a_wheel_holds_what_it_needs_and_nothing_else(installed: Path) -> None:
    libraries = next((installed.parent / "lib").glob("python*/site-packages"))
    record = (next(libraries.glob("canvas_harness-*.dist-info")) / "RECORD").read_text()
    files = {line.partition(",")[0] for line in record.splitlines()}
    assert {name.partition("/")[0] for name in files if "dist-info" not in name} == {
        *("canvas_harness", "harness", "scenarios", "..")
    }
    assert {"harness/py.typed", "canvas_harness/py.typed", "harness/testbed/image/Dockerfile"} <= files
    assert {"harness/clock/_interposer.so", "harness/clock/_autojump.so"} <= files
    assert any(name.endswith("licenses/LICENSE") for name in files)
    assert not [name for name in files if name.endswith((".c", ".h")) or "clock/build" in name]


def test_an_install_without_a_compiler_runs_in_real_time_and_says_so_in_one_line(
    without_compiler: Path, stranger: Stranger
) -> None:
    done = stranger("python -m canvas_harness run happy", PYTHONPATH=str(without_compiler))
    assert done.returncode == 0, done.stdout
    told = [line for line in done.stdout.splitlines() if "real time:" in line]
    assert len(told) == 1, done.stdout
    assert "no compiled clock library: install a C compiler, then" in told[0]


def test_a_checkout_whose_clock_does_not_compile_any_more_keeps_no_older_one(
    install_checkout: Callable[[], Path],
) -> None:
    clock = install_checkout() / "harness" / "clock"
    assert {path.name for path in clock.glob("*.so")} == {"_interposer.so", "_autojump.so"}
    with (clock / "interposer" / "sleeps.c").open("a") as source:
        source.write("\nthis is no C\n")
    install_checkout()
    assert {path.name for path in clock.glob("*.so")} == {"_autojump.so"}

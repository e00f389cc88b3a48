"""What things are called: signals as Docker has them, programs, folders of runs."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest

from harness.pytest_celery.places import run_directory
from harness.pytest_celery.processes.own_python import python_of
from harness.pytest_celery.signal_names import number_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("given", "number"),
    [
        *((None, signal.SIGKILL), ("SIGKILL", 9), ("KILL", 9), (9, 9), ("9", 9)),
        *(("SIGTERM", signal.SIGTERM), ("TERM", signal.SIGTERM), (signal.SIGINT, signal.SIGINT)),
    ],
)
def test_a_signal_is_known_by_each_of_its_names(given: str | int | None, number: int) -> None:
    assert number_of(given) == number


def test_celery_and_python_are_those_of_the_tests() -> None:
    assert python_of(["celery", "-A", "app"]) == [sys.executable, "-m", "celery", "-A", "app"]
    assert python_of(["/opt/bin/python3", "-c", "1"]) == [sys.executable, "-c", "1"]
    assert python_of(["cat", "file"]) == ["cat", "file"]


def test_a_folder_is_named_for_its_test_and_is_new(tmp_path: Path) -> None:
    first = run_directory(tmp_path, "tests/test_a.py::test_it[celery_redis]")
    assert first == tmp_path / "tests-test_a.py-test_it-celery_redis"
    first.mkdir()
    assert run_directory(tmp_path, "tests/test_a.py::test_it[celery_redis]").name == f"{first.name}.2"
    assert len(run_directory(tmp_path, "x" * 500).name) < 140

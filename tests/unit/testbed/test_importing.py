"""What an app has loaded is remembered until something is otherwise."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from harness.scenario import Surroundings
from harness.testbed.importing import recall, remember

if TYPE_CHECKING:
    from pathlib import Path

HERE = Surroundings()


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A module that an app called `shop:app` has loaded."""
    file = tmp_path / "shop.py"
    file.write_text("app = 1\n")
    remember("shop:app", HERE, {"shop": str(file)})
    return file


def test_what_an_app_has_loaded_is_known_the_next_time(module: Path) -> None:
    assert recall("shop:app", HERE) == {"shop": str(module)}


def test_another_app_or_other_surroundings_are_not_known(module: Path) -> None:
    assert module
    assert recall("other:app", HERE) is None
    assert recall("shop:app", Surroundings(environment={"MODE": "strict"})) is None


def test_a_file_that_has_changed_is_loaded_anew(module: Path) -> None:
    module.write_text("import more\napp = 1\n")
    assert recall("shop:app", HERE) is None


def test_a_file_of_the_same_length_is_told_by_its_time(module: Path) -> None:
    os.utime(module, (1, 1))
    assert recall("shop:app", HERE) is None


def test_a_file_that_is_gone_is_not_remembered(module: Path) -> None:
    module.unlink()
    assert recall("shop:app", HERE) is None


def test_another_variable_may_mean_another_import(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_MODE", "strict")
    assert module
    assert recall("shop:app", HERE) is None

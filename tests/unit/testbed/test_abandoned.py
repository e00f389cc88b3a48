from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from harness.journal import TESTBED_VARIABLE
from harness.testbed.abandoned import remove_abandoned
from harness.testbed.premises import Premises

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def abandon(premises: Premises) -> None:
    """Do what the kernel does when the owner is killed."""
    os.close(premises.lock)


def test_a_folder_whose_owner_lives_is_left_alone(temporary: Path) -> None:
    premises = Premises.create()
    remove_abandoned()
    assert list(temporary.iterdir()) == [premises.directory]
    assert premises.journals.exists()
    premises.close()


def test_a_folder_whose_owner_is_gone_is_removed(temporary: Path) -> None:
    abandon(Premises.create())
    remove_abandoned()
    assert list(temporary.iterdir()) == []


def test_what_still_runs_in_it_is_ended_with_it(temporary: Path) -> None:
    premises = Premises.create()
    environment = os.environ | {TESTBED_VARIABLE: str(premises.directory)}
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env=environment) as process:
        abandon(premises)
        remove_abandoned()
        assert process.wait(20) == -9
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["commands", "a folder that is being made"])
def test_what_may_be_in_use_all_the_same_is_left_alone(name: str, temporary: Path) -> None:
    if name == "commands":  # containers may live on in it
        premises = Premises.create()
        (premises.directory / name).mkdir()
        abandon(premises)
    else:  # its lock cannot be seen yet
        (temporary / "canvas-harness-0123").mkdir()
    before = list(temporary.iterdir())
    remove_abandoned()
    assert list(temporary.iterdir()) == before


def test_a_link_to_somebody_elses_folder_is_not_followed(temporary: Path) -> None:
    premises = Premises.create()
    elsewhere = premises.directory.rename(temporary / "elsewhere")
    (temporary / "canvas-harness-0123").symlink_to(elsewhere)
    abandon(premises)
    remove_abandoned()
    assert elsewhere.exists()

"""What `harness run` says, where it keeps things, and its exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Command

MISUSES = {
    ("run", "hapy"): ["expected: a scenario, one of happy", "found: 'hapy'", "to do: write 'happy'"],
    ("run", "--pool", "fork"): ["'fork' is not one of 'prefork', 'threads', 'solo'"],
    ("run", "--workers", "0"): ["0 is not in the range"],
    ("run", "--redis-server", "/no/such/redis"): ["expected: --redis-server to name a program", "'/no/such/redis'"],
    ("walk",): ["No such command 'walk'"],
}


def test_it_says_what_came_of_each_scenario_and_how_to_do_it_again(
    harness: Callable[..., Command], folder: Path
) -> None:
    command = harness("run", "happy", "--workers", "2", "--directory", "kept")
    assert command.finish() == 0, command.output
    lines = command.output.splitlines()
    assert "ok   happy: success" in lines
    assert "       attempts: start 1, TASK_A 1, TASK_B 1, TASK_C 1, TASK_D 1, end 1" in lines
    assert lines[-2:] == ["1 of 1 as expected; everything is in kept", "again: harness run happy --workers 2"]
    kept = json.loads((folder / "kept" / "happy" / "run.json").read_text())
    assert (kept["ending"], kept["outcome"], kept["discrepancies"]) == ("settled", "success", [])


def test_retry_delays_are_shown_as_asked_and_as_observed(harness: Callable[..., Command]) -> None:
    command = harness("run", "flaky")
    assert command.finish() == 0, command.output
    shown = [line.split()[4:] for line in command.output.splitlines() if "retry delay asked: observed" in line]
    assert [words[:3] for words in shown] == [["TASK_A", "2", "s:"], ["TASK_A", "4", "s:"]]
    assert [round(float(words[3])) for words in shown] == [2, 4]


@pytest.mark.parametrize("arguments", MISUSES, ids=" ".join)
def test_a_misuse_is_explained_with_exit_code_2(
    arguments: tuple[str, ...], harness: Callable[..., Command], folder: Path
) -> None:
    command = harness(*arguments)
    assert command.finish() == 2
    for part in MISUSES[arguments]:
        assert part in command.output
    assert "Traceback" not in command.output
    assert [path.name for path in folder.iterdir()] == ["tmp"]


def test_a_run_is_never_written_over(harness: Callable[..., Command], folder: Path) -> None:
    (folder / "kept" / "happy").mkdir(parents=True)
    command = harness("run", "happy", "--directory", "kept")
    assert command.finish() == 2
    assert "a directory for this run that is not there yet" in command.output
    assert list((folder / "kept" / "happy").iterdir()) == []


def test_help_teaches_by_example(harness: Callable[..., Command]) -> None:
    command = harness("run", "--help")
    assert command.finish() == 0
    for line in ("harness run flaky --pool threads --concurrency 4", "harness run --testbed containers"):
        assert line in command.output

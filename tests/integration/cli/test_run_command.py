"""What `harness run` says, where it keeps things, and its exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from harness.testbed.redis_server import find_program

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


def test_all_scenarios_take_their_time_and_nobody_has_to_wait_for_it(
    harness: Callable[..., Command], folder: Path
) -> None:
    command = harness("run", "--directory", "kept")
    assert command.finish() == 0, command.output
    assert "5 of 5 as expected; everything is in kept" in command.output
    kept = [json.loads(summary.read_text())["clock"] for summary in folder.glob("kept/*/run.json")]
    assert [(clock["clock"], clock["reason"]) for clock in kept] == [("virtual", None)] * 5
    virtual_s = sum(clock["virtual_s"] for clock in kept)
    assert 63 <= virtual_s < 65
    assert f"{virtual_s:.1f} virtual seconds in " in command.output


def test_where_time_cannot_be_virtual_it_is_real_and_the_reason_is_told_once(
    harness: Callable[..., Command], folder: Path
) -> None:
    program = folder / "redis-server"
    program.write_text(f'#!/bin/sh\nunset LD_PRELOAD\nexec {find_program()} "$@"\n')
    program.chmod(0o700)
    command = harness("run", "happy", "flaky", "--redis-server", str(program), "--directory", "kept")
    assert command.finish() == 0, command.output
    assert command.output.count("real time: redis did not load the clock library") == 1
    kept = [json.loads(summary.read_text())["clock"] for summary in folder.glob("kept/*/run.json")]
    assert [clock["clock"] for clock in kept] == ["real", "real"]
    assert all("did not load" in clock["reason"] for clock in kept)
    assert f"{sum(clock['virtual_s'] for clock in kept):.1f} real seconds in " in command.output


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

"""`harness run races`, as a person runs it: what it says, where it keeps things, and that nothing of it is left."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Command

MISUSES = {
    ("run", "races", "--members", "1"): ["expected: --members to be numbers from 2", "found: '1'", "write 2,8,50"],
    ("run", "races", "--members", "0"): ["expected: --members to be numbers from 2", "found: '0'"],
    ("run", "races", "--members", "x"): ["expected: --members to be numbers from 2", "found: 'x'"],
    ("run", "--chords", "9"): ["expected: --chords with a campaign of races only", "`harness run races --chords 9`"],
    ("run", "races", "--budget", "soon"): ["expected: --budget to be a time", "found: 'soon'", "write 60s"],
    ("run", "rases"): ["expected: a scenario, one of happy", "found: 'rases'", "write 'races'"],
}
A_FEW = ("--members", "2", "--chords", "12", "--pool", "prefork")


def test_it_says_how_many_chords_were_races_and_what_follows_from_that(
    harness: Callable[..., Command], folder: Path
) -> None:
    command = harness("run", "races", *A_FEW, "--directory", "kept")
    assert command.finish() == 0, command.output
    lines = command.output.splitlines()
    (found,) = [line for line in lines if line.startswith("ok   headers of 2, workers 2 x 2 prefork: 12 chords, ")]
    races = int(found.split(" races")[0].rpartition(" ")[2])
    assert 0 < races <= 12
    assert f"no failure in {races} races: with 95 % certainty at most " in command.output
    assert lines[-2:] == [
        "1 of 1 batches as expected; everything is in kept",
        "again: harness run races --chords 12 --members 2 --pool prefork",
    ]
    kept = json.loads((folder / "kept" / "races-2-prefork-2x2-001" / "run.json").read_text())
    assert (kept["ending"], kept["outcome"], kept["discrepancies"]) == ("settled", "success", [])
    assert kept["attempts"] == {"races.member": 24, "races.body": 12}
    assert command.family() == {}
    assert list((folder / "tmp").iterdir()) == []
    assert harness("judge", "kept").finish() == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_when_it_is_interrupted_it_takes_everything_with_it(
    number: signal.Signals, code: int, harness: Callable[..., Command], folder: Path
) -> None:
    command = harness("run", "races", "--members", "2", "--chords", "5000")
    command.read_until(" races (")  # a batch has ended, and the next one goes on
    command.process.send_signal(number)
    assert command.finish() == code
    assert "Traceback" not in command.output
    assert command.family() == {}
    assert list((folder / "tmp").iterdir()) == []


def test_when_it_is_killed_nothing_outlives_it(harness: Callable[..., Command], folder: Path) -> None:
    command = harness("run", "races", "--members", "2", "--chords", "5000")
    command.read_until(" races (")
    family = command.family()
    command.process.kill()
    command.finish()
    command.await_end_of(family)
    assert command.family() == {}
    assert list((folder / "tmp").iterdir()) == []


def test_in_real_time_chords_are_raced_as_well(harness: Callable[..., Command]) -> None:
    command = harness("run", "races", *A_FEW, "--clock", "real")
    assert command.finish() == 0, command.output
    assert " real seconds in " in command.output
    assert "no failure in " in command.output


def test_a_budget_ends_it(harness: Callable[..., Command]) -> None:
    command = harness("run", "races", "--members", "2", "--budget", "1s")
    assert command.finish() == 0, command.output
    assert "2 of 2 batches as expected" in command.output


def test_runs_are_never_written_over(harness: Callable[..., Command], folder: Path) -> None:
    (folder / "kept" / "races-2-prefork-2x2-001").mkdir(parents=True)
    command = harness("run", "races", *A_FEW, "--directory", "kept")
    assert command.finish() == 2
    assert "a directory for this run that is not there yet" in command.output


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

"""`harness judge`: a run is judged again from what it has left, and from that alone."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from harness.cli.main import commands
from harness.errors import UsageError
from harness.laws.book import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

BODY = "TASK_D"


@pytest.fixture(scope="module")
def happy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a run that came as expected."""
    folder = tmp_path_factory.mktemp("judged")
    done = judge_or_run("run", "happy", "--directory", str(folder / "runs"))
    assert done.exit_code in (0, None), done.output
    return folder / "runs" / "happy"


@pytest.fixture
def run(happy: Path, tmp_path: Path) -> Path:
    """Return a copy of it, to be tampered with."""
    return Path(shutil.copytree(happy, tmp_path / "runs" / "happy"))


def judge_or_run(*arguments: str) -> Result:
    result = CliRunner().invoke(commands, [*arguments], standalone_mode=False)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    result.exit_code = result.return_value or 0
    return result


def tamper(run: Path, change: Callable[[dict[str, Any]], list[dict[str, Any]]]) -> None:
    """Change the events of a run, one by one; each becomes as many as are returned."""
    for journal in (run / "journals").iterdir():
        events = [json.loads(line) for line in journal.read_text().splitlines()]
        journal.write_text("".join(json.dumps(kept) + "\n" for event in events for kept in change(event)))


def test_what_held_when_it_was_run_holds_without_redis_and_wherever_it_lies(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    for named in (run, run.parent):
        judged = judge_or_run("judge", str(named))
        assert judged.exit_code == 0, judged.output
        assert "ok   chord.body_once holds (1)" in judged.output
        assert "not exercised" not in judged.output
        assert f" of {len(NAMES)} laws had nothing to judge: " in judged.output
        assert "all 6 of retries, " in judged.output
        assert ", all 4 of callbacks, " in judged.output


def test_laws_that_had_nothing_to_judge_are_shown_to_whoever_asks(run: Path) -> None:
    every = judge_or_run("judge", "--all", str(run)).output
    assert "retries.limited not exercised (0)" in every
    assert "laws had nothing to judge" not in every


def failed(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Say that the backend had stored a failure for the chord's body, which succeeded."""
    return [event | ({"state": "FAILURE"} if event["kind"] == "StateRead" and event["task"].endswith("D") else {})]


def test_a_violated_law_is_told_with_its_evidence_and_ends_with_1(run: Path) -> None:
    tamper(run, failed)
    judged = judge_or_run("judge", str(run))
    assert judged.exit_code == 1, judged.output
    assert "DIFF states.of_what_ran violated (6)" in judged.output
    assert f"claim:    {BODY}, which has succeeded, is stored as SUCCESS" in judged.output


def expect(run: Path, *violates: str) -> None:
    """Make the scenario one that expects these laws to be violated."""
    experiment = json.loads((run / "experiment.json").read_text())
    experiment["scenario"]["violates"] = violates
    (run / "experiment.json").write_text(json.dumps(experiment))


def test_a_law_that_is_violated_as_the_scenario_says_ends_with_0(run: Path) -> None:
    tamper(run, failed)
    expect(run, "states.of_what_ran")
    judged = judge_or_run("judge", str(run))
    assert judged.exit_code == 0, judged.output
    assert "ok   states.of_what_ran violated (6), as the scenario says that it must be" in judged.output


def test_a_law_that_is_to_be_violated_and_is_not_is_told_and_ends_with_1(run: Path) -> None:
    expect(run, "states.of_what_ran")
    judged = judge_or_run("judge", str(run))
    assert judged.exit_code == 1, judged.output
    assert "not violated: states.of_what_ran: " in judged.output


def test_a_law_that_the_scenario_is_to_show_and_that_was_not_shown_ends_with_3(run: Path) -> None:
    def silent(event: dict[str, Any]) -> list[dict[str, Any]]:
        return [] if event["kind"] == "StateRead" else [event]

    tamper(run, silent)
    judged = judge_or_run("judge", str(run))
    assert judged.exit_code == 3, judged.output
    assert "states.of_what_ran not exercised (0)" in judged.output


def test_what_came_out_of_a_run_gives_no_orders_to_a_terminal(run: Path) -> None:
    tamper(run, lambda event: failed(json.loads(json.dumps(event).replace(BODY, "\\u001b[31mD"))))
    judged = judge_or_run("judge", str(run))
    assert judged.exit_code == 1
    assert "\\x1b[31mD" in judged.output


@pytest.mark.parametrize("broken", ["nothing", "no run"])
def test_what_is_no_run_is_told_in_three_parts(tmp_path: Path, broken: str) -> None:
    with pytest.raises(UsageError, match="expected: "):
        judge_or_run("judge", str(tmp_path / "nothing" if broken == "nothing" else tmp_path))


def test_a_run_that_did_not_come_to_its_end_keeps_nobody_from_judging_the_others(run: Path) -> None:
    cut_short = Path(shutil.copytree(run, run.with_name("a-run-before-it")))
    (cut_short / "run.json").unlink()
    judged = judge_or_run("judge", str(run.parent))
    assert judged.exit_code == 2
    assert "expected: the directory of a run that came to its end" in judged.output
    assert "ok   chord.body_once holds (1)" in judged.output

"""`harness report`, and reports after `harness run`: from directories alone, whatever of them is there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from harness.cli.main import commands

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from conftest import Command

WITHOUT = """
import sys
from pathlib import Path
from harness.report.writing import write_reports

write_reports(Path(sys.argv[1]))
print(*({"celery", "kombu", "redis"} & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory of two runs that `harness run` has made, without reports."""
    folder = tmp_path_factory.mktemp("reported") / "runs"
    done = invoke("run", "happy", "down", "--no-report", "--directory", str(folder))
    assert done.exit_code == 0, done.output
    assert not (folder / "index.html").exists()
    return folder


@pytest.fixture
def runs(made: Path, tmp_path: Path) -> Path:
    """Return a copy of it, to be tampered with."""
    return Path(shutil.copytree(made, tmp_path / "runs"))


def invoke(*arguments: str) -> Result:
    result = CliRunner().invoke(commands, [*arguments], standalone_mode=False)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    result.exit_code = result.return_value or 0
    return result


def test_after_a_run_there_is_a_page_of_it_and_its_path_is_said(harness: Callable[..., Command], folder: Path) -> None:
    command = harness("run", "flaky", "--directory", "kept")
    assert command.finish() == 0, command.output
    assert "report: kept/index.html" in command.output.splitlines()
    page = (folder / "kept" / "flaky" / "report.html").read_text()
    assert "TASK_A" in page
    assert "harness run flaky" in page
    report = json.loads((folder / "kept" / "flaky" / "report.json").read_text())
    assert [round(retry["observed_us"] / 1e6) for retry in report["retries"]] == [2, 4]
    assert report["run"]["is_as_expected"] is True
    assert report["missing"] == []


def test_a_report_that_cannot_be_written_takes_nothing_from_the_results(
    harness: Callable[..., Command], folder: Path
) -> None:
    (folder / "kept" / "index.html" / "in the way").mkdir(parents=True)
    command = harness("run", "happy", "--directory", "kept")
    assert command.finish() == 3, command.output
    assert "harness: there is no report\nexpected: to write the report kept/index.html" in command.output
    assert "1 of 1 as expected; everything is in kept" in command.output


def test_reports_are_written_again_without_redis_and_without_celery(runs: Path) -> None:
    environment = os.environ | {"PATH": os.devnull}
    loaded = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(runs)], env=environment, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.split() == []
    assert (runs / "down" / "report.html").exists()


def test_it_says_what_was_written_for_each_directory(runs: Path) -> None:
    done = invoke("report", str(runs), str(runs / "down"))
    assert done.output.splitlines() == [f"{runs / 'index.html'}  2 runs", f"{runs / 'down' / 'report.html'}  1 run"]


def test_of_a_run_that_crashed_what_is_there_is_shown_and_what_is_missing_is_named(runs: Path) -> None:
    (runs / "down" / "run.json").unlink()
    journal = next((runs / "down" / "journals").glob("recorder*"))
    lines = journal.read_text().splitlines()
    journal.write_text("\n".join([*lines[:2], "???", *lines[3:]]))  # and no end of the last line
    done = invoke("report", str(runs))
    assert done.exit_code == 0
    assert "  down: run.json is missing: the run was cut short" in done.output
    assert f"(journals/{journal.name}, line 3)" in done.output
    assert f"(journals/{journal.name}, line {len(lines)})" in done.output
    report = json.loads((runs / "down" / "report.json").read_text())
    assert [attempt["ending"] for attempt in report["attempts"]] == ["succeeded", *["retried"] * 3, "failed"]


def test_what_is_no_run_keeps_nobody_from_reporting_the_others(runs: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = invoke("report", str(tmp_path / "empty"), str(runs))
    assert done.exit_code == 2
    assert "expected: a run's directory, or one that holds runs" in done.output
    assert f"{runs / 'index.html'}  2 runs" in done.output

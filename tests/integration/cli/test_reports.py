"""`harness run reports`: two forms side by side, a log that is kept, and laws of the scenario's own."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from harness.cli.main import commands
from harness.errors import UsageError
from scenarios.catalog.reports import LAWS
from scenarios.catalog.reports.log import FILE
from scenarios.reports.plan import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def harness(*arguments: str) -> Result:
    result = CliRunner().invoke(commands, [*arguments], standalone_mode=False)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    result.exit_code = result.return_value or 0
    return result


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return where a run with one seed is, and what was printed."""
    folder = tmp_path_factory.mktemp("reports") / "runs"
    result = harness("run", "reports", "--seeds", "1", "--directory", str(folder))
    assert result.exit_code == 0, result.output
    return folder / "reports", result.output


@pytest.fixture
def run(done: tuple[Path, str], tmp_path: Path) -> Path:
    """Return a copy of it, to be tampered with."""
    shutil.copytree(done[0], tmp_path / "reports")
    return tmp_path / "reports"


def test_each_kind_is_told_by_its_log_with_both_forms_side_by_side(done: tuple[Path, str]) -> None:
    lines = done[1].splitlines()
    for kind, meaning in KINDS.items():
        at = lines.index(f"{kind}, seed 0: {meaning}")
        assert "as a group: " in lines[at + 1]
        assert "as a chord: " in lines[at + 1]
        assert lines[at + 2].split() == ["task", "status", "retry", "created", "finished"] * 2


def test_each_kind_is_told_in_figures_for_both_forms(done: tuple[Path, str]) -> None:
    rows = [line.split() for line in done[1].splitlines()]
    figures = {(row[0], row[1]): row[2:5] for row in rows if len(row) > 5 and row[0] in KINDS and row[1] != "seed"}
    assert figures["two_fail", "group"] == ["1", "1", "2"]
    assert figures["two_fail", "chord"] == ["1", "0", "1"]
    assert len(figures) == 2 * len(KINDS)


def test_the_run_directory_has_the_log_and_the_account_of_every_report(done: tuple[Path, str]) -> None:
    run, _ = done
    with closing(sqlite3.connect(run / "files" / FILE)) as database:
        assert database.execute("SELECT count(*) FROM report").fetchone() == (2 * len(KINDS),)
    assert (run / "account.txt").read_text().count("as a chord: ") == len(KINDS)


def test_verdicts_of_its_own_laws_are_kept_with_the_others(done: tuple[Path, str]) -> None:
    verdicts = {one["law"]: one["ruling"] for one in json.loads((done[0] / "run.json").read_text())["verdicts"]}
    assert {verdicts[law.name] for law in LAWS.laws} == {"holds"}
    assert verdicts["chord.body_once"] == "holds"


def test_a_run_is_judged_again_by_its_own_laws(run: Path) -> None:
    judged = harness("judge", str(run))
    assert judged.exit_code == 0, judged.output
    for law in LAWS.laws:
        assert f"ok   {law.name} holds" in judged.output


def test_a_log_that_was_tampered_with_is_caught(run: Path) -> None:
    with closing(sqlite3.connect(run / "files" / FILE)) as database, database:
        database.execute("UPDATE report SET status = 'finished' WHERE kind = 'two_fail' AND form = 'chord'")
    judged = harness("judge", str(run))
    assert judged.exit_code == 1
    assert "DIFF chord_reports.status_is_true violated (7)" in judged.output
    assert "violated: chord_reports.status_is_true: What a chord's status claims is true" in judged.output


def test_a_run_whose_log_is_gone_is_wrong_usage_and_no_verdict(run: Path) -> None:
    shutil.rmtree(run / "files")
    judged = harness("judge", str(run))
    assert judged.exit_code == 2
    assert "the files that this run has kept" in judged.output


def test_seeds_are_for_scenarios_that_have_some() -> None:
    with pytest.raises(UsageError, match="--seeds for scenarios that have some"):
        harness("run", "happy", "--seeds", "2")

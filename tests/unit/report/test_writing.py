"""Which files there are, what leads to what, and which runs are compared."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from told_stories import save

from harness.errors import HarnessError, UsageError
from harness.report.index import index_of, row_of
from harness.report.writing import write_index, write_reports

if TYPE_CHECKING:
    from pathlib import Path

    from storytelling import Story


@pytest.fixture
def runs(story: Story, tmp_path: Path) -> Path:
    """Return a directory of two runs."""
    story.sent("add")
    story.ran("add")
    for name in ("flaky", "happy"):
        save(story, tmp_path / "runs" / name)
    return tmp_path / "runs"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_file()}


def made(run: Path, when: str) -> None:
    """Let a run have been made at another time."""
    asked = json.loads((run / "experiment.json").read_text())
    asked["provenance"]["made"] = when
    (run / "experiment.json").write_text(json.dumps(asked))


def test_a_directory_of_runs_has_an_index_and_each_run_its_page(runs: Path) -> None:
    written = write_reports(runs)
    assert written.first == runs / "index.html"
    assert names(runs) == {"index.html", "junit.xml", "summary.md"}
    assert names(runs / "flaky") == {"experiment.json", "run.json", "report.html", "report.json", "trace.json"}
    assert 'href="../index.html"' in (runs / "flaky" / "report.html").read_text()


def test_a_run_by_itself_has_its_page_and_no_index(runs: Path) -> None:
    assert write_reports(runs / "flaky").first == runs / "flaky" / "report.html"
    assert names(runs) == set()


def test_a_directory_of_a_run_that_crashed_before_it_wrote_anything_down_is_one(tmp_path: Path) -> None:
    (tmp_path / "runs" / "crashed" / "journals").mkdir(parents=True)
    assert [path.name for path, _ in write_reports(tmp_path / "runs").runs] == ["crashed"]


@pytest.mark.parametrize("where", ["nothing", "empty"])
def test_what_holds_no_run_is_refused_in_three_parts(tmp_path: Path, where: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"expected: .*\n +found: .*\n +to do: "):
        write_reports(tmp_path / where)


def test_a_report_that_cannot_be_written_says_so_in_three_parts(runs: Path) -> None:
    (runs / "flaky" / "report.html" / "in the way").mkdir(parents=True)
    with pytest.raises(HarnessError, match=r"expected: to write the report .*report\.html\n +found: .*\n +to do: "):
        write_reports(runs)


def test_an_index_takes_reports_that_are_there_and_writes_those_that_are_missing_or_old(runs: Path) -> None:
    write_reports(runs)
    pages = {name: runs / name / "report.html" for name in ("flaky", "happy")}
    for page in pages.values():
        page.write_text("as it was")
    later = (runs / "happy" / "report.json").stat().st_mtime + 1
    os.utime(runs / "happy" / "run.json", (later, later))
    write_index(runs)
    assert pages["flaky"].read_text() == "as it was"
    assert pages["happy"].read_text() != "as it was"
    (runs / "flaky" / "report.json").write_text('{"format": 0}')
    write_index(runs)
    assert pages["flaky"].read_text() != "as it was"


def test_an_index_leads_to_each_page_and_shows_what_each_run_came_to(runs: Path) -> None:
    index = index_of(runs, write_reports(runs).runs)
    assert [row.page for row in index.runs] == ["flaky/report.html", "happy/report.html"]
    row = index.runs[0]
    assert (row.attempts, row.attempts_n, row.is_as_expected) == ({"add": 1}, 1, True)
    assert row.rulings["holds"] > 0
    assert row.spark is not None
    assert [ending for _, _, ending in row.spark] == ["succeeded"]


def test_an_index_names_laws_that_ruled_otherwise_than_the_scenario_says(story: Story, tmp_path: Path) -> None:
    story.sent("add")
    story.ran("add")
    story.state("add", "FAILURE")
    save(story, tmp_path / "named", violates=("states.of_what_ran",), laws=("chord.body_once",))
    save(story, tmp_path / "unnamed")
    named, unnamed = index_of(tmp_path, write_reports(tmp_path).runs).runs
    assert named.unexpected == ["chord.body_once"]
    assert unnamed.unexpected == unnamed.violated == named.violated == ["states.of_what_ran"]


def test_of_several_runs_of_a_scenario_the_newest_is_shown_and_the_others_are_former(
    story: Story, tmp_path: Path
) -> None:
    for number, folder in enumerate(("happy", "happy.2", "happy.3"), 1):
        made(save(story, tmp_path / folder, name="happy"), f"2026-11-2{number}T00:00:00+00:00")
    index = index_of(tmp_path, write_reports(tmp_path).runs)
    assert [row.folder for row in index.runs] == ["happy.3"]
    assert [row.folder for row in index.former["happy"]] == ["happy", "happy.2"]


@pytest.mark.parametrize("parent", ["harness-runs", "elsewhere"])
def test_runs_of_former_commands_are_compared_where_all_are_kept_and_nowhere_else(
    story: Story, tmp_path: Path, parent: str
) -> None:
    for number in (1, 2, 3):
        for name in ("happy", f"other-{number}"):
            folder = tmp_path / parent / f"2026-11-2{number}" / name
            made(save(story, folder), f"2026-11-2{number}T00:00:00+00:00")
    write_reports(tmp_path / parent / "2026-11-21")
    now = tmp_path / parent / "2026-11-22"
    index = index_of(now, write_reports(now).runs)
    former: dict[str, Any] = {name: [(row.folder, row.page) for row in rows] for name, rows in index.former.items()}
    of_before = ("../2026-11-21/happy", "../2026-11-21/happy/report.html")
    assert former == ({"happy": [of_before]} if parent == "harness-runs" else {})


def test_a_row_is_made_of_summaries_alone(runs: Path) -> None:
    whole = row_of(runs / "happy", runs)
    for journal in (runs / "happy" / "journals").iterdir():
        journal.unlink()
    assert row_of(runs / "happy", runs) == whole
    assert whole.spark is None
    assert whole.virtual_us == 1_500_000

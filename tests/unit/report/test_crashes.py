"""Whatever of a run's directory is missing or broken is named, and nothing else is lost."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from told_stories import save

from harness.report.pages import scenario_page
from harness.report.report_of import report_of

if TYPE_CHECKING:
    from pathlib import Path

    from storytelling import Story


@pytest.fixture
def run(story: Story, tmp_path: Path) -> Path:
    """Return the directory of a run that lacks nothing."""
    story.sent("add")
    story.ran("add")
    story.state("add", "SUCCESS")
    return save(story, tmp_path / "happy")


def test_a_whole_run_lacks_nothing(run: Path) -> None:
    report = report_of(run)
    assert report.missing == []
    assert report.run.is_as_expected is True


def test_a_run_that_was_cut_short_says_so_and_is_judged_by_what_is_there(run: Path) -> None:
    (run / "run.json").unlink()
    report = report_of(run)
    (missing,) = report.missing
    assert missing.what.startswith("run.json is missing: the run was cut short")
    assert report.run.is_as_expected is None
    assert report.run.ending is None
    assert [attempt.ending for attempt in report.attempts] == ["succeeded"]
    assert {law.name: law.ruling for law in report.laws}["states.of_what_ran"] == "holds"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"verdicts": 3, "clock": [], "attempts": "many"}', "\0", '{"a": '])
def test_a_run_json_that_is_broken_keeps_nothing_else_from_being_shown(run: Path, content: str) -> None:
    (run / "run.json").write_text(content)
    report = report_of(run)
    assert len(report.attempts) == 1
    assert scenario_page(report, None)


def test_without_experiment_json_the_folder_gives_the_name(run: Path) -> None:
    (run / "experiment.json").unlink()
    report = report_of(run)
    assert report.run.name == "happy"
    assert report.run.repeat is None
    assert [one.what.partition(":")[0] for one in report.missing] == ["experiment.json is missing"]


def test_a_corrupt_line_is_named_with_file_and_line_and_the_others_are_there(run: Path) -> None:
    whole = report_of(run).run.events
    journal = next((run / "journals").glob("worker-1-3*"))
    lines = journal.read_text().splitlines()
    journal.write_text("\n".join([lines[0], "no event", *lines[2:], ""]))
    report = report_of(run)
    (missing,) = report.missing
    assert (missing.file, missing.line) == ("journals/worker-1-3.jsonl", 2)
    assert report.run.events == whole - 1


def test_a_line_that_was_being_written_is_named(run: Path) -> None:
    journal = next((run / "journals").glob("recorder*"))
    with journal.open("a") as file:
        file.write('{"kind":"Queu')
    (missing,) = report_of(run).missing
    assert missing.line == 2
    assert "without a newline" in missing.what


def test_places_in_a_history_that_has_changed_since_are_not_taken_for_those_of_evidence(
    story: Story, tmp_path: Path
) -> None:
    story.sent("add")
    story.ran("add")
    story.state("add", "FAILURE")
    run = save(story, tmp_path / "run")
    assert [evidence.events for law in report_of(run).laws for evidence in law.evidence] != [[]]
    journal = run / "journals" / "recorder-4.jsonl"
    journal.write_text("")
    report = report_of(run)
    assert [evidence.events for law in report.laws for evidence in law.evidence] == [[]]
    assert any("evidence" in one.what for one in report.missing)


@pytest.mark.parametrize("gone", ["journals", "everything in journals"])
def test_without_journals_there_is_a_page_that_says_so(run: Path, gone: str) -> None:
    for journal in (run / "journals").iterdir():
        journal.unlink()
    if gone == "journals":
        (run / "journals").rmdir()
    report = report_of(run)
    assert report.missing[0].what.startswith("journals/ is ")
    assert report.diagnosis.state == "Nothing is known to have been sent."
    assert "nothing of what happened is known" in scenario_page(report, None)


def test_laws_of_a_scenarios_own_that_cannot_be_loaded_are_named(run: Path) -> None:
    experiment = (run / "experiment.json").read_text()
    (run / "experiment.json").write_text(experiment.replace('"own_laws": null', '"own_laws": "nobody.there:LAWS"'))
    assert "cannot be loaded" in report_of(run).missing[0].what


def test_a_journal_that_ends_anywhere_or_is_overwritten_anywhere_still_makes_a_page(run: Path) -> None:
    chance = random.Random(14)  # noqa: S311 - nothing to be secret
    for journal in (run / "journals").iterdir():
        whole = journal.read_bytes()
        for _ in range(12):
            at = chance.randrange(len(whole))
            for broken in (whole[:at], whole[:at] + chance.randbytes(3) + whole[at + 3 :]):
                journal.write_bytes(broken)
                assert scenario_page(report_of(run), None)
        journal.write_bytes(whole)

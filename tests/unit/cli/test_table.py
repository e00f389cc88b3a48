from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.campaign import EventsSeen, RunEnded, RunFailed, TestbedUp, TimeIsReal
from harness.cli.display import display
from harness.cli.table import show_results
from harness.errors import HarnessError
from harness.history.outstanding import Unfinished
from harness.laws.own import Account
from harness.laws.verdict import Evidence, Ruling, Verdict
from harness.run.settling import Settlement

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from harness.run.run import Run
    from harness.scenario import Experiment
    from tests.unit.conftest import Record

    MakeRun = Callable[..., Run]
    MakeExperiment = Callable[[str], Experiment]


def shown(capsys: pytest.CaptureFixture[str], ended: list[Run], failed: list[RunFailed]) -> list[str]:
    show_results(ended, failed, Path("runs"), wall_s=1.5, repeat="harness run happy")
    return capsys.readouterr().out.splitlines()


def test_without_a_terminal_a_run_is_told_in_plain_lines(
    record: Record, run_of: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    record.process("sender").canvas("A", "B")
    record.process("worker-1").ran("A")
    lines = shown(capsys, [run_of()], [])
    assert lines == [
        "ok   happy: incomplete",
        "       attempts: A 1, B 0",
        "       laws: 1 hold",
        "       time: 34.0 s, wall time: 1.2 s",
        "34.0 virtual seconds in 1.5 s of wall time",
        "1 of 1 as expected; everything is in runs",
        "again: harness run happy",
    ]


def test_where_the_report_is_stands_before_what_is_kept(run_of: MakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    report = Path("runs", "index.html")
    show_results([run_of()], [], Path("runs"), wall_s=1.5, repeat="harness run happy", report=report)
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "report: runs/index.html",
        "1 of 1 as expected; everything is in runs",
        "again: harness run happy",
    ]


def test_every_difference_and_everything_that_was_left_is_told(
    run_of: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = Settlement(ending="settled with loss", reason="A: was with worker-1\nRedis: empty")
    lines = shown(capsys, [run_of("one", None, "a difference", "another"), run_of("two", lost)], [])
    assert "DIFF one: incomplete" in lines
    assert "one: a difference" in lines
    assert "one: another" in lines
    at = lines.index("two: settled with loss, with this left:")
    assert lines[at + 1 : at + 3] == ["    A: was with worker-1", "    Redis: empty"]
    assert "0 of 2 as expected; everything is in runs" in lines


def test_a_loss_that_was_expected_is_told_as_that_and_another_one_is_not(
    run_of: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    left = Unfinished(task="A", task_id="id-A", retries=0, where="was with worker-1, which died", is_held=False)
    lost = Settlement(ending="settled with loss", left=(left,), reason=str(left))
    lines = shown(capsys, [run_of("one", lost, loses=("A",)), run_of("two", lost, loses=("B",)), run_of("three")], [])
    assert "one: settled with loss, as expected, with this left:" in lines
    assert "two: settled with loss, with this left:" in lines
    assert "2 of 3 as expected; everything is in runs" in lines
    assert "0 of 1 as expected; everything is in runs" in shown(capsys, [run_of("one", loses=("A",))], [])


def test_trouble_is_told_in_three_parts_and_a_defect_of_ours_with_where_it_is(
    experiment: MakeExperiment, capsys: pytest.CaptureFixture[str]
) -> None:
    defect = ZeroDivisionError("ours")
    failures = [RunFailed(experiment("one"), HarnessError("a", "b", "c")), RunFailed(experiment("two"), defect)]
    text = "\n".join(shown(capsys, [], failures))
    assert "one: the harness failed\n    expected: a\n       found: 'b'\n       to do: c\n" in text
    assert "two: the harness failed\n    ZeroDivisionError: ours" in text
    assert "0 of 2 as expected" in text


def test_text_that_looks_like_markup_is_shown_as_it_is(run_of: MakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    assert "one: [bold]A[id-A][/bold]" in shown(capsys, [run_of("one", None, "[bold]A[id-A][/bold]")], [])


def test_without_a_terminal_progress_is_told_in_plain_lines(
    record: Record, run_of: MakeRun, experiment: MakeExperiment, capsys: pytest.CaptureFixture[str]
) -> None:
    happy = experiment("happy")
    record.process("worker-1").failed("A")
    with display([happy]) as show:
        show(TimeIsReal("no compiled library"))
        show(TestbedUp(happy))
        show(EventsSeen(happy, record.events))
        show(EventsSeen(happy, ()))
        show(RunEnded(run_of()))
        show(RunFailed(experiment("slow"), HarnessError("a", "b", "c")))
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "real time: no compiled library"
    assert [line[10:] for line in lines] == [
        "happy: testbed up",
        "happy: A, attempt 1: ValueError, failed",
        "happy: incomplete",
        "slow: the harness failed",
    ]


def test_that_attempts_start_and_succeed_is_no_line_of_its_own(
    record: Record, experiment: MakeExperiment, capsys: pytest.CaptureFixture[str]
) -> None:
    record.process("worker-1").ran("A")
    with display([experiment("happy")]) as show:
        show(EventsSeen(experiment("happy"), record.events))
    assert capsys.readouterr().out == ""


def test_a_violated_law_is_told_with_its_sentence_its_source_and_its_evidence(
    run_of: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    evidence = Evidence(claim="D is sent once", expected="1 message", observed="2", events=(7, 9), steps=("by B",))
    verdict = Verdict(law="chord.body_once", ruling=Ruling.VIOLATED, instances=1, evidence=(evidence,))
    lines = shown(capsys, [run_of(verdicts=(verdict,))], [])
    assert lines[0].startswith("DIFF happy")
    assert "       laws: 1 violated" in lines
    told = lines[lines.index("happy: a law is violated:") :]
    assert told[1].strip() == "violated: chord.body_once: A chord's body is sent exactly once."
    for line in ("expected: 1 message", "observed: 2", "by B", "events:   #7, #9"):
        assert line in (one.strip() for one in told)


def test_a_law_that_was_to_be_shown_and_was_not_is_told(run_of: MakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    verdict = Verdict(law="chord.body_once", ruling=Ruling.NOT_EXERCISED, reason="no chord")
    lines = shown(capsys, [run_of(verdicts=(verdict,), laws=("chord.body_once",))], [])
    assert "happy: chord.body_once was to be shown here and is not exercised: no chord" in lines


def test_of_each_run_and_of_all_it_is_told_what_they_did_not_show(
    run_of: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    def ruled(**rulings: Ruling) -> tuple[Verdict, ...]:
        return tuple(Verdict(law=f"chord.{name}", ruling=ruling) for name, ruling in rulings.items())

    idle, holds = Ruling.NOT_EXERCISED, Ruling.HOLDS
    one = run_of("one", verdicts=ruled(a=idle, b=idle, c=holds))
    two = run_of("two", verdicts=ruled(a=holds, b=idle, c=holds))
    lines = shown(capsys, [one, two], [])
    assert "one: 2 of 3 laws had nothing to judge: chord.a, chord.b" in lines
    assert "two: 1 of 3 laws had nothing to judge: chord.b" in lines
    assert "in all 2 runs together, 1 of 3 laws had nothing to judge: chord.b" in lines
    assert not any("together" in line for line in shown(capsys, [one], []))
    full = run_of("two", verdicts=ruled(a=holds, b=Ruling.UNDECIDED))
    assert not any("together" in line for line in shown(capsys, [one, full], []))


def test_a_law_that_was_to_be_violated_and_was_not_is_told(run_of: MakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    verdict = Verdict(law="chord.body_once", ruling=Ruling.HOLDS, instances=2)
    lines = shown(capsys, [run_of(verdicts=(verdict,), violates=("chord.body_once",))], [])
    assert lines[0].startswith("DIFF happy")
    told = lines[lines.index("happy: a law was to be violated:") :]
    assert told[1].strip() == "not violated: chord.body_once: A chord's body is sent exactly once."
    assert "observed:  chord.body_once holds (2)" in (line.strip() for line in told)


def test_a_law_that_is_violated_as_the_scenario_says_is_no_difference(
    run_of: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict = Verdict(law="chord.body_once", ruling=Ruling.VIOLATED, instances=2)
    lines = shown(capsys, [run_of(verdicts=(verdict,), violates=("chord.body_once",))], [])
    assert lines[0].startswith("ok   happy")
    assert "       laws: 1 violated" in lines
    assert not [line for line in lines if "a law " in line]


# ---- what a scenario tells in its own words ------------------------------------------------------------------------


ACCOUNT = Account(outcome="2 reports", shown=("one: [bold]well", "two: ill"), whole=("much more",))


def test_a_scenario_that_has_its_own_words_is_told_in_these_and_no_others(
    record: Record, run_of: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    record.process("sender").canvas("A", "B")
    record.process("worker-1").ran("A")
    lines = shown(capsys, [replace(run_of(), account=ACCOUNT)], [])
    assert lines[:5] == [
        "ok   happy: 2 reports",
        "       laws: 1 hold",
        "       time: 34.0 s, wall time: 1.2 s",
        "one: [bold]well",
        "two: ill",
    ]


def test_how_it_settled_is_told_with_its_own_words(run_of: MakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    run = replace(run_of("one", Settlement(ending="timed out", reason="A: running")), account=ACCOUNT)
    assert "DIFF one: 2 reports (timed out)" in shown(capsys, [run], [])


def test_a_law_of_the_scenarios_own_is_told_with_its_sentence(
    run_of: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    evidence = Evidence(claim="one is set once", expected="once", observed="twice", events=(7,))
    verdict = Verdict(law="chord_reports.status_is_true", ruling=Ruling.VIOLATED, instances=1, evidence=(evidence,))
    run = run_of(verdicts=(verdict,))
    scenario = replace(run.experiment.scenario, own_laws="scenarios.catalog.reports:LAWS")
    told = shown(capsys, [replace(run, experiment=replace(run.experiment, scenario=scenario))], [])
    assert any("violated: chord_reports.status_is_true: What a chord's status claims is true" in line for line in told)


def test_mishaps_are_no_lines_where_the_scenario_tells_them_in_its_own_words(
    record: Record, experiment: MakeExperiment, capsys: pytest.CaptureFixture[str]
) -> None:
    record.process("worker-1").failed("A")
    one = experiment("many")
    many = replace(one, scenario=replace(one.scenario, own_laws="app:LAWS"))
    with display([many]) as show:
        show(EventsSeen(many, record.events))
    assert capsys.readouterr().out == ""

"""What callbacks do to a report that is made as a group, and to the same report that is made as a chord.

Three members, a "finished" and an "error" callback, both immutable, and a status that they set. Read the table as the
specification: how often each callback runs, what the status is at the end, and whether that was true when it was set.
The proofs below it say when callbacks run, and how long a status stands there that is not true. What they say of
callbacks, of the log and of the status is what the laws in scenarios/catalog/reports say, which are judged as well; how
often members are attempted is what the plan says.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from harness.campaign import RunEnded, RunFailed, TimeIsReal, carry_out_all
from harness.catalog import find_scenarios
from harness.laws.verdict import Ruling
from harness.scenario import DELAY_TOLERANCE_S, Experiment, OwnSending, Scenario
from scenarios.catalog.reports.case import FAILED, FINISHED, Report, case_of, end_of
from scenarios.catalog.reports.claims import claims_of
from scenarios.reports.plan import KINDS, MAX_RETRIES, plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.history.history import Attempt
    from harness.run.run import Run
    from harness.scenario import Conditions

SEEDS = 4


@dataclass(frozen=True)
class Row:
    """What comes of a report: how often each callback ran, its status at the end, whether it was true when set."""

    finished: int
    failed: int
    status: str
    is_true: bool


TABLE = {
    ("group", "all_well"): Row(1, 0, "finished", is_true=False),
    ("chord", "all_well"): Row(1, 0, "finished", is_true=True),
    ("group", "transient"): Row(1, 0, "finished", is_true=False),
    ("chord", "transient"): Row(1, 0, "finished", is_true=True),
    ("group", "one_fails"): Row(1, 1, "failed", is_true=True),
    ("chord", "one_fails"): Row(0, 1, "failed", is_true=True),
    ("group", "two_fail"): Row(1, 2, "failed", is_true=True),
    ("chord", "two_fail"): Row(0, 1, "failed", is_true=True),
    ("group", "first_slowest"): Row(1, 0, "finished", is_true=True),
    ("chord", "first_slowest"): Row(1, 0, "finished", is_true=True),
    ("group", "first_fails"): Row(0, 1, "failed", is_true=True),
    ("chord", "first_fails"): Row(0, 1, "failed", is_true=True),
    ("group", "sixth_attempt"): Row(1, 0, "finished", is_true=False),
    ("chord", "sixth_attempt"): Row(1, 0, "finished", is_true=True),
    # Beyond the seven kinds: the last word is the wrong one.
    ("group", "outlived"): Row(1, 1, "finished", is_true=False),
    ("chord", "outlived"): Row(0, 1, "failed", is_true=True),
}

of_every_report = pytest.mark.parametrize(("form", "kind"), TABLE)
of_every_kind = pytest.mark.parametrize("kind", [*KINDS, "outlived"])


# ---- the table ---------------------------------------------------------------------------------------------------


@of_every_report
def test_each_callback_runs_as_often_as_the_table_says(reports: list[Report], form: str, kind: str) -> None:
    row = TABLE[form, kind]
    for report in of(reports, form, kind):
        assert (runs(report, FINISHED), runs(report, FAILED)) == (row.finished, row.failed), report


@of_every_report
def test_the_status_at_the_end_is_that_of_the_table(reports: list[Report], form: str, kind: str) -> None:
    assert {report.row.status for report in of(reports, form, kind)} == {TABLE[form, kind].status}


@of_every_report
def test_the_status_at_the_end_was_as_true_when_it_was_set_as_the_table_says(
    reports: list[Report], form: str, kind: str
) -> None:
    assert {claims_of(report)[-1].is_true for report in of(reports, form, kind)} == {TABLE[form, kind].is_true}


@of_every_report
def test_callbacks_are_told_the_number_of_their_report_and_nothing_else(
    reports: list[Report], form: str, kind: str
) -> None:
    for report in of(reports, form, kind):
        for call in report.calls:
            assert (call.sent.args, call.sent.kwargs) == ([report.row.number], {})


# ---- a group -----------------------------------------------------------------------------------------------------


@of_every_kind
def test_a_group_is_finished_by_its_first_declared_member_as_soon_as_that_has_succeeded(
    reports: list[Report], kind: str
) -> None:
    for report in of(reports, "group", kind):
        for call in report.calls_of(FINISHED):
            success = report.first.success
            assert success is not None
            assert ended(success) < call.sent.index < through(success)
            assert call.sent.sender_id == report.first.sent.task_id


@of_every_kind
def test_a_group_has_failed_as_soon_as_one_member_has_and_by_that_one(reports: list[Report], kind: str) -> None:
    for report in of(reports, "group", kind):
        by_sender = {call.sent.sender_id: call.sent for call in report.calls_of(FAILED)}
        assert by_sender.keys() == {fate.sent.task_id for fate in report.failures}
        for fate in report.failures:
            assert ended(fate.failure) < by_sender[fate.sent.task_id].index < through(fate.failure)


@pytest.mark.parametrize("kind", ["all_well", "transient", "sixth_attempt"])
def test_a_group_is_finished_while_its_other_members_go_on(reports: list[Report], kind: str) -> None:
    for report in of(reports, "group", kind):
        (claim,) = claims_of(report)
        assert (claim.status, claim.truth) == ("finished", "unfinished")
        assert claim.going_on == ("medium", "long")
        assert 0 < claim.untrue_s < math.inf  # it comes true in the end


def test_a_group_whose_member_needs_six_attempts_is_finished_minutes_before_it_is(reports: list[Report]) -> None:
    assert max(claims_of(report)[0].untrue_s for report in of(reports, "group", "sixth_attempt")) > 180


def test_a_group_is_finished_in_truth_only_if_its_first_declared_member_happens_to_end_last(
    reports: list[Report],
) -> None:
    for report in of(reports, "group", "first_slowest"):
        (claim,) = claims_of(report)
        assert (claim.is_true, claim.going_on) == (True, ())


@pytest.mark.parametrize(("kind", "failures"), [("one_fails", 1), ("two_fail", 2)])
def test_a_group_is_finished_first_and_then_fails_once_for_each_failure(
    reports: list[Report], kind: str, failures: int
) -> None:
    for report in of(reports, "group", kind):
        first, *others = claims_of(report)
        assert (first.status, first.truth) == ("finished", "unfinished")
        assert [claim.status for claim in others] == ["failed"] * failures
        assert all(claim.is_true for claim in others)


def test_a_group_of_which_two_fail_says_so_twice_the_first_time_while_the_other_goes_on(reports: list[Report]) -> None:
    for report in of(reports, "group", "two_fail"):
        first, second = report.calls_of(FAILED)
        assert first.sent.index < through(min((fate.failure for fate in report.failures), key=ended))
        assert all(ended(fate.failure) < second.sent.index for fate in report.failures)


def test_a_group_whose_first_declared_member_fails_is_never_finished(reports: list[Report]) -> None:
    for report in of(reports, "group", "first_fails"):
        assert [claim.status for claim in claims_of(report)] == ["failed"]


def test_a_group_that_has_failed_is_finished_for_good_when_its_first_declared_member_is(reports: list[Report]) -> None:
    for report in of(reports, "group", "outlived"):
        failed, finished = claims_of(report)
        assert (failed.status, failed.is_true) == ("failed", True)
        assert (finished.status, finished.truth, finished.untrue_s) == ("finished", "failed", math.inf)


# ---- a chord -----------------------------------------------------------------------------------------------------


@of_every_kind
def test_a_chord_makes_one_claim_and_that_is_true(reports: list[Report], kind: str) -> None:
    for report in of(reports, "chord", kind):
        (claim,) = claims_of(report)
        assert claim.is_true, report
        assert claim.status == TABLE["chord", kind].status


@of_every_kind
def test_a_chord_calls_nobody_before_its_last_member_has_ended_and_then_at_once(
    reports: list[Report], kind: str
) -> None:
    for report in of(reports, "chord", kind):
        (call,) = report.calls
        ends = {fate.sent.task_id: end for fate in report.members if (end := end_of(fate)) is not None}
        assert all(ended(end) < call.sent.index for end in ends.values())
        # Of two that end at the same time either may be counted last.
        assert call.sent.sender_id is not None
        assert call.sent.index < through(ends[call.sent.sender_id])


def test_a_chord_that_has_failed_says_so_only_when_the_others_have_ended_too(reports: list[Report]) -> None:
    for report in of(reports, "chord", "two_fail"):
        assert len(report.failures) == 2
        (call,) = report.calls_of(FAILED)
        assert all(ended(fate.failure) < call.sent.index for fate in report.failures)
    # Here minutes pass in which nobody hears of the failure: a member that does well is waited for.
    for report in of(reports, "chord", "outlived"):
        (failed,), (call,) = report.failures, report.calls_of(FAILED)
        assert call.sent.sender_id == report.first.sent.task_id
        assert failed.failure is not None
        assert failed.failure.ended is not None
        assert call.sent.virtual_ns - failed.failure.ended.virtual_ns > 60 * 1e9


# ---- the work ----------------------------------------------------------------------------------------------------


@of_every_report
def test_members_are_attempted_as_often_as_the_plan_says_in_both_forms(
    reports: list[Report], form: str, kind: str
) -> None:
    for report in of(reports, form, kind):
        plan = plan_of(kind, report.row.seed)
        assert [fate.sent.task for fate in report.members] == [part.name for part in plan]
        assert [len(fate.attempts) for fate in report.members] == [1 + min(part.failures, MAX_RETRIES) for part in plan]
        assert [fate.failure is not None for fate in report.members] == [part.fails_for_good for part in plan]


@of_every_report
def test_the_log_has_a_line_for_each_attempt(reports: list[Report], form: str, kind: str) -> None:
    for report in of(reports, form, kind):
        for fate in report.members:
            lines = [line for line in report.row.lines if line.task == fate.sent.task]
            assert [line.retry for line in lines] == list(range(len(fate.attempts)))
            statuses = ["failed"] * (len(lines) - 1) + ["failed" if fate.failure else "succeeded"]
            assert [line.status for line in lines] == statuses


def test_retries_wait_for_up_to_40_s_and_twice_as_long_each_time_but_never_longer_than_500_s(runs_: list[Run]) -> None:
    longest = dict.fromkeys(range(MAX_RETRIES), 0.0)
    for run in runs_:
        for delay in run.history.retry_delays():
            retries = delay.former.started.retries
            longest[retries] = max(longest[retries], delay.asked_s)
    for retries, asked_s in longest.items():
        assert 0 < asked_s <= min(40 * 2**retries, 500)


# ---- the runs ----------------------------------------------------------------------------------------------------


def test_all_reports_settle_and_no_law_is_violated(runs_: list[Run]) -> None:
    for run in runs_:
        assert run.settlement.ending == "settled", run.settlement.reason
        assert run.violations == ()
        assert [verdict.law for verdict in run.verdicts if verdict.ruling is Ruling.UNDECIDED] == []


def test_every_law_about_reports_is_shown(runs_: list[Run]) -> None:
    assert runs_[0].experiment.scenario.laws
    assert runs_[0].unproved == ()


def test_no_report_has_waited_for_another_ones_slot(runs_: list[Run]) -> None:
    for run in runs_:
        assert busy_at_most(run) < run.experiment.conditions.concurrency


# ---- how they are made and asked ---------------------------------------------------------------------------------


def scenarios() -> Iterator[Scenario]:
    """The seven kinds over some seeds; and what lies beyond, for which one is enough."""
    (seven,) = find_scenarios(["reports"])
    assert isinstance(seven.canvas, OwnSending)
    yield seven.seeded(SEEDS)
    beyond = replace(seven.canvas, arguments={"kinds": ["outlived"], "seeds": 1, "apart_s": 1.0})
    yield replace(seven, name="beyond", canvas=beyond, laws=())


@pytest.fixture(scope="session")
def runs_(conditions: Conditions, tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """The runs in which all reports are made."""
    if conditions.clock == "real":
        pytest.skip("reports take half an hour, and nobody would wait that long")
    experiments = [Experiment(scenario=one, conditions=replace(conditions, **one.suits)) for one in scenarios()]
    ended: list[Run] = []
    for progress in carry_out_all(experiments, tmp_path_factory.mktemp("reports")):
        match progress:
            case RunEnded():
                ended.append(progress.run)
            case TimeIsReal():
                (pytest.fail if os.environ.get("CI") else pytest.skip)(f"time would be real: {progress.reason}")
            case RunFailed():
                raise progress.error
            case _:
                pass
    return ended


@pytest.fixture(scope="session")
def reports(runs_: list[Run]) -> list[Report]:
    """All reports that were made, with what became of them."""
    return [
        report
        for run in runs_
        for report in case_of(run.history, run.directory / "files", DELAY_TOLERANCE_S[run.timing.clock]).reports
    ]


def of(reports: list[Report], form: str, kind: str) -> list[Report]:
    """Return the reports of one form and kind: there are some."""
    found = [report for report in reports if (report.row.form, report.row.kind) == (form, kind)]
    assert len(found) == (1 if kind == "outlived" else SEEDS)
    return found


def ended(attempt: Attempt | None) -> int:
    """Return the place in the history where an attempt's code has ended."""
    assert attempt is not None
    assert attempt.ended is not None
    return attempt.ended.index


def through(attempt: Attempt | None) -> int:
    """Return the place from which on Celery does nothing more for an attempt."""
    assert attempt is not None
    assert attempt.last_index is not None
    return attempt.last_index


def runs(report: Report, callback: str) -> int:
    """Return how often a callback of a report ran."""
    return sum(len(call.fate.attempts) for call in report.calls_of(callback))


def busy_at_most(run: Run) -> int:
    """Return how many attempts went on at once, at most."""
    changes: list[tuple[int, int]] = []
    for attempt in run.history.attempts():
        assert attempt.closed is not None
        changes += [(attempt.started.index, 1), (attempt.closed.index, -1)]
    busy = most = 0
    for _, change in sorted(changes):
        busy += change
        most = max(most, busy)
    return most

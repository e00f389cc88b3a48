"""What is told of a report: its log, what its status claimed and when, and what that was worth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reports_told import NUMBER, ReportTold
from storytelling import LATE_S

from scenarios.catalog.reports.account import account_of
from scenarios.catalog.reports.case import ReportsCase
from scenarios.catalog.reports.claims import claims_of

if TYPE_CHECKING:
    from storytelling import Story

    from scenarios.catalog.reports.case import Report

MEMBERS = ("short", "medium", "long")


def case_of(told: ReportTold) -> ReportsCase:
    history = told.story.history()
    return ReportsCase(history, {NUMBER: told.row(history)}, late_s=LATE_S)


def report_of(told: ReportTold) -> Report:
    (report,) = case_of(told).reports
    return report


def test_a_claim_that_comes_true_was_untrue_until_then(story: Story) -> None:
    told = ReportTold(story, "group", *MEMBERS)
    told.ends("short", then=["report_finished"])
    told.runs("report_finished")
    story.wait(30)
    told.ends("medium")
    story.wait(60)
    told.ends("long")
    (claim,) = claims_of(report_of(told))
    assert (claim.status, claim.truth, claim.is_true) == ("finished", "unfinished", False)
    assert claim.going_on == ("medium", "long")
    assert 90 < claim.untrue_s < 90.1


def test_a_claim_that_is_replaced_was_untrue_until_then(story: Story) -> None:
    told = ReportTold(story, "group", *MEMBERS)
    told.ends("short", then=["report_finished"])
    told.runs("report_finished")
    story.wait(30)
    told.ends("medium", well=False, then=["report_failed"])
    told.runs("report_failed")
    story.wait(60)
    told.ends("long")
    lie, truth = claims_of(report_of(told))
    assert (lie.status, lie.truth) == ("finished", "unfinished")
    assert 30 < lie.untrue_s < 30.1
    assert (truth.status, truth.truth, truth.untrue_s, truth.going_on) == ("failed", "failed", 0, ("long",))


def test_a_claim_that_never_comes_true_stays_untrue_for_good(story: Story) -> None:
    told = ReportTold(story, "group", "long", "short")
    told.ends("short", well=False, then=["report_failed"])
    told.runs("report_failed")
    told.ends("long", then=["report_finished"])
    told.runs("report_finished")
    _, lie = claims_of(report_of(told))
    assert (lie.status, lie.truth, lie.untrue_s) == ("finished", "failed", math.inf)


def test_a_claim_of_a_chord_is_true_when_it_is_made(story: Story) -> None:
    told = ReportTold(story, "chord", "short", "long")
    told.ends("short")
    story.wait(60)
    told.ends("long", then=["report_finished"])
    told.runs("report_finished")
    (claim,) = claims_of(report_of(told))
    assert (claim.is_true, claim.untrue_s, claim.going_on) == (True, 0, ())


def test_a_report_of_which_no_callback_ran_has_claimed_nothing(story: Story) -> None:
    told = ReportTold(story, "chord", "short", "long")
    told.ends("short")
    assert claims_of(report_of(told)) == ()


def test_a_report_is_told_by_its_log_and_by_what_its_status_claimed(story: Story) -> None:
    told = ReportTold(story, "group", "short", "long")
    told.changed["kind"] = "two_fail"
    story.wait(5)
    told.ends("short", then=["report_finished"])
    told.runs("report_finished")
    story.wait(60)
    told.ends("long", well=False, then=["report_failed"])
    told.runs("report_failed")
    account = account_of(case_of(told))
    assert account.outcome.startswith("1 reports, 4 attempts, ")
    at = account.shown.index("two_fail, seed 0: two members fail for good")
    assert account.shown[at + 1 : at + 9] == (
        "  as a group: failed",
        "  task             status     retry    created   finished",
        "  short            succeeded      0      0.0 s      0.0 s",
        "  report_finished  succeeded      0      0.0 s      0.0 s",
        "  long             failed         0     60.0 s     60.0 s",
        "  report_failed    succeeded      0     60.0 s     60.0 s",
        "  'finished' at 0.0 s: not true, long went on",
        "  'failed' at 60.0 s: true",
    )


def test_figures_count_callbacks_and_what_the_status_was_worth(story: Story) -> None:
    told = ReportTold(story, "group", "short", "long")
    told.changed["kind"] = "two_fail"
    told.ends("short", then=["report_finished"])
    told.runs("report_finished")
    story.wait(60)
    told.ends("long", well=False, then=["report_failed"])
    told.runs("report_failed")
    row = account_of(case_of(told)).shown[-1]
    assert row.split() == [
        *("two_fail", "group", "1", "1", "1", "1", "failed", "1"),
        *("1,", "for", "60", "s", "in", "the", "median,", "60", "s", "at", "most"),
    ]

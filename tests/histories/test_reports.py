"""Every law about reports accepts what is right and rejects what is not, and so do others where they must."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from reports_told import NUMBER, ReportTold

from harness.history.history import History
from harness.laws.verdict import Ruling
from scenarios.catalog.reports import LAWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from storytelling import Story

    from harness.laws.law import Law
    from scenarios.catalog.reports.case import ReportsCase

    Tell = Callable[[Story], ReportTold]

MEMBERS = ("short", "medium", "long")


# ---- right -------------------------------------------------------------------------------------------------------


def a_group_that_is_well(story: Story) -> ReportTold:
    told = ReportTold(story, "group", *MEMBERS)
    told.ends("short", then=["report_finished"])
    told.runs("report_finished")
    told.ends("medium")
    told.ends("long")
    return told


def a_group_of_which_two_fail(story: Story) -> ReportTold:
    told = ReportTold(story, "group", *MEMBERS)
    told.ends("short", then=["report_finished"])
    told.ends("medium", well=False, then=["report_failed#1"])
    told.runs("report_finished", "report_failed#1")
    told.ends("long", well=False, then=["report_failed#2"])
    told.runs("report_failed#2")
    return told


def a_group_whose_first_fails(story: Story) -> ReportTold:
    told = ReportTold(story, "group", *MEMBERS)
    told.ends("short", well=False, then=["report_failed"])
    told.runs("report_failed")
    told.ends("medium")
    told.ends("long")
    return told


def a_group_whose_first_comes_last(story: Story) -> ReportTold:
    told = ReportTold(story, "group", "long", "short")
    told.ends("short", well=False, then=["report_failed"])
    told.runs("report_failed")
    told.ends("long", then=["report_finished"])
    told.runs("report_finished")
    return told


def a_chord_that_is_well(story: Story) -> ReportTold:
    told = ReportTold(story, "chord", *MEMBERS)
    told.ends("short")
    told.ends("long")
    told.ends("medium", then=["report_finished"])
    told.runs("report_finished")
    return told


def a_chord_of_which_two_fail(story: Story) -> ReportTold:
    told = ReportTold(story, "chord", *MEMBERS)
    told.ends("medium", well=False)
    told.ends("long", well=False)
    told.ends("short", then=["report_failed"])
    told.runs("report_failed")
    return told


def a_report_after_retries(story: Story) -> ReportTold:
    told = ReportTold(story, "chord", "short")
    story.retried("short")
    story.delivered("short", 1)
    story.started("short", 1)
    story.ended("short", retries=1)
    story.sent("report_finished", args=[NUMBER], by="short", source="worker-1-3")
    story.closed("short", retries=1)
    told.runs("report_finished")
    return told


RIGHT = (
    a_group_that_is_well,
    a_group_of_which_two_fail,
    a_group_whose_first_fails,
    a_group_whose_first_comes_last,
    a_chord_that_is_well,
    a_chord_of_which_two_fail,
    a_report_after_retries,
)


@pytest.mark.parametrize("tell", RIGHT)
def test_what_is_right_is_accepted(tell: Tell, story: Story) -> None:
    verdicts = tell(story).verdicts()
    rulings = {verdict.ruling for verdict in verdicts.values()}
    assert rulings == {Ruling.HOLDS, Ruling.NOT_EXERCISED}
    assert verdicts["reports.log_is_right"].ruling is Ruling.HOLDS


@pytest.mark.parametrize("law", [law.name for law in LAWS.laws])
def test_every_law_is_exercised_by_something_right(law: str, story: Story) -> None:
    assert any(tell(type(story)()).verdicts()[law].ruling is Ruling.HOLDS for tell in RIGHT)


@pytest.mark.parametrize("tell", RIGHT)
def test_a_history_that_ends_anywhere_accuses_nobody(tell: Tell, story: Story) -> None:
    told = tell(story)
    for end in range(len(story.events) + 1):
        by_source: dict[str, list[object]] = {}
        for event in story.events[:end]:
            by_source.setdefault(event.source, []).append(event)
        cut = History.of(by_source.values())  # type: ignore[arg-type]
        accused = [law for law, verdict in told.verdicts(cut).items() if verdict.ruling is Ruling.VIOLATED]
        assert accused == [], story.events[end - 1]


# ---- wrong -------------------------------------------------------------------------------------------------------


def a_callback_that_is_told_a_result(story: Story) -> ReportTold:
    told = ReportTold(story, "group", *MEMBERS)
    told.ends("short", then=["report_finished"], args=["short of report 7", NUMBER])
    told.runs("report_finished")
    told.ends("medium")
    told.ends("long")
    return told


def a_log_that_lacks_a_line(story: Story) -> ReportTold:
    told = a_group_that_is_well(story)
    told.changed["lines"] = told.row(story.history()).lines[1:]
    return told


def a_log_with_another_retry(story: Story) -> ReportTold:
    told = a_report_after_retries(story)
    first, *others = told.row(story.history()).lines
    told.changed["lines"] = (replace(first, retry=1), *others)
    return told


def a_log_of_another_time(story: Story) -> ReportTold:
    told = a_group_that_is_well(story)
    first, *others = told.row(story.history()).lines
    told.changed["lines"] = (replace(first, created_s=first.created_s - 0.001), *others)
    return told


def a_log_line_that_ends_too_late(story: Story) -> ReportTold:
    told = a_group_that_is_well(story)
    first, *others = told.row(story.history()).lines
    assert first.finished_s is not None
    told.changed["lines"] = (replace(first, finished_s=first.finished_s + 0.001), *others)
    return told


def a_log_line_that_ends_before_it_begins(story: Story) -> ReportTold:
    told = a_group_that_is_well(story)
    first, *others = told.row(story.history()).lines
    told.changed["lines"] = (replace(first, created_s=first.finished_s, finished_s=first.created_s), *others)
    return told


def a_status_that_an_earlier_callback_set(story: Story) -> ReportTold:
    told = a_group_of_which_two_fail(story)
    told.changed["status"] = "finished"
    return told


def a_status_that_no_callback_set(story: Story) -> ReportTold:
    told = ReportTold(story, "group", "short")
    told.ends("short", well=False, then=["report_failed"])
    told.runs("report_failed")
    told.changed["status"] = "ordered"
    return told


def a_group_that_is_never_finished(story: Story) -> ReportTold:
    told = ReportTold(story, "group", *MEMBERS)
    for member in MEMBERS:
        told.ends(member)
    return told


def a_group_that_is_finished_twice(story: Story) -> ReportTold:
    told = ReportTold(story, "group", *MEMBERS)
    told.ends("short", then=["report_finished#1", "report_finished#2"])
    told.runs("report_finished#1", "report_finished#2")
    told.ends("medium")
    told.ends("long")
    return told


def a_group_that_is_finished_by_its_last(story: Story) -> ReportTold:
    told = ReportTold(story, "group", *MEMBERS)
    told.ends("short")
    told.ends("medium")
    told.ends("long", then=["report_finished"])
    told.runs("report_finished")
    return told


def a_group_that_is_finished_by_the_code_of_its_first(story: Story) -> ReportTold:
    told = ReportTold(story, "group", *MEMBERS)
    story.delivered("short")
    story.started("short")
    story.sent("report_finished", args=[NUMBER], by="short", source="worker-1-3")
    story.ended("short")
    story.closed("short")
    told.runs("report_finished")
    told.ends("medium")
    told.ends("long")
    return told


def a_group_that_is_finished_once_too_often_and_goes_on(story: Story) -> ReportTold:
    told = ReportTold(story, "group", *MEMBERS)
    told.ends("short", then=["report_finished#1", "report_finished#2"])
    told.runs("report_finished#1", "report_finished#2")
    return told


def a_group_that_fails_once_although_two_did(story: Story) -> ReportTold:
    told = ReportTold(story, "group", *MEMBERS)
    told.ends("short", then=["report_finished"])
    told.ends("medium", well=False, then=["report_failed"])
    told.ends("long", well=False)
    told.runs("report_finished", "report_failed")
    return told


def a_group_whose_failure_waits_for_the_last(story: Story) -> ReportTold:
    told = ReportTold(story, "group", *MEMBERS)
    told.ends("short", then=["report_finished"])
    told.ends("medium", well=False)
    told.ends("long", then=["report_failed"])
    told.runs("report_finished", "report_failed")
    return told


def a_group_that_fails_although_none_did(story: Story) -> ReportTold:
    told = ReportTold(story, "group", *MEMBERS)
    told.ends("short", then=["report_finished"])
    told.ends("medium", then=["report_failed"])
    told.runs("report_finished", "report_failed")
    told.ends("long")
    return told


def a_chord_without_its_body(story: Story) -> ReportTold:
    told = ReportTold(story, "chord", *MEMBERS)
    for member in MEMBERS:
        told.ends(member)
    return told


def a_chord_whose_body_is_sent_early(story: Story) -> ReportTold:
    told = ReportTold(story, "chord", *MEMBERS)
    told.ends("short", then=["report_finished"])
    told.ends("medium")
    told.ends("long")
    told.runs("report_finished")
    return told


def a_chord_whose_body_is_sent_late(story: Story) -> ReportTold:
    told = ReportTold(story, "chord", *MEMBERS)
    for member in MEMBERS:
        told.ends(member)
    story.sent("report_finished", args=[NUMBER], by="long", source="worker-1-3")
    told.runs("report_finished")
    return told


def a_chord_that_fails_for_each(story: Story) -> ReportTold:
    told = ReportTold(story, "chord", *MEMBERS)
    told.ends("short")
    told.ends("medium", well=False)
    told.ends("long", well=False, then=["report_failed#1", "report_failed#2"])
    told.runs("report_failed#1", "report_failed#2")
    return told


def a_chord_whose_errback_is_sent_early(story: Story) -> ReportTold:
    told = ReportTold(story, "chord", *MEMBERS)
    told.ends("medium", well=False, then=["report_failed"])
    told.ends("short")
    told.ends("long")
    told.runs("report_failed")
    return told


def a_chord_whose_errback_runs_early(story: Story) -> ReportTold:
    told = ReportTold(story, "chord", *MEMBERS)
    told.ends("medium", well=False, then=["report_failed"])
    told.runs("report_failed")
    told.ends("short")
    told.ends("long")
    return told


def a_chord_that_is_finished_although_one_failed(story: Story) -> ReportTold:
    told = ReportTold(story, "chord", *MEMBERS)
    told.ends("short")
    told.ends("medium", well=False)
    told.ends("long", then=["report_failed", "report_finished"])
    told.runs("report_failed", "report_finished")
    return told


WRONG: dict[Tell, set[str]] = {
    a_callback_that_is_told_a_result: {"reports.told_the_number"},
    a_log_that_lacks_a_line: {"reports.log_is_right"},
    a_log_with_another_retry: {"reports.log_is_right"},
    a_log_of_another_time: {"reports.log_is_right"},
    a_status_that_an_earlier_callback_set: {"reports.status_of_the_last_callback"},
    # A status that says nothing is not even true of one member.
    a_status_that_no_callback_set: {
        "reports.status_of_the_last_callback",
        "group_reports.status_speaks_of_one_member",
    },
    a_log_line_that_ends_too_late: {"reports.log_is_right"},
    a_log_line_that_ends_before_it_begins: {"reports.log_is_right"},
    a_group_that_is_finished_by_the_code_of_its_first: {"group_reports.finished_waits_for_nobody"},
    a_group_that_is_finished_once_too_often_and_goes_on: {"group_reports.finished_once_if_the_first_succeeds"},
    a_group_that_is_never_finished: {"group_reports.finished_once_if_the_first_succeeds"},
    a_group_that_is_finished_twice: {"group_reports.finished_once_if_the_first_succeeds"},
    a_group_that_is_finished_by_its_last: {"group_reports.finished_waits_for_nobody"},
    a_group_that_fails_once_although_two_did: {"group_reports.failed_once_for_each_failure"},
    a_group_whose_failure_waits_for_the_last: {"group_reports.failed_waits_for_nobody"},
    # Whose failure it is about cannot be said, for there was none.
    a_group_that_fails_although_none_did: {
        "group_reports.failed_once_for_each_failure",
        "group_reports.failed_waits_for_nobody",
        "group_reports.status_speaks_of_one_member",
    },
    a_chord_without_its_body: {"chord_reports.finished_once_if_all_succeed"},
    a_chord_whose_body_is_sent_early: {"chord_reports.finished_waits_for_all"},
    a_chord_whose_body_is_sent_late: {"chord_reports.finished_waits_for_all"},
    a_chord_that_fails_for_each: {"chord_reports.failed_once_if_any_fails"},
    a_chord_whose_errback_is_sent_early: {"chord_reports.failed_waits_for_all"},
    a_chord_whose_errback_runs_early: {"chord_reports.failed_waits_for_all", "chord_reports.status_is_true"},
    a_chord_that_is_finished_although_one_failed: {
        "chord_reports.finished_once_if_all_succeed",
        "chord_reports.status_is_true",
    },
}


@pytest.mark.parametrize("tell", WRONG)
def test_what_is_wrong_is_rejected_by_the_law_that_it_breaks_and_by_no_other(tell: Tell, story: Story) -> None:
    told = tell(story)
    assert told.violated() == WRONG[tell]
    for law in WRONG[tell]:
        evidence, *_ = told.verdicts()[law].evidence
        assert evidence.events
        assert all(0 <= index < len(story.events) for index in evidence.events)
        assert evidence.expected != evidence.observed
        assert f"report {NUMBER} ({told.form}, told, seed 0)" in evidence.claim


def test_every_law_is_broken_by_something_wrong() -> None:
    assert {law.name for law in LAWS.laws} == set().union(*WRONG.values())


@pytest.mark.parametrize("law", LAWS.laws, ids=lambda law: law.name)
def test_a_law_says_where_it_stands(law: Law[ReportsCase]) -> None:
    assert law.statement.endswith(".")
    assert "5.4.0 to 5.7.0" in law.source

"""What a page shows of reports: figures, logs and claims as plain data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from reports_told import NUMBER, ReportTold
from storytelling import LATE_S

from scenarios.catalog.reports.case import ReportsCase
from scenarios.catalog.reports.shown import shown_of

if TYPE_CHECKING:
    from typing import Any

    from storytelling import Story


def shown(told: ReportTold) -> Any:
    history = told.story.history()
    case = ReportsCase(history, {NUMBER: told.row(history)}, late_s=LATE_S)
    return json.loads(json.dumps(shown_of(case)))["group_versus_chord"]


@pytest.fixture
def told(story: Story) -> ReportTold:
    """A report as a group: finished when its first member ended, failed a minute later."""
    told = ReportTold(story, "group", "short", "long")
    told.changed["kind"] = "two_fail"
    story.wait(5)
    told.ends("short", then=["report_finished"])
    told.runs("report_finished")
    story.wait(60)
    told.ends("long", well=False, then=["report_failed"])
    told.runs("report_failed")
    return told


def test_figures_say_how_often_callbacks_ran_and_what_the_status_was_worth(told: ReportTold) -> None:
    (kind,) = shown(told)["kinds"]
    assert (kind["kind"], kind["says"]) == ("two_fail", "two members fail for good")
    (form,) = kind["forms"]
    untrue = form.pop("untrue")
    assert form == {
        "form": "group",
        "reports": 1,
        "finished": 1,
        "failed": 1,
        "statuses": {"failed": 1},
        "true_when_set": 1,
    }
    assert untrue["reports"] == 1
    assert untrue["median_us"] == untrue["longest_us"] == pytest.approx(60e6, rel=0.01)


def test_a_report_has_its_log_and_its_claims_in_nanoseconds_of_the_testbeds_clock(told: ReportTold) -> None:
    (report,) = shown(told)["reports"]
    assert [(line["task"], line["status"], line["retry"]) for line in report["log"]] == [
        ("short", "succeeded", 0),
        ("report_finished", "succeeded", 0),
        ("long", "failed", 0),
        ("report_failed", "succeeded", 0),
    ]
    first, *_, last = report["log"]
    assert report["began_ns"] == first["created_ns"]
    assert last["created_ns"] - first["created_ns"] == pytest.approx(60e9, rel=0.01)
    lie, truth = report["claims"]
    assert (lie["status"], lie["truth"], lie["going_on"]) == ("finished", "unfinished", ["long"])
    assert (truth["status"], truth["truth"], truth["untrue_us"]) == ("failed", "failed", 0)
    assert truth["at_ns"] > lie["at_ns"]


def test_what_never_comes_true_has_no_duration(story: Story) -> None:
    told = ReportTold(story, "group", "long", "short")
    told.ends("short", well=False, then=["report_failed"])
    told.runs("report_failed")
    told.ends("long", then=["report_finished"])
    told.runs("report_finished")
    page = shown(told)
    assert [claim["untrue_us"] for claim in page["reports"][0]["claims"]] == [0, None]
    (kind,) = page["kinds"]
    assert (kind["kind"], kind["says"]) == ("told", "")  # one that no plan knows is shown all the same
    assert kind["forms"][0]["untrue"] == {"reports": 1, "median_us": None, "longest_us": None}


def test_a_report_of_which_nothing_ran_is_shown_with_nothing(story: Story) -> None:
    (report,) = shown(ReportTold(story, "chord", "short", "long"))["reports"]
    assert (report["log"], report["claims"]) == ([], [])


def test_of_a_status_that_was_always_true_there_is_nothing_untrue_to_show(story: Story) -> None:
    told = ReportTold(story, "chord", "short", "long")
    told.ends("short")
    told.ends("long", then=["report_finished"])
    told.runs("report_finished")
    (form,) = shown(told)["kinds"][0]["forms"]
    assert (form["true_when_set"], form["untrue"]) == (1, None)

"""Laws, diagnosis, retries, events, Redis: what a reader finds there, and where each line leads."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from watched import draw_all, painted, selected
from written_pages import VIOLATED

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page
    from watched import Visit


def told(run: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((run / "report.json").read_text())
    return content


@pytest.fixture
def page(runs: Path, visit: Visit) -> Page:
    """The page of a run in which Celery violated a law."""
    page = visit(runs / VIOLATED / "report.html")
    draw_all(page)
    return page


@pytest.fixture
def failed(runs: Path, visit: Visit) -> Page:
    """The page of a run in which a member of a chord failed for good."""
    page = visit(runs / "partial_fail" / "report.html")
    draw_all(page)
    return page


# ---- laws ----------------------------------------------------------------------------------------------------------


def test_a_violation_stands_first_and_says_what_was_expected_and_observed(page: Page) -> None:
    first = page.locator(".law-group").first
    assert first.locator("summary .pill").inner_text() == "violated"
    assert "chord.none_missed" in first.inner_text()
    assert "expected of this scenario" in first.inner_text()
    facts = first.locator(".evidence dl").first.inner_text()
    assert "Expected" in facts
    assert "Observed" in facts


def test_a_violations_evidence_is_followed_to_the_timeline_and_to_the_events(page: Page) -> None:
    page.locator(".evidence").first.get_by_role("button", name="Highlight on the timeline").click()
    assert page.locator("#timeline h2").evaluate("one => one === document.activeElement")
    highlighted = page.locator(".timeline-evidence li")
    steps = page.locator(".evidence").first.locator(".step.has-event")
    assert highlighted.count() == steps.count() > 0
    assert page.locator(".evidence.is-chosen").count() == 1
    assert page.locator("#events .is-guilty").count() > 0
    steps.first.get_by_role("button", name="Show this event among all events").click()
    chosen = page.locator("#events [aria-selected=true]")
    assert chosen.count() == 1
    assert "is-guilty" in (chosen.get_attribute("class") or "")
    page.locator(".evidence").first.get_by_role("button", name="Highlight on the timeline").click()
    assert page.locator(".evidence.is-chosen").count() == 0


def test_every_law_is_there_with_its_statement_and_its_source(page: Page, runs: Path) -> None:
    laws = told(runs / VIOLATED)["laws"]
    assert isinstance(laws, list)
    while page.locator(".law-group:not([open])").count():
        page.locator(".law-group:not([open]) > summary").first.click()
    assert sorted(page.locator(".law h3").all_inner_texts()) == sorted(law["statement"] for law in laws)
    assert page.locator(".law .source").count() == len(laws)


# ---- diagnosis -----------------------------------------------------------------------------------------------------


def test_the_diagnosis_names_the_root_cause_first_and_shows_its_traceback_on_demand(failed: Page) -> None:
    kinds = failed.locator(".check-kind").all_inner_texts()
    assert kinds[0] == "root cause"
    assert {"succeeded", "never ran"} <= set(kinds)
    traceback = failed.locator(".check pre").first
    assert not traceback.is_visible()
    failed.locator(".check summary").first.click()
    assert "Traceback (most recent call last)" in traceback.inner_text()
    assert "HTTPError" in traceback.inner_text()


def test_the_diagnosis_leads_to_the_attempt_that_failed(failed: Page) -> None:
    failed.get_by_role("button", name="Show the attempt on the timeline").first.click()
    title = failed.locator(".timeline-chosen-title").inner_text()
    assert "TASK_B" in title
    assert "failed" in title


# ---- retries -------------------------------------------------------------------------------------------------------


def test_every_attempt_of_a_retried_task_has_its_figures_and_its_formula(failed: Page, runs: Path) -> None:
    retries = told(runs / "partial_fail")["retries"]
    assert isinstance(retries, list)
    rows = failed.locator("#retries tbody tr")
    assert rows.count() == len(retries) + 1  # the last attempt was the end
    for place, retry in enumerate(retries):
        row = rows.nth(place).inner_text()
        assert f"{place + 1}" in row
        assert "HTTPError" in row
        assert "3\u00a0s" in row
        assert f"+{retry['error_us'] / 1000:.2f}\u00a0ms" in row
        assert retry["formula"] in row
    assert "failed" in rows.nth(len(retries)).inner_text()


def test_the_retries_are_sorted_by_a_press_on_a_column_and_by_another_the_other_way(failed: Page) -> None:
    column = failed.locator("#retries th", has_text="Started")
    column.get_by_role("button").click()
    assert column.get_attribute("aria-sort") == "descending"
    starts = [seconds(text) for text in failed.locator("#retries tbody tr > :nth-child(3)").all_inner_texts()]
    assert starts == sorted(starts, reverse=True)
    column.get_by_role("button").click()
    assert column.get_attribute("aria-sort") == "ascending"
    starts = [seconds(text) for text in failed.locator("#retries tbody tr > :nth-child(3)").all_inner_texts()]
    assert starts == sorted(starts)


def seconds(text: str) -> float:
    found = re.search(r"[\d.]+", text)
    assert found is not None
    return float(found[0])


# ---- events --------------------------------------------------------------------------------------------------------


def test_events_are_filtered_by_task_process_kind_and_words(failed: Page, runs: Path) -> None:
    count = failed.locator("#events .toolbar [role=status]")
    whole = told(runs / "partial_fail")["run"]["events"]  # type: ignore[index]
    assert count.inner_text().replace(",", "") == f"{whole}\u00a0events"
    failed.get_by_label("Kind of the events").select_option(label="AttemptStarted")
    failed.wait_for_function("() => document.querySelectorAll('#events .virtual-rows .virtual-row').length === 7")
    failed.get_by_label("Task of the events").select_option(label="TASK_B")
    failed.wait_for_function("() => document.querySelectorAll('#events .virtual-rows .virtual-row').length === 4")
    assert "TASK_B" in selected(failed)  # that filter is the page's, and the timeline's too
    process = failed.locator("#events .virtual-rows .process").first.inner_text()
    failed.get_by_label("Process of the events").select_option(label=process)
    assert set(painted(failed).locator("#events .virtual-rows .process").all_inner_texts()) == {process}
    failed.get_by_label("Filter events by words").fill("no such words")
    failed.wait_for_function("() => document.querySelectorAll('#events .virtual-rows .virtual-row').length === 0")
    assert count.inner_text().startswith("0 of ")


def test_the_list_of_events_is_walked_by_keys_and_each_is_shown_in_full(failed: Page) -> None:
    grid = failed.get_by_role("grid", name="Events of the history")
    grid.focus()
    failed.keyboard.press("End")
    last = painted(failed).locator("#events [aria-selected=true]")
    assert last.get_attribute("id") == grid.get_attribute("aria-activedescendant")
    assert int(last.get_attribute("aria-rowindex") or 0) == int(grid.get_attribute("aria-rowcount") or 0)
    failed.keyboard.press("ArrowUp")
    failed.keyboard.press("Home")
    assert painted(failed).locator("#events [aria-selected=true]").get_attribute("aria-rowindex") == "2"
    kind = failed.locator("#events [aria-selected=true] .kind").inner_text()
    assert failed.locator(".event-details h3").inner_text() == kind


# ---- Redis ---------------------------------------------------------------------------------------------------------


def test_the_state_of_redis_is_that_after_the_command_that_is_chosen(failed: Page) -> None:
    state = failed.locator(".redis-state")
    assert "2 of 2 counted" in re.sub(r"\s+", " ", state.inner_text())
    grid = failed.get_by_role("grid", name="Redis's commands")
    grid.focus()
    failed.keyboard.press("Home")
    shown = re.sub(r"\s+", " ", state.inner_text())
    assert "celery 1: start" in shown
    assert "none was counted yet" in shown
    failed.get_by_role("button", name="Next command").click()
    assert "no message waits" in state.inner_text()
    assert "start" in state.locator(".state-part").nth(1).inner_text()


def test_what_moved_a_chord_along_can_be_seen_alone_in_redis_own_order(failed: Page) -> None:
    button = failed.get_by_role("button", name="Only what moved a chord along")
    button.click()
    kinds = painted(failed).locator("#redis .virtual-rows .kind").all_inner_texts()
    assert kinds.count("counted") == 2
    assert set(kinds) <= {"result", "counted", "claimed", "queued"}
    assert kinds.index("counted") > kinds.index("result")
    button.click()
    assert "acked" in painted(failed).locator("#redis .virtual-rows .kind").all_inner_texts()

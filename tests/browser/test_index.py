"""The page of all scenarios: sort, filter, compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from written_pages import VIOLATED

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page
    from watched import Visit


@pytest.fixture
def page(runs: Path, visit: Visit) -> Page:
    """The index of three scenarios, one of which has been run before."""
    return visit(runs / "index.html")


def names(page: Page) -> list[str]:
    return page.locator("#scenarios tbody tr .scenario a").all_inner_texts()


def test_scenarios_are_sorted_by_any_column(page: Page) -> None:
    for column, key in (("Scenario", 0), ("Virtual time", 4), ("Attempts", 3)):
        head = page.locator("#scenarios th", has_text=column)
        orders = []
        for _ in range(2):
            head.get_by_role("button").click()
            orders.append((head.get_attribute("aria-sort"), names(page)))
        assert {order for order, _ in orders} == {"ascending", "descending"}
        assert orders[0][1] == orders[1][1][::-1], key


def test_scenarios_are_filtered_by_words_and_by_whether_they_came_as_expected(page: Page) -> None:
    assert set(names(page)) == {"flaky", "partial_fail", VIOLATED}
    page.get_by_label("Filter scenarios by words").fill("partial")
    assert names(page) == ["partial_fail"]
    page.get_by_label("Filter scenarios by words").fill("")
    page.get_by_role("button", name="Not as expected 0").click()
    assert names(page) == []
    assert "No scenario is left" in page.locator("#scenarios tbody").inner_text()
    page.get_by_role("button", name="As expected 3", exact=True).click()
    assert len(names(page)) == 3


def test_a_scenario_says_how_many_laws_hold_and_how_its_attempts_went(page: Page) -> None:
    row = page.locator("#scenarios tbody tr", has_text=VIOLATED)
    assert "1 violated" in row.inner_text()
    assert page.locator("#scenarios tbody tr", has_text="partial_fail").locator(".spark rect.bar-again").count() == 3


def test_two_runs_of_a_scenario_are_compared(page: Page) -> None:
    page.get_by_role("button", name="Compare runs of flaky").click()
    assert page.locator("#compare-title").evaluate("one => one === document.activeElement")
    result = page.locator("#compare-body")
    assert "20260101-000000" in result.inner_text()
    page.get_by_role("button", name="Show what is the same too").click()
    rows = {row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in rows_of(page)}
    assert rows["celery"][0] == rows["celery"][1] != ""
    assert rows["clock"][0] == rows["clock"][1]
    assert rows["TASK_A"] in (["3", "3"], ["SUCCESS", "SUCCESS"])
    assert rows["TASK_A, 1"][0].startswith("2\u00a0s (+")
    # A run beside itself differs in nothing.
    newest = page.get_by_label("Second run").input_value()
    page.get_by_label("First run").select_option(newest)
    assert "Nothing differs" in result.inner_text()
    assert page.locator(".compared .differs").count() == 0


def rows_of(page: Page) -> list[Page]:
    return page.locator(".compared tr:has(td)").all()  # type: ignore[return-value]

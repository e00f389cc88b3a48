"""The timeline under a reader's hands: zoom, brush, filter, follow, other lanes, folds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from watched import draw_all, painted, selected, settle

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page
    from watched import Visit


@pytest.fixture
def page(runs: Path, visit: Visit) -> Page:
    """The page of a scenario with retries and a chord."""
    page = visit(runs / "flaky" / "report.html")
    draw_all(page)
    return page


def seen(page: Page) -> str:
    """Return what stretch the timeline says is in sight; nothing while all of it is."""
    return painted(page).locator(".timeline-seen").inner_text()


def brush(page: Page, part_from: float, part_to: float) -> None:
    """Drag across the ruler."""
    page.locator("#timeline").scroll_into_view_if_needed()
    box = page.locator(".timeline-canvas").bounding_box()
    assert box is not None
    y, (left, width) = box["y"] + 8, (box["x"] + 190, box["width"] - 200)
    page.mouse.move(left + width * part_from, y)
    page.mouse.down()
    page.mouse.move(left + width * (part_from + part_to) / 2, y, steps=4)
    page.mouse.move(left + width * part_to, y)
    page.mouse.up()


def events_left(page: Page) -> str:
    return painted(page).locator("#events .toolbar [role=status]").inner_text()


def test_buttons_wheel_and_keys_zoom_and_all_is_shown_again(page: Page) -> None:
    assert seen(page) == ""
    page.get_by_role("button", name="Zoom in (+)").click()
    first = seen(page)
    assert " from " in first
    page.locator(".timeline-canvas").hover(position={"x": 500, "y": 8})
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.wait_for_function("before => document.querySelector('.timeline-seen').innerText !== before", arg=first)
    page.locator(".timeline-scroller").focus()
    page.keyboard.press("0")
    assert seen(page) == ""
    page.keyboard.press("+")
    assert " from " in seen(page)


def test_a_range_that_is_brushed_filters_everything_below(page: Page) -> None:
    whole = events_left(page)
    brush(page, 0.0, 0.4)
    assert " to " in selected(page)
    assert re.fullmatch(r"[\d,]+ of .*", events_left(page))
    assert events_left(page) != whole
    rows = page.locator("#retries tbody tr").count()
    assert 0 < rows < 3
    page.get_by_role("button", name="Show all", exact=True).click()
    assert selected(page) == ""
    assert events_left(page) == whole
    assert page.locator("#retries tbody tr").count() == 3


def test_a_task_is_followed_through_all_its_attempts(page: Page) -> None:
    page.locator("#retries").get_by_role("button", name="TASK_A", exact=True).first.click()
    assert "TASK_A" in selected(page)
    tasks = painted(page).locator("#events .virtual-rows .task").all_inner_texts()
    assert set(tasks) == {"TASK_A"}
    page.locator(".timeline-table summary").click()
    assert painted(page).locator(".timeline-table tbody tr").count() == 3
    page.keyboard.press("Escape")
    assert selected(page) == ""


def test_an_attempt_shows_its_details_and_leads_to_the_next_one(page: Page) -> None:
    page.locator(".timeline-scroller").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    chosen = page.locator(".timeline-chosen h3")
    assert "start" in chosen.inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert "TASK_A" in chosen.inner_text()
    page.get_by_role("button", name="Next attempt").click()
    assert "2nd attempt" in chosen.inner_text()
    page.get_by_role("button", name="Follow this task").click()
    assert "TASK_A" in selected(page)


def test_lanes_are_by_worker_or_by_task_and_the_picture_changes_with_them(page: Page) -> None:
    workers, tasks = (page.get_by_role("button", name=f"Lanes by {what}") for what in ("worker process", "task"))
    assert (workers.get_attribute("aria-pressed"), tasks.get_attribute("aria-pressed")) == ("true", "false")
    before = picture(page)
    tasks.click()
    assert (workers.get_attribute("aria-pressed"), tasks.get_attribute("aria-pressed")) == ("false", "true")
    assert picture(page) != before
    page.locator(".timeline-scroller").focus()
    page.keyboard.press("t")
    assert workers.get_attribute("aria-pressed") == "true"
    assert picture(page) == before


def test_idle_stretches_unfold_and_fold_again(page: Page) -> None:
    folding = page.get_by_role("button", name="Fold stretches in which nothing happens")
    before = picture(page)
    folding.click()
    assert folding.get_attribute("aria-pressed") == "false"
    assert picture(page) != before
    folding.click()
    assert picture(page) == before


def picture(page: Page) -> bytes:
    """Return what the timeline's canvas shows, once it is painted and the pointer is not over it."""
    page.mouse.move(0, 0)
    page.evaluate("() => document.activeElement.blur()")
    settle(page)
    return bytes(page.locator(".timeline-canvas").evaluate("one => one.toDataURL()"), "ascii")

"""Every reader: by keyboard alone, with a screen reader, on a telephone, in the dark, on paper."""

from __future__ import annotations

import os
from itertools import product
from typing import TYPE_CHECKING

import pytest
from watched import MIDDLE, NARROW, THEMES, WIDE, draw_all, is_overflowing, open_all, selected, settle, violations
from written_pages import VIOLATED

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page
    from watched import Theme, Visit

SHOTS = os.environ.get("CANVAS_HARNESS_SHOTS")
"""A folder for pictures of all pages, to be looked at; none are taken without."""
KINDS = ("index", "flaky", "partial_fail", "violated", "reports", "races")


@pytest.fixture
def paths(runs: Path, reports: Path, races: Path) -> dict[str, Path]:
    """A page of each kind."""
    pages = {name: runs / name / "report.html" for name in ("flaky", "partial_fail")}
    violated = runs / VIOLATED / "report.html"
    return {"index": runs / "index.html", **pages, "violated": violated, "reports": reports, "races": races}


@pytest.mark.parametrize(("width", "theme"), [(WIDE, "light"), (NARROW, "dark")])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_no_violation(paths: dict[str, Path], visit: Visit, kind: str, width: int, theme: Theme) -> None:
    page = visit(paths[kind], width=width, theme=theme)
    draw_all(page)
    open_all(page)
    assert violations(page) == []


def test_axe_finds_no_violation_where_something_is_selected(paths: dict[str, Path], visit: Visit) -> None:
    page = visit(paths["violated"])
    draw_all(page)
    page.get_by_role("button", name="Highlight on the timeline").first.click()
    page.locator(".step.has-event button").first.click()
    assert violations(page) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_fits_windows_of_all_widths_in_both_themes(paths: dict[str, Path], visit: Visit, kind: str) -> None:
    page = visit(paths[kind])
    draw_all(page)
    for width, theme in product((NARROW, MIDDLE, WIDE), THEMES):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        settle(page)
        assert not is_overflowing(page), width
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{kind}-{width}-{theme}.png", full_page=True)


@pytest.mark.parametrize("kind", KINDS)
def test_on_paper_everything_is_dark_on_light_and_nothing_is_left_to_press(
    paths: dict[str, Path], visit: Visit, kind: str
) -> None:
    page = visit(paths[kind], theme="dark")
    draw_all(page)
    page.emulate_media(media="print")
    style = (
        "() => { const { color, backgroundColor } = getComputedStyle(document.body); return [color, backgroundColor]; }"
    )
    ink, paper = map(lightness, page.evaluate(style))
    assert (ink < 0.2, paper > 0.8) == (True, True)
    assert page.locator(".toolbar:visible").count() == 0
    if SHOTS:
        page.pdf(path=f"{SHOTS}/{kind}.pdf")


def lightness(colour: str) -> float:
    numbers = [float(part) for part in colour[colour.index("(") + 1 : -1].replace(",", " ").split()[:3]]
    return sum(numbers) / 3 / 255


# ---- by keyboard alone ---------------------------------------------------------------------------------------------


def walk(page: Page, most: int = 400) -> list[str]:
    """Press Tab until the focus leaves the page; return what had it, and see to it that each can be seen to have it."""
    reached = []
    for _ in range(most):
        page.keyboard.press("Tab")
        name = page.evaluate(
            """() => {
                const one = document.activeElement;
                if (!one || one === document.body) return null;
                const style = getComputedStyle(one);
                const box = one.getBoundingClientRect();
                const says = one.getAttribute('aria-label') || one.innerText || one.tagName;
                if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 1) return `unseen: ${says}`;
                if (box.bottom < 0 || box.top > innerHeight) return `out of sight: ${says}`;
                return says;
            }"""
        )
        if name is None:
            return reached
        reached.append(str(name))
    return reached


@pytest.mark.parametrize("kind", ["index", "violated"])
def test_tab_reaches_all_that_can_be_pressed_and_shows_where_it_is(
    paths: dict[str, Path], visit: Visit, kind: str
) -> None:
    page = visit(paths[kind])
    draw_all(page)
    reached = walk(page)
    assert [name for name in reached if name.startswith(("unseen", "out of sight"))] == []
    pressable = page.locator("a[href], button:enabled, select, input, summary, [tabindex='0']").evaluate_all(
        "all => all.filter(one => one.checkVisibility()).length"
    )
    assert len(reached) == pressable


def test_a_violation_is_followed_without_a_mouse(paths: dict[str, Path], visit: Visit) -> None:
    page = visit(paths["violated"])
    draw_all(page)
    page.get_by_role("button", name="Highlight on the timeline").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#timeline h2").evaluate("one => one === document.activeElement")
    page.keyboard.press("Tab")
    assert page.locator("#timeline").evaluate("one => one.contains(document.activeElement)")
    page.locator(".timeline-scroller").focus()
    page.keyboard.press("Home")
    page.keyboard.press("f")
    assert "task" in selected(page)
    for _ in range(4):
        page.keyboard.press("Escape")
    assert selected(page) == ""


def test_the_first_thing_that_tab_reaches_skips_to_the_content(paths: dict[str, Path], visit: Visit) -> None:
    for kind in ("index", "flaky"):
        page = visit(paths[kind])
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.innerText").startswith("Skip to")

"""Pages open from the disk, draw everything, ask nobody for anything, and may not even try."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from watched import draw_all
from written_pages import VIOLATED

if TYPE_CHECKING:
    from pathlib import Path

    from watched import Visit

PAGES = ("index.html", "flaky/report.html", "partial_fail/report.html", f"{VIOLATED}/report.html")
REACHING_OUT = {
    "fetch": "() => fetch('https://example.invalid/').then(() => 'fetched', () => 'refused')",
    "image": """() => new Promise(tell => {
        const one = new Image();
        one.onload = () => tell('fetched');
        one.onerror = () => tell('refused');
        one.src = 'https://example.invalid/x.png';
    })""",
    "script": """() => {
        const one = document.createElement('script');
        one.textContent = 'window.hacked = 1';
        document.body.append(one);
        return window.hacked ? 'ran' : 'refused';
    }""",
    "handler": """() => {
        document.body.insertAdjacentHTML('beforeend', `<button id=x onclick='window.hacked = 1'>x</button>`);
        document.getElementById('x').click();
        return window.hacked ? 'ran' : 'refused';
    }""",
}
SECTIONS = ("timeline", "diagnosis", "laws", "dag", "retries", "redis", "events")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_from_the_disk_and_draws_all_its_sections(runs: Path, visit: Visit, name: str) -> None:
    page = visit(runs / name)
    draw_all(page)
    assert page.locator("h1").inner_text() != ""
    assert page.get_by_text("could not be drawn").count() == 0


def test_a_scenarios_page_has_every_section_that_there_is_something_for(runs: Path, visit: Visit) -> None:
    page = visit(runs / "flaky" / "report.html")
    assert page.locator("main > section").evaluate_all("all => all.map(one => one.id)") == list(SECTIONS)
    links = page.locator("#section-links a").evaluate_all("all => all.map(one => one.hash)")
    assert links == [f"#{name}" for name in SECTIONS]


def test_the_pages_of_reports_and_races_draw_what_only_they_have(reports: Path, races: Path, visit: Visit) -> None:
    for path, section in ((reports, "versus"), (races, "races")):
        page = visit(path)
        draw_all(page)
        assert page.locator(f"#{section} table").count() > 0
        assert page.get_by_text("could not be drawn").count() == 0


def test_the_index_leads_to_every_scenario_and_back(runs: Path, visit: Visit) -> None:
    page = visit(runs / "index.html")
    page.get_by_role("link", name="flaky", exact=True).click()
    assert page.locator("h1").inner_text() == "flaky"
    page.get_by_role("link", name="All scenarios").click()
    assert page.locator("#scenarios tbody tr").count() == 3


def test_a_link_to_a_section_opens_the_page_there(runs: Path, visit: Visit) -> None:
    page = visit(runs / "flaky" / "report.html", at="#events")
    page.locator("#events[data-drawn]").wait_for()
    assert page.locator("#events").bounding_box()["y"] < 900  # type: ignore[index]


def test_without_scripts_a_reader_still_has_the_outcome_the_laws_and_the_scenarios(runs: Path, visit: Visit) -> None:
    page = visit(runs / VIOLATED / "report.html", has_scripts=False)
    assert "violated" in page.locator("noscript table").inner_text()
    assert "chord.none_missed" in page.locator("noscript table").inner_text()
    index = visit(runs / "index.html", has_scripts=False)
    assert index.locator("tbody tr").count() == 3
    assert index.get_by_role("link", name="flaky", exact=True).count() == 1


@pytest.mark.parametrize("attempt", REACHING_OUT.values(), ids=REACHING_OUT.keys())
def test_the_pages_own_policy_refuses_what_comes_from_outside(runs: Path, visit: Visit, attempt: str) -> None:
    page = visit(runs / "flaky" / "report.html")
    assert page.evaluate(attempt) == "refused"
    # Each refusal is said on the console, by the browser and for the policy's sake, not for want of a network.
    said = [one for one in visit.troubles if not one.startswith("request: https://example.invalid/")]
    assert said
    assert all("Content Security Policy" in one for one in said)
    visit.troubles.clear()

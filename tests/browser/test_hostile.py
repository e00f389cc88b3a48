"""What comes out of a run is text and nothing else, whatever it says: in names, arguments, exceptions and results."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from watched import draw_all
from written_pages import tampered

if TYPE_CHECKING:
    from pathlib import Path

    from watched import Visit

HOSTILE = "</script><img src=x onerror=\"alert('hacked')\"><!--<script>alert(1)</script>{{ 7*7 }}&lt;b&gt;\u2028"
"""Ends a script's element, asks for an image, runs a handler, opens a comment, and is a template's expression."""


@pytest.fixture(scope="module")
def hostile(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run whose task's name, payload and exceptions are all hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    said = json.dumps(HOSTILE)[1:-1]
    with tampered(runs / "partial_fail", folder) as run:
        for file in (run / "experiment.json", run / "run.json", *(run / "journals").iterdir()):
            text = file.read_text()
            for harmless in ("TASK_B", "500 Server Error", "Celery says what it will do", "The service fails all"):
                text = text.replace(harmless, said)
            file.write_text(text)
    return folder / "partial_fail" / "report.html"


def test_a_hostile_run_is_shown_as_text_everywhere(hostile: Path, visit: Visit) -> None:
    page = visit(hostile)
    draw_all(page)
    page.locator(".check summary").first.click()
    page.get_by_role("button", name="Lanes by task").click()
    page.locator(".timeline-table summary").click()
    grid = page.get_by_role("grid", name="Events of the history")
    grid.focus()
    for _ in range(60):
        page.keyboard.press("ArrowDown")
    shown = HOSTILE.replace("\u2028", "")
    for place in (".statement", "#diagnosis", "#retries", "#events", "#redis", "#timeline"):
        assert shown in page.locator(place).inner_text().replace("\u2028", "").replace("\n", ""), place
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2  # the data and the page's own
    assert page.get_by_text("could not be drawn").count() == 0


def test_without_scripts_a_hostile_run_is_text_as_well(hostile: Path, visit: Visit) -> None:
    page = visit(hostile, has_scripts=False)
    assert "onerror" in page.locator(".statement").inner_text()
    assert page.locator("img").count() == 0


def test_a_hostile_scenario_is_text_in_the_index(hostile: Path, visit: Visit) -> None:
    from harness.report.writing import write_reports  # noqa: PLC0415 - it loads the templates

    page = visit(write_reports(hostile.parent.parent).first)
    assert "onerror" in page.locator("#scenarios").inner_text()
    assert page.locator("img").count() == 0

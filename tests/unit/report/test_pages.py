"""Pages: one file that fetches nothing, and in which nothing that came out of a run is more than text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from told_stories import HOSTILE, save

from harness.report.index import index_of
from harness.report.pages import index_page, scenario_page
from harness.report.report_of import report_of

if TYPE_CHECKING:
    from pathlib import Path

    from storytelling import Story


class Elements(HTMLParser):
    """All elements of a page, with their attributes, and the text of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._is_raw = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._is_raw = tag in ("script", "style")
        if self._is_raw:
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        if self._is_raw:
            self.texts[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._is_raw = False

    def raw(self) -> list[tuple[dict[str, str | None], str]]:
        return list(zip([about for tag, about in self.found if tag in ("script", "style")], self.texts, strict=True))


@pytest.fixture
def hostile(story: Story, tmp_path: Path) -> Path:
    """Return the directory of a run in which everything that can be is hostile."""
    story.sent(HOSTILE, args=[HOSTILE, "\u2028"], kwargs={HOSTILE: HOSTILE}, queue=HOSTILE)
    story.delivered(HOSTILE)
    story.started(HOSTILE)
    story.ended(HOSTILE, "failed", exception=raised_by_hand(), returned=HOSTILE)
    story.closed(HOSTILE, "FAILURE")
    story.state(HOSTILE, HOSTILE)
    story.canvas_sent({"task": HOSTILE}, HOSTILE)
    return save(story, tmp_path / "hostile", {"reason": HOSTILE, "discrepancies": [HOSTILE]}, title=HOSTILE)


def raised_by_hand() -> Any:
    from harness.history.parts import Raised  # noqa: PLC0415 - beside its only use

    return Raised(type=HOSTILE, message=HOSTILE, traceback=HOSTILE)


@pytest.fixture
def pages(hostile: Path) -> dict[str, str]:
    """Return both kinds of pages."""
    report = report_of(hostile)
    return {
        "run": scenario_page(report, "../index.html"),
        "index": index_page(index_of(hostile.parent, [(hostile, report)])),
    }


@pytest.mark.parametrize("kind", ["run", "index"])
def test_what_came_out_of_a_run_is_text_and_nothing_else(pages: dict[str, str], kind: str) -> None:
    elements = Elements(pages[kind])
    assert [tag for tag, _ in elements.found if tag in ("img", "iframe", "object", "embed")] == []
    assert len(elements.raw()) == 3  # style, data, script
    assert [name for _, about in elements.found for name in about if name.startswith("on") or name == "style"] == []


@pytest.mark.parametrize("kind", ["run", "index"])
def test_the_data_of_a_page_is_there_to_the_letter(pages: dict[str, str], kind: str) -> None:
    (data,) = [text for about, text in Elements(pages[kind]).raw() if about.get("id") == "data"]
    assert "<" not in data
    assert "\u2028" not in data
    told = json.loads(data)
    name = told["run"]["title"] if kind == "run" else told["runs"][0]["title"]
    assert name == HOSTILE


@pytest.mark.parametrize("kind", ["run", "index"])
def test_the_policy_allows_this_script_and_this_style_and_nothing_from_outside(
    pages: dict[str, str], kind: str
) -> None:
    elements = Elements(pages[kind])
    (policy,) = [
        about["content"] for tag, about in elements.found if about.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    for about, text in elements.raw():
        if about.get("type") != "application/json":
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy
    assert [about["src"] for _, about in elements.found if "src" in about] == []


@pytest.mark.parametrize("kind", ["run", "index"])
def test_links_lead_to_files_beside_it(pages: dict[str, str], kind: str) -> None:
    links = [about.get("href") or "" for tag, about in Elements(pages[kind]).found if tag in ("a", "link")]
    assert [link for link in links if re.match(r"[a-z]+:|//", link) and not link.startswith("data:,")] == []


def test_whoever_has_no_scripts_reads_the_outcome_the_laws_and_how_to_repeat_it(story: Story, tmp_path: Path) -> None:
    story.sent("add")
    story.ran("add")
    page = scenario_page(report_of(save(story, tmp_path / "happy")), None)
    without = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    for text in ("harness run happy", "delivery.one_start_a_message", "incomplete"):
        assert text in without

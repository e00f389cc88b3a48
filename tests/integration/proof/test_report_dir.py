"""`pytest --report-dir`: a page for each run of `prove`, an index of all, and links to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Project

SHOP = """
from celery import Celery

app = Celery("shop", broker="redis://broker.invalid/0")

@app.task
def charge(amount):
    return 1 / amount
"""
TESTS = """
from shop import charge

def test_well(prove):
    prove(charge.s(5))

def test_badly(prove):
    prove(charge.s(0))
"""


def reports(project: Project) -> dict[str, bool | None]:
    """Return, by the name of its test, whether each run of the index came as expected."""
    page = (project.folder / "reports" / "index.html").read_text()
    data = page.partition('id="data">')[2].partition("</script>")[0]
    return {row["title"].rpartition("::")[2]: row["is_as_expected"] for row in json.loads(data)["runs"]}


def test_each_run_has_a_page_also_of_a_test_that_fails_and_the_index_is_named(project: Project) -> None:
    project.write(shop=SHOP, test_shop=TESTS)
    code, output = project.pytest("--report-dir", "reports", "--junit-xml", "junit.xml", "--html", "tests.html")
    assert code == 1
    assert f"canvas-harness: what canvases did is shown in {project.folder}/reports/index.html" in output
    assert set(reports(project)) == {"test_well", "test_badly"}
    pages = sorted((project.folder / "reports").glob("*/report.html"))
    assert len(pages) == 2
    assert linked_from_junit(project) == {str(page) for page in pages}
    html = (project.folder / "tests.html").read_text()
    assert all(f"reports/{page.parent.name}/report.html" in html for page in pages)
    assert project.left() == []


def linked_from_junit(project: Project) -> set[str | None]:
    found = ET.parse(project.folder / "junit.xml").iterfind(".//property")  # noqa: S314 - it was made a moment ago
    return {one.get("value") for one in found if one.get("name") == "canvas-harness report"}


def test_workers_of_xdist_write_pages_and_the_controller_one_index_of_all(project: Project) -> None:
    project.write(shop=SHOP, test_shop=TESTS, test_again=TESTS)
    _, output = project.pytest("-n", "2", "--report-dir", "reports")
    assert output.count("what canvases did is shown in") == 1
    page = (project.folder / "reports" / "index.html").read_text()
    assert page.count('report.html"') >= 4


def test_runs_of_a_former_session_are_what_the_next_one_is_compared_with(project: Project) -> None:
    project.write(shop=SHOP, test_shop=TESTS)
    for _ in range(2):
        project.pytest("--report-dir", "reports", "-k", "well")
    assert names(project.folder / "reports") == ["test_shop.py-test_well-1", "test_shop.py-test_well-1.2"]
    assert len(reports(project)) == 1


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def test_without_it_nothing_is_left_and_nothing_is_said(project: Project) -> None:
    project.write(shop=SHOP, test_shop=TESTS)
    _, output = project.pytest("-k", "well")
    assert "what canvases did" not in output
    assert not (project.folder / "reports").exists()

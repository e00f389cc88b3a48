"""Pages of real runs, in a real Chromium: the system's, driven by Playwright, with nothing fetched from anywhere."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from written_pages import VIOLATED, harness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser
    from watched import Visit

# The same names, in the same order, as .ci/chromium looks for.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def lacking(what: str) -> None:
    """Skip for want of something; a green run in CI must mean that all of this ran."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(what)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where this machine has a Chromium."""
    named = os.environ.get("CANVAS_HARNESS_CHROMIUM")
    for name in (named,) if named else NAMES:
        if found := shutil.which(name):
            return found
    return str(lacking("no Chromium on this machine: install one, or name it in CANVAS_HARNESS_CHROMIUM"))


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for all pages."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - where it is missing, the tests are skipped
    except ImportError:
        lacking("no Playwright: pip install 'canvas-harness[browser]'")
    # A sandbox needs rights that root does not give away, and a container has no room in /dev/shm.
    rights = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=[*rights, "--disable-dev-shm-usage"])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Open pages; at the end none of them has complained, or asked anybody for anything."""
    from watched import Visit  # noqa: PLC0415 - found by the line above

    visit = Visit(browser)
    yield visit
    visit.end()


# ---- what is looked at -------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of runs with its reports, and one of a former command beside it."""
    folder = tmp_path_factory.mktemp("pages") / "harness-runs"
    harness("run", "flaky", "--directory", folder / "20260101-000000")
    newest = folder / "20260102-000000"
    harness("run", "flaky", "partial_fail", VIOLATED, "--directory", newest)
    harness("report", newest)
    return newest


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run in which reports were made as groups and as chords."""
    folder = tmp_path_factory.mktemp("reports") / "runs"
    harness("run", "reports", "--seeds", "2", "--directory", folder)
    harness("report", folder)
    return folder / "reports" / "report.html"


@pytest.fixture(scope="session")
def races(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a batch of races."""
    folder = tmp_path_factory.mktemp("races") / "runs"
    harness("run", "races", "--members", "2", "--chords", "60", "--pool", "threads", "--directory", folder)
    harness("report", folder)
    return next(iter(sorted(folder.glob("*/report.html"))))
